use verify_toolkit::{CaptureError, CurlError, CurlProblem};

use crate::read;

#[test]
fn a_curl_command_is_unquoted_as_bash_does() {
    let body = |word: &str| read(format!("curl h --data-raw {word}")).unwrap().body;
    for (word, text) in [
        ("'a\"$b`c'", "a\"$b`c"),
        (r#""a\"b\\c\$d\`e\n$ f""#, "a\"b\\c$d`e\\n$ f"),
        ("\"a\\\nb\"", "ab"),
        (r"$'a\nb\t\'\x41\102\u00e9\U0001F600\q\\'", "a\nb\t'AB\u{e9}\u{1f600}\\q\\"),
        (r"$'\ud83d\ude00!'", "\u{1f600}!"),
        (r"a\ b\'c", "a b'c"),
        (r#"a'b'"c"$'d'"#, "abcd"),
        ("a\\\nb", "ab"),
        ("''", ""),
        ("5$", "5$"),
    ] {
        assert_eq!(body(word), text.as_bytes(), "{word}");
    }
    assert_eq!(body(r"$'\xff\0'"), b"\xff\0");
    // What follows is another command.
    for end in ["", "\n", " | jq .", "; echo", " > out", " 2>/dev/null", " # note", " && x", "\r\n"]
    {
        assert_eq!(body(&format!("x{end}")), b"x", "{end:?}");
    }
}

#[test]
fn curl_options_say_what_is_sent() {
    let sent = |options: &str| {
        let request = read(format!("curl {options}")).unwrap();
        let headers = request.headers.iter();
        let headers =
            headers.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)));
        let body = String::from_utf8(request.body.clone()).unwrap();
        (request.method, request.path, headers.collect::<Vec<_>>().join(", "), body)
    };
    let form = "content-type: application/x-www-form-urlencoded";
    let json = "content-type: application/json, accept: application/json";
    for (options, method, path, headers, body) in [
        ("http://h", "GET", "/", "", ""),
        ("h/a/b?c=d#e", "GET", "/a/b?c=d", "", ""),
        ("https://h?x", "GET", "/?x", "", ""),
        ("--url http://h/a -sSkL --compressed -o out -m5", "GET", "/a", "", ""),
        ("http://h -d a -d b", "POST", "/", form, "a&b"),
        ("http://h -da --data-ascii b --data-binary c", "POST", "/", form, "a&b&c"),
        ("http://h -XPUT -d a -H 'Content-Type:'", "PUT", "/", "", "a"),
        ("http://h -sXPUT -d a -H 'content-type: x'", "PUT", "/", "content-type: x", "a"),
        ("http://h --json '{' --json '}'", "POST", "/", json, "{}"),
        ("http://h -H 'A:b:c' -H 'E;' -H 'nothing'", "GET", "/", "A: b:c, E: ", ""),
        ("http://h -u a:b", "GET", "/", "authorization: Basic YTpi", ""),
        ("http://a:b%3A@h/x", "GET", "/x", "authorization: Basic YTpiOg==", ""),
        (
            "http://h --oauth2-bearer t -A me -e you -b c=d",
            "GET",
            "/",
            "authorization: Bearer t, user-agent: me, referer: you, cookie: c=d",
            "",
        ),
        ("http://h -G -d a=b -d c", "GET", "/?a=b&c", "", ""),
        (
            "http://h/?x -G --data-urlencode 'a=b c' --data-urlencode '=d/' --data-urlencode é",
            "GET",
            "/?x&a=b+c&d%2F&%C3%A9",
            "",
            "",
        ),
        ("http://h -I", "HEAD", "/", "", ""),
        ("http://h --request-target '*' -X OPTIONS", "OPTIONS", "*", "", ""),
        ("-H a:b -- http://h", "GET", "/", "a: b", ""),
        ("http://h --data-raw @a", "POST", "/", form, "@a"),
    ] {
        let expected = (method.to_owned(), path.to_owned(), headers.to_owned(), body.to_owned());
        assert_eq!(sent(options), expected, "{options}");
    }
    for command in ["$ curl h", "/usr/bin/curl h", "curl.exe h", "\u{feff}\n curl h", "curl \\\n h"]
    {
        assert_eq!(read(command).unwrap().path, "/", "{command}");
    }
}

#[test]
fn a_curl_command_that_does_not_say_what_it_sends_is_refused() {
    use CurlProblem::*;
    for (options, column, problem) in [
        ("h -d \"$BODY\"", 12, VariableOpen { name: "BODY".to_owned() }),
        ("h -d ${BODY}", 11, VariableOpen { name: "BODY".to_owned() }),
        ("h -d ${BODY:-x}", 11, Expansion),
        ("h -d $1", 11, Expansion),
        ("h -d $(cat x)", 11, CommandOpen),
        ("h -d `cat x`", 11, CommandOpen),
        ("h -d @body.json", 8, File),
        ("h --data-binary @-", 8, File),
        ("h -H @headers", 8, File),
        ("h -b cookies.txt", 8, File),
        ("h --data-urlencode a@b", 8, File),
        ("h -u user", 8, Prompt),
        ("h -d 'a", 11, QuoteOpen),
        ("h -d \"a", 11, QuoteOpen),
        ("h -d $'a\\'", 11, QuoteOpen),
        ("h -d $'\\ud83d'", 11, QuoteOpen),
        ("h --frobnicate x", 8, UnknownOption),
        ("h -sq", 8, UnknownOption),
        ("h -F a=b", 8, Unsupported),
        ("h -K rc", 8, ConfigFile),
        ("h -T f", 8, File),
        ("-s", 8, UrlMissing),
        ("h -d", 8, ValueMissing),
        ("h g", 8, UrlRepeated),
        ("^\"http://h^\"", 6, WindowsQuoting),
        ("h ^\n -d x", 8, WindowsQuoting),
        ("h `\n -d x", 8, WindowsQuoting),
    ] {
        match read(format!("curl {options}")).unwrap_err() {
            CaptureError::Curl(error) => {
                assert_eq!(
                    (&error.problem, error.line, error.column),
                    (&problem, 1, column),
                    "{options}"
                );
            }
            other => panic!("{options}: {other}"),
        }
    }
    let Err(CaptureError::Curl(CurlError { line, column, .. })) = read("curl h \\\n  -d @b") else {
        panic!("is refused");
    };
    assert_eq!((line, column), (2, 3));
    assert_eq!(
        read("curl h -d @b").unwrap_err().to_string(),
        "curl command, line 1, column 8: the command reads a file: put its content here, as `--data-raw '..'`"
    );
    let cut = read("base64 -d <<'END' | curl h --data-binary @-\ne30=\n").unwrap_err();
    assert!(
        cut.to_string().ends_with("no base64 up to a line `END` follows: paste the whole command")
    );
    assert_eq!(
        read("base64 -d <<'END' | curl h --data-binary @-\ne30=\nEND\n").unwrap().body,
        b"{}"
    );
}

/// Each word takes some memory, however short it is.
#[test]
fn a_command_has_so_many_words_at_most() {
    let words = |most: usize| read(format!("curl h{}", " -s".repeat(most - 2)));
    assert_eq!(words(10_000).unwrap().path, "/");
    let error = words(10_001).unwrap_err().to_string();
    let said = "curl command, line 1, column 30002: the command has more than 10000 words: give the one \
                command, or the text of the request";
    assert_eq!(error, said);
}

#[test]
fn a_backslash_at_the_end_is_no_panic() {
    assert!(read("base64 -d <<'END' | curl http://x \\").is_err());
}
