/// The path of a route. It may have one segment `{tenant}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pattern {
    text: String,
    /// What stands in front of the tenant and after it.
    around: Option<(String, String)>,
}

const TENANT: &str = "{tenant}";

impl Pattern {
    /// Reads one.
    pub(crate) fn new(text: &str) -> Result<Self, &'static str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        let around = text.split_once(TENANT);
        let is_segment = around.is_none_or(|(before, after)| {
            before.ends_with('/') && (after.is_empty() || after.starts_with('/'))
        });
        let plain = text.replacen(TENANT, "", 1);
        match text.starts_with('/') && is_segment && plain.bytes().all(is_plain) {
            true => Ok(Self {
                text: text.to_owned(),
                around: around.map(|(before, after)| (before.to_owned(), after.to_owned())),
            }),
            false => Err(
                "a path begins with `/` and has letters, digits and `-_.~` without percent signs; a segment of it \
                          may be `{tenant}`",
            ),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) const fn has_tenant(&self) -> bool {
        self.around.is_some()
    }

    /// Returns the tenant in a path that fits: `Some(None)` if there is none in the pattern.
    pub(crate) fn fits<'p>(&self, path: &'p str) -> Option<Option<&'p str>> {
        match &self.around {
            None => (path == self.text).then_some(None),
            Some((before, after)) => {
                let tenant = path.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                (!tenant.is_empty() && !tenant.contains('/')).then_some(Some(tenant))
            }
        }
    }

    /// Returns the path of a tenant.
    pub(crate) fn of_tenant(&self, tenant: Option<&str>) -> String {
        match (&self.around, tenant) {
            (Some((before, after)), Some(tenant)) => format!("{before}{tenant}{after}"),
            _ => self.text.clone(),
        }
    }

    /// Returns whether there is a path that both fit.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let (mut one, mut other) = (self.text.split('/'), other.text.split('/'));
        loop {
            match (one.next(), other.next()) {
                (None, None) => return true,
                (Some(one), Some(other)) if one == other || [one, other].contains(&TENANT) => {}
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_path_fits_as_a_whole() {
        let exact = Pattern::new("/webhooks/mlflow").unwrap();
        assert_eq!(exact.fits("/webhooks/mlflow"), Some(None));
        for other in ["/webhooks/mlflow/", "/webhooks/mlflo", "/x/webhooks/mlflow", "/"] {
            assert_eq!(exact.fits(other), None, "{other}");
        }
        let by_tenant = Pattern::new("/webhooks/{tenant}/mlflow").unwrap();
        assert_eq!(by_tenant.fits("/webhooks/acme/mlflow"), Some(Some("acme")));
        for other in
            ["/webhooks//mlflow", "/webhooks/a/b/mlflow", "/webhooks/mlflow", "/webhooks/acme/"]
        {
            assert_eq!(by_tenant.fits(other), None, "{other}");
        }
        assert_eq!(by_tenant.of_tenant(Some("acme")), "/webhooks/acme/mlflow");
    }

    #[test]
    fn what_cannot_be_in_a_path_is_no_pattern() {
        for bad in [
            "",
            "x",
            "/a b",
            "/%41",
            "/a?b",
            "/{tenant}{tenant}",
            "/x{tenant}",
            "/{tenant}x",
            "/{other}",
        ] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_that_share_a_path_are_told() {
        for (one, other, expected) in [
            ("/a", "/a", true),
            ("/a/{tenant}", "/a/b", true),
            ("/{tenant}/b", "/a/{tenant}", true),
            ("/a/{tenant}", "/b/a", false),
            ("/a/{tenant}", "/a/b/c", false),
        ] {
            let [one, other] = [one, other].map(|text| Pattern::new(text).unwrap());
            assert_eq!((one.meets(&other), other.meets(&one)), (expected, expected));
        }
    }
}
