//! Claims in memory, none of which is a repetition, however often a load repeats its requests.

use verify_once::{
    Claimed, Claims, ClaimsAtOnce, Key, Memory, Pending, Settled, StoreError, Terms, Token,
};

/// `Memory`, under keys that are made of the token, and so are new each time.
#[derive(Debug)]
pub struct Fresh(Memory);

impl Fresh {
    pub fn new() -> Self {
        // More than any turn claims.
        Self(Memory::with_most(50_000_000))
    }
}

impl Default for Fresh {
    fn default() -> Self {
        Self::new()
    }
}

/// Claims and settles by the token alone.
fn key(token: &Token) -> Key {
    let mut bytes = [0; 32];
    let (front, _) = bytes.split_at_mut(16);
    front.copy_from_slice(token.as_bytes());
    Key::new(bytes)
}

impl Claims for Fresh {
    fn claim<'a>(&'a self, _: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        Box::pin(async move { Claims::claim(&self.0, &key(token), token, terms).await })
    }

    fn complete<'a>(&'a self, _: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        Box::pin(async move { Claims::complete(&self.0, &key(token), token, status).await })
    }

    fn release<'a>(&'a self, _: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        Box::pin(async move { Claims::release(&self.0, &key(token), token).await })
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        self.0.forget(key)
    }

    fn check(&self) -> Pending<'_, ()> {
        self.0.check()
    }

    fn at_once(&self) -> Option<&dyn ClaimsAtOnce> {
        Some(self)
    }
}

impl ClaimsAtOnce for Fresh {
    fn claim(&self, _: &Key, token: &Token, terms: Terms) -> Result<Claimed, StoreError> {
        ClaimsAtOnce::claim(&self.0, &key(token), token, terms)
    }

    fn complete(&self, _: &Key, token: &Token, status: u16) -> Result<Settled, StoreError> {
        ClaimsAtOnce::complete(&self.0, &key(token), token, status)
    }

    fn release(&self, _: &Key, token: &Token) -> Result<Settled, StoreError> {
        ClaimsAtOnce::release(&self.0, &key(token), token)
    }
}
