use crate::inline_text::InlineText;

/// The name of a secret, which shows in receipts and logs.
pub(crate) type Label = InlineText<32>;
