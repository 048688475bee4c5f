use core::fmt;

use crate::Receipt;

/// A body that was verified, with its receipt. Only a verifier makes one.
///
/// A handler that takes a `Verified<B>` asks for this proof: nobody can call it with bytes that
/// were not checked.
///
/// ```compile_fail
/// fn forge(receipt: verify_core::Receipt) -> verify_core::Verified<&'static [u8]> {
///     verify_core::Verified { receipt, body: b"never checked" }
/// }
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct Verified<B> {
    receipt: Receipt,
    body: B,
}

impl<B> Verified<B> {
    pub(crate) const fn new(receipt: Receipt, body: B) -> Self {
        Self { receipt, body }
    }

    /// Returns what is known of the delivery.
    #[must_use]
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Returns the body, byte for byte as it was sent.
    #[must_use]
    pub const fn body(&self) -> &B {
        &self.body
    }

    /// Reads what the body says: as [`AnyEvent`](crate::AnyEvent), as the event of one sender, or as a
    /// type of your own.
    ///
    /// # Errors
    ///
    /// The body does not have the shape of `E`. It is still verified, and still in this value.
    #[cfg(feature = "events")]
    pub fn event<E: crate::Payload>(&self) -> Result<E, crate::EventError>
    where
        B: AsRef<[u8]>,
    {
        E::from_body(self.receipt.sender(), self.body.as_ref())
    }

    /// Returns body and receipt separately. The body alone does not prove anything any more.
    #[must_use]
    pub fn into_parts(self) -> (Receipt, B) {
        (self.receipt, self.body)
    }
}

/// Shows the receipt. A body may hold personal data or a token, and is left out.
impl<B> fmt::Debug for Verified<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("receipt", &self.receipt).finish_non_exhaustive()
    }
}
