use core::fmt;
use std::{collections::BTreeMap, io};

use verify_outbox::{Policy, Post, Workers};

/// What is posted to, by name: when, and how.
#[derive(Default)]
pub struct Destinations(BTreeMap<String, (Policy, Box<dyn Post>)>);

impl Destinations {
    /// Returns their names.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Makes workers post to these destinations, and to no others. A posting in flight is finished as it was begun.
    ///
    /// `exchange` installs the code that keeps deliveries for them. At that moment all new destinations are posted to
    /// already, and the old ones still are.
    ///
    /// # Errors
    ///
    /// No thread can be started. Then everything stays as it was.
    pub fn exchange(self, workers: &mut Workers, exchange: impl FnOnce()) -> io::Result<()> {
        let old: Vec<_> = workers.destinations().map(ToOwned::to_owned).collect();
        let gone: Vec<_> = old.iter().filter(|name| !self.0.contains_key(*name)).collect();
        let (known, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.0.into_iter().partition(|(name, _)| old.contains(name));
        let mut begun: Vec<String> = Vec::new();
        for (name, (policy, post)) in new {
            if let Err(error) = workers.set(&name, policy, post) {
                for name in &begun {
                    workers.remove(name);
                }
                return Err(error);
            }
            begun.push(name);
        }
        for (name, (policy, post)) in known {
            // Each has its thread.
            workers.set(&name, policy, post)?;
        }
        exchange();
        for name in gone {
            workers.remove(name);
            tracing::warn!(
                destination = name,
                "not configured any more: what waits for it stays, see `dead list`"
            );
        }
        Ok(())
    }
}

impl<P: Post + 'static> FromIterator<(String, Policy, P)> for Destinations {
    fn from_iter<I: IntoIterator<Item = (String, Policy, P)>>(all: I) -> Self {
        let boxed = |(name, policy, post)| (name, (policy, Box::new(post) as Box<dyn Post>));
        Self(all.into_iter().map(boxed).collect())
    }
}

impl fmt::Debug for Destinations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
