//! Progress on a terminal, for work that takes longer than a second: bytes, rate, time left.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use weightseal::hash::Observer;

use crate::interrupt;
use crate::output::Output;

/// Work that is done sooner shows nothing.
const DELAY: Duration = Duration::from_secs(1);

/// Watches hashing for the terminal and for Ctrl-C.
pub(crate) struct Progress {
    visible: bool,
    started: Instant,
    total: AtomicU64,
    done: AtomicU64,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(output: &Output) -> Self {
        Self {
            visible: output.may_show_progress(),
            started: Instant::now(),
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            bar: OnceLock::new(),
        }
    }

    fn bar(&self) -> &ProgressBar {
        self.bar.get_or_init(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            let style = ProgressStyle::with_template("{bytes} of {total_bytes}  {bytes_per_sec}  {eta} left");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.with_elapsed(self.started.elapsed())
        })
    }
}

impl Observer for Progress {
    fn expects(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    fn advanced(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.visible && self.started.elapsed() > DELAY {
            let bar = self.bar();
            bar.set_length(self.total.load(Ordering::Relaxed).max(done));
            bar.set_position(done);
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
