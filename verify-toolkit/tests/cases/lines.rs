//! What tools print line by line, and what a `Content-Length` is worth.

use verify_toolkit::{
    Capture, Note,
    explain::{Cause, Certainty, Explainer},
};

use crate::{input, secret, verified, verifies};

const DELIVERY: &str = "45-pasted/indented.txt";

/// The delivery of most cases, as the text of a request without `Content-Length`.
fn plain() -> String {
    let text = String::from_utf8(input(DELIVERY)).unwrap();
    let lines = text.lines().map(str::trim_ascii_start);
    lines.filter(|line| !line.starts_with("Content-Length")).collect::<Vec<_>>().join("\n")
}

fn with_length(length: usize) -> String {
    plain().replacen("\n\n", &format!("\nContent-Length: {length}\n\n"), 1)
}

#[test]
fn a_length_that_does_not_fit_is_noted_and_changes_nothing() {
    let secret = secret(DELIVERY);
    let is_right = |text: &str| verified(text, &secret).unwrap();
    assert_eq!(is_right(&with_length(243)), []);
    for announced in [0, 2, 242, 244, 1000, usize::MAX] {
        let notes = [Note::LengthDiffers { announced, found: 243 }];
        assert_eq!(is_right(&with_length(announced)), notes);
    }
    // An editor's.
    for end in ["\n", "\r\n"] {
        assert_eq!(is_right(&(with_length(243) + end)), [Note::LineEndLeftOut]);
    }
    let more = with_length(243) + "\n\n";
    let capture = Capture::read(more.as_bytes()).unwrap();
    assert_eq!(capture.request.body.len(), 245);
    assert!(!verifies(&capture, &secret));
    let note =
        "`Content-Length` says 243 bytes, and the body here has 245: it is judged as it is here";
    assert_eq!(capture.notes[0].to_string(), note);
}

#[test]
fn what_was_changed_behind_an_old_length_is_proved() {
    for (name, cause) in [
        ("05-azure-pretty/http-with-length.txt", Cause::BodyJsonSpaced),
        ("21-crlf-body/http.txt", Cause::BodyCrLf),
    ] {
        let (capture, secret) = (Capture::read(&input(name)).unwrap(), secret(name));
        assert!(matches!(capture.notes[..], [Note::LengthDiffers { .. }]), "{name}");
        let explanation = Explainer::of(&capture).secret("s", &secret).explain();
        assert_eq!(explanation.causes().collect::<Vec<_>>(), [cause], "{explanation}");
        assert_eq!(explanation.findings()[0].certainty, Certainty::Proved);
    }
}

/// What tools printed of one delivery, over loopback.
fn printed(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/cases/tools/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn what_tools_print_is_read() {
    let secret = secret(DELIVERY);
    for (name, tool) in [
        ("curl-trace-ascii-time.txt", "`curl --trace-ascii`"),
        ("curl-trace-ascii.txt", "`curl --trace-ascii`"),
        ("curl-trace.txt", "a hex dump"),
        ("go-dump-q.txt", "a log with the bytes in quotes"),
        ("hexdump-C.txt", "a hex dump"),
        ("hexdump.txt", "a hex dump"),
        ("ngrep-byline.txt", "`ngrep`"),
        ("ngrep-q-t-byline.txt", "`ngrep`"),
        ("ngrep-single.txt", "`ngrep`"),
        ("ngrep-x.txt", "a hex dump"),
        ("ngrep.txt", "`ngrep`"),
        ("od.txt", "a hex dump"),
        ("ruby.txt", "a log with the bytes in quotes"),
        ("socat-v.txt", "`socat -v`"),
        ("socat-xv.txt", "a hex dump"),
        ("tcpdump-A.txt", "`tcpdump -A`"),
        ("tcpdump-X.txt", "a hex dump"),
        ("tcpdump-XX.txt", "a hex dump"),
        ("tcpdump-e-A.txt", "`tcpdump -A`"),
        ("tcpdump-q-tttt-A.txt", "`tcpdump -A`"),
        ("tcpdump-v-A.txt", "`tcpdump -A`"),
        ("tcpdump-w.pcap", "a file of packets"),
        ("tcpdump-x.txt", "a hex dump"),
        ("toolbelt.txt", "requests-toolbelt's `dump`"),
        ("tshark-follow-ascii.txt", "Wireshark's `Follow TCP Stream`"),
        ("tshark-follow-hex.txt", "a hex dump"),
        ("tshark-follow-raw.txt", "a hex dump"),
        ("tshark-follow-yaml.txt", "Wireshark's YAML"),
        ("tshark-x.txt", "a hex dump"),
        ("wireshark-c-arrays.txt", "Wireshark's C arrays"),
        ("wireshark.pcapng", "a file of packets"),
        ("xxd-p.txt", "a hex dump"),
        ("xxd.txt", "a hex dump"),
    ] {
        let capture =
            Capture::read(&printed(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let body = String::from_utf8_lossy(&capture.request.body);
        assert!(verifies(&capture, &secret), "{name}: {capture:?}\n{body}");
        let tools = capture.notes.iter().filter_map(|note| match note {
            Note::PrintedBy { tool, .. } => Some(*tool),
            _ => None,
        });
        assert_eq!(tools.collect::<Vec<_>>(), [tool], "{name}");
    }
    // These print the text of the request as it was.
    for (name, notes) in [("httpie-none.txt", vec![Note::AnswerLeftOut]), ("nc.txt", vec![])] {
        assert_eq!(verified(printed(name), &secret).unwrap(), notes, "{name}");
    }
    let prefix = Note::PrefixTakenOff { prefix: "req> ".to_owned(), lines_left_out: 6 };
    assert_eq!(verified(printed("toolbelt-prefix.txt"), &secret).unwrap()[0], prefix);
}

#[test]
fn what_a_tool_changed_names_its_raw_export() {
    let secret = secret(DELIVERY);
    for (name, cause, export) in [
        ("tools/mitm4.txt", Some(Cause::BodyJsonSpaced), "hardump"),
        ("captures/26-mitmdump/detail3.txt", Some(Cause::BodyJsonSpaced), "hardump"),
        ("tools/httpie-all.txt", None, "--pretty=none"),
        ("captures/24-httpie-v/out.txt", None, "--pretty=none"),
    ] {
        let path = format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR"));
        let capture = Capture::read(&std::fs::read(path).unwrap()).unwrap();
        assert!(!String::from_utf8_lossy(&capture.request.body).contains("401"), "{name}");
        let notes: Vec<_> = capture.notes.iter().map(ToString::to_string).collect();
        assert!(notes.join("\n").contains(export), "{name}: {notes:?}");
        let explanation = Explainer::of(&capture).secret("s", &secret).explain();
        if let Some(cause) = cause {
            assert_eq!(explanation.causes().next(), Some(cause), "{name}: {explanation}");
        }
        assert!(matches!(capture.notes[0], Note::Reformatted { .. }), "{name}");
        // The body as it was sent comes back from what the tool made of it.
        if let Some(body) = explanation.signed_body() {
            let mut sent = capture.clone();
            sent.request.body = body.to_vec();
            assert!(verifies(&sent, &secret), "{name}");
        }
    }
    for (name, message) in [
        (
            "mitm1.txt",
            "what `mitmdump` prints does not have the whole of a request: it indents JSON; \
                       `mitmdump --set hardump=FILE` records a HAR file",
        ),
        ("mitm2.txt", "what `mitmdump` prints does not have the whole of a request"),
        (
            "node.txt",
            "what Node's `NODE_DEBUG=http` prints does not have the whole of a request: it does \
                      not print the body",
        ),
        (
            "wget-d.txt",
            "what `wget -d` prints does not have the whole of a request: it does not print the \
                        body of a file",
        ),
        ("curl-v.txt", "`curl -v` prints no body"),
    ] {
        let error = Capture::read(&printed(name)).unwrap_err().to_string();
        assert!(error.starts_with(message), "{name}: {error}");
    }
}

#[test]
fn the_reported_inputs_are_read() {
    for name in [
        "01-tcpdump/A.txt",
        "01-tcpdump/X.txt",
        "06-http-client-debug/debug-real.txt",
        "23-curl-trace-ascii/trace.txt",
        "33-http-file/jetbrains.http",
        "39-requests-toolbelt/dump.txt",
        "44-curl-forms/comment-first.sh",
        "44-curl-forms/markdown.md",
        "44-curl-forms/prompt.sh",
        "45-pasted/indented.txt",
        "45-pasted/timestamp-prefix.txt",
        "61-utf16-capture/http-utf16le-bom.txt",
    ] {
        if let Err(error) = verified(input(name), &secret(name)) {
            panic!("{name}: {error}");
        }
    }
}

/// The lines of the delivery, each made into another one, and a line end after each.
fn lines_as(line: impl Fn(usize, &str) -> String) -> String {
    let text = plain();
    let lines = text.lines().zip(1..);
    lines.map(|(text, number)| line(number, text) + "\n").collect()
}

/// Makes of a line, and its number, what a tool shows of it.
type Prefixed = fn(usize, &str) -> String;

#[test]
fn what_lines_have_in_common_is_taken_off() {
    let secret = secret(DELIVERY);
    let each: [(&str, Prefixed); 17] = [
        ("tabs", |_, line| format!("\t{line}")),
        ("mail", |_, line| format!("> {line}")),
        ("answered mail", |_, line| format!("> > {line}")),
        ("syslog", |number, line| format!("Nov 29 14:03:{number:02} host app[123]: {line}")),
        ("journalctl", |_, line| format!("Nov 29 14:03:20 host.example.com python3[4711]: {line}")),
        ("docker compose", |_, line| format!("app-1  | {line}")),
        ("docker compose, trimmed", |_, line| format!("app-1  | {line}").trim_end().to_owned()),
        ("kubectl", |_, line| format!("[pod/receiver-5d9c7b/app] {line}")),
        ("kubectl with times", |number, line| format!("2026-11-29T14:03:20.{number}17Z {line}")),
        ("GitHub Actions", |number, line| format!("2026-11-29T14:03:20.12345{number:02}Z {line}")),
        ("log4j", |_, line| format!("2026-11-29 14:03:20,123 DEBUG [http-1] wire - {line}")),
        ("cat -n", |number, line| format!("{number:6}\t{line}")),
        ("less -N", |number, line| format!("{number:7} {line}")),
        ("bat", |number, line| format!("{number:4}   \u{2502} {line}")),
        ("grep -n", |number, line| {
            format!("{number}{}{line}", if number == 1 { ':' } else { '-' })
        }),
        ("grep in files", |number, line| format!("app.log-{number}-{line}")),
        ("comment", |_, line| format!("# {line}")),
    ];
    for (name, line) in each {
        for end in ["", "and a line of somebody else\n"] {
            let text = lines_as(line) + end;
            let notes =
                verified(&text, &secret).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            assert!(
                matches!(&notes[..], [Note::PrefixTakenOff { .. } | Note::PrintedBy { .. }]),
                "{name}: {notes:?}"
            );
            // Quoted text and what `curl -v` prints look the same, and a body may stand behind that.
            if name == "mail" {
                break;
            }
        }
    }
    let note = &verified(lines_as(each[5].1) + "db-1  | x\n", &secret).unwrap()[0];
    let message = "what stands in front of the lines was taken off: `app-1  | `; 1 line without it was left out";
    assert_eq!(note.to_string(), message);
    // Only the first line, and the others indented.
    let hanging =
        lines_as(
            |number, line| {
                if number == 1 { format!("14:03 app: {line}") } else { format!("      {line}") }
            },
        );
    assert!(matches!(verified(hanging, &secret).unwrap()[..], [Note::PrefixTakenOff { .. }]));
    let first = lines_as(
        |number, line| if number == 1 { format!("14:03 app: {line}") } else { line.to_owned() },
    );
    verified(first.trim_end(), &secret).unwrap();
}

#[test]
fn what_editors_and_shells_make_of_text_is_undone() {
    let secret = secret(DELIVERY);
    let text = plain();
    let wide = |order: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        format!("{mark}{text}").encode_utf16().flat_map(order).collect()
    };
    for utf_16 in [
        wide(u16::to_le_bytes, true),
        wide(u16::to_le_bytes, false),
        wide(u16::to_be_bytes, true),
        wide(u16::to_be_bytes, false),
    ] {
        assert_eq!(verified(utf_16, &secret).unwrap(), [Note::Utf16]);
    }
    assert_eq!(verified(format!("\u{feff}{text}"), &secret).unwrap(), []);
    assert_eq!(verified(format!("\n \n{text}"), &secret).unwrap(), []);
    assert_eq!(verified(text.replace('\n', "\r"), &secret).unwrap(), [Note::CarriageReturns]);
    assert_eq!(verified(text.replacen('\n', "\r\n", 3), &secret).unwrap(), []);
    let coloured =
        format!("\u{1b}[1m{}", text.replace("X-", "\u{1b}[36mX-").replace(": ", "\u{1b}[0m: "));
    // In JSON no escape stands as it is.
    let coloured = coloured.replace("\"\u{1b}[0m: ", "\": ");
    assert_eq!(verified(coloured, &secret).unwrap(), [Note::Colours]);
    for fenced in [
        format!("What came:\n\n```http\n{text}\n```\n\nWhat now?\n"),
        format!("- so:\n  ~~~\n{text}\n  ~~~\n"),
        format!("```\n{text}"),
    ] {
        assert_eq!(verified(fenced, &secret).unwrap(), []);
    }
    let quoted = format!("> ```\n{}> ```\n", lines_as(|_, line| format!("> {line}")));
    verified(quoted, &secret).unwrap();
}

fn command() -> String {
    let text = plain();
    let (head, body) = text.split_once("\n\n").unwrap();
    let headers = head.lines().skip(1).map(|line| format!(" \\\n  -H '{line}'"));
    format!(
        "curl -X POST http://127.0.0.1:8080/hook{} \\\n  -d '{body}'",
        headers.collect::<String>()
    )
}

#[test]
fn a_curl_command_is_found_in_what_stands_around_it() {
    let secret = secret(DELIVERY);
    let command = command();
    let one_line = command.replace(" \\\n ", "");
    for text in [&command, &one_line] {
        for front in [
            "$ ",
            "% ",
            "> ",
            "\u{276f} ",
            "\u{279c}  ~ ",
            "PS C:\\Users\\ann> ",
            "ann@host:~/src$ ",
            "[ann@host ~]$ ",
            "root@5f0c6f3e:/# ",
            "!",
            "+ ",
            "time ",
            "# what failed\n# today\n",
            "#!/bin/bash\nset -euo pipefail\n\n",
            "export A=b\ncat notes | wc\n",
            "    ",
            "2026-11-29T14:03:20.1234567Z ",
            "Run ",
        ] {
            let text = format!("{front}{text}\n");
            let notes = verified(&text, &secret).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert!(matches!(notes[..], [] | [Note::PrefixTakenOff { .. }]), "{front}: {notes:?}");
        }
    }
    for text in [
        format!("# {one_line}\n"),
        format!("Try this:\n```sh\n$ {command}\n```\n"),
        command.lines().map(|line| format!("> {line}\n")).collect(),
        command.lines().map(|line| format!("    {line}\n")).collect(),
        format!("$ {}", command.replace("\\\n", "\\\n> ")),
        format!("$ {one_line}\nunauthorised$ \n"),
        format!(
            "{one_line} -sv\n* Trying 127.0.0.1\n> POST /hook HTTP/1.1\n> Content-Length: 243\n>\n"
        ),
    ] {
        verified(&text, &secret).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
    for windows in ["curl ^\"http://h/^\" ^\n  -d ^\"{}^\"", "C:\\> curl.exe http://h/ `\n -d '{}'"]
    {
        let error = Capture::read(windows.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("quoted for Windows' cmd or PowerShell"), "{error}");
    }
}

#[test]
fn files_of_requests_are_read() {
    let secret = secret(DELIVERY);
    let text = plain();
    let (head, body) = text.split_once("\n\n").unwrap();
    let headers = head.split_once('\n').unwrap().1;
    for file in [
        format!("POST https://example.com/hook\n{headers}\n\n{body}\n"),
        format!(
            "POST https://example.com/hook HTTP/1.1\n{headers}\n\n{body}\n\n###\n\nGET https://example.com\n"
        ),
        format!(
            "@host = https://example.com\n\n### one\n# @name one\n// it\nPOST {{{{host}}}}/hook\n{headers}\n\n{body}\n"
        ),
        format!(
            "###\nPOST /hook\n    ?a=b\n    &c=d\n{headers}\n\n{body}\n\n> {{%\n client.log('x')\n%}}\n"
        ),
        format!("POST https://h/hook\n# no\n{headers}\n\n{body}\n\n<> 2026-11-29.200.json\n"),
        format!("```http\nPOST https://h/hook\n{headers}\n\n{body}\n```\n"),
        format!(
            "@t = 1795961000\nPOST https://h/hook\n{}\n\n{body}\n",
            headers.replace("1795961000", "{{t}}")
        ),
    ] {
        verified(&file, &secret).unwrap_or_else(|error| panic!("{error}\n{file}"));
    }
    let open = format!("POST https://h/hook\n{headers}\nA: {{{{secret}}}}\n\n{body}\n");
    let note = &verified(open, &secret).unwrap()[0];
    let message = "the variable `{{secret}}` has no value in this file: put the value in its place";
    assert_eq!(note.to_string(), message);
    let error = Capture::read(b"POST https://h/hook\nA: b\n\n< ./body.json\n").unwrap_err();
    let message =
        "the body is read from a file: put the content of `./body.json` in place of this line";
    assert_eq!(error.to_string(), message);
}

#[test]
fn of_several_requests_the_signed_one_is_read() {
    let secret = secret(DELIVERY);
    let other = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
    let answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nunauthorised";
    let command = command();
    let delivery = with_length(243);
    for (name, text, entry, found) in [
        ("connection", format!("{other}{delivery}{other}"), 2, 3),
        ("both directions", format!("{other}{answer}{delivery}{answer}{other}"), 2, 3),
        ("script", format!("curl http://h/\n{command}\ncurl http://h/ | cat\n"), 2, 3),
        ("http file", format!("GET http://h/\n\n###\n{delivery}\n###\nGET /\n"), 2, 3),
        (
            "log",
            format!("{other}{delivery}{other}")
                .lines()
                .map(|line| format!("app | {line}\n"))
                .collect(),
            2,
            3,
        ),
        ("no lengths", format!("{}\n\n{}\n", plain(), other), 1, 2),
    ] {
        let capture =
            Capture::read(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(verifies(&capture, &secret), "{name}: {capture:?}");
        let note = Note::MoreRequests { entry, found, signed: 1 };
        assert!(capture.notes.contains(&note), "{name}: {:?}", capture.notes);
        let chosen = Capture::read_entry(text.as_bytes(), entry).unwrap();
        assert_eq!(chosen, capture, "{name}");
        let last = Capture::read_entry(text.as_bytes(), found).unwrap();
        assert_eq!((last.request.method.as_str(), last.sender.as_str()), ("GET", ""), "{name}");
        for missing in [0, found + 1, usize::MAX] {
            let error = Capture::read_entry(text.as_bytes(), missing).unwrap_err().to_string();
            let message =
                format!("there is no request {missing}: there are {found}, counted from 1");
            assert_eq!(error, message, "{name}");
        }
    }
    let error = Capture::read(format!("{other}{other}").as_bytes()).unwrap_err().to_string();
    assert_eq!(
        error,
        "2 requests, and none has a known signature header: take one by its number, as with `--entry 1`"
    );
    let both = input("41-follow-stream/two-deliveries.txt");
    let notes = Capture::read(&both).unwrap().notes;
    let message = "there are more requests: this is number 1 of 2, of which 2 have a signature header; take \
                   another one with `--entry NUMBER`";
    assert!(notes.iter().any(|note| note.to_string() == message), "{notes:?}");
    assert!(verifies(&Capture::read_entry(&both, 2).unwrap(), &secret));
}

#[test]
fn python_quotes_with_either_quote() {
    let request = "POST /hook HTTP/1.1\\r\\nX-Wandb-Signature: a\\r\\n\\r\\n";
    for (sent, body) in [
        (
            format!(
                "send: b'{request}'\nsend: b\"it's \\xc3\\xa9\\n\"\nreply: 'HTTP/1.1 200 OK\\r\\n'\n"
            ),
            "it's \u{e9}\n",
        ),
        (format!("send: '{request}'\nsend: '{{}}'\n"), "{}"),
        (format!("DEBUG:http:send: b'{request}{{}}'\n"), "{}"),
        (format!("INFO raw=b'{request}{{}}' from=10.0.0.1\n"), "{}"),
        (format!("INFO raw: {request}{{\"a\": 1}}\n"), "{\"a\": 1}"),
    ] {
        let capture =
            Capture::read(sent.as_bytes()).unwrap_or_else(|error| panic!("{sent}: {error}"));
        assert_eq!(String::from_utf8_lossy(&capture.request.body), body, "{sent}");
    }
}

/// Inputs that would take a quadratic reader hours.
#[test]
fn hostile_inputs_take_seconds() {
    const SIZE: usize = 256 * 1024;
    let repeated = |part: &str| part.repeat(SIZE / part.len());
    let begun = std::time::Instant::now();
    for part in [
        " HTTP/1.1 ",
        "x GET / HTTP/1.1\n",
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\nA: b\n",
        "GET / HTTP/2\n\n",
        "POST / HTTP/1.1\nContent-Length: 1\n\n",
        "00000000: 4f50\n",
        "T a -> b [\n",
        "> 2 length=9",
        "curl '",
        "curl h\n",
        "$ curl \\\n",
        "```\n",
        "###\nGET /\n\n",
        "{{a",
        "1 > 2: Flags [, seq 1, length 1\nE",
        "send: b' HTTP/1.1\\",
        "0\r",
        // YAML, programs, options, dumps, mail, files of Hurl and Bruno.
        "x-wandb-signature:\n- - - a\n",
        "x-wandb-signature: |\n  a\n \n",
        "x-wandb-signature: \"\n",
        "axios 'x-wandb-signature' ",
        "axios x-wandb-signature '\n",
        "url = h\n",
        "A=\"$A\"\n",
        "0000000   P   O\n",
        "content-transfer-encoding: quoted-printable\n\n=3D=\n",
        "POST http://h\nHTTP 204\n",
        "meta {\n}\npost {\n}\n",
    ] {
        let own = std::time::Instant::now();
        let _ = Capture::read(repeated(part).as_bytes());
        let _ = Capture::read(
            format!(
                "POST / HTTP/1.1\n{}",
                repeated(part).get(..Capture::MAX_BYTES - 100).unwrap_or_default()
            )
            .as_bytes(),
        );
        println!("{part:?}: {:?}", own.elapsed());
    }
    // A reader that goes through all for each line takes hours.
    assert!(begun.elapsed().as_secs() < 300);
}
