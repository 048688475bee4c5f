//! `verify listen`: `verify-listen` with the options, the greeting and the terminal of a command.

mod greeting;
mod keys;
mod options;
mod terminal;

use verify_listen::Settings;

pub(crate) use self::options::Options;
use crate::{Error, Output, Verdict};

impl Options {
    pub(crate) fn run(self, output: &Output) -> Result<Verdict, Error> {
        let mut settings = Settings::new(self.store.path()?, keys::read(&self.keys)?);
        settings.bind = self.bind;
        settings.page = self.page;
        settings.dangerous_open_page = self.dangerous_open_page;
        settings.forward = self.forward_to.clone();
        settings.keep = self.store.keep();
        let listen = settings.start()?;
        greeting::print(&self, &listen);
        listen.run(terminal::show(self.forward_to.is_some(), output.is_json()))?;
        Ok(Verdict::Verified)
    }
}
