//! What `to_curl` writes, given into every shell that is installed, with hostile requests in it.
//!
//! `curl` is a script that writes its arguments and its input into a file, so that they can be compared.
//! `RUN` is one that leaves a mark: whatever a request holds, no shell may run it.

#![cfg(unix)]
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    env, fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use verify_toolkit::WireRequest;

const ORIGIN: &str = "http://127.0.0.1:9";

/// A shell with its arguments, whether a line that it refuses ends it, and whether it may refuse one.
struct Shell(&'static [&'static str], bool, bool);

const SHELLS: &[Shell] = &[
    Shell(&["sh"], false, false),
    Shell(&["bash"], false, false),
    // As people have it: with a history, by which `!` is expanded.
    Shell(&["bash", "-i"], false, false),
    Shell(&["dash"], false, false),
    Shell(&["zsh"], false, false),
    Shell(&["zsh", "-i"], false, false),
    Shell(&["fish"], true, false),
    Shell(&["busybox", "sh"], false, false),
    Shell(&["ksh"], false, false),
    Shell(&["mksh"], false, false),
    Shell(&["yash"], false, false),
    Shell(&["tcsh", "-fi"], true, true),
    Shell(&["pwsh", "-NoProfile", "-Command", "-"], true, true),
];

/// What ends quotes, expands, redirects or begins a command, in one shell or another.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "\\",
    "\\'",
    "\\\\'",
    "''",
    "'\\''",
    "`",
    "``",
    "$(RUN)",
    "`RUN`",
    "(RUN)",
    "<(RUN)",
    "=(RUN)",
    "${RUN}",
    "$RUN",
    "%RUN%",
    "%CMDCMDLINE%",
    "^",
    "!",
    "!!",
    "!RUN",
    "!?RUN?",
    ";",
    "; RUN; #",
    "| RUN",
    "& RUN &",
    "&& RUN",
    "|| RUN",
    "> RUN.out",
    "< RUN",
    "\n",
    "\nRUN\n",
    "\r",
    "\r\nRUN\r\n",
    "\t",
    "\u{1b}[201~",
    "\u{1b}[A\r",
    "\u{7}",
    "\u{2018}",
    "\u{2019}; RUN; \u{2018}",
    "\u{201a}",
    "\u{201b}",
    "\u{201c}",
    "\u{201d}",
    "\u{85}",
    "\u{2028}",
    "\u{a0}",
    "é",
    "RUN",
    " RUN ",
    " -o RUN.out ",
    " \"-K\" x",
    "--",
    "-",
    "@",
    "~",
    "*",
    "?",
    "[a]",
    "{a,b}",
    "#",
    "=",
    "END",
    "\nEND\nRUN\n",
    "a",
    " ",
    "{\"a\": 1}",
    "\\u00e9",
    "\\n",
];

/// A folder with the two scripts in front of the path.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let place = folder.path().display();
    script("RUN", format!("#!/bin/sh\necho ran >>'{place}/ran'\n"));
    // Each argument ends in a NUL, which none can hold, and the whole in an empty one of its own.
    script(
        "curl",
        format!(
            "#!/bin/sh\n{{ printf '%s\\0' \"$#\" \"$@\"\ncase \"$*\" in *' --data-binary @-') base64 | \
             tr -d '\\n' ;; esac\nprintf '\\0'; }} >>'{place}/sent'\n"
        ),
    );
    folder
}

/// Gives lines to a shell, and returns what its `curl` was called with, or `None` where the shell is
/// not installed.
fn sent(shell: &[&str], lines: &[String], folder: &Path) -> Option<Vec<WireRequest>> {
    let path = env::join_paths(
        [folder.to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let log = folder.join("sent");
    let _ = fs::remove_file(&log);
    let mut child = Command::new(shell[0])
        .args(&shell[1..])
        .env("PATH", path)
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take().unwrap();
    for line in lines {
        // A shell that refuses a line may end there.
        let _ = input.write_all(format!("{line}\n").as_bytes());
    }
    drop(input);
    let _ = child.wait();
    assert!(!folder.join("ran").exists(), "{shell:?} ran what was in a request");
    let log = fs::read(log).unwrap_or_default();
    let mut words = log.split(|byte| *byte == 0);
    let mut calls = Vec::new();
    while let Some(count) = words.next().filter(|count| !count.is_empty()) {
        let count: usize = core::str::from_utf8(count).unwrap().parse().unwrap();
        let arguments: Vec<_> = words.by_ref().take(count).collect();
        calls.push(request(&arguments, words.next().unwrap()));
    }
    Some(calls)
}

/// The request that curl would send for these arguments.
fn request(arguments: &[&[u8]], input: &[u8]) -> WireRequest {
    use base64ct::{Base64, Encoding as _};

    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(arguments[..2], [&b"-gi"[..], b"-X"]);
    let url = text(arguments[3]);
    let mut request = WireRequest {
        method: text(arguments[2]),
        path: url.strip_prefix(ORIGIN).unwrap().to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    for pair in arguments[4..].chunks(2) {
        match (&text(pair[0])[..], pair[1]) {
            ("--request-target", target) => request.path = text(target),
            ("-H", b"Content-Type:") => {}
            ("-H", header) => {
                let end = header.iter().position(|byte| b":;".contains(byte)).unwrap();
                let value = header[end + 1..].trim_ascii().to_vec();
                request.headers.push((text(&header[..end]), value));
            }
            ("--data-raw", body) => request.body = body.to_vec(),
            ("--data-binary", b"@-") => {
                request.body = Base64::decode_vec(&text(input)).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    request
}

/// A request with this text in its method, path, a header and the body.
fn hostile(text: &str) -> WireRequest {
    // A shell takes line ends away from the end, and nothing can hold a NUL.
    let line = text.replace('\0', "");
    let value = line.trim().as_bytes().to_vec();
    WireRequest {
        method: format!("P{}", line.trim_end_matches('\n')),
        path: format!("/{}", line.trim_end_matches('\n')),
        headers: vec![("x-h".to_owned(), value)],
        body: text.as_bytes().to_vec(),
    }
}

/// Every piece by itself, pairs of the worst, and some of all at random, the same in every run.
fn hostile_requests() -> Vec<WireRequest> {
    let mut texts: Vec<String> = PIECES.iter().map(|piece| (*piece).to_owned()).collect();
    for quote in [
        "'",
        "\\",
        "\\'",
        "\"",
        "\u{2019}",
        "\\\\\\'",
        "a\\'; RUN; \\'b",
        "$(echo 'UlVO' | base64 -d)",
    ] {
        texts.extend(
            ["; RUN; #", "\nRUN\n", ";RUN;", "$(RUN)", "(RUN)"]
                .map(|run| format!("x{quote}{run}{quote}")),
        );
    }
    let text = prop::collection::vec(prop::sample::select(PIECES), 1..8);
    let mut runner = TestRunner::deterministic();
    texts.extend((0..30).map(|_| text.new_tree(&mut runner).unwrap().current().concat()));
    // A body that is a command's name in base64, and one that is large.
    let mut requests: Vec<_> = texts.iter().map(|text| hostile(text)).collect();
    requests.push(WireRequest { body: b"\xa6\x8c\x1e\xa2\xdf".to_vec(), ..hostile("a") });
    requests.push(WireRequest { body: vec![b'x'; 100_000], ..hostile("a") });
    requests.push(WireRequest { body: (0..=255).collect(), ..hostile("a") });
    requests
}

#[test]
fn a_line_is_plain_ascii_whatever_is_in_it() {
    for request in hostile_requests() {
        let line = request.to_curl(ORIGIN);
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line}");
        // Of what stands in quotes, nothing means anything to any shell, or to a program that splits its
        // command line by itself, as on Windows.
        for (place, quoted) in line.split('\'').enumerate() {
            let is_plain =
                |c: char| c.is_ascii_alphanumeric() || " \"()*+,-./:;=?@[]_{}~".contains(c);
            assert!(place % 2 == 0 || quoted.chars().all(is_plain), "{line}");
            let is_option = |word: &str| word.trim_start_matches('"').starts_with('-');
            assert!(place % 2 == 0 || !quoted.split(' ').skip(1).any(is_option), "{line}");
        }
    }
}

/// By the shells that are installed; `.ci/tools` installs them.
#[test]
fn no_shell_runs_what_is_in_a_curl_command() {
    let requests = hostile_requests();
    let lines: Vec<_> = requests.iter().map(|request| request.to_curl(ORIGIN)).collect();
    let folder = folder();
    for Shell(command, ends, may_refuse) in SHELLS {
        let name = command.join(" ");
        let together = if *ends { 1 } else { lines.len() };
        let calls = lines.chunks(together).map(|lines| sent(command, lines, folder.path()));
        let Some(calls) = calls.collect::<Option<Vec<_>>>() else {
            println!("SKIPPED: {name} is not installed");
            continue;
        };
        let names = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
        let made: Vec<_> = names.filter(|name| name.to_string_lossy().contains(".out")).collect();
        assert!(made.is_empty(), "{name} wrote a file: {made:?}");
        let calls = calls.concat();
        println!("{name} took {} of {} lines", calls.len(), lines.len());
        if !may_refuse {
            assert_eq!(calls.len(), requests.len(), "{name}");
            for (call, request) in calls.iter().zip(&requests) {
                assert_eq!(call, request, "{name}: {}", request.to_curl(ORIGIN));
            }
        }
    }
}
