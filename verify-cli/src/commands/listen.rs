//! `verify listen`: `verify-listen` with the options, the greeting and the terminal of a command, and with a webhook of
//! `verify-manage` that is there as long as it runs.

mod greeting;
mod keys;
mod options;
mod register;
mod terminal;

use verify_listen::{Listen, Settings};

pub(crate) use self::options::Options;
use self::register::Registered;
use crate::{Error, Output, Verdict, secret};

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        // What the webhook is to be signed with, unless an option names it.
        let fresh = match self.register.register {
            Some(api) => Some((api.sender(), secret::fresh()?)),
            None => None,
        };
        let keys = keys::read(&self.keys, fresh.as_ref())?;
        let mut settings = Settings::new(self.store.path()?, keys);
        settings.bind = self.bind;
        settings.page = self.page;
        settings.dangerous_open_page = self.dangerous_open_page;
        settings.forward = self.forward_to.clone();
        settings.keep = self.store.keep();
        settings.new_secrets = self.keys.new_secret;
        let listen = settings.start()?;
        greeting::print(&self, &listen);
        let Some(registered) = Registered::make(&self, &listen)? else {
            return self.show(listen, output);
        };
        let shown = registered.greet(output).and_then(|()| {
            registered.test(listen.origin());
            self.show(listen, output)
        });
        // Whatever else went wrong, it is deleted.
        let removed = registered.remove(output);
        shown.and_then(|verdict| removed.map(|()| verdict))
    }

    fn show(&self, listen: Listen, output: &Output) -> Result<Verdict, Error> {
        listen.run(terminal::show(self.forward_to.is_some(), output.is_json()))?;
        Ok(Verdict::Verified)
    }
}
