use core::fmt;

/// Something about a template that its author should know.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of thing.
    pub kind: Kind,
    /// Where in the JSON, as in `client_payload.alias`; empty for all of it.
    pub place: String,
    /// What it is, and what to do.
    pub text: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident $name:literal $is_wrong:literal)*) => {
        /// A kind of [`Finding`].
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Kind { $($(#[doc = $doc])* $kind,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Returns the name, for scripts.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// Whether it is a mistake for every receiver. Otherwise only the typed payload or a bridge
            /// does not read it.
            #[must_use]
            pub const fn is_wrong(self) -> bool {
                match self { $(Self::$kind => $is_wrong,)* }
            }
        }
    };
}

kinds! {
    /// A field of a variable's name holds something else.
    Constant "constant" false
    /// A name occurs twice in an object.
    FieldTwice "field-twice" true
    /// A variable stands where neither the typed payload nor a bridge looks.
    NotRead "not-read" false
    /// Nothing in it says which artifact or project it is about.
    NoSubject "no-subject" false
    /// Nothing in it says what happened.
    NoEvent "no-event" false
    /// It is not JSON.
    NotJson "not-json" true
    /// It is JSON, and no object.
    NotObject "not-object" false
    /// A key inside a key of the metadata, or none.
    MetadataNested "metadata-nested" true
    /// A variable is written in the way of another program.
    OtherSyntax "other-syntax" true
    /// A secret would be sent in the body.
    Secret "secret" true
    /// There is no such variable.
    Unknown "unknown-variable" true
    /// A variable stands outside of quotes.
    Unquoted "unquoted" true
}

impl Finding {
    pub(super) fn new(kind: Kind, place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, place, text } = self;
        f.write_str(if kind.is_wrong() { "wrong" } else { "note" })?;
        if !place.is_empty() {
            write!(f, ", `{place}`")?;
        }
        write!(f, ": {text} [{}]", kind.name())
    }
}
