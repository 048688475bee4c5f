//! Databricks. Four bodies are those of its documentation; the others were made by hand, in the shape that
//! was seen in the field, or that is inferred.

use super::Knowledge;

pub(super) const KNOWLEDGE: Knowledge = Knowledge {
    usual: "MODEL_VERSION_CREATED",
    samples: samples! {
        DATABRICKS in "databricks":
        "COMMENT_CREATED"
        "MODEL_VERSION_CREATED"
        "MODEL_VERSION_TAG_SET"
        "MODEL_VERSION_TRANSITIONED_STAGE"
        "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED"
        "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"
        "MODEL_VERSION_TRANSITIONED_TO_STAGING"
        "REGISTERED_MODEL_CREATED"
        "TRANSITION_REQUEST_CREATED"
        "TRANSITION_REQUEST_TO_ARCHIVED_CREATED"
        "TRANSITION_REQUEST_TO_PRODUCTION_CREATED"
        "TRANSITION_REQUEST_TO_STAGING_CREATED"
    },
    ..Knowledge::NONE
};
