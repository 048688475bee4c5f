use core::fmt;
use std::{fs, path::PathBuf};

/// An address, and what it says of TLS.
#[derive(Clone)]
pub struct SplitAddress {
    /// The address without that. It may hold a password.
    pub url: String,
    /// `sslmode`.
    pub mode: Option<String>,
    /// `sslrootcert`: a file with the certificates of authorities.
    pub authorities: Option<PathBuf>,
    /// The names of all other parameters.
    pub others: Vec<String>,
}

impl SplitAddress {
    /// Takes out of an address what it says of TLS.
    #[must_use]
    pub fn read(address: &str) -> Self {
        let (front, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (place, query) = front.split_once('?').unwrap_or((front, ""));
        let (mut mode, mut authorities) = (None, None);
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "sslmode" => mode = Some(decode(value)),
                "sslrootcert" => authorities = Some(PathBuf::from(decode(value))),
                _ => {
                    kept.push(parameter);
                    others.push(name.to_owned());
                }
            }
        }
        let mut url = place.to_owned();
        for (mark, rest) in [('?', kept.join("&").as_str()), ('#', fragment)] {
            if !rest.is_empty() {
                url.push(mark);
                url.push_str(rest);
            }
        }
        Self { url, mode, authorities, others }
    }

    /// Returns what the file of `sslrootcert` holds now, if the address names one that can be read. A store goes on
    /// with what it read when it was opened; this is for noticing that there is something else.
    #[must_use]
    pub fn authorities_now(address: &str) -> Option<Vec<u8>> {
        fs::read(Self::read(address).authorities?).ok()
    }
}

/// Undoes percent signs. What cannot be undone stays as it is.
fn decode(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let byte = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(piece.bytes().skip(2));
            }
            None => {
                bytes.push(b'%');
                bytes.extend(piece.bytes());
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

impl fmt::Debug for SplitAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SplitAddress").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::SplitAddress;

    #[test]
    fn what_an_address_says_of_tls_is_taken_out_of_it() {
        let table = [
            ("a://u:p@h:1/d", "a://u:p@h:1/d", None, None, ""),
            ("a://h?sslmode=require", "a://h", Some("require"), None, ""),
            (
                "a://h?x=1&sslrootcert=%2Fca%20%zz&y#z",
                "a://h?x=1&y#z",
                None,
                Some("/ca %zz"),
                "x,y",
            ),
            ("a://h?sslmode=disable&sslmode=require", "a://h", Some("require"), None, ""),
            ("a://h?SSLMODE=require#", "a://h?SSLMODE=require", None, None, "SSLMODE"),
        ];
        for (address, url, mode, file, others) in table {
            let read = SplitAddress::read(address);
            assert_eq!(read.url, url);
            assert_eq!(read.mode.as_deref(), mode, "{address}");
            assert_eq!(read.authorities.as_deref(), file.map(std::path::Path::new), "{address}");
            assert_eq!(read.others.join(","), others);
            assert_eq!(format!("{read:?}"), "SplitAddress { .. }");
        }
    }
}
