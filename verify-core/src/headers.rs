/// The headers of one request, as bytes.
///
/// The core has no HTTP types of its own: an adapter implements this trait for its framework's headers.
/// It is implemented for slices, arrays and (feature `alloc`) vectors of pairs, whose names are compared
/// without regard to case, and for `http::HeaderMap` of `http` 1 (feature `http`). For other
/// containers it takes a few lines:
///
/// ```
/// use verify_core::Headers;
///
/// /// Names in lower case, and all values of each.
/// struct Grouped(std::collections::HashMap<String, Vec<Vec<u8>>>);
///
/// impl Headers for Grouped {
///     fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
///         self.0.get(name).into_iter().flatten().map(Vec::as_slice)
///     }
/// }
/// ```
pub trait Headers {
    /// Yields **every** value of the header called `name`, in the order received.
    ///
    /// `name` is in lower case; names in the request match it in any case. Values are the bytes
    /// between the white space around them. An implementation that yields only the first of
    /// several values turns off the check that each header occurs once.
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]>;

    /// Returns how often the header of each name occurs. No header has an empty name.
    ///
    /// This default asks for one name after the other. If a container must be searched for each name, override it
    /// to search once for all names, as the implementation for `http::HeaderMap` does.
    fn occurrences<'h, const N: usize>(&'h self, names: [&str; N]) -> [Occurrence<'h>; N] {
        names.map(|name| match name {
            "" => Occurrence::Never,
            _ => self.values(name).fold(Occurrence::Never, Occurrence::and),
        })
    }
}

/// How often a header occurs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing between once and more than once")]
pub enum Occurrence<'h> {
    /// Not at all.
    Never,
    /// Once, with this value.
    Once(&'h [u8]),
    /// More than once.
    Repeated,
}

impl<'h> Occurrence<'h> {
    /// Counts one more value.
    #[must_use]
    pub const fn and(self, value: &'h [u8]) -> Self {
        match self {
            Self::Never => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        }
    }

    /// Counts how often each of these names occurs in the headers of a request, whose names are in lower case.
    #[must_use]
    pub fn of_each<'n, const N: usize>(
        names: [&str; N],
        headers: impl Iterator<Item = (&'n str, &'h [u8])>,
    ) -> [Self; N] {
        let mut found = [Self::Never; N];
        for (key, value) in headers {
            for (_, occurrence) in names.iter().zip(&mut found).filter(|(name, _)| **name == key) {
                *occurrence = occurrence.and(value);
            }
        }
        found
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.iter()
            .filter(move |(key, _)| key.as_ref().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_ref())
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LENGTH: usize> Headers for [(N, V); LENGTH] {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.as_slice().values(name)
    }
}

#[cfg(feature = "alloc")]
impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for alloc::vec::Vec<(N, V)> {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.as_slice().values(name)
    }
}

/// ```
/// use verify_core::Headers;
///
/// let mut headers = http::HeaderMap::new();
/// headers.append("x-wandb-signature", http::HeaderValue::from_static("first"));
/// headers.append("X-Wandb-Signature", http::HeaderValue::from_static("second"));
/// let values: Vec<_> = Headers::values(&headers, "x-wandb-signature").collect();
/// assert_eq!(values, [b"first".as_slice(), b"second"]);
/// ```
#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        // A head has few headers: comparing the names takes less time than hashing one.
        self.iter().filter(move |(key, _)| key.as_str() == name).map(|(_, value)| value.as_bytes())
    }

    fn occurrences<'h, const N: usize>(&'h self, names: [&str; N]) -> [Occurrence<'h>; N] {
        let headers = self.iter().map(|(key, value)| (key.as_str(), value.as_bytes()));
        Occurrence::of_each(names, headers)
    }
}
