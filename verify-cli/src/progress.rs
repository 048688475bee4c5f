use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Output;

/// A bar on standard error, where that is a terminal and people read the output.
pub(crate) fn bar(length: u64, output: &Output) -> ProgressBar {
    let target =
        if output.is_json() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}  {elapsed} of {duration}");
    ProgressBar::with_draw_target(Some(length), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
