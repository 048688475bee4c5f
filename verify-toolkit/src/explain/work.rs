/// How much was hashed and written, and how much of that there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    pub(super) bytes: u64,
    limit: u64,
    /// Whether something was not tried, whatever the reason.
    pub(super) is_cut_short: bool,
    /// Whether the reason is the limit, and not how much of something there was.
    pub(super) is_used_up: bool,
}

impl Work {
    pub(super) const fn up_to(limit: u64) -> Self {
        Self { bytes: 0, limit, is_cut_short: false, is_used_up: false }
    }

    /// Counts what is only prepared, which may take half of all: the other half is for trying it.
    pub(super) fn prepare(&mut self, bytes: usize) -> bool {
        let Self { limit, .. } = *self;
        self.limit = limit / 2;
        let is_affordable = self.spend(bytes);
        self.limit = limit;
        is_affordable
    }

    /// Counts bytes, if the limit allows for them.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        let spent = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if spent > self.limit {
            self.is_cut_short = true;
            self.is_used_up = true;
            return false;
        }
        self.bytes = spent;
        true
    }
}
