use core::fmt;
use std::sync::Arc;

use actix_web::{HttpResponse, dev::ServiceRequest, http::ConnectionType};
use verify_adapter::{Policy, Refusal};

use crate::response;

/// What a middleware was told to do besides verifying.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) on_refusal: Option<OnRefusal>,
    pub(crate) refusal_response: Option<RefusalResponse>,
}

impl Settings {
    /// Builds the answer to a refused request, with the refusal in its extensions.
    pub(crate) fn answer(&self, refusal: Refusal) -> HttpResponse {
        let mut response = match &self.refusal_response {
            Some(respond) => respond(&refusal),
            None => response::answer(refusal),
        };
        response.extensions_mut().insert(refusal);
        // actix closes a connection of which a body was left unread, and says so. It has to say so
        // every time, or the answer would tell how far a delivery got.
        response.head_mut().set_connection_type(ConnectionType::Close);
        response
    }
}

pub(crate) type OnRefusal = Arc<dyn Fn(&Refusal, &ServiceRequest) + Send + Sync>;
pub(crate) type RefusalResponse = Arc<dyn Fn(&Refusal) -> HttpResponse + Send + Sync>;

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("policy", &self.policy).finish_non_exhaustive()
    }
}
