//! What a stream must be, so that nothing that is posted twice is in it twice.

use core::time::Duration;

use serde_json::Value;

use super::NatsError;

/// A stream, and the subject of it that is posted to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) stream: String,
    pub(super) subject: String,
    /// How long the stream has to know an id.
    pub(super) needed: Duration,
    /// Whether what is acknowledged is on the disk.
    pub(super) is_synced: bool,
}

impl Target {
    pub(super) fn new(stream: &str, subject: &str, needed: Duration) -> Result<Self, NatsError> {
        // What has a meaning in the subjects of NATS.
        let is_token = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"*>./\\".contains(&byte))
        };
        if !is_token(stream) {
            return Err(NatsError::Name(
                "the name of a stream has no spaces and none of `. * > /`, such as `models`",
            ));
        }
        // Those that begin with `$` are the server's own.
        if !subject.split('.').all(is_token) || subject.starts_with('$') {
            return Err(NatsError::Name(
                "a subject to post to is words with dots between them, such as `models.events`, without `*` and `>`",
            ));
        }
        let (stream, subject) = (stream.to_owned(), subject.to_owned());
        Ok(Self { stream, subject, needed, is_synced: false })
    }

    /// Judges what the server tells of the stream, and returns what a person should know of it.
    pub(super) fn judge(&self, config: &Value) -> Result<Vec<String>, NatsError> {
        let Self { stream, subject, needed, .. } = self;
        let subjects = config.get("subjects").and_then(Value::as_array);
        let mut subjects = subjects.into_iter().flatten().filter_map(Value::as_str);
        if !subjects.any(|pattern| is_among(subject, pattern)) {
            let (stream, subject) = (stream.clone(), subject.clone());
            return Err(NatsError::SubjectMissing { stream, subject });
        }
        let time = |name| {
            config.get(name).and_then(Value::as_u64).map_or(Duration::ZERO, Duration::from_nanos)
        };
        let window = time("duplicate_window");
        if window < *needed {
            let age = Some(time("max_age")).filter(|age| !age.is_zero() && age < needed);
            let (stream, needed) = (stream.clone(), *needed);
            return Err(NatsError::WindowTooShort { stream, window, needed, age });
        }
        Ok(self.risks(config))
    }

    /// How what was acknowledged may be lost, or be there twice, all the same.
    fn risks(&self, config: &Value) -> Vec<String> {
        let Self { stream, .. } = self;
        let is = |name, value| config.get(name).and_then(Value::as_str) == Some(value);
        let replicas = config.get("num_replicas").and_then(Value::as_u64).unwrap_or(1);
        let table = [
            (
                is("storage", "memory"),
                format!(
                    "the stream `{stream}` is in memory: what it has is gone when its servers end. Make it anew with \
                     `--storage=file`"
                ),
            ),
            (
                is("persist_mode", "async"),
                format!(
                    "the stream `{stream}` acknowledges before it writes: what came last is gone when its server ends. \
                     Make it anew with `persist_mode: default`"
                ),
            ),
            (
                replicas < 3 && !self.is_synced,
                format!(
                    "the stream `{stream}` acknowledges before its disk has it, unless the configuration of NATS says \
                     `sync_interval: always` for `jetstream`: without that a machine that loses its power loses what \
                     came in the last 2 minutes. Set it, and say so here (`synced`), or keep 3 replicas"
                ),
            ),
            (
                !is("retention", "limits"),
                format!(
                    "the stream `{stream}` forgets the ids of what was consumed when its server starts again: what is \
                     posted twice then is in it twice. Make it anew with `--retention=limits`"
                ),
            ),
        ];
        table.into_iter().filter_map(|(is_so, text)| is_so.then_some(text)).collect()
    }
}

/// Whether a pattern of a stream has a subject: `*` is a word, `>` at the end is one or more.
fn is_among(subject: &str, pattern: &str) -> bool {
    let mut words = subject.split('.');
    for part in pattern.split('.') {
        match (part, words.next()) {
            (">", Some(_)) => return true,
            (_, None) => return false,
            ("*", Some(_)) => {}
            (part, Some(word)) if part == word => {}
            _ => return false,
        }
    }
    words.next().is_none()
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use serde_json::json;

    use super::{Target, is_among};

    #[test]
    fn a_stream_listens_on_what_its_patterns_have() {
        for (subject, pattern, expected) in [
            ("models", "models", true),
            ("models", "model", false),
            ("models.events", "models.events", true),
            ("models.events", "models.*", true),
            ("models.events", "*.events", true),
            ("models.events", "models.>", true),
            ("models.events", ">", true),
            ("models.events.x", "models.*", false),
            ("models.events.x", "models.>", true),
            ("models", "models.>", false),
            ("models", "models.*", false),
            ("models.events", "models", false),
        ] {
            assert_eq!(is_among(subject, pattern), expected, "{subject} {pattern}");
        }
    }

    #[test]
    fn names_that_mean_something_else_to_nats_are_refused() {
        let is_good = |stream, subject| Target::new(stream, subject, Duration::ZERO).is_ok();
        assert!(is_good("models", "models.events-1"));
        for stream in ["", "a b", "a.b", "*", ">", "a/b", "a\r\n", "\u{fc}"] {
            assert!(!is_good(stream, "models"), "{stream:?}");
        }
        for subject in ["", ".", "a.", "a..b", "a.*", "a.>", "a b", "a\r\nPUB b", "$JS.API.x"] {
            assert!(!is_good("models", subject), "{subject:?}");
        }
    }

    #[test]
    fn what_may_be_lost_or_twice_is_told() {
        let mut target = Target::new("models", "a", Duration::from_secs(60)).unwrap();
        let mut config = json!({
            "subjects": ["a"], "duplicate_window": 60_000_000_000_u64, "storage": "file", "retention": "limits",
            "num_replicas": 3,
        });
        assert_eq!(target.judge(&config).unwrap(), Vec::<String>::new());
        for (name, value, word) in [
            ("storage", json!("memory"), "is in memory"),
            ("persist_mode", json!("async"), "acknowledges before it writes"),
            ("num_replicas", json!(1), "sync_interval: always"),
            ("retention", json!("workqueue"), "forgets the ids"),
        ] {
            let good = config[name].clone();
            config[name] = value;
            let risks = target.judge(&config).unwrap();
            assert!(risks.len() == 1 && risks[0].contains(word), "{risks:?}");
            config[name] = good;
        }
        config["num_replicas"] = json!(1);
        target.is_synced = true;
        assert_eq!(target.judge(&config).unwrap(), Vec::<String>::new());
    }
}
