//! One file a command: its options, its help, and what it does.

pub(crate) mod attack;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diagnose;
pub(crate) mod emulate;
pub(crate) mod explain;
pub(crate) mod listen;
pub(crate) mod man;
pub(crate) mod recorder;
pub(crate) mod send;
pub(crate) mod senders;
pub(crate) mod sign;
pub(crate) mod template;
pub(crate) mod webhooks;
