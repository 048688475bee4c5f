//! A PostgreSQL that tests start for themselves on a free port of loopback, and end by its id.
//!
//! `.ci/once` names the folder of its programs in `OUTBOX_POSTGRES`. Where it is not named, a test says that it was
//! skipped.

use core::time::Duration;
use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Instant,
};

use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

use crate::port::Port;

const NOBODY: u32 = 65534;

/// Ended before its folder is deleted.
pub(crate) struct Postgres {
    bin: PathBuf,
    process: Child,
    port: Port,
    data: PathBuf,
    _folder: Option<TempDir>,
}

impl Postgres {
    /// Starts one, unless there is none: then that is said, past what hides the output of tests.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        Self::make(test, &data, Some(folder))
    }

    /// The same in a folder of the test.
    pub(crate) fn start_in(test: &str, data: &Path) -> Option<Self> {
        Self::make(test, data, None)
    }

    fn make(test: &str, data: &Path, folder: Option<TempDir>) -> Option<Self> {
        let bin = bin(test)?;
        give_away(data.parent().unwrap());
        let mut initdb = program(&bin, "initdb");
        initdb.args([
            "--no-sync",
            "--auth=trust",
            "--username=once",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        let made = initdb.arg("-D").arg(data).stdout(Stdio::null()).status().unwrap();
        assert!(made.success());
        Some(Self::run(bin, data.to_owned(), folder))
    }

    /// Starts a standby of this one, without which it acknowledges nothing any more.
    pub(crate) fn standby(&self) -> Self {
        let folder = TempDir::new().unwrap();
        give_away(folder.path());
        let data = folder.path().join("data");
        let mut copy = program(&self.bin, "pg_basebackup");
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "-D"]).arg(&data);
        assert!(copy.arg("-d").arg(self.url("postgres")).status().unwrap().success());
        let standby = Self::run(self.bin.clone(), data, Some(folder));
        self.wait_for_standbys("*");
        wait("it is a synchronous standby", || {
            self.sql(
                "postgres",
                "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'",
            ) == "1"
        });
        standby
    }

    /// Makes a standby a primary.
    pub(crate) fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()"), "t");
        // It has none itself.
        self.wait_for_standbys("");
    }

    /// From here on each commit waits for a standby of such a name.
    pub(crate) fn wait_for_standbys(&self, names: &str) {
        let setting = "synchronous_standby_names";
        self.sql("postgres", &format!("ALTER SYSTEM SET {setting} = '{names}'"));
        self.sql("postgres", "SELECT pg_reload_conf()");
        wait("the setting is read", || self.sql("postgres", &format!("SHOW {setting}")) == names);
        // Commits go by what the checkpointer has read, which it does between any two checkpoints.
        self.sql("postgres", "CHECKPOINT");
        self.sql("postgres", "CHECKPOINT");
    }

    fn run(bin: PathBuf, data: PathBuf, folder: Option<TempDir>) -> Self {
        let port = Port::reserve();
        let process = Self::spawn(&bin, &data, &port);
        let mut server = Self { bin, process, port, data, _folder: folder };
        server.start_again();
        server
    }

    fn spawn(bin: &Path, data: &Path, port: &Port) -> Child {
        let mut command = program(bin, "postgres");
        // A small log, for small disks.
        let settings =
            ["max_connections=60", "max_wal_size=64MB", "wal_keep_size=0", "hot_standby=on"];
        command.args(settings.iter().flat_map(|setting| ["-c", setting]));
        command.arg("-D").arg(data).arg("-k").arg(data.parent().unwrap());
        command.args(["-h", "127.0.0.1", "-p"]).arg(port.number().to_string());
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        silent.spawn().unwrap()
    }

    fn answers(&self) -> bool {
        self.try_sql("postgres", "SELECT 1").is_some()
    }

    /// Makes a database, and returns its address.
    pub(crate) fn database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
        self.url(name)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://once@127.0.0.1:{}/{database}", self.port.number())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.number()
    }

    /// Runs a statement, and returns what it gives.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap_or_else(|| panic!("refused: {sql}"))
    }

    fn try_sql(&self, database: &str, sql: &str) -> Option<String> {
        let mut psql = program(&self.bin, "psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql]);
        let said = psql.arg(self.url(database)).output().unwrap();
        let text = String::from_utf8(said.stdout).unwrap();
        said.status.success().then(|| text.trim().to_owned())
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }

    /// Starts it again if it has ended, and waits until it answers.
    pub(crate) fn start_again(&mut self) {
        wait("the server answers", || {
            // It ends at once while the processes of its connections are there, which end a moment after it.
            if self.process.try_wait().unwrap().is_some() {
                self.process = Self::spawn(&self.bin, &self.data, &self.port);
            }
            self.answers()
        });
    }

    /// Begins a session, which has run these statements then.
    pub(crate) fn session(&self, database: &str, sql: &str) -> Session {
        let mut psql = program(&self.bin, "psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
        psql.arg(self.url(database)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = psql.spawn().unwrap();
        let has_run = "the statements have run";
        let statements = format!("{sql};\n\\echo {has_run}\n");
        process.stdin.as_mut().unwrap().write_all(statements.as_bytes()).unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(said.map_while(Result::ok).any(|line| line == has_run), "refused: {sql}");
        Session(process)
    }

    /// Waits until a session waits for a lock of such a type.
    pub(crate) fn wait_until_blocked(&self, database: &str, lock: &str) {
        wait("a session waits for a lock", || self.is_blocked(database, lock));
    }

    /// Whether a session waits for a lock of such a type.
    pub(crate) fn is_blocked(&self, database: &str, lock: &str) -> bool {
        let waiting =
            format!("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = '{lock}'");
        self.sql(database, &waiting) != "0"
    }

    /// Signals each process of it.
    pub(crate) fn signal(&self, signal: Signal) {
        let parent = Pid::from_child(&self.process);
        let number = parent.as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{number}/task/{number}/children"));
        let _ = kill_process(parent, signal);
        for child in children.unwrap_or_default().split_whitespace() {
            let _ = kill_process(Pid::from_raw(child.parse().unwrap()).unwrap(), signal);
        }
    }
}

/// A session of `psql`, which ends with this, and its transaction with it.
pub(crate) struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A process of it that is stopped would not notice its end.
        self.signal(Signal::CONT);
        self.kill();
    }
}

fn bin(test: &str) -> Option<PathBuf> {
    let bin = env::var_os("OUTBOX_POSTGRES").map(PathBuf::from);
    if bin.is_none() {
        let _ = writeln!(
            io::stderr(),
            "SKIPPED: {test}: OUTBOX_POSTGRES names no folder with PostgreSQL's programs; .ci/once sets it"
        );
    }
    bin
}

/// PostgreSQL refuses to run as root.
fn program(bin: &Path, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    if getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/");
    command
}

/// Gives a file or a folder to whom PostgreSQL runs as.
pub(crate) fn give_away(place: &Path) {
    if getuid().is_root() {
        chown(place, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        sleep(Duration::from_millis(50));
    }
}
