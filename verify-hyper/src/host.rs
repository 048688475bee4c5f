use http::{HeaderMap, Version, header::HOST, uri::Authority};

/// Returns whether the `Host` of a request is valid. Otherwise answer 400: RFC 9112, section 3.2, for
/// HTTP/1.1 requests with a missing, doubled or invalid `Host`. hyper leaves this check to its users. If
/// two servers read different hosts, requests reach the wrong one.
#[must_use]
pub fn is_host_sound(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let authority = Authority::try_from(host.as_bytes());
            host.is_empty() || authority.is_ok_and(|authority| !authority.as_str().contains('@'))
        }
        (Some(_), Some(_)) => false,
        // HTTP/1.0 has none, and HTTP/2 says it in another place.
        (None, _) => version != Version::HTTP_11,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Version, header::HOST};

    use super::is_host_sound;

    fn is_sound(version: Version, hosts: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_static(host));
        }
        is_host_sound(version, &headers)
    }

    #[test]
    fn http_1_1_needs_exactly_one() {
        for sound in [&["x"][..], &["127.0.0.1:8080"], &["[::1]:80"], &["a.example"], &[""]] {
            assert!(is_sound(Version::HTTP_11, sound), "{sound:?}");
        }
        for bad in [&[][..], &["x", "x"], &["x", "y"], &["a b"], &["u@x"], &["x/y"]] {
            assert!(!is_sound(Version::HTTP_11, bad), "{bad:?}");
        }
    }

    #[test]
    fn others_need_none_and_may_not_have_two() {
        for version in [Version::HTTP_10, Version::HTTP_2] {
            assert!(is_sound(version, &[]) && is_sound(version, &["x"]));
            assert!(!is_sound(version, &["x", "x"]));
        }
    }
}
