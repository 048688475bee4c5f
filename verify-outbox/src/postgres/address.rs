use core::{fmt, net::IpAddr, str::FromStr as _, time::Duration};

use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, Error, NoTls,
    config::{Host, LoadBalanceHosts, SslMode, TargetSessionAttrs},
};

use crate::OpenError;

/// Where a server is, and how it is spoken to. It is shown without the user and the password.
#[derive(Clone)]
pub(crate) struct Address(Config);

impl Address {
    /// Of each address of a host.
    const CONNECT_DEADLINE: Duration = Duration::from_secs(2);
    /// After how long a server that acknowledges nothing is gone.
    const SILENCE: Duration = Duration::from_secs(10);

    pub(crate) fn new(address: &str) -> Result<Self, OpenError> {
        let invalid = OpenError::Address(
            "the address of PostgreSQL is not one such as `postgres://user:password@host:5432/database`",
        );
        let is_url =
            ["postgres://", "postgresql://"].iter().any(|start| address.starts_with(start));
        // What the error says may be a part of the address.
        let config = Config::from_str(address).ok().filter(|_| is_url);
        // Of a password with a bare `@` the client takes the rest for the host, which is looked up and shown.
        let config = config.filter(|_| address.matches('@').count() <= 1);
        let Some(mut config) = config.filter(|config| !config.get_hosts().is_empty()) else {
            return Err(invalid);
        };
        let is_plain = match config.get_ssl_mode() {
            SslMode::Disable => true,
            SslMode::Prefer => is_here(&config),
            _ => false,
        };
        if !is_plain {
            return Err(OpenError::Address(
                "PostgreSQL is on another machine and TLS is not supported: put `?sslmode=disable` behind the \
                 address if nobody else is in that network, or connect by a proxy that speaks TLS",
            ));
        }
        config
            .application_name("verify-outbox")
            .connect_timeout(Self::CONNECT_DEADLINE)
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Self::SILENCE)
            .ssl_mode(SslMode::Disable)
            // Of several hosts the primary: a standby cannot keep anything.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            // One that is there and does not answer takes all the time of a call. The next call begins at another.
            .load_balance_hosts(LoadBalanceHosts::Random);
        Ok(Self(config))
    }

    /// Connects within a runtime, which the connection belongs to. The task ends with the connection.
    pub(super) async fn connect(&self) -> Result<(Client, JoinHandle<()>), Error> {
        let (client, connection) = self.0.connect(NoTls).await?;
        Ok((client, tokio::spawn(async { drop(connection.await) })))
    }
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
        for (index, host) in self.0.get_hosts().iter().enumerate() {
            let ports = self.0.get_ports();
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            let comma = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) => write!(f, "{comma}{host}:{port}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}:{port}", path.display())?,
            }
        }
        write!(f, "/{}", self.0.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address(`{self}`)")
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn what_it_shows_has_no_password() {
        for (address, shown) in [
            ("postgres://ada:hunter2@127.0.0.1/models", "127.0.0.1:5432/models"),
            ("postgresql://ada:hunter2@localhost:1,[::1]:2/m?x", ""),
            ("postgres://ada:hunter2@localhost:1,127.0.0.2:2/m", "localhost:1,127.0.0.2:2/m"),
            ("postgres://ada:hunter2@db/models?sslmode=disable", "db:5432/models"),
            ("postgres://ada:hunter2@db/models", ""),
            ("postgres://ada:hunter2@127.0.0.1/models?sslmode=require", ""),
            ("postgres://ada:hunter2@127.0.0.1:port/models", ""),
            ("postgres:///models", ""),
            ("postgres://ada:pa@hunter2@127.0.0.1/models", ""),
            ("postgres://ada:p@a/hunter2@127.0.0.1/models?sslmode=disable", ""),
            ("host=127.0.0.1 password=hunter2", ""),
            ("mysql://ada:hunter2@127.0.0.1/models", ""),
        ] {
            let (said, debug) = match Address::new(address) {
                Ok(address) => (address.to_string(), format!("{address:?}")),
                Err(error) => {
                    assert_eq!(shown, "", "{address}: {error}");
                    (error.to_string(), format!("{error:?}"))
                }
            };
            assert!(shown.is_empty() || said == shown, "{said}");
            assert!(!(said + &debug).contains("hunter2"), "{address}");
        }
    }
}
