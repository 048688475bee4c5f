use core::{fmt, net::IpAddr, str::FromStr as _, time::Duration};
use std::{path::Path, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
    task::JoinHandle,
};
use tokio_postgres::{
    CancelToken, Client, Config, Connection, Error, NoTls, Socket,
    config::{Host, LoadBalanceHosts, SslMode, TargetSessionAttrs},
};
use tokio_rustls::TlsConnector;

use super::stream::Tls;
use crate::{AddressError, SplitAddress, tls};

/// The address of a server, and whether connections are encrypted. It is shown without the user and
/// the password.
#[derive(Clone)]
pub struct Address {
    config: Config,
    /// `None`: not encrypted.
    tls: Option<Tls>,
}

impl Address {
    /// How long connecting may take, with all hosts that are tried.
    pub(super) const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
    /// After how long a server that acknowledges nothing is gone.
    const SILENCE: Duration = Duration::from_secs(10);

    /// Takes an address such as `postgres://user:password@host:5432/database?sslmode=verify-full`, and the name that
    /// this program gives the server. Nothing is connected yet.
    ///
    /// In the password, `@` is written `%40`, `#` is `%23` and `?` is `%3F`. Of several hosts, `a:5432,b:5432`, the one
    /// that can be written to is used.
    ///
    /// | `sslmode` | connections |
    /// |---|---|
    /// | `verify-full`, and `verify-ca` and `require` too | TLS; the certificate and its name are checked, by Mozilla's authorities or those of the PEM file `sslrootcert=PATH` |
    /// | `disable` | no TLS: only for a network without strangers |
    /// | none | no TLS to a Unix socket or this machine; refused for any other host |
    /// | `prefer`, `allow` | refused: an attacker in the network would decide |
    ///
    /// # Errors
    ///
    /// Any [`AddressError`].
    pub fn new(address: &str, application: &str) -> Result<Self, AddressError> {
        let is_url =
            ["postgres://", "postgresql://"].iter().any(|start| address.starts_with(start));
        let SplitAddress { url, mode, authorities, .. } = SplitAddress::read(address);
        // Of a password with a bare `@` the client takes the rest for the host, which is looked up and shown.
        let is_clear = is_url && url.matches('@').count() <= 1;
        // What its error says may be a part of the address.
        let config = Config::from_str(&url).ok().filter(|config| {
            // Another mode: it was said in a way that is not understood above.
            is_clear && !config.get_hosts().is_empty() && config.get_ssl_mode() == SslMode::Prefer
        });
        let mut config = config.ok_or(AddressError::Invalid)?;
        let is_encrypted = match mode.as_deref() {
            Some("require" | "verify-ca" | "verify-full") => true,
            Some("disable") => false,
            Some(_) => return Err(AddressError::TlsUnsafe),
            None if is_here(&config) => false,
            None => return Err(AddressError::TlsUnsaid),
        };
        let tls = match (is_encrypted, authorities) {
            (true, file) => Some(Tls(encrypted(file.as_deref())?)),
            (false, None) => None,
            // Who names authorities wants them to be asked.
            (false, Some(_)) => return Err(AddressError::TlsUnsaid),
        };
        config
            .application_name(application)
            // Of each address of a host.
            .connect_timeout(Self::CONNECT_DEADLINE / 4)
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Self::SILENCE)
            .ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable })
            // Of several hosts the primary: to a standby nothing can be written.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            // One that is there and does not answer takes all the time of a call. The next call begins at another.
            .load_balance_hosts(LoadBalanceHosts::Random);
        Ok(Self { config, tls })
    }

    /// Returns the hosts and their ports, with commas between them.
    #[must_use]
    pub fn hosts(&self) -> String {
        let ports = self.config.get_ports();
        let hosts = self.config.get_hosts().iter().enumerate().map(|(index, host)| {
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(host) => format!("{host}:{port}"),
                #[cfg(unix)]
                Host::Unix(path) => format!("{}:{port}", path.display()),
            }
        });
        hosts.collect::<Vec<_>>().join(",")
    }

    /// Connects within a runtime, without a time limit for all hosts together: for work that takes too long for a
    /// [`Pool`](super::Pool). The task ends with the connection.
    ///
    /// # Errors
    ///
    /// The errors of the client. [`Trouble::of`](super::Trouble::of) turns them into texts that may
    /// be shown.
    pub async fn connect(&self, runtime: &Handle) -> Result<(Client, JoinHandle<()>), Error> {
        match self.tls.clone() {
            None => self.config.connect(NoTls).await.map(|made| run(runtime, made)),
            Some(tls) => self.config.connect(tls).await.map(|made| run(runtime, made)),
        }
    }

    /// Tells the server to stop what a connection asked for.
    pub(super) async fn stop(&self, token: &CancelToken) -> Result<(), Error> {
        match self.tls.clone() {
            None => token.cancel_query(NoTls).await,
            Some(tls) => token.cancel_query(tls).await,
        }
    }
}

fn run<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    runtime: &Handle,
    (client, connection): (Client, Connection<Socket, S>),
) -> (Client, JoinHandle<()>) {
    (client, runtime.spawn(async { drop(connection.await) }))
}

fn encrypted(authorities: Option<&Path>) -> Result<TlsConnector, AddressError> {
    let config = tls::client_config(authorities);
    let mut config = config.map_err(|_| AddressError::AuthoritiesInvalid)?;
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(Arc::new(config).into())
}

/// Whether all of it is on this machine.
fn is_here(config: &Config) -> bool {
    let is_loopback = |host: &str| {
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    };
    config.get_hostaddrs().iter().all(IpAddr::is_loopback)
        && config.get_hosts().iter().all(|host| match host {
            Host::Tcp(host) => is_loopback(host),
            #[cfg(unix)]
            Host::Unix(_) => true,
        })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hosts(), self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(`{self}`)")
    }
}
