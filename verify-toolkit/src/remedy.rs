//! What to do about a mistake, as code in the framework of the receiver.
//!
//! ```
//! use verify_toolkit::remedy::{Framework, Remedy};
//!
//! let flask = Framework::named("flask").ok_or("no such framework")?;
//! assert!(Remedy::RawBody.code(flask).contains("request.get_data()"));
//! assert!(flask.recorder().contains("delivery.json"));
//! # Ok::<(), &str>(())
//! ```

mod table;

use core::fmt;

/// What a receiver is written with.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Framework {
    /// actix-web, in Rust.
    ActixWeb,
    /// AWS Lambda behind an API Gateway or a function URL, in Python.
    AwsLambda,
    /// axum, in Rust.
    Axum,
    /// Django, in Python.
    Django,
    /// Express, in JavaScript.
    Express,
    /// FastAPI, in Python.
    FastApi,
    /// Flask, in Python.
    Flask,
    /// Next.js with its app router, in JavaScript.
    NextJs,
}

/// What to do about a mistake, of which there are few kinds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Remedy {
    /// Compare the bytes of the signatures, in constant time.
    Compare,
    /// Take a header only if it is there once.
    Header,
    /// Bound the size of a body.
    Limit,
    /// Verify the bytes of the body as they came, before any parser.
    RawBody,
    /// Take the secret as the sender has it, and refuse to start without one.
    Secret,
    /// Sign the parts that the sender signs, in its order.
    SignedText,
    /// Judge the signed time.
    Time,
    /// Ask for the bearer token.
    Token,
}

impl Framework {
    /// Every framework, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::ActixWeb,
        Self::AwsLambda,
        Self::Axum,
        Self::Django,
        Self::Express,
        Self::FastApi,
        Self::Flask,
        Self::NextJs,
    ];

    /// Returns its name, such as `flask`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        table::of(self).name
    }

    /// Returns what people call it, such as `Flask`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        table::of(self).title
    }

    /// Finds a framework by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|framework| framework.name() == name)
    }

    /// Guesses the framework from the headers of an answer, if they show it.
    #[must_use]
    pub fn of_answer(headers: &[(String, Vec<u8>)]) -> Option<Self> {
        table::BETRAYED.iter().find_map(|(name, part, framework)| {
            let betrays = |(header, value): &(String, Vec<u8>)| {
                header.eq_ignore_ascii_case(name)
                    && String::from_utf8_lossy(value).to_ascii_lowercase().contains(part)
            };
            headers.iter().any(betrays).then_some(*framework)
        })
    }

    /// Guesses the framework from the [origin](crate::Capture::origin) of a capture, if that shows it.
    #[must_use]
    pub fn of_origin(origin: &str) -> Option<Self> {
        let is_aws = origin.starts_with("AWS event");
        Self::named(origin).or_else(|| is_aws.then_some(Self::AwsLambda))
    }

    /// Returns code that writes `delivery.json`, which `verify explain` reads. Put it into the receiver, before the
    /// code that refuses deliveries.
    #[must_use]
    pub const fn recorder(self) -> &'static str {
        table::of(self).recorder
    }
}

impl Remedy {
    /// Every kind, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::Compare,
        Self::Header,
        Self::Limit,
        Self::RawBody,
        Self::Secret,
        Self::SignedText,
        Self::Time,
        Self::Token,
    ];

    /// Returns what to do, as a sentence without its end.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Compare => "compare the bytes of the two signatures, in constant time",
            Self::Header => "take a header only if it is there once",
            Self::Limit => "bound the size of a body before it is read",
            Self::RawBody => "verify the bytes as they came, before any parser",
            Self::Secret => "take the secret as the sender has it, and do not start without one",
            Self::SignedText => "sign what the sender signs, in its order",
            Self::Time => "refuse a delivery whose signed time is more than 5 minutes off",
            Self::Token => "compare the whole value of `Authorization`",
        }
    }

    /// Returns the code that does it.
    #[must_use]
    pub const fn code(self, framework: Framework) -> &'static str {
        let row = table::of(framework);
        match self {
            Self::Compare => row.language.compare,
            Self::Header => row.header,
            Self::Limit => row.limit,
            Self::RawBody => row.raw_body,
            Self::Secret => row.language.secret,
            Self::SignedText => row.language.signed_text,
            Self::Time => row.language.time,
            Self::Token => row.token,
        }
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Framework, Remedy};

    #[test]
    fn each_framework_has_each_remedy_and_a_recorder() {
        for framework in Framework::ALL {
            assert_eq!(Framework::named(framework.name()), Some(*framework));
            assert!(!framework.recorder().is_empty());
            for remedy in Remedy::ALL {
                let code = remedy.code(*framework);
                assert!(!code.is_empty() && !code.ends_with('\n') && code.lines().count() <= 9);
            }
        }
    }

    #[test]
    fn what_differs_between_frameworks_is_in_the_words_of_each() {
        let of = |remedy: Remedy| {
            Framework::ALL.iter().map(|f| remedy.code(*f)).collect::<BTreeSet<_>>().len()
        };
        for remedy in [Remedy::Header, Remedy::Limit, Remedy::RawBody, Remedy::Token] {
            assert_eq!(of(remedy), Framework::ALL.len(), "{remedy:?}");
        }
        // Python, JavaScript, Rust.
        for remedy in [Remedy::Compare, Remedy::Secret, Remedy::SignedText, Remedy::Time] {
            assert_eq!(of(remedy), 3, "{remedy:?}");
        }
    }

    #[test]
    fn an_answer_and_a_recording_betray_a_framework() {
        let of = |name: &str, value: &str| Framework::of_answer(&[(name.into(), value.into())]);
        assert_eq!(of("server", "Werkzeug/3.1.3 Python/3.13"), Some(Framework::Flask));
        assert_eq!(of("X-Powered-By", "Express"), Some(Framework::Express));
        assert_eq!(of("x-powered-by", "Next.js"), Some(Framework::NextJs));
        assert_eq!(of("server", "nginx"), None);
        assert_eq!(Framework::of_origin("django"), Some(Framework::Django));
        assert_eq!(Framework::of_origin("AWS event"), Some(Framework::AwsLambda));
        assert_eq!(Framework::of_origin("HAR entry"), None);
    }
}
