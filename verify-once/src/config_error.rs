use core::fmt;

/// Why a guard or a store could not be made.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The address of a store cannot be read. It is not shown: it may hold a password.
    AddressInvalid {
        /// One that could be.
        example: &'static str,
    },
    /// The deadline of the handler is zero.
    DeadlineZero,
    /// A store was made outside of a runtime of tokio.
    RuntimeMissing,
    /// The address of a store begins with none of the known words, or its feature is off.
    SchemeUnknown,
    /// An address asks for TLS, which there is none of for this store.
    TlsMissing {
        /// Which.
        store: &'static str,
    },
    /// A sender signs neither an id nor a time, and no window is named for it.
    WindowMissing {
        /// Its name.
        sender: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressInvalid { example } => write!(
                f,
                "address of the store cannot be read, and is not shown because it may hold a password: write it like `{example}`"
            ),
            Self::RuntimeMissing => f.write_str(
                "no runtime of tokio: make the store within one, such as in `#[tokio::main]`",
            ),
            Self::SchemeUnknown => f.write_str(
                "names no store that is built in: it is `memory`, `sqlite:PATH`, `postgres://...` or `redis://...`",
            ),
            Self::TlsMissing { store } => write!(
                f,
                "address asks for TLS, and connections to {store} have none here: take a Unix socket, a private network, \
                 or a proxy that speaks TLS"
            ),
            Self::DeadlineZero => f.write_str("`deadline` is zero, so no handler could run"),
            Self::WindowMissing { sender } => write!(
                f,
                "sender `{sender}` signs neither an id nor a time, so equal bodies are taken for one delivery: \
                 name for how long with `Builder::window`"
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
