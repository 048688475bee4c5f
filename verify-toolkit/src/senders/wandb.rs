//! Weights & Biases, which has no schema. The bodies were made by hand from the documented template
//! variables.

use super::Knowledge;

pub(super) const KNOWLEDGE: Knowledge = Knowledge {
    usual: "LINK_ARTIFACT",
    samples: samples! {
        WANDB in "wandb":
        "ADD_ARTIFACT_ALIAS"
        "ADD_ARTIFACT_TAG"
        "ADD_COLLECTION_TAG"
        "CREATE_ARTIFACT"
        "LINK_ARTIFACT"
        "LINK_MODEL"
        "REMOVE_ARTIFACT_TAG"
        "REMOVE_COLLECTION_TAG"
        "RUN_METRIC"
        "RUN_METRIC_CHANGE"
        "RUN_METRIC_ZSCORE"
        "RUN_STATE"
        "UNLINK_ARTIFACT"
        "UPDATE_ARTIFACT_ALIAS"
    },
    ..Knowledge::NONE
};
