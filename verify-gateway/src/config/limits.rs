use core::time::Duration;

use bridge_common::{Lines, Mistake};
use toml::Spanned;

use super::file;

/// How much there may be of what strangers cause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: u32,
    /// How long an upstream may take.
    pub(crate) upstream: Duration,
    /// The largest body. `None`: what is known of each sender.
    pub(crate) body_bytes: Option<usize>,
    /// What all deliveries that arrive at a time hold of memory.
    pub(crate) buffered_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            // Less than MLflow waits for, which is 30 s.
            upstream: Duration::from_secs(20),
            body_bytes: None,
            buffered_bytes: 64 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// How long a body may take to arrive.
    pub(crate) const BODY: Duration = Duration::from_secs(10);

    /// How long a stop waits: for what a body may take, then an upstream, and some.
    pub(crate) const fn stop(&self) -> Duration {
        Self::BODY.saturating_add(self.upstream).saturating_add(Duration::from_secs(5))
    }

    pub(super) fn read(file: &file::Limits, lines: &Lines) -> Result<Self, Mistake> {
        let read = |name: &str, value: &Option<Spanned<u64>>, most: u64| match value {
            Some(value) if !(1..=most).contains(value.as_ref()) => {
                Err(lines.at(value, format!("`{name}` is 1 to {most}")))
            }
            value => Ok(value.as_ref().map(|value| *value.as_ref())),
        };
        let [connections, upstream, body_kib, buffered_mib] = [
            read("connections", &file.connections, 100_000),
            read("upstream_seconds", &file.upstream_seconds, 25),
            read("body_kib", &file.body_kib, 64 * 1024),
            read("buffered_mib", &file.buffered_mib, 64 * 1024),
        ];
        let ((connections, upstream), (body_kib, buffered_mib)) = Mistake::both(
            Mistake::both(connections, upstream),
            Mistake::both(body_kib, buffered_mib),
        )?;
        let default = Self::default();
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Ok(Self {
            connections: connections
                .and_then(|most| most.try_into().ok())
                .unwrap_or(default.connections),
            upstream: upstream.map_or(default.upstream, Duration::from_secs),
            body_bytes: body_kib.map(|kib| size(kib).saturating_mul(1024)),
            buffered_bytes: buffered_mib
                .map_or(default.buffered_bytes, |mib| size(mib).saturating_mul(1024 * 1024)),
        })
    }
}
