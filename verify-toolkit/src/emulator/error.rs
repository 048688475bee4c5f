use serde_json::{Value, json};

/// Why a call is refused: `{"error_code", "message"}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ApiError {
    pub(super) code: Code,
    pub(super) message: String,
}

macro_rules! codes {
    ($($code:ident $name:literal $status:literal)*) => {
        /// What the field `error_code` may say. The client `databricks-registry-webhooks` ends in a bare
        /// `ValueError` for a name that is not among its 24.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Code { $($code,)* }

        impl Code {
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$code,)*];

            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }

            pub(super) const fn status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }
        }
    };
}

codes! {
    BadRequest "BAD_REQUEST" 400
    CustomerUnauthorized "CUSTOMER_UNAUTHORIZED" 401
    EndpointNotFound "ENDPOINT_NOT_FOUND" 404
    FeatureDisabled "FEATURE_DISABLED" 400
    InternalError "INTERNAL_ERROR" 500
    InvalidParameterValue "INVALID_PARAMETER_VALUE" 400
    InvalidState "INVALID_STATE" 400
    IoError "IO_ERROR" 500
    MalformedRequest "MALFORMED_REQUEST" 400
    MaxReadSizeExceeded "MAX_READ_SIZE_EXCEEDED" 413
    ResourceAlreadyExists "RESOURCE_ALREADY_EXISTS" 400
    ResourceDoesNotExist "RESOURCE_DOES_NOT_EXIST" 404
    ResourceLimitExceeded "RESOURCE_LIMIT_EXCEEDED" 400
}

impl Code {
    /// Says what is wrong.
    pub(super) fn error(self, message: impl Into<String>) -> ApiError {
        ApiError { code: self, message: message.into() }
    }
}

impl ApiError {
    /// A parameter is missing or wrong.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Code::InvalidParameterValue.error(message)
    }

    /// There is no such thing.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Code::ResourceDoesNotExist.error(message)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"error_code": self.code.name(), "message": self.message})
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    /// The enumeration of `databricks-registry-webhooks` 0.1.2 (`protos/databricks_pb2.py`).
    const KNOWN: &str = "INTERNAL_ERROR TEMPORARILY_UNAVAILABLE IO_ERROR BAD_REQUEST \
        INVALID_PARAMETER_VALUE ENDPOINT_NOT_FOUND MALFORMED_REQUEST INVALID_STATE PERMISSION_DENIED \
        FEATURE_DISABLED CUSTOMER_UNAUTHORIZED REQUEST_LIMIT_EXCEEDED INVALID_STATE_TRANSITION \
        COULD_NOT_ACQUIRE_LOCK RESOURCE_ALREADY_EXISTS RESOURCE_DOES_NOT_EXIST QUOTA_EXCEEDED \
        MAX_BLOCK_SIZE_EXCEEDED MAX_READ_SIZE_EXCEEDED DRY_RUN_FAILED RESOURCE_LIMIT_EXCEEDED \
        DIRECTORY_NOT_EMPTY DIRECTORY_PROTECTED MAX_NOTEBOOK_SIZE_EXCEEDED";

    #[test]
    fn the_old_client_knows_every_error_code() {
        assert_eq!(KNOWN.split_whitespace().count(), 24);
        for code in Code::ALL {
            assert!(KNOWN.split_whitespace().any(|known| known == code.name()), "{code:?}");
        }
    }
}
