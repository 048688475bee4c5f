//! Where the lines go.

use core::time::Duration;
use std::{io, sync::Arc};

use tokio::{
    io::{AsyncWriteExt, Stdout},
    sync::Mutex,
    time::timeout,
};

/// Standard output, one line at a time. Clones share it.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Stdout>>);

impl Output {
    /// How long a reader of the output may keep a sender waiting.
    const DEADLINE: Duration = Duration::from_secs(5);

    /// Takes standard output.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(tokio::io::stdout())))
    }

    /// Prints a line. An error: it could not be written, or not in time.
    pub(crate) async fn print(&self, line: &str) -> io::Result<()> {
        let written = async {
            let mut output = self.0.lock().await;
            output.write_all(line.as_bytes()).await?;
            output.flush().await
        };
        timeout(Self::DEADLINE, written).await?
    }
}
