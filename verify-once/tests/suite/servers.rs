//! Servers that the tests start for themselves, each on a free port of loopback, and end by their id.
//!
//! `.ci/once` names the programs in `ONCE_REDIS`, `ONCE_VALKEY` and `ONCE_POSTGRES` (a folder). Where one is
//! not named, its tests say that they were skipped.

use core::time::Duration;
use std::{
    env,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::Instant,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use verify_once::{Claims, Postgres, Redis};

use crate::{Passing, port::Port};

const MOMENT: Duration = Duration::from_millis(20);
/// How long a server may take that is there.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program that a variable names. Otherwise it is said, past what hides the output of tests.
fn program(variable: &str, test: &str) -> Option<PathBuf> {
    let program = env::var_os(variable).map(PathBuf::from);
    if program.is_none() {
        let _ = writeln!(
            io::stderr(),
            "SKIPPED: {test}: {variable} names no program; .ci/once sets it"
        );
    }
    program
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        sleep(MOMENT);
    }
}

/// A process that is ended with the test.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(silent.spawn().unwrap())
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }

    fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.0), signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A server that can be told to fail.
pub(crate) trait Server: Send {
    fn name(&self) -> &'static str;
    fn port(&self) -> u16;
    /// A store of it as an instance opens it, at another port that leads to it. In a runtime of tokio.
    fn open_at(&self, port: u16) -> Arc<dyn Claims>;
    /// As `ONCE_STORE` names it.
    fn address(&self) -> String;
    /// How many claims are held.
    fn held(&self) -> usize;
    /// The bytes that claims take, with their indexes.
    fn size(&self) -> u64;
    fn pass(&self) -> Passing;
    /// Its clock is set back: what is to end ends that much later.
    fn set_back(&self, time: Duration);
    fn kill(&mut self);
    fn start_again(&mut self);
    fn stop(&self);
    fn go_on(&self);

    fn open(&self) -> Arc<dyn Claims> {
        self.open_at(self.port())
    }
}

/// Starts each that is there.
pub(crate) fn each(test: &str) -> Vec<Box<dyn Server>> {
    let mut servers: Vec<Box<dyn Server>> = Vec::new();
    servers.extend(each_redis(test).into_iter().map(|server| Box::new(server) as Box<dyn Server>));
    servers.extend(PostgresServer::start(test).map(|server| Box::new(server) as Box<dyn Server>));
    servers
}

/// The clock of a server, by Debian's libfaketime, which reads it from a file.
pub(crate) struct Clock {
    library: PathBuf,
    file: tempfile::NamedTempFile,
}

impl Clock {
    pub(crate) fn new(test: &str) -> Option<Self> {
        use std::os::unix::fs::PermissionsExt as _;

        let library = program("ONCE_FAKETIME", test)?;
        let file = tempfile::NamedTempFile::new().unwrap();
        let readable = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(file.path(), readable).unwrap();
        let clock = Self { library, file };
        clock.set("+0");
        Some(clock)
    }

    /// Such as `-1h`, of the true time.
    pub(crate) fn set(&self, offset: &str) {
        std::fs::write(self.file.path(), offset).unwrap();
    }

    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let file = self.file.path().display().to_string();
        [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// Redis or Valkey, which writes each command to its disk.
pub(crate) struct RedisServer {
    pub(crate) name: &'static str,
    program: PathBuf,
    options: Vec<String>,
    environment: Vec<(String, String)>,
    port: Port,
    // Ended before its folder is deleted.
    process: Process,
    folder: TempDir,
}

/// Starts each of the two kinds that is there.
pub(crate) fn each_redis(test: &str) -> Vec<RedisServer> {
    let kinds = [("Redis", "ONCE_REDIS"), ("Valkey", "ONCE_VALKEY")];
    let found =
        kinds.into_iter().filter_map(|(name, variable)| Some((name, program(variable, test)?)));
    found.map(|(name, program)| RedisServer::start(name, program, &[])).collect()
}

impl RedisServer {
    pub(crate) fn start(name: &'static str, program: PathBuf, options: &[&str]) -> Self {
        Self::start_with(name, program, options, Vec::new())
    }

    fn start_with(
        name: &'static str,
        program: PathBuf,
        options: &[&str],
        environment: Vec<(String, String)>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = Port::reserve();
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let process = Self::spawn(&program, &options, &environment, &folder, &port);
        let server = Self { name, program, options, environment, folder, port, process };
        server.wait();
        server
    }

    /// Another one of the same kind, with other options.
    pub(crate) fn another(&self, options: &[&str]) -> Self {
        Self::start(self.name, self.program.clone(), options)
    }

    /// Another one of the same kind, with a clock of its own.
    pub(crate) fn another_with_clock(&self, clock: &Clock) -> Self {
        Self::start_with(self.name, self.program.clone(), &[], clock.environment())
    }

    fn spawn(
        program: &PathBuf,
        options: &[String],
        environment: &[(String, String)],
        folder: &TempDir,
        port: &Port,
    ) -> Process {
        let mut command = Command::new(program);
        command.envs(environment.iter().cloned());
        command.current_dir(folder.path()).args(["--bind", "127.0.0.1", "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        Process::start(command.arg("--port").arg(port.number().to_string()).args(options))
    }

    fn wait(&self) {
        wait_until("the server answers", || {
            self.ask(Duration::from_secs(1)).is_some_and(|mut connection| {
                let pong = redis::cmd("PING").query::<String>(&mut connection);
                // One that asks for a password is up too; one that loads its data is not.
                pong.map_or_else(|error| error.code() == Some("NOAUTH"), |_| true)
            })
        });
    }

    fn ask(&self, patience: Duration) -> Option<redis::Connection> {
        let client = redis::Client::open(self.address()).unwrap();
        client.get_connection_with_timeout(patience).ok()
    }

    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port.number())
    }

    /// A store as an instance opens it. In a runtime of tokio.
    pub(crate) fn store(&self) -> Redis {
        Redis::new(&self.address()).unwrap()
    }

    pub(crate) fn command<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let (name, arguments) = words.split_first().unwrap();
        redis::cmd(name).arg(arguments).query(&mut self.ask(PATIENCE).unwrap()).unwrap()
    }
}

impl Server for RedisServer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn port(&self) -> u16 {
        self.port.number()
    }

    fn open_at(&self, port: u16) -> Arc<dyn Claims> {
        Arc::new(Redis::new(&format!("redis://127.0.0.1:{port}")).unwrap())
    }

    fn address(&self) -> String {
        self.address()
    }

    fn held(&self) -> usize {
        const HELD: &str = "
            local held = 0
            for _, key in ipairs(redis.call('KEYS', 'once:*')) do
                if redis.call('TYPE', key).ok == 'hash' then held = held + redis.call('HEXISTS', key, 'u') end
            end
            return held";
        redis::Script::new(HELD).invoke(&mut self.ask(PATIENCE).unwrap()).unwrap()
    }

    fn size(&self) -> u64 {
        let info: String = self.command(&["INFO", "memory"]);
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
        line.unwrap().trim().parse().unwrap()
    }

    fn pass(&self) -> Passing {
        let address = self.address();
        Box::new(move |time| {
            age(&address, i64::try_from(time.as_millis()).unwrap());
            Box::pin(async {})
        })
    }

    fn set_back(&self, time: Duration) {
        age(&self.address(), -i64::try_from(time.as_millis()).unwrap());
    }

    fn kill(&mut self) {
        self.process.kill();
    }

    fn start_again(&mut self) {
        let Self { program, options, environment, folder, port, .. } = &*self;
        self.process = Self::spawn(program, options, environment, folder, port);
        self.wait();
    }

    fn stop(&self) {
        self.process.signal(Signal::STOP);
    }

    fn go_on(&self) {
        self.process.signal(Signal::CONT);
    }
}

/// Makes all keys older, by milliseconds: what is to end ends that much earlier.
fn age(address: &str, millis: i64) {
    const AGE: &str = "
        for _, key in ipairs(redis.call('KEYS', 'once:*')) do
            if redis.call('TYPE', key).ok == 'hash' then
                local left = redis.call('PTTL', key)
                local rest = left - ARGV[1]
                local held = redis.call('HGET', key, 'u')
                if held then redis.call('HSET', key, 'u', held - ARGV[1]) end
                if rest > 0 then redis.call('PEXPIRE', key, rest)
                -- One without an end stays.
                elseif left >= 0 then redis.call('DEL', key) end
            end
        end";
    let mut connection = redis::Client::open(address).unwrap().get_connection().unwrap();
    redis::Script::new(AGE).arg(millis).invoke::<()>(&mut connection).unwrap();
}

/// PostgreSQL. A process that runs as root runs it as nobody, because it refuses root.
pub(crate) struct PostgresServer {
    bin: PathBuf,
    options: Vec<String>,
    environment: Vec<(String, String)>,
    port: Port,
    // Ended before its folder is deleted.
    process: Process,
    folder: TempDir,
}

const NOBODY: u32 = 65534;

/// Gives a file to whom PostgreSQL runs as.
fn own(path: &Path) {
    if rustix::process::getuid().is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

impl PostgresServer {
    pub(crate) fn start(test: &str) -> Option<Self> {
        Self::start_with(test, |_| Vec::new())
    }

    /// With settings, which may name files of a folder that is the server's.
    pub(crate) fn start_with(
        test: &str,
        settings: impl FnOnce(&Path) -> Vec<String>,
    ) -> Option<Self> {
        Self::start_in(test, &env::temp_dir(), settings, Vec::new())
    }

    /// With a clock of its own.
    pub(crate) fn start_with_clock(test: &str, clock: &Clock) -> Option<Self> {
        Self::start_in(test, &env::temp_dir(), |_| Vec::new(), clock.environment())
    }

    /// In a folder that may be on another disk.
    pub(crate) fn start_in(
        test: &str,
        place: &Path,
        settings: impl FnOnce(&Path) -> Vec<String>,
        environment: Vec<(String, String)>,
    ) -> Option<Self> {
        let bin = program("ONCE_POSTGRES", test)?;
        let folder = tempfile::tempdir_in(place).unwrap();
        let settings = settings(folder.path());
        own(folder.path());
        for file in std::fs::read_dir(folder.path()).unwrap() {
            own(&file.unwrap().path());
        }
        let options: Vec<String> =
            settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect();
        let mut initdb = Self::program(&bin, "initdb");
        initdb.args([
            "--no-sync",
            "--wal-segsize=1",
            "--auth=trust",
            "--username=once",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
        ]);
        let mut initdb = Process::start(initdb.arg(folder.path().join("data")));
        assert!(initdb.0.wait().unwrap().success());
        let port = Port::reserve();
        let process = Self::spawn(&bin, &options, &environment, &folder, &port);
        let mut server = Self { bin, options, environment, folder, port, process };
        server.start_again();
        Some(server)
    }

    /// A standby that follows it.
    pub(crate) fn standby(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        own(folder.path());
        let mut copying = Self::program(&self.bin, "pg_basebackup");
        copying.args([
            "-R",
            "--checkpoint=fast",
            "--no-sync",
            "-h",
            "127.0.0.1",
            "-U",
            "once",
            "-p",
        ]);
        copying.arg(self.port.number().to_string()).arg("-D").arg(folder.path().join("data"));
        assert!(Process::start(&mut copying).0.wait().unwrap().success());
        let (bin, options, environment) = (self.bin.clone(), Vec::new(), Vec::new());
        let port = Port::reserve();
        let process = Self::spawn(&bin, &options, &environment, &folder, &port);
        let mut server = Self { bin, options, environment, folder, port, process };
        server.start_again();
        let streamed = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
        wait_until("the standby is sent what is new", || self.number(streamed) == 1);
        server
    }

    fn is_there(&mut self) -> bool {
        self.process.0.try_wait().unwrap().is_none()
    }

    fn program(bin: &Path, name: &str) -> Command {
        use std::os::unix::process::CommandExt as _;

        let mut command = Command::new(bin.join(name));
        if rustix::process::getuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.current_dir("/");
        command
    }

    fn spawn(
        bin: &Path,
        options: &[String],
        environment: &[(String, String)],
        folder: &TempDir,
        port: &Port,
    ) -> Process {
        let mut command = Self::program(bin, "postgres");
        command.envs(environment.iter().cloned());
        command.arg("-D").arg(folder.path().join("data")).arg("-k").arg(folder.path());
        command.args(["-h", "127.0.0.1", "-c", "max_connections=60", "-p"]);
        Process::start(command.arg(port.number().to_string()).args(options))
    }

    fn answers(&self) -> bool {
        let address = self.address();
        let asking = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let connected = tokio_postgres::connect(&address, tokio_postgres::NoTls).await;
                let Ok((client, connection)) = connected else { return false };
                tokio::spawn(connection);
                client.simple_query("SELECT 1").await.is_ok()
            })
        });
        asking.join().unwrap()
    }

    pub(crate) fn address(&self) -> String {
        format!("postgres://once@127.0.0.1:{}/postgres", self.port.number())
    }

    /// A store as an instance opens it. In a runtime of tokio.
    pub(crate) fn store(&self) -> Postgres {
        Postgres::new(&self.address()).unwrap()
    }

    /// Runs statements, whatever runtime this is called in.
    pub(crate) fn run(&self, statements: impl Into<String>) {
        execute(self.address(), statements.into());
    }

    pub(crate) fn number(&self, query: &str) -> i64 {
        let (address, query) = (self.address(), query.to_owned());
        let asking = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) =
                    tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                client.query_one(&query, &[]).await.unwrap().get(0)
            })
        });
        asking.join().unwrap()
    }

    /// Every process of it.
    fn signal_all(&self, signal: Signal) {
        let parent = Pid::from_child(&self.process.0);
        self.process.signal(signal);
        let children = std::fs::read_to_string(format!(
            "/proc/{0}/task/{0}/children",
            parent.as_raw_nonzero()
        ));
        for child in children.unwrap_or_default().split_whitespace() {
            let pid = Pid::from_raw(child.parse().unwrap()).unwrap();
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // A process of it that is stopped would not notice its end.
        self.go_on();
    }
}

impl Server for PostgresServer {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn port(&self) -> u16 {
        self.port.number()
    }

    fn open_at(&self, port: u16) -> Arc<dyn Claims> {
        Arc::new(Postgres::new(&format!("postgres://once@127.0.0.1:{port}/postgres")).unwrap())
    }

    fn address(&self) -> String {
        self.address()
    }

    fn held(&self) -> usize {
        let held = self.number("SELECT count(*) FROM verify_once WHERE held_until IS NOT NULL");
        usize::try_from(held).unwrap()
    }

    fn size(&self) -> u64 {
        self.number("SELECT pg_total_relation_size('verify_once')").try_into().unwrap()
    }

    fn pass(&self) -> Passing {
        let address = self.address();
        Box::new(move |time| {
            shift(address.clone(), "-", time);
            Box::pin(async {})
        })
    }

    fn set_back(&self, time: Duration) {
        shift(self.address(), "+", time);
    }

    fn kill(&mut self) {
        self.process.kill();
    }

    fn start_again(&mut self) {
        wait_until("the server answers", || {
            // It ends at once while the processes of its connections are there, which end a moment after it.
            if !self.is_there() {
                let Self { bin, options, environment, folder, port, .. } = &*self;
                self.process = Self::spawn(bin, options, environment, folder, port);
            }
            self.answers()
        });
    }

    fn stop(&self) {
        self.signal_all(Signal::STOP);
    }

    fn go_on(&self) {
        self.signal_all(Signal::CONT);
    }
}

/// A disk of a few MiB, in memory. `None`: only root may make one.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    pub(crate) fn mount(test: &str, mib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mib}m,mode=755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        let _ = writeln!(io::stderr(), "SKIPPED: {test}: a disk cannot be mounted, which root may");
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all that is left of it, and gives it back with the file.
    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whatever is still open in it is gone once that is closed.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Moves the times of all claims.
fn shift(address: String, sign: &str, time: Duration) {
    let by = format!("{sign} interval '1 ms' * {}", time.as_millis());
    execute(
        address,
        format!(
            "UPDATE verify_once SET held_since = held_since {by}, held_until = held_until {by}, known_until = known_until {by}"
        ),
    );
}

pub(crate) fn execute(address: String, statements: String) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
            let driver = tokio::spawn(connection);
            client.batch_execute(&statements).await.unwrap();
            driver.abort();
        });
    })
    .join()
    .unwrap();
}
