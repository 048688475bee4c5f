/// Makes the type over the events of all senders.
macro_rules! any_event {
    ($($(#[$docs:meta])* $variant:ident = $module:ident::$event:ident;)*) => {
        /// What a verified delivery says, for every sender.
        ///
        /// The methods answer what people ask of any event. The variants have everything that the
        /// sender says.
        ///
        /// ```
        /// use verify_core::{AnyEvent, EventError, Verified};
        ///
        /// fn announce(verified: &Verified<Vec<u8>>) -> Result<(), EventError> {
        ///     let event = AnyEvent::read(verified)?;
        ///     if let (Some(model), Some("champion"), Some(version)) =
        ///         (event.model(), event.alias(), event.version())
        ///     {
        ///         println!("{model}: the champion is version {version}");
        ///     }
        ///     Ok(())
        /// }
        /// ```
        ///
        /// Authentic is not harmless: somebody typed the names, comments and tags.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum AnyEvent {
            $($(#[$docs])* $variant($module::$event),)*
        }

        impl AnyEvent {
            /// Reads what a verified delivery says.
            ///
            /// # Errors
            ///
            /// The body does not have the shape of its sender's events, or the sender is one of your own.
            pub fn read<B: AsRef<[u8]>>(verified: &$crate::Verified<B>) -> Result<Self, $crate::EventError> {
                verified.event()
            }

            /// Reads a body from the sender with this name, for bodies that were stored after they
            /// were verified: see [`Receipt::sender`]($crate::Receipt::sender).
            ///
            /// # Errors
            ///
            /// As [`read`](Self::read).
            pub fn parse(sender: &str, body: &[u8]) -> Result<Self, $crate::EventError> {
                $(if sender == $module::SENDER.name() {
                    return $module::$event::parse(body).map(Self::$variant);
                })*
                Err($crate::EventError::sender())
            }

            /// Returns the event's name, as the sender writes it. Only a payload of Weights & Biases may
            /// have no name.
            #[must_use]
            pub fn name(&self) -> Option<&str> {
                match self {
                    $(Self::$variant(event) => event.name().into(),)*
                }
            }

            /// Returns the tags in the event: names and values.
            #[must_use]
            pub fn tags(&self) -> alloc::vec::Vec<(&str, &str)> {
                match self {
                    $(Self::$variant(event) => event.tags(),)*
                }
            }

            fn summary(&self) -> $crate::events::Summary<'_> {
                match self {
                    $(Self::$variant(event) => event.summary(),)*
                }
            }
        }

        $crate::events::questions!(AnyEvent);

        impl $crate::Payload for AnyEvent {
            fn from_body(sender: &str, body: &[u8]) -> Result<Self, $crate::EventError> {
                Self::parse(sender, body)
            }
        }

        /// Gives what the event of the sender gives.
        impl serde::Serialize for AnyEvent {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(event) => event.serialize(serializer),)*
                }
            }
        }
    };
}

pub(super) use any_event;
