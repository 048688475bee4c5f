use crate::{Sender, credential::Credential, label::Label, secret::Key, slots::Slots};

/// What a delivery has to fulfil: the settings of a verifier, after they were checked.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) sender: Sender,
    pub(crate) secrets: Slots<LabelledSecret>,
    pub(crate) credentials: Slots<Credential>,
    /// Seconds.
    pub(crate) tolerance: u64,
    pub(crate) body_limit: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct LabelledSecret {
    pub(crate) label: Label,
    pub(crate) key: Key,
}
