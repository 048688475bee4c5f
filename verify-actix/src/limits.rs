use core::{cell::RefCell, fmt};
use std::rc::Rc;

use actix_web::{
    dev::{Extensions, ServiceRequest},
    web::{Data, FormConfig, JsonConfig, PayloadConfig},
};

/// The limits of actix's own extractors: 256 KiB for bytes and text, 2 MiB for JSON and 16 KiB for
/// forms are below what MLflow sends, and the 413 would lose the delivery.
#[derive(Default)]
pub(crate) struct Limits {
    /// What actix takes where nothing was configured, lifted to a limit: the same for all requests.
    usual: RefCell<Option<(usize, Rc<Extensions>)>>,
}

impl Limits {
    /// Lifts the limits for a request to `limit`.
    ///
    /// Everything else of a configuration that applies to the request stays: content types and error
    /// handlers. What is set behind the middleware comes later and counts as it stands.
    pub(crate) fn lift(&self, request: &mut ServiceRequest, limit: usize) {
        let is_configured = is_configured::<PayloadConfig>(request)
            || is_configured::<JsonConfig>(request)
            || is_configured::<FormConfig>(request);
        let mut usual = self.usual.borrow_mut();
        let lifted = match &*usual {
            Some((lifted_to, lifted)) if *lifted_to == limit && !is_configured => Rc::clone(lifted),
            _ => Rc::new(lifted(request, limit)),
        };
        if !is_configured {
            *usual = Some((limit, Rc::clone(&lifted)));
        }
        request.add_data_container(lifted);
    }
}

fn is_configured<C: 'static>(request: &ServiceRequest) -> bool {
    request.app_data::<C>().is_some() || request.app_data::<Data<C>>().is_some()
}

fn lifted(request: &ServiceRequest, limit: usize) -> Extensions {
    let mut lifted = Extensions::new();
    lift_one(request, &mut lifted, |own: PayloadConfig| own.limit(limit));
    lift_one(request, &mut lifted, |own: JsonConfig| own.limit(limit));
    lift_one(request, &mut lifted, |own: FormConfig| own.limit(limit));
    lifted
}

/// Looks a configuration up as the extractors do: any that is set bare before one in `Data`. The
/// lifted one takes the same form, or a bare one would hide what is set in `Data` behind this.
fn lift_one<C: Clone + Default + 'static>(
    request: &ServiceRequest,
    lifted: &mut Extensions,
    lift: impl FnOnce(C) -> C,
) {
    if let Some(own) = request.app_data::<C>() {
        lifted.insert(lift(own.clone()));
    } else {
        let own = request.app_data::<Data<C>>().map(|own| C::clone(own));
        lifted.insert(Data::new(lift(own.unwrap_or_default())));
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}
