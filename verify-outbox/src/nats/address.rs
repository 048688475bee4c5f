//! Where servers are, and who asks.

use core::{fmt, net::IpAddr};

use async_nats::ServerAddr;
use percent_encoding::percent_decode_str;

use super::NatsError;

/// Servers of one cluster. They are shown without the user and the password, and the client is told them without.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) servers: Vec<ServerAddr>,
    pub(super) login: Login,
}

/// What a server is shown. It is never shown here.
#[derive(Clone, Default)]
pub(super) enum Login {
    /// The text of a file of credentials.
    Credentials(String),
    #[default]
    Nobody,
    Token(String),
    User {
        name: String,
        password: String,
    },
}

impl Address {
    const INVALID: NatsError = NatsError::Address(
        "the address of NATS is not one such as `tls://user:password@host:4222`, or several with commas between them",
    );

    pub(super) fn new(address: &str) -> Result<Self, NatsError> {
        let mut login = Login::Nobody;
        let mut servers = Vec::new();
        for url in address.split(',') {
            let (scheme, rest) = url.trim().split_once("://").ok_or(Self::INVALID)?;
            let (user, host) = match rest.rsplit_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, rest),
            };
            // What the error says may be a part of the address.
            let server: ServerAddr =
                format!("{scheme}://{host}").parse().map_err(|_| Self::INVALID)?;
            let is_known = matches!(server.scheme(), "nats" | "tls");
            let is_bare = server.clone().into_inner().path().trim_matches('/').is_empty();
            if !is_known || !is_bare || server.host().is_empty() || host.contains(['?', '#']) {
                return Err(Self::INVALID);
            }
            servers.push(server);
            if let Some(user) = user {
                login = of(user)?;
            }
        }
        Ok(Self { servers, login })
    }

    /// Returns whether everybody on the way could read what is sent.
    pub(super) fn is_open(&self) -> bool {
        self.servers.iter().any(|server| {
            let host = server.host();
            let is_here =
                host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
            !is_here && !server.tls_required()
        })
    }
}

/// A name alone is a token, as other clients of NATS take it.
fn of(user: &str) -> Result<Login, NatsError> {
    let decode = |text| {
        let decoded = percent_decode_str(text).decode_utf8().map_err(|_| Address::INVALID)?;
        Ok::<_, NatsError>(decoded.into_owned())
    };
    Ok(match user.split_once(':') {
        None => Login::Token(decode(user)?),
        Some((name, password)) => Login::User { name: decode(name)?, password: decode(password)? },
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, server) in self.servers.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}", server.host(), server.port())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Login};

    #[test]
    fn users_passwords_and_tokens_are_taken_out_of_addresses_and_never_shown() {
        let login = |address: &str| {
            let address = Address::new(address).unwrap();
            for shown in [address.to_string(), format!("{address:?} {:?}", address.servers)] {
                assert!(!shown.contains("hunter2") && !shown.contains("anna"), "{shown}");
            }
            match address.login {
                Login::User { name, password } => format!("{name} {password}"),
                Login::Token(token) => format!("token {token}"),
                Login::Nobody => "nobody".to_owned(),
                Login::Credentials(_) => "credentials".to_owned(),
            }
        };
        assert_eq!(login("nats://127.0.0.1"), "nobody");
        assert_eq!(login("nats://anna:hunter2@127.0.0.1:4222/"), "anna hunter2");
        assert_eq!(login("tls://anna:%40hunter2@@[::1]:1,tls://b:2"), "anna @hunter2@");
        assert_eq!(login("nats://hunter2@localhost"), "token hunter2");
    }

    #[test]
    fn what_is_no_address_is_refused_without_a_part_of_it() {
        for address in [
            "",
            "127.0.0.1:4222",
            "http://hunter2@127.0.0.1",
            "ws://127.0.0.1",
            "nats://",
            "nats://hunter2@",
            "nats://us:hunter2@127.0.0.1:port",
            "nats://us:hunter2@127.0.0.1/path",
            "nats://us:hunter2@127.0.0.1?tls=1",
            "nats://us:hunter2@127.0.0.1,",
            "nats://us:%ffhunter2@127.0.0.1",
        ] {
            let error = Address::new(address).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn another_machine_is_not_reached_in_the_open_by_mistake() {
        let is_open = |address| Address::new(address).unwrap().is_open();
        for closed in
            ["nats://127.0.0.1", "nats://[::1]:1", "nats://localhost", "tls://nats.example"]
        {
            assert!(!is_open(closed), "{closed}");
        }
        for open in ["nats://nats.example", "nats://10.0.0.1", "tls://a,nats://b", "nats://0.0.0.0"]
        {
            assert!(is_open(open), "{open}");
        }
    }
}
