use core::time::Duration;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::{sync::Notify, task::yield_now, time::sleep};
use verify_core::{Receipt, Secret, Sender, Signer, UnixTime, Verifier};
use verify_once::{
    Answer, Claimed, Claims, Key, Memory, Once, Pending, Run, Settled, StoreError, Terms, Token,
};

const NOW: u64 = 1_795_290_782;

/// The receipt of a delivery from MLflow that was signed so many seconds ago.
pub(crate) fn mlflow(id: &str, age: u64) -> Receipt {
    receipt(Sender::MLFLOW, id, b"{}", age)
}

/// The receipt of a delivery from MLflow that is tried again so many seconds after it was signed: the
/// same one.
pub(crate) fn mlflow_after(id: &str, seconds: u64) -> Receipt {
    let secret = || Secret::new("shared").unwrap();
    let signer = Signer::new(Sender::MLFLOW, secret()).unwrap();
    let signed = signer.sign(UnixTime::from_secs(NOW), id, b"{}").unwrap();
    let headers: Vec<_> = signed.iter().collect();
    let verifier = Verifier::builder(Sender::MLFLOW).secret(secret()).build().unwrap();
    let now = UnixTime::from_secs(NOW + seconds);
    *verifier.verify(now, headers.as_slice(), b"{}").unwrap().receipt()
}

/// The receipt of a delivery of any sender.
pub(crate) fn receipt(sender: Sender, id: &str, body: &[u8], age: u64) -> Receipt {
    let secret = || Secret::new("shared").unwrap();
    let signer = Signer::new(sender, secret()).unwrap();
    let signed = signer.sign(UnixTime::from_secs(NOW - age), id, body).unwrap();
    let headers: Vec<_> = signed.iter().collect();
    let verifier = Verifier::builder(sender).secret(secret()).build().unwrap();
    *verifier.verify(UnixTime::from_secs(NOW), headers.as_slice(), body).unwrap().receipt()
}

/// What is wrong with one call to a store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is refused, and nothing is done.
    Fails,
    /// It is carried out, and never answered.
    LosesAnswer,
    /// It is not answered, and carried out later, whether anybody still waits or not.
    IsLate(Duration),
    /// It is carried out and answered after a while.
    IsSlow(Duration),
    /// Nothing.
    None,
}

/// `Memory`, whose next calls go wrong as they are told to.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    store: Arc<Memory>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    pub(crate) calls: Arc<Mutex<Vec<&'static str>>>,
    pub(crate) called: Arc<Notify>,
}

impl Faulty {
    pub(crate) fn new() -> Self {
        Self {
            store: Arc::new(Memory::of_this_process()),
            faults: Arc::default(),
            calls: Arc::default(),
            called: Arc::default(),
        }
    }

    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// From now on nothing is wrong.
    pub(crate) fn mend(&self) {
        self.faults.lock().unwrap().clear();
    }

    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }

    async fn call<T: Send + 'static>(
        &self,
        name: &'static str,
        carry_out: impl Future<Output = Result<T, StoreError>>,
        later: impl FnOnce(Arc<Memory>, Duration),
    ) -> Result<T, StoreError> {
        self.calls.lock().unwrap().push(name);
        self.called.notify_one();
        let fault = self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        match fault {
            Fault::None => carry_out.await,
            Fault::IsSlow(after) => {
                sleep(after).await;
                carry_out.await
            }
            Fault::Fails => Err(StoreError::Unavailable("it fails".to_owned())),
            Fault::LosesAnswer => {
                carry_out.await?;
                core::future::pending().await
            }
            Fault::IsLate(after) => {
                later(Arc::clone(&self.store), after);
                core::future::pending().await
            }
        }
    }
}

/// What carries a call out later.
fn later<F: Future<Output = ()> + Send + 'static>(
    carry_out: impl FnOnce(Arc<Memory>) -> F + Send + 'static,
) -> impl FnOnce(Arc<Memory>, Duration) {
    move |store, after| {
        tokio::spawn(async move {
            sleep(after).await;
            carry_out(store).await;
        });
    }
}

impl Claims for Faulty {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        let (k, t) = (*key, *token);
        let late = later(move |store| async move { drop(store.claim(&k, &t, terms).await) });
        Box::pin(async move {
            let claim = self.store.claim(key, token, terms);
            self.call("claim", claim, late).await
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        let (k, t) = (*key, *token);
        let late = later(move |store| async move { drop(store.complete(&k, &t, status).await) });
        Box::pin(async move {
            let complete = self.store.complete(key, token, status);
            self.call("complete", complete, late).await
        })
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        let (k, t) = (*key, *token);
        let late = later(move |store| async move { drop(store.release(&k, &t).await) });
        Box::pin(async move {
            let release = self.store.release(key, token);
            self.call("release", release, late).await
        })
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        self.store.forget(key)
    }

    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async move { self.call("check", async { Ok(()) }, |_, _| {}).await })
    }
}

/// A store that has to be waited for, if only for a moment.
#[derive(Debug)]
pub(crate) struct Waited(pub(crate) Arc<dyn Claims>);

impl Claims for Waited {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        Box::pin(async move {
            yield_now().await;
            self.0.claim(key, token, terms).await
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        Box::pin(async move {
            yield_now().await;
            self.0.complete(key, token, status).await
        })
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        Box::pin(async move {
            yield_now().await;
            self.0.release(key, token).await
        })
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        self.0.forget(key)
    }

    fn check(&self) -> Pending<'_, ()> {
        self.0.check()
    }
}

/// A guard over a store that is told to fail.
pub(crate) fn faulty() -> (Once, Faulty) {
    let store = Faulty::new();
    (Once::builder(store.clone()).build().unwrap(), store)
}

pub(crate) async fn enter_run(once: &Once, receipt: &Receipt) -> Run {
    once.enter(receipt).await.unwrap()
}

pub(crate) async fn enter_answer(once: &Once, receipt: &Receipt) -> Answer {
    once.enter(receipt).await.unwrap_err()
}
