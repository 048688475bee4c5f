//! Servers as processes of their own, and what the kernel says of them.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A server that is stopped when this is dropped.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    /// Starts a server on the first processor, and waits for the port that it prints.
    ///
    /// # Errors
    ///
    /// It does not start, or does not say where it listens.
    pub fn start(command: &[&str], environment: &[(&str, &str)]) -> std::io::Result<Self> {
        let mut child = Command::new("taskset")
            .args(["-c", "0"])
            .args(command)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        match line.trim().parse() {
            Ok(port) => Ok(Self { child, port }),
            Err(_) => {
                let _ = child.kill();
                child.wait()?;
                Err(std::io::Error::other(format!("{} did not start", command.join(" "))))
            }
        }
    }

    /// Starts a server on the first processor that is told where to listen, and waits until it does. What it says goes
    /// nowhere.
    ///
    /// # Errors
    ///
    /// It does not start, or does not listen within 20 s.
    pub fn start_on(
        command: &[&str],
        environment: &[(&str, &str)],
        port: u16,
    ) -> std::io::Result<Self> {
        let child = Command::new("taskset")
            .args(["-c", "0"])
            .args(command)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { child, port };
        for _ in 0..400 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(server);
            }
            if server.child.try_wait()?.is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(std::io::Error::other(format!("{} does not listen", command.join(" "))))
    }

    /// Ends it by SIGTERM, and waits until it has ended. SIGINT is ignored by what was started in the
    /// background of a script.
    ///
    /// # Errors
    ///
    /// The signal cannot be sent.
    pub fn end(mut self) -> std::io::Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// What a file of `/proc` says of each of its threads.
    fn threads(&self, file: &str) -> impl Iterator<Item = String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten();
        tasks.flatten().filter_map(move |task| fs::read_to_string(task.path().join(file)).ok())
    }

    /// How long all its threads have run, in nanoseconds.
    pub fn processor_time(&self) -> u64 {
        let run = |text: String| text.split(' ').next()?.parse::<u64>().ok();
        self.threads("schedstat").filter_map(run).sum()
    }

    /// Waits until all its threads sleep: until it has done everything there is to do.
    ///
    /// # Errors
    ///
    /// It does not sleep within a minute.
    pub fn wait_until_it_sleeps(&self) -> std::io::Result<()> {
        // After the name, which is in brackets and may be anything.
        let sleeps =
            |text: String| text.rsplit(')').next().is_some_and(|rest| rest.starts_with(" S"));
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            if self.threads("stat").all(sleeps) {
                return Ok(());
            }
            thread::yield_now();
        }
        Err(std::io::Error::other("a server does not come to rest"))
    }

    /// The most memory it had so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let peak = |line: &str| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok();
        status.ok().and_then(|text| text.lines().find_map(peak)).unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
