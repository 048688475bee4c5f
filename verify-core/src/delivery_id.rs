use crate::{Rejection, Sender, inline_text::InlineText};

/// A delivery id as it was signed.
#[derive(Clone, Copy)]
pub(crate) struct DeliveryId(InlineText<64>);

impl DeliveryId {
    pub(crate) fn parse(
        sender: &Sender,
        header: &'static str,
        value: &[u8],
    ) -> Result<Self, Rejection> {
        let end = sender.delivery_id_end().as_bytes().first();
        InlineText::new(value)
            .filter(|_| !value.iter().any(|byte| Some(byte) == end))
            .map(Self)
            .ok_or(Rejection::malformed_delivery_id(header))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
