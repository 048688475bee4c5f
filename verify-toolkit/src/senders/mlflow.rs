//! MLflow. The bodies were recorded from a real server.

use super::Knowledge;

pub(super) const KNOWLEDGE: Knowledge = Knowledge {
    // Measured: a Python server writes its fields in the order in which the code has them.
    is_field_order_known: true,
    usual: "model_version.created",
    samples: samples! {
        MLFLOW in "mlflow":
        "budget_policy.exceeded"
        "model_version.created"
        "model_version_alias.created"
        "model_version_alias.deleted"
        "model_version_tag.deleted"
        "model_version_tag.set"
        "prompt.created"
        "prompt_alias.created"
        "prompt_alias.deleted"
        "prompt_tag.deleted"
        "prompt_tag.set"
        "prompt_version.created"
        "prompt_version_tag.deleted"
        "prompt_version_tag.set"
        "registered_model.created"
    },
};
