use core::time::Duration;

use verify_core::{ConfigError, Secret, Verifier};

use crate::{
    Input,
    wires::{WIRES, Wire},
};

/// How a receiver is configured.
#[derive(Debug)]
pub struct Setup<'a> {
    /// Whose deliveries it takes.
    pub wire: &'static Wire,
    /// Its secrets.
    pub secrets: Vec<&'a [u8]>,
    /// What it takes for `Authorization`.
    pub credentials: Vec<Credential>,
    /// Seconds, if set.
    pub tolerance: Option<u64>,
    /// Bytes, if set.
    pub body_limit: Option<usize>,
    /// Whether it gives up the signature.
    pub without_signature: bool,
}

/// A value of `Authorization` that is taken.
#[derive(Debug)]
pub enum Credential {
    /// Behind `Bearer`.
    Bearer(Vec<u8>),
    /// The whole value.
    Verbatim(Vec<u8>),
}

impl<'a> Setup<'a> {
    /// Reads any configuration, also one that must be refused.
    pub fn read(input: &mut Input<'a>) -> Self {
        let wire = &WIRES[input.below(WIRES.len())];
        let secrets = (0..[1, 2, 0, 3, 4, 5][input.below(6)]).map(|_| input.bytes()).collect();
        let flags = input.byte();
        let count = match flags & 7 {
            0..=3 => 0,
            4 => 1,
            5 => 2,
            6 => 4,
            _ => 5,
        };
        let credential = |_| match input.byte() & 1 {
            0 => Credential::Bearer(input.word()),
            _ => Credential::Verbatim(input.word()),
        };
        let credentials = (0..count).map(credential).collect();
        let tolerance = match flags >> 3 & 7 {
            0..=3 => None,
            4 => Some(0),
            5 => Some(1),
            6 => Some(input.number(2)),
            _ => Some([86_400, 86_401][input.below(2)]),
        };
        let body_limit = (flags >> 6 & 1 == 1).then(|| input.number(1) as usize);
        let without_signature = flags >> 7 == 1;
        Self { wire, secrets, credentials, tolerance, body_limit, without_signature }
    }

    /// Builds the crate's verifier.
    pub fn verifier(&self) -> Result<Verifier, ConfigError> {
        let mut builder = Verifier::builder(self.wire.sender);
        for secret in &self.secrets {
            builder = builder.secret(Secret::new(self.wire.secret(secret))?);
        }
        for credential in &self.credentials {
            builder = match credential {
                Credential::Bearer(token) => builder.bearer(token),
                Credential::Verbatim(value) => builder.authorization(value),
            };
        }
        if let Some(seconds) = self.tolerance {
            builder = builder.tolerance(Duration::from_secs(seconds));
        }
        if let Some(bytes) = self.body_limit {
            builder = builder.body_limit(bytes);
        }
        if self.without_signature {
            builder = builder.without_signature();
        }
        builder.build()
    }
}
