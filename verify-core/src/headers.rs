/// The headers of one request, as bytes.
///
/// The core has no HTTP types of its own: an adapter implements this for its framework's headers.
/// It is ready for slices, arrays and (feature `alloc`) vectors of pairs, whose names are compared
/// without regard to case, and for `http::HeaderMap` of `http` 1 (feature `http`). For other
/// containers it is a few lines:
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
}
