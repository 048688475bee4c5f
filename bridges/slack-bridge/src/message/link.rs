//! Links to what a message is about.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Puts names that others chose behind a URL of our own. `None` if there is none, or a name is empty or
/// would lead elsewhere.
pub(super) fn link(workspace: Option<&str>, parts: &[(&str, &str)]) -> Option<String> {
    let mut link = workspace?.trim_end_matches('/').to_owned();
    for (path, name) in parts {
        if matches!(*name, "" | "." | "..") {
            return None;
        }
        link.push_str(path);
        link.extend(utf8_percent_encode(name, SEGMENT));
    }
    Some(link)
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn a_name_stays_one_segment() {
        let models = |name| link(Some("https://host/"), &[("/#/models/", name)]);
        for (name, expected) in [
            ("fraud-detector_1.0~", Some("https://host/#/models/fraud-detector_1.0~")),
            ("a/b?c#d", Some("https://host/#/models/a%2Fb%3Fc%23d")),
            ("x>|<!channel", Some("https://host/#/models/x%3E%7C%3C%21channel")),
            ("é\n", Some("https://host/#/models/%C3%A9%0A")),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(models(name).as_deref(), expected, "{name}");
        }
        assert_eq!(link(None, &[("/", "a")]), None);
    }
}
