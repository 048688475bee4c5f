//! What each adapter has as types of its own, because the traits of a framework can be implemented for those
//! only. What is the same in all of them is written once, here, as macros for the adapters.

/// What a user may set on a guard with the fields `resolver` and `settings`: [`Settings`](crate::Settings)
/// with the head and the response of a framework.
#[doc(hidden)]
#[macro_export]
macro_rules! __guard_settings {
    ($Guard:ident, $Head:ty, $Response:ty) => {
        impl<R> $Guard<R> {
            /// Sets how long a delivery may take to arrive, in total. Without it: 10 s.
            pub fn with_deadline(mut self, deadline: ::core::time::Duration) -> Self {
                self.settings.deadline = deadline;
                self
            }

            /// Sets the budget of buffered bytes. Without it: a budget of 64 MiB that all guards of the
            /// process share. Give clones of a budget to several guards to share it.
            pub fn with_budget(mut self, budget: $crate::Budget) -> Self {
                self.settings.budget = budget;
                self
            }

            /// Sets the clock. Without it: the system's clock.
            pub fn with_clock(mut self, clock: $crate::Clock) -> Self {
                self.settings.clock = clock;
                self
            }

            /// Calls `f` for every refused request, before it is answered. `f` must not block. The head
            /// was not verified, and for that reason the log leaves out method and path.
            ///
            /// Without it, and without a `tracing` subscriber or a logger of `log`, the first refusal of the
            /// process writes one sentence to standard error. An `f` that does nothing turns that off.
            pub fn on_refusal(
                mut self,
                f: impl Fn(&$crate::Refusal, &$Head) + Send + Sync + 'static,
            ) -> Self {
                self.settings.on_refusal = Some(::std::sync::Arc::new(f));
                self
            }

            /// Replaces the answer to refused requests. Without it:
            /// [`Refusal::answer`]($crate::Refusal::answer) with an empty body.
            ///
            /// Senders show the answer to everybody who presses "test": keep the reason out of it. And
            /// MLflow drops a delivery for good on nearly every 4xx.
            pub fn with_refusal_response(
                mut self,
                f: impl Fn(&$crate::Refusal) -> $Response + Send + Sync + 'static,
            ) -> Self {
                self.settings.refusal_response = Some(::std::sync::Arc::new(f));
                self
            }

            /// **Lets refused requests through**, and only reports them. Use it to see what would be
            /// refused, before you enforce it.
            ///
            /// Such a request reaches the handler with [`Reported`]($crate::Reported) in its extensions,
            /// without a receipt, and with its body as it came. The framework's extractors take it up to the
            /// verifier's limit or 2 MiB. A handler that takes a verified delivery still does not run: its
            /// extractor answers what the guard would have answered. A body that breaks off is refused in
            /// this mode too.
            pub fn dangerous_report_only(mut self) -> Self {
                self.settings.dangerous_report_only();
                self
            }
        }
    };
}

/// Why an extractor has no value, with the framework's `StatusCode`.
#[doc(hidden)]
#[macro_export]
macro_rules! __delivery_rejection {
    ($StatusCode:ty) => {
        /// Why there is no [`Delivery`] to extract, or no attempt.
        ///
        /// On a route without the guard that it needs: 500, and an event at `error` the first time. In
        /// report-only mode, for a delivery that was refused: the default answer to that refusal.
        #[derive(Clone, Copy, Debug)]
        pub struct DeliveryRejection(pub(crate) $crate::Refusal);

        impl DeliveryRejection {
            /// Returns the reason. It is for you: do not tell the sender.
            #[must_use]
            pub const fn refusal(&self) -> $crate::Refusal {
                self.0
            }

            /// Returns the status of the answer.
            #[must_use]
            pub fn status(&self) -> $StatusCode {
                let status = <$StatusCode>::from_u16(self.0.answer().status);
                status.unwrap_or(<$StatusCode>::INTERNAL_SERVER_ERROR)
            }
        }

        impl ::core::fmt::Display for DeliveryRejection {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::core::error::Error for DeliveryRejection {}
    };
}

/// What there is of `Event<T>(T, Verified<Bytes>)` beside a framework's traits.
#[doc(hidden)]
#[macro_export]
macro_rules! __event_rejection {
    ($StatusCode:ty) => {
        impl<T: ::verify_core::Payload> Event<T> {
            fn read(delivery: Result<Delivery, DeliveryRejection>) -> Result<Self, EventRejection> {
                let Delivery(verified) = delivery.map_err(EventRejection::Delivery)?;
                match verified.event() {
                    Ok(event) => Ok(Self(event, verified)),
                    Err(error) => Err(EventRejection::Unreadable { error, verified }),
                }
            }
        }

        impl<T> ::core::ops::Deref for Event<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }

        /// Why there is no [`Event`] to extract.
        #[expect(clippy::large_enum_variant, reason = "rare, and gone once it is answered")]
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum EventRejection {
            /// There is no verified delivery.
            Delivery(DeliveryRejection),
            /// The delivery is verified, but its body does not have the shape of the event. The answer is
            /// 503 with the wait for its age, and there is an event at `warn`. On a 4xx MLflow would drop
            /// the delivery for good. After a 503 it comes again, and you may have mended the handler by
            /// then.
            Unreadable {
                /// What is wrong with the shape.
                error: ::verify_core::EventError,
                /// The delivery, unchanged.
                verified: ::verify_core::Verified<::bytes::Bytes>,
            },
        }

        impl EventRejection {
            /// Returns the reason. It is for you: do not tell the sender.
            #[must_use]
            pub fn refusal(&self) -> $crate::Refusal {
                match self {
                    Self::Delivery(rejection) => rejection.refusal(),
                    Self::Unreadable { verified, .. } => {
                        $crate::Refusal::unreadable(verified.receipt())
                    }
                }
            }

            /// Returns the status of the answer.
            #[must_use]
            pub fn status(&self) -> $StatusCode {
                DeliveryRejection(self.refusal()).status()
            }

            /// Tells the operator, and returns the answer.
            fn tell(&self) -> $crate::Refusal {
                if let Self::Unreadable { error, verified } = self {
                    $crate::tell_unreadable(verified.receipt(), error);
                }
                self.refusal()
            }
        }

        impl ::core::fmt::Display for EventRejection {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    Self::Delivery(rejection) => rejection.fmt(f),
                    Self::Unreadable { error, .. } => error.fmt(f),
                }
            }
        }

        impl ::core::error::Error for EventRejection {}
    };
}
