//! Where the lines go.

use core::{fmt, time::Duration};
use std::{io, sync::Arc};

use tokio::{
    io::{AsyncWriteExt, Stdout},
    sync::Mutex,
    time::timeout,
};

/// Standard output, one line at a time. Clones share it.
#[derive(Clone)]
pub struct Output(Arc<Mutex<Stdout>>);

impl Output {
    /// How long a reader of the output may keep a sender waiting.
    const DEADLINE: Duration = Duration::from_secs(5);

    /// Takes standard output.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(tokio::io::stdout())))
    }

    /// Prints a line.
    ///
    /// # Errors
    ///
    /// It could not be written, or not in time.
    pub async fn print(&self, line: &str) -> io::Result<()> {
        let written = async {
            let mut output = self.0.lock().await;
            output.write_all(line.as_bytes()).await?;
            output.flush().await
        };
        timeout(Self::DEADLINE, written).await?
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}
