use core::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, request::Parts};
use verify_adapter::{Policy, Refusal};

use crate::response;

/// What a layer was told to do besides verifying.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) on_refusal: Option<OnRefusal>,
    pub(crate) refusal_response: Option<RefusalResponse>,
}

impl Settings {
    /// Builds the answer to a refused request, with the refusal in its extensions.
    pub(crate) fn answer(&self, refusal: Refusal) -> Response<Bytes> {
        let mut response = match &self.refusal_response {
            Some(respond) => respond(&refusal),
            None => response::answer(refusal),
        };
        response.extensions_mut().insert(refusal);
        response
    }
}

pub(crate) type OnRefusal = Arc<dyn Fn(&Refusal, &Parts) + Send + Sync>;
pub(crate) type RefusalResponse = Arc<dyn Fn(&Refusal) -> Response<Bytes> + Send + Sync>;

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("policy", &self.policy).finish_non_exhaustive()
    }
}
