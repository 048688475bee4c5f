use verify_core::Receipt;

use super::Explainer;

/// Asserts that a delivery verifies, and panics with the explanation if it does not. For tests.
///
/// It takes an [`Explainer`](crate::explain::Explainer), and returns the
/// [`Receipt`](crate::Receipt).
///
/// ```
/// use verify_toolkit::{Delivery, UnixTime, assert_verified, explain::Explainer};
///
/// let now = UnixTime::from_secs(1795290782);
/// let request = Delivery::wandb("{}").sign("shared", now)?;
/// let receipt = assert_verified!(Explainer::new(&request, now).secret("test", "shared"));
/// assert_eq!(receipt.secret_label(), Some("test"));
/// # Ok::<(), verify_toolkit::SignError>(())
/// ```
///
/// ```should_panic
/// # use verify_toolkit::{Delivery, UnixTime, assert_verified, explain::Explainer};
/// # let now = UnixTime::from_secs(1795290782);
/// # let request = Delivery::wandb("{}").sign("shared", now).unwrap();
/// // Says that the secret ends in a newline.
/// assert_verified!(Explainer::new(&request, now).secret("test", "shared\n"));
/// ```
#[macro_export]
macro_rules! assert_verified {
    ($explainer:expr $(,)?) => {
        $crate::explain::assert_verified(&$explainer)
    };
}

#[expect(clippy::panic, reason = "that is what an assertion does")]
#[expect(clippy::must_use_candidate, reason = "an assertion is a statement")]
#[track_caller]
#[doc(hidden)]
pub fn assert_verified(explainer: &Explainer<'_>) -> Receipt {
    let explanation = explainer.explain();
    match explanation.verdict() {
        Ok(receipt) => *receipt,
        Err(_) => panic!("the delivery does not verify\n{explanation}"),
    }
}
