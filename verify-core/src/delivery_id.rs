use crate::{Rejection, Sender, inline_text::InlineText};

/// A delivery id as it was signed.
#[derive(Clone, Copy)]
pub(crate) struct DeliveryId(InlineText<64>);

impl DeliveryId {
    #[inline(always)]
    pub(crate) fn parse(
        sender: &Sender,
        header: &'static str,
        value: &[u8],
    ) -> Result<Self, Rejection> {
        // Without an end nothing follows that the boundary could move into: NUL is not visible.
        let end = sender.delivery_id_end().bytes().next().unwrap_or(0);
        let has_end = value.iter().fold(false, |any, byte| any | (*byte == end));
        InlineText::new(value)
            .filter(|_| !has_end)
            .map(Self)
            .ok_or(Rejection::malformed_delivery_id(header))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
