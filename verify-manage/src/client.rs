//! What both clients have in common.

/// Makes the type of a client, and what it has of the [`Caller`](crate::caller::Caller) within.
macro_rules! client {
    ($(#[$attributes:meta])* of $place:literal, such as $example:literal) => {
        $(#[$attributes])*
        #[derive(Debug)]
        pub struct Client($crate::caller::Caller);

        impl Client {
            /// Sets the bounds on each request.
            #[must_use]
            pub fn with_limits(mut self, limits: $crate::Limits) -> Self {
                self.0.set_limits(limits);
                self
            }

            /// Sets how often is tried again.
            #[must_use]
            pub const fn with_patience(mut self, patience: $crate::Patience) -> Self {
                self.0.patience = patience;
                self
            }

            #[doc = concat!("The ", $place, ", such as `", $example, "`.")]
            #[must_use]
            pub fn host(&self) -> String {
                self.0.host()
            }

            /// The calls so far that may have changed something, one line each, as you would type them.
            /// What is confidential is not in them.
            #[must_use]
            pub fn done(&self) -> Vec<String> {
                self.0.done()
            }
        }
    };
}

pub(crate) use client;
