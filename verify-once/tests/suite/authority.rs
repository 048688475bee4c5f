//! Certificates that servers show to the stores of two crates.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

pub(crate) const UNTRUSTED: &str = "shows a certificate that is not trusted: put `sslrootcert=FILE` into its address, a file with \
                         the certificate of its authority in PEM";
pub(crate) const OTHER_NAME: &str = "shows a certificate of another name than its address has";
pub(crate) const EXPIRED: &str = "shows a certificate that has expired, or is not valid yet";
pub(crate) const PLAIN: &str = "does not speak TLS, which its address asks for";

/// An authority with its certificate in a file.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn write(&self, folder: &Path, name: &str) -> String {
        let file = folder.join(name);
        std::fs::write(&file, self.0.pem()).unwrap();
        file.display().to_string()
    }

    /// Writes a certificate of a server, and its key.
    pub(crate) fn certify(&self, folder: &Path, name: &str, is_valid: bool) -> (String, String) {
        use std::os::unix::fs::PermissionsExt as _;

        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if !is_valid {
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &*self.0).unwrap();
        let paths = ["server.pem", "server.key"].map(|name| folder.join(name));
        std::fs::write(&paths[0], certificate.pem()).unwrap();
        std::fs::write(&paths[1], key.serialize_pem()).unwrap();
        std::fs::set_permissions(&paths[1], std::fs::Permissions::from_mode(0o600)).unwrap();
        let [certificate, key] = paths.map(|path| path.display().to_string());
        (certificate, key)
    }
}

/// The certificates that a server may show, and what is said of each. `None`: nothing.
pub(crate) const SHOWN: [(&str, bool, Option<&str>); 3] = [
    ("127.0.0.1", true, None),
    ("elsewhere.test", true, Some(OTHER_NAME)),
    ("127.0.0.1", false, Some(EXPIRED)),
];
