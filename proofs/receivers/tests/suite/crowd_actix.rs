//! Good deliveries are answered while others hold more connections open than there are files.

use core::time::Duration;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::SystemTime,
};

use verify_core::{Secret, Sender, Signer, UnixTime};

/// Killed when the test ends.
struct Receiver(Child);

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn good_deliveries_are_answered_while_others_hold_connections_on_any_path() {
    let mut command = Command::new(crate::ACTIX.path);
    command.env_clear().env("LISTEN_ADDR", "127.0.0.1:0").env("WANDB_WEBHOOK_SECRET", "shared");
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut receiver = Receiver(command.spawn().unwrap());
    let mut lines = BufReader::new(receiver.0.stderr.take().unwrap()).lines();
    let address = lines.find_map(|line| {
        let line = line.unwrap();
        line.strip_prefix("listening on http://").map(|rest| rest[..].to_owned())
    });
    let address = address.unwrap();
    let address = address.split(';').next().unwrap();
    std::thread::spawn(move || lines.count());
    receivers::withstand(&receiver.0, address, || deliver(address).unwrap_or(false));
}

/// Whether a good delivery is answered so.
fn deliver(address: &str) -> std::io::Result<bool> {
    let signer = Signer::new(Sender::WANDB, Secret::new("shared").unwrap()).unwrap();
    let now = UnixTime::try_from(SystemTime::now()).unwrap();
    let mut request =
        "POST /webhooks/wandb HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n".to_owned();
    for (name, value) in signer.sign(now, "an-id", b"{}").unwrap().iter() {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let patience = Duration::from_secs(15);
    let mut stream = TcpStream::connect_timeout(&address.parse().unwrap(), patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all((request + "\r\n{}").as_bytes())?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    Ok(answer == *b"HTTP/1.1 204")
}
