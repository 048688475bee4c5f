//! Bytes as text.

/// A value as text; bytes that are none as escapes.
pub(crate) fn readable(value: &[u8]) -> String {
    core::str::from_utf8(value).map_or_else(|_| value.escape_ascii().to_string(), ToOwned::to_owned)
}

/// Where two texts differ first, and what stands there in each.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Difference {
    /// Bytes before it.
    at: usize,
    received: String,
    signed: String,
}

impl Difference {
    /// Bytes that are shown before and after it.
    const AROUND: usize = 30;

    /// Finds it. `None`: they are equal.
    pub(crate) fn find(received: &[u8], signed: &[u8]) -> Option<Self> {
        let same = received.iter().zip(signed).take_while(|(one, other)| one == other).count();
        let around = |text: &[u8]| {
            let end = text.len().min(same.saturating_add(Self::AROUND));
            let shown = text.get(same.saturating_sub(Self::AROUND)..end).unwrap_or_default();
            String::from_utf8_lossy(shown).into_owned()
        };
        (received != signed).then(|| Self {
            at: same,
            received: around(received),
            signed: around(signed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Difference;

    #[test]
    fn the_first_difference_is_found_wherever_it_is() {
        for (received, signed, expected) in [
            ("{}", "{}", None),
            ("{} ", "{}", Some((2, "{} ", "{}"))),
            ("", "{}", Some((0, "", "{}"))),
            ("{\"a\": 1}", "{\"a\":1}", Some((5, "{\"a\": 1}", "{\"a\":1}"))),
        ] {
            let found = Difference::find(received.as_bytes(), signed.as_bytes());
            let found = found.as_ref().map(|found| (found.at, &*found.received, &*found.signed));
            assert_eq!(found, expected);
        }
        let found = Difference::find(&[b'x'; 1000], &[b'x'; 999]).unwrap();
        assert_eq!((found.at, found.received.len(), found.signed.len()), (999, 31, 30));
    }
}
