use core::net::SocketAddr;
use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use axum::{Router, extract::Path, http::StatusCode, routing::post};
use tokio::{net::TcpListener, runtime::Runtime};
use verify_axum::{Delivery, Secret, Sender, Verifier, VerifyLayer};
use verify_toolkit::SecretEncoding;

/// The secret of every receiver here. Of which every part counts.
pub(crate) const SECRET: &str = "whsec_c2hhcmVk \u{e9} ";
/// The same for senders whose secrets are base64.
pub(crate) const ENCODED_SECRET: &str = "whsec_c2hhcmVk";
/// The token that the route `/token` wants.
pub(crate) const TOKEN: &str = "a-token-for-tests";

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command line, split at spaces. `SECRET` is in the variables that are read by default.
pub(crate) fn verify(line: &str) -> Run {
    Run { arguments: line.split_whitespace().map(str::to_owned).collect(), ..Run::default() }
        .env("DATABRICKS_WEBHOOK_SECRET", SECRET)
        .env("MLFLOW_WEBHOOK_SECRET", SECRET)
        .env("STANDARD_WEBHOOKS_WEBHOOK_SECRET", ENCODED_SECRET)
        .env("WANDB_WEBHOOK_SECRET", SECRET)
        .env("TOKEN", TOKEN)
}

#[derive(Default)]
pub(crate) struct Run {
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    input: Vec<u8>,
}

impl Run {
    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without_variables(mut self) -> Self {
        self.variables.clear();
        self
    }

    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub(crate) fn run(self) -> Ran {
        let is_plain = !self.variables.iter().any(|(name, _)| name == "CLICOLOR_FORCE");
        let mut process = Command::new(env!("CARGO_BIN_EXE_verify"))
            .args(&self.arguments)
            .env_clear()
            .envs(self.variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read it has closed it.
        let _ = process.stdin.take().unwrap().write_all(&self.input);
        let ran = process.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Ran {
            code: ran.status.code().unwrap(),
            stdout: text(ran.stdout),
            stderr: text(ran.stderr),
        };
        // Whatever the command was: what is a secret is in no output, and no colour where no
        // terminal is.
        for output in [&ran.stdout, &ran.stderr] {
            assert!(!output.contains(SECRET) && !output.contains(TOKEN), "{output}");
            assert!(!is_plain || !output.contains('\u{1b}'), "{output:?}");
        }
        ran
    }
}

impl Ran {
    /// The output of a command that ended so.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.stderr, "");
        self.stdout
    }

    /// What a command complained about that could not do its work.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert_eq!(self.code, 2, "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        self.stderr
    }

    /// The output of a command that had something to note besides.
    #[track_caller]
    pub(crate) fn noted(self, note: &str) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.stderr, format!("{note}\n"));
        self.stdout
    }
}

/// A receiver of all senders on a port of its own, at `/databricks`, `/mlflow` and so on; with a
/// token at `/token`; one that checks nothing at `/open`; and one with an ugly answer at `/ugly`,
/// which is a refusal, and at `/ugly/open`. `/status/503` answers so, and the like.
/// It lives as long as the test program.
pub(crate) fn receiver() -> SocketAddr {
    on_a_runtime(async || {
        let layer = |sender: Sender, token: Option<&str>| {
            let secret = match sender.secret_encoding() {
                SecretEncoding::Verbatim => SECRET,
                _ => ENCODED_SECRET,
            };
            let builder = Verifier::builder(sender).secret(Secret::new(secret).unwrap());
            let builder = token.into_iter().fold(builder, |builder, token| builder.bearer(token));
            VerifyLayer::new(builder.build().unwrap())
        };
        let handler = post(async |Delivery(_): Delivery| StatusCode::NO_CONTENT);
        let app = Sender::ALL.iter().fold(Router::new(), |app, sender| {
            let path = format!("/{}", sender.name());
            app.route(&path, handler.clone().layer(layer(*sender, None)))
        });
        let app = app
            .route("/token", handler.layer(layer(Sender::WANDB, Some(TOKEN))))
            .route(
                "/status/{status}",
                post(async |Path(status): Path<u16>| StatusCode::from_u16(status).unwrap()),
            )
            .route("/open", post(async || "taken"))
            .route("/ugly", post(async || (StatusCode::IM_A_TEAPOT, super::hostile::UGLY)))
            .route("/ugly/open", post(async || super::hostile::UGLY));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        address
    })
}

/// Runs something to its end on a thread that goes on with what it spawned.
pub(crate) fn on_a_runtime<T: Send + 'static>(
    start: impl AsyncFnOnce() -> T + Send + 'static,
) -> T {
    let (sender, started) = mpsc::channel();
    thread::spawn(move || {
        Runtime::new().unwrap().block_on(async {
            sender.send(start().await).ok().unwrap();
            core::future::pending::<()>().await;
        });
    });
    started.recv().unwrap()
}

/// Writes a file for one test.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}
