//! Claims in Redis or Valkey.

mod line;

use core::{fmt, time::Duration};

use ::redis::{
    Client, ConnectionAddr, FromRedisValue, IntoConnectionInfo as _, RedisError, Script,
    TlsCertificates, cmd, io::tcp::TcpSettings,
};
use tokio::runtime::Handle;
use verify_connect::SplitAddress;

use crate::{
    Claimed, Claims, ConfigError, Key, Pending, Settled, StoreError, Terms, Token, row::millis,
};
use line::Line;

/// Claims in Redis (from 5) or Valkey, for any number of instances.
///
/// Each call is one script over one key, on the clock of the server. One connection carries all calls. If a
/// call is dropped or fails, the connection is closed, and the next call connects again. What the system has not
/// sent by then is not sent any more.
///
/// The server must not evict keys. With a `maxmemory-policy` other than `noeviction` it would forget claims
/// early, so the store refuses it. A Redis Cluster is refused too: a key may be in another of its servers, and
/// the store has one connection. Replicas lag behind, so a failover may forget the claims of the last moments. A
/// delivery that comes again then runs once more.
pub struct Redis {
    line: Line,
    scripts: Scripts,
}

struct Scripts {
    claim: Script,
    complete: Script,
    release: Script,
}

impl Redis {
    /// Those that the client reads in an address of a host. The others it reads for a Unix socket.
    const PARAMETERS: [&str; 1] = ["protocol"];
    const PARAMETERS_OF_A_SOCKET: [&str; 4] = ["db", "pass", "protocol", "user"];

    /// Takes an address such as `redis://user:password@host:6379/0`. Nothing is connected before the first call.
    /// The connection belongs to the runtime of tokio in which this is called.
    ///
    /// `rediss://` is TLS: the certificate and its name are checked, by Mozilla's authorities or those of the PEM
    /// file `?sslrootcert=PATH`. If the program set no cryptography provider for rustls, the first such store sets
    /// `ring`. `redis://` is not encrypted: only for a network without strangers.
    ///
    /// # Errors
    ///
    /// [`ConfigError::AddressInvalid`], also for a parameter that is not known, such as `sslmode`;
    /// [`ConfigError::AuthoritiesInvalid`], [`ConfigError::TlsUnsafe`] for `#insecure`, and
    /// [`ConfigError::RuntimeMissing`] outside of a runtime.
    pub fn new(address: &str) -> Result<Self, ConfigError> {
        let runtime = Handle::try_current().map_err(|_| ConfigError::RuntimeMissing)?;
        let example = "rediss://user:password@host:6379/0";
        let invalid = || ConfigError::AddressInvalid { example };
        let SplitAddress { url, mode, authorities, others } = SplitAddress::read(address);
        // The client passes over what it does not know, such as a wish for TLS.
        let known: &[&str] = match url.split_once("://") {
            Some(("unix" | "redis+unix" | "valkey+unix", _)) => &Self::PARAMETERS_OF_A_SOCKET,
            _ => &Self::PARAMETERS,
        };
        let is_known = |name: &String| known.contains(&name.as_str());
        if mode.is_some() || !others.iter().all(is_known) {
            return Err(invalid());
        }
        // Closed with a reset, because a call that was given up is not to be sent any more: after a partition the
        // system would send it, long after nobody waits for it.
        let reset = TcpSettings::default().set_linger_time(Duration::ZERO);
        // Its error may hold parts of the address.
        let server = url.into_connection_info().map_err(|_| invalid())?.set_tcp_settings(reset);
        let client = match authorities {
            None => Client::open(server),
            Some(file) => {
                let pem = verify_connect::authorities(&file);
                let pem = pem.map_err(|_| ConfigError::AuthoritiesInvalid)?;
                let authorities = TlsCertificates { client_tls: None, root_cert: Some(pem) };
                Client::build_with_tls(server, authorities)
            }
        }
        .map_err(|_| invalid())?;
        if let ConnectionAddr::TcpTls { insecure, .. } = client.get_connection_info().addr() {
            if *insecure {
                return Err(ConfigError::TlsUnsafe);
            }
            verify_connect::provide();
        }
        let scripts = Scripts {
            claim: Script::new(include_str!("redis/claim.lua")),
            complete: Script::new(include_str!("redis/complete.lua")),
            release: Script::new(include_str!("redis/release.lua")),
        };
        Ok(Self { line: Line::new(client, runtime), scripts })
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &Key,
        token: &Token,
        arguments: &[u64],
    ) -> Result<T, StoreError> {
        let mut usage = self.line.connection().await?;
        let mut call = script.key(name(key));
        call.arg(token.as_bytes());
        for argument in arguments {
            call.arg(*argument);
        }
        let said = call.invoke_async(&mut usage.connection).await;
        usage.end(said.map_err(|error| self.meaning(&error)))
    }

    async fn settle(
        &self,
        script: &Script,
        key: &Key,
        token: &Token,
        arguments: &[u64],
    ) -> Result<Settled, StoreError> {
        let is_ours: bool = self.run(script, key, token, arguments).await?;
        Ok(if is_ours { Settled::Yes } else { Settled::Lost })
    }

    fn meaning(&self, error: &RedisError) -> StoreError {
        self.line.meaning(error)
    }
}

/// Under which a key is kept. Raw bytes: half of what digits would take.
fn name(key: &Key) -> Vec<u8> {
    [b"once:", key.as_bytes().as_slice()].concat()
}

impl Claims for Redis {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        Box::pin(async move {
            let arguments = [terms.lease, terms.window].map(|time| millis(time).unsigned_abs());
            let said: (u8, u64) = self.run(&self.scripts.claim, key, token, &arguments).await?;
            let number = u32::try_from(said.1).unwrap_or(u32::MAX);
            match said.0 {
                0 => Ok(Claimed::Acquired { attempt: number }),
                1 => Ok(Claimed::InProgress { left: Duration::from_millis(said.1) }),
                2 => Ok(Claimed::Done { status: u16::try_from(number).unwrap_or(u16::MAX) }),
                _ => Err(self.line.unavailable("gave an answer that the script does not give")),
            }
        })
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        Box::pin(
            async move { self.settle(&self.scripts.complete, key, token, &[status.into()]).await },
        )
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        Box::pin(self.settle(&self.scripts.release, key, token, &[]))
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut usage = self.line.connection().await?;
            let deleted = cmd("DEL").arg(name(key)).query_async(&mut usage.connection).await;
            usage.end(deleted.map_err(|error| self.meaning(&error)))
        })
    }

    /// Looks at the server's settings again, makes a claim on a key that no delivery has, and takes it away.
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let mut usage = self.line.connection().await?;
            let looked = self.line.look(&mut usage.connection).await;
            usage.end(looked)?;
            let (key, token) = (Key::new([0; 32]), Token::new([0; 16]));
            let moment = Duration::from_secs(1);
            self.claim(&key, &token, Terms::new(moment, moment)).await?;
            self.forget(&key).await.map(drop)
        })
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("at", &self.line.place()).finish_non_exhaustive()
    }
}

/// What a server's error asks for.
enum Cure {
    /// Memory.
    Room,
    /// Another setting, role, or version.
    Change(&'static str),
    /// Time.
    Wait(&'static str),
}

/// Codes of servers that answer, and cannot do what they are asked to.
const CODES: [(&str, Cure); 8] = [
    ("OOM", Cure::Room),
    ("LOADING", Cure::Wait("is still loading its data")),
    ("MISCONF", Cure::Wait("cannot write to its disk")),
    ("NOREPLICAS", Cure::Wait("has too few replicas")),
    ("READONLY", Cure::Wait("is a replica: its primary is needed")),
    ("NOAUTH", Cure::Change("asks for a password: put it into the address")),
    ("WRONGPASS", Cure::Change("refuses the user or the password of the address")),
    (
        "NOPERM",
        Cure::Change(
            "refuses a command: the user needs EVAL, EVALSHA, SCRIPT LOAD, INFO, TIME, GET, SET, DEL, HMGET, HSET, HDEL, PEXPIRE, and the keys `once:*`",
        ),
    ),
];

/// The code of an error of the server, if it is one.
fn code(error: &RedisError) -> Option<&str> {
    let code = error.code()?;
    // Before version 7, what a script met stands in the text of its error.
    let met = |known: &&(&'static str, Cure)| {
        error.detail().is_some_and(|detail| detail.contains(&format!("-{} ", known.0)))
    };
    match code {
        "ERR" => CODES.iter().find(met).map(|known| known.0).or(Some(code)),
        _ => Some(code),
    }
}
