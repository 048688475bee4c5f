//! What a store is to do, as short as it can be said, on a clock that stands still; and the same with one
//! flaw, for the suite to find.

use core::time::Duration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use verify_once::{Claimed, Claims, ClaimsAtOnce, Key, Pending, Settled, StoreError, Terms, Token};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flaw {
    AtOnceIsApart,
    AttemptsBeginAnew,
    CheckFails,
    CompletionsOverwrite,
    DoneCanBeReleased,
    DoneEndsWithLease,
    EndlessTermsFail,
    EveryClaimWins,
    FailedEndsWithLease,
    ForgetsNothing,
    KeysAreCut,
    LateCompletionsAreLost,
    LeasesAreTheAskers,
    LeasesLast,
    SameTokenIsAnother,
    StatusesAreBytes,
    TokensAreIgnored,
    WindowsEndEarly,
    WindowsLast,
}

#[derive(Debug, Default)]
pub(crate) struct Reference {
    now: Duration,
    rows: HashMap<[u8; 32], Row>,
    flaw: Option<Flaw>,
}

#[derive(Debug)]
struct Row {
    until: Duration,
    attempt: u32,
    token: Token,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Done(u16),
    Failed,
    Held(Duration),
}

impl Reference {
    pub(crate) fn with_flaw(flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..Self::default() }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn key(&self, key: &Key) -> [u8; 32] {
        let mut key = *key.as_bytes();
        if self.has(Flaw::KeysAreCut) {
            key[31] = 0;
        }
        key
    }

    pub(crate) fn claim(&mut self, key: &Key, token: &Token, terms: Terms) -> Claimed {
        let now = self.now;
        let known_for = if self.has(Flaw::WindowsEndEarly) {
            terms.window
        } else {
            terms.window.max(terms.lease)
        };
        let id = self.key(key);
        let known = self
            .rows
            .get(&id)
            .filter(|row| row.until > now || self.has(Flaw::WindowsLast))
            .map(|row| (row.attempt, row.state, row.token == *token));
        let is_held = |until: Duration| match self.flaw {
            Some(Flaw::LeasesAreTheAskers) => until > now && until - now <= terms.lease,
            Some(Flaw::LeasesLast) => true,
            _ => until > now,
        };
        let attempt = match known {
            _ if self.has(Flaw::EveryClaimWins) => 1,
            None => 1,
            Some((_, State::Done(status), _)) => return Claimed::Done { status },
            Some((attempt, State::Held(_), true)) if !self.has(Flaw::SameTokenIsAnother) => {
                return Claimed::Acquired { attempt };
            }
            Some((_, State::Held(until), _)) if is_held(until) => {
                return Claimed::InProgress { left: until.saturating_sub(now) };
            }
            Some(_) if self.has(Flaw::AttemptsBeginAnew) => 1,
            Some((attempt, ..)) => attempt + 1,
        };
        let state = State::Held(now.saturating_add(terms.lease));
        let until = now.saturating_add(known_for);
        self.rows.insert(id, Row { until, attempt, token: *token, state });
        Claimed::Acquired { attempt }
    }

    pub(crate) fn settle(&mut self, key: &Key, token: &Token, status: Option<u16>) -> Settled {
        let id = self.key(key);
        let (now, flaw) = (self.now, self.flaw);
        let Some(row) = self.rows.get_mut(&id).filter(|row| row.until > now) else {
            return Settled::Lost;
        };
        if row.token != *token && flaw != Some(Flaw::TokensAreIgnored) {
            return Settled::Lost;
        }
        if let State::Held(until) = row.state {
            match flaw {
                Some(Flaw::LateCompletionsAreLost) if until <= now => return Settled::Lost,
                Some(Flaw::DoneEndsWithLease) if status.is_some() => row.until = until,
                Some(Flaw::FailedEndsWithLease) if status.is_none() => row.until = until,
                _ => {}
            }
        }
        match (row.state, status) {
            (State::Done(_), Some(_)) if flaw != Some(Flaw::CompletionsOverwrite) => Settled::Yes,
            (State::Done(_), None) if flaw != Some(Flaw::DoneCanBeReleased) => Settled::Lost,
            (State::Failed, _) => Settled::Lost,
            (_, Some(status)) => {
                let kept = if flaw == Some(Flaw::StatusesAreBytes) { status & 255 } else { status };
                row.state = State::Done(kept);
                Settled::Yes
            }
            (_, None) => {
                row.state = State::Failed;
                Settled::Yes
            }
        }
    }

    pub(crate) fn forget(&mut self, key: &Key) -> bool {
        let id = self.key(key);
        if self.has(Flaw::ForgetsNothing) {
            return self.rows.contains_key(&id);
        }
        self.rows.remove(&id).is_some_and(|row| row.until > self.now)
    }
}

/// The reference as a store. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReferenceStore(pub(crate) Arc<Mutex<Reference>>);

impl ReferenceStore {
    pub(crate) fn new(reference: Reference) -> Self {
        Self(Arc::new(Mutex::new(reference)))
    }

    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Reference) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }
}

impl Claims for ReferenceStore {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        Box::pin(async move {
            self.with(|store| match store.has(Flaw::EndlessTermsFail) {
                true if terms.window == Duration::MAX => {
                    Err(StoreError::Unavailable("flaw".to_owned()))
                }
                _ => Ok(store.claim(key, token, terms)),
            })
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        Box::pin(async move { Ok(self.with(|store| store.settle(key, token, Some(status)))) })
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        Box::pin(async move { Ok(self.with(|store| store.settle(key, token, None))) })
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        Box::pin(async move { Ok(self.with(|store| store.forget(key))) })
    }

    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            match self.with(|store| store.has(Flaw::CheckFails)) {
                true => Err(StoreError::Unavailable("flaw".to_owned())),
                false => Ok(()),
            }
        })
    }

    fn at_once(&self) -> Option<&dyn ClaimsAtOnce> {
        Some(self)
    }
}

impl ClaimsAtOnce for ReferenceStore {
    fn claim(&self, key: &Key, token: &Token, terms: Terms) -> Result<Claimed, StoreError> {
        let mut bytes = *key.as_bytes();
        self.with(|store| {
            bytes[0] ^= u8::from(store.has(Flaw::AtOnceIsApart));
            Ok(store.claim(&Key::new(bytes), token, terms))
        })
    }

    fn complete(&self, key: &Key, token: &Token, status: u16) -> Result<Settled, StoreError> {
        self.with(|store| Ok(store.settle(key, token, Some(status))))
    }

    fn release(&self, key: &Key, token: &Token) -> Result<Settled, StoreError> {
        self.with(|store| Ok(store.settle(key, token, None)))
    }
}
