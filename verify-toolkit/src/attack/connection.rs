//! Connections that are held: whether a receiver ends them, and answers others meanwhile.

use core::time::Duration;
use std::io;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, split},
    join, select,
    time::{sleep, timeout},
};

use super::{Attempt, Case, CaseReport, Expected, Framing, Outcome, Report, Step, Target};
use crate::{
    Endpoint,
    endpoint::{Stream, UrlError, exchange},
};

/// How many forged deliveries come slowly at the same time.
const CROWD: usize = 64;
/// How many genuine ones are sent meanwhile.
const GENUINE: usize = 8;
/// A piece of what is sent slowly comes so often.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a second answer may take.
const QUIET: Duration = Duration::from_secs(3);

impl Target {
    /// Tests what `attack_url` does not test, because it takes time: whether the receiver behind a URL
    /// ends connections that are held open, within `endurance`, and answers genuine deliveries meanwhile.
    /// 90 s is a good value for a receiver in production. The path replaces the target's path.
    ///
    /// If a connection is not ended, it takes at least as long as `endurance`. It opens 64 connections at
    /// most, and sends almost nothing over them.
    ///
    /// # Errors
    ///
    /// As [`attack_url`](Self::attack_url).
    pub async fn attack_connections(
        &self,
        url: &str,
        endurance: Duration,
    ) -> Result<Report, UrlError> {
        let endpoint = Endpoint::new(url)?;
        endpoint.check(self.patience).await.map_err(UrlError::Unreachable)?;
        let target = self.clone().with_path(endpoint.path());
        Ok(target.attack_connections_of(&endpoint, endurance).await)
    }

    /// The same for an [`Endpoint`], which may trust authorities of its own.
    pub async fn attack_connections_of(&self, endpoint: &Endpoint, endurance: Duration) -> Report {
        let probe = Probe { target: self, endpoint, endurance };
        let mut cases = vec![probe.crowd().await];
        let (drip, head_drip, long_head) =
            join!(probe.drip(), probe.head_drip(), probe.long_head());
        cases.extend([drip, head_drip, long_head]);
        cases.extend([probe.host_missing().await, probe.host_repeated().await]);
        cases.extend([probe.refused_and_more().await, probe.refused_then_more().await]);
        cases.push(probe.upgrade().await);
        Report { sender: self.sender.name(), cases }
    }
}

struct Probe<'t> {
    target: &'t Target,
    endpoint: &'t Endpoint,
    endurance: Duration,
}

impl Probe<'_> {
    async fn crowd(&self) -> CaseReport {
        let case = case(
            "connection/crowd",
            "genuine deliveries, while 64 forged ones come slowly",
            Expected::Accepted,
            self.target.at_this_moment().genuine(),
        );
        let mut forged = self.target.at_this_moment().forged(b"x".to_vec());
        forged.framing = Framing::Length(u64::from(u16::MAX));
        let forged = self.bytes(&forged);
        let mut crowd = Vec::new();
        for _ in 0..CROWD {
            // Who refuses one is asked for an answer all the same.
            if let Ok(Ok(mut stream)) = timeout(self.target.patience, self.endpoint.connect()).await
                && write(&mut stream, &forged).await.is_ok()
            {
                crowd.push(stream);
            }
        }
        let mut outcome = Outcome::Silent;
        for number in 1..=GENUINE {
            sleep(PAUSE).await;
            for stream in &mut crowd {
                let _ = timeout(PAUSE, write(stream, b"x")).await;
            }
            let genuine = self.target.at_this_moment().genuine();
            outcome = self.endpoint.attempt(&genuine, self.target.patience).await;
            let is_accepted = matches!(&outcome, Outcome::Answered(answer) if Expected::Accepted.allows(answer.status));
            if !is_accepted {
                let finding = format!(
                    "{outcome} to a genuine delivery, number {number} of {GENUINE}, while {} forged ones \
                     come slowly",
                    crowd.len()
                );
                return CaseReport::new(case, outcome, vec![finding]);
            }
        }
        CaseReport::new(case, outcome, Vec::new())
    }

    async fn drip(&self) -> CaseReport {
        let mut attempt = Attempt::new("/healthz", Vec::new(), Vec::new());
        attempt.method = "GET".to_owned();
        attempt.framing = Framing::Chunked;
        attempt.body = vec![Step::Stall];
        let tries = "a body to another path, a byte now and then";
        self.held("connection/drip", tries, attempt, "", b"1\r\nx\r\n").await
    }

    async fn head_drip(&self) -> CaseReport {
        let attempt = self.target.at_this_moment().genuine();
        let tries = "a head that does not end, a header now and then";
        self.held("connection/head-drip", tries, attempt, "x-more: x\r\n", b"x-more: x\r\n").await
    }

    async fn long_head(&self) -> CaseReport {
        let attempt = self.target.at_this_moment().genuine();
        let more = format!("x-more: {}\r\n", "x".repeat(1000)).repeat(1000);
        let tries = "a head of 1 MB, and more of it now and then";
        self.held("connection/long-head", tries, attempt, &more, b"x-more: x\r\n").await
    }

    /// Whether a connection is ended over which `drop` comes as long as it is open. `more` takes the
    /// place of a head's end.
    async fn held(
        &self,
        name: &'static str,
        tries: &'static str,
        attempt: Attempt,
        more: &str,
        drop: &[u8],
    ) -> CaseReport {
        let mut start = exchange::head(self.endpoint.authority(), &attempt);
        if !more.is_empty() {
            start.truncate(start.len().saturating_sub(2));
            start.extend_from_slice(more.as_bytes());
        }
        let case = case(name, tries, Expected::Ended, attempt);
        let held = async {
            let (mut read, mut write) = split(self.endpoint.connect().await?);
            let sending = async {
                write.write_all(&start).await?;
                loop {
                    write.flush().await?;
                    sleep(PAUSE).await;
                    write.write_all(drop).await?;
                }
            };
            let reading = async {
                let mut answer = [0; 4096];
                while read.read(&mut answer).await? > 0 {}
                Ok(())
            };
            select! {
                ended = sending => ended,
                ended = reading => ended,
            }
        };
        // An error is an end as well.
        let ended: Result<io::Result<()>, _> = timeout(self.endurance, held).await;
        let (outcome, findings) = match ended {
            Ok(_) => (Outcome::Closed, Vec::new()),
            Err(_) => {
                let seconds = self.endurance.as_secs();
                (Outcome::Silent, vec![format!("the connection is still open after {seconds} s")])
            }
        };
        CaseReport::new(case, outcome, findings)
    }

    async fn host_missing(&self) -> CaseReport {
        let tries = "a genuine delivery without `Host`";
        self.without_host("connection/host-missing", tries, "").await
    }

    async fn host_repeated(&self) -> CaseReport {
        let tries = "a genuine delivery with two of `Host`";
        self.without_host("connection/host-repeated", tries, "host: a\r\nhost: b\r\n").await
    }

    async fn without_host(
        &self,
        name: &'static str,
        tries: &'static str,
        hosts: &str,
    ) -> CaseReport {
        let attempt = self.target.at_this_moment().genuine();
        let text = self.bytes(&attempt);
        let line =
            |text: &[u8]| text.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (first, rest) = text.split_at(line(&text));
        let text = [first, hosts.as_bytes(), &rest[line(rest)..]].concat();
        let case = case(name, tries, Expected::Unaccepted, attempt);
        judged(case, self.answer(&text).await)
    }

    async fn upgrade(&self) -> CaseReport {
        let genuine = self.target.at_this_moment().genuine();
        let attempt = genuine.and("connection", "upgrade").and("upgrade", "websocket");
        let outcome = self.endpoint.attempt(&attempt, self.target.patience).await;
        let tries = "a genuine delivery that offers to go on as a WebSocket";
        judged(case("connection/upgrade", tries, Expected::Accepted, attempt), outcome)
    }

    async fn refused_and_more(&self) -> CaseReport {
        let forged = self.target.at_this_moment().forged(b"{}".to_vec());
        let tries = "a genuine delivery sent together with a forged one";
        let text = [self.bytes(&forged), self.bytes(&self.target.at_this_moment().genuine())];
        let case = case("connection/refused-and-more", tries, Expected::Refused, forged);
        self.answered_once(case, &text.concat(), b"").await
    }

    async fn refused_then_more(&self) -> CaseReport {
        let genuine = self.target.at_this_moment().genuine();
        let mut forged = genuine.clone().without(self.target.header()).chunked(usize::MAX);
        forged.body.clear();
        let start = exchange::head(self.endpoint.authority(), &forged);
        let rest = [b"2\r\n{}\r\n0\r\n\r\n".to_vec(), self.bytes(&genuine)].concat();
        let tries = "the body of a refused delivery and a genuine one, once it is refused";
        let case = case("connection/refused-then-more", tries, Expected::Refused, forged);
        self.answered_once(case, &start, &rest).await
    }

    /// Whether nothing follows an answer that says that it is the last.
    async fn answered_once(&self, case: Case, start: &[u8], rest: &[u8]) -> CaseReport {
        let mut received = Vec::new();
        let reading = async {
            let (mut read, mut write) = split(self.endpoint.connect().await?);
            write.write_all(start).await?;
            write.flush().await?;
            let mut sent_rest = rest.is_empty();
            loop {
                let limit = if received.is_empty() { self.target.patience } else { QUIET };
                match timeout(limit, read.read_buf(&mut received)).await {
                    Ok(Ok(1..)) if !sent_rest => {
                        sent_rest = true;
                        // The receiver may have gone.
                        let _ = write.write_all(rest).await;
                        let _ = write.flush().await;
                    }
                    Ok(Ok(1..)) if received.len() < exchange::MOST => {}
                    _ => return io::Result::Ok(()),
                }
            }
        };
        let _ = reading.await;
        let (outcome, is_last, length) = exchange::first_answer(&received);
        let more = received.get(length..).unwrap_or_default();
        let is_answer = |text: &[u8]| text.starts_with(b"HTTP/1.");
        let findings = match &outcome {
            Outcome::Answered(_) if is_last && more.windows(7).any(is_answer) => {
                vec!["another answer follows one that closes the connection".to_owned()]
            }
            Outcome::Answered(_) => Vec::new(),
            other => vec![format!("{other}, instead of {}", case.expected)],
        };
        CaseReport::new(case, outcome, findings)
    }

    fn bytes(&self, attempt: &Attempt) -> Vec<u8> {
        let head = exchange::head(self.endpoint.authority(), attempt);
        [head, attempt.data().flatten().copied().collect()].concat()
    }

    async fn answer(&self, text: &[u8]) -> Outcome {
        let answer = async {
            let stream = self.endpoint.connect().await?;
            exchange::exchange_bytes(stream, text).await
        };
        match timeout(self.target.patience, answer).await {
            Ok(Ok(Some(answer))) => Outcome::Answered(answer),
            Ok(_) => Outcome::Closed,
            Err(_) => Outcome::Silent,
        }
    }
}

const fn case(
    name: &'static str,
    tries: &'static str,
    expected: Expected,
    attempt: Attempt,
) -> Case {
    Case { name, tries, expected, attempt }
}

/// A case of which the class of the answer says all.
fn judged(case: Case, outcome: Outcome) -> CaseReport {
    let is_right = match (&outcome, case.expected) {
        (Outcome::Answered(answer), expected) => expected.allows(answer.status),
        (Outcome::Closed, expected) => expected == Expected::Unaccepted,
        _ => false,
    };
    let findings = match is_right {
        true => Vec::new(),
        false => vec![format!("{outcome}, instead of {}", case.expected)],
    };
    CaseReport::new(case, outcome, findings)
}

async fn write(stream: &mut Box<dyn Stream>, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
