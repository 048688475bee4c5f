use std::rc::Rc;

use actix_web::{
    dev::{Extensions, ServiceRequest},
    web::{Data, FormConfig, JsonConfig, PayloadConfig},
};

/// Lifts the limits of actix's own extractors to `limit`: 256 KiB for bytes and text, 2 MiB for JSON
/// and 16 KiB for forms are below what MLflow sends, and the 413 would lose the delivery.
///
/// Everything else of a configuration that applies to the request stays: content types and error
/// handlers. What is set behind the middleware comes later and counts as it stands.
pub(crate) fn lift(request: &mut ServiceRequest, limit: usize) {
    let mut lifted = Extensions::new();
    lift_one(request, &mut lifted, |own: PayloadConfig| own.limit(limit));
    lift_one(request, &mut lifted, |own: JsonConfig| own.limit(limit));
    lift_one(request, &mut lifted, |own: FormConfig| own.limit(limit));
    request.add_data_container(Rc::new(lifted));
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
