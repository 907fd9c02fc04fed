//! Long work: done on a thread of its own without the interpreter's lock, while the caller's thread reports
//! progress and notices Ctrl-C.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use weightseal::hash::Observer;

/// How often the caller's thread looks up: Ctrl-C is to be answered within 0.2 s.
const INTERVAL: Duration = Duration::from_millis(50);

/// Runs `work`. Every other Python thread keeps running meanwhile.
///
/// # Errors
/// What a signal handler or the progress callback raises; the work is ended then.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&dyn Observer) -> T + Send,
) -> PyResult<T> {
    let watched = Watched::default();
    let mut report = Report::to(progress)?;
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            // Also when the work panics, the caller's thread must wake up.
            let _end = End(&watched);
            work(&watched)
        });
        let interrupted = loop {
            let done = py.detach(|| watched.wait());
            if let Err(error) = report.tell(&watched).and_then(|()| py.check_signals()) {
                watched.cancelled.store(true, Ordering::Relaxed);
                break Err(error);
            }
            if done {
                break Ok(());
            }
        };
        let value = py.detach(|| worker.join());
        interrupted?;
        Ok(value.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

#[derive(Default)]
struct Watched {
    total: AtomicU64,
    done: AtomicU64,
    cancelled: AtomicBool,
    ended: Mutex<bool>,
    changed: Condvar,
}

impl Watched {
    /// Waits for the end or a little while; whether it was the end.
    fn wait(&self) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(ended, INTERVAL, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

struct End<'a>(&'a Watched);

impl Drop for End<'_> {
    fn drop(&mut self) {
        *self.0.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}

impl Observer for Watched {
    fn expects(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    fn advanced(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Whom progress is told: a function of the number of new bytes, or a bar in the manner of tqdm, which has
/// `update` and a `total` that is set if nobody has.
struct Report<'py> {
    tell: Option<Bound<'py, PyAny>>,
    bar: Option<Bound<'py, PyAny>>,
    told: u64,
}

impl<'py> Report<'py> {
    fn to(progress: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        let Some(progress) = progress else { return Ok(Self { tell: None, bar: None, told: 0 }) };
        let (tell, bar) = match progress.hasattr("update")? {
            true => (progress.getattr("update")?, Some(progress.clone())),
            false => (progress.clone(), None),
        };
        // Now rather than when half of the work is done.
        if !tell.is_callable() {
            return Err(PyTypeError::new_err(
                "progress must be a function of a number of bytes, or a bar like tqdm's",
            ));
        }
        Ok(Self { tell: Some(tell), bar, told: 0 })
    }

    fn tell(&mut self, watched: &Watched) -> PyResult<()> {
        let Some(tell) = &self.tell else { return Ok(()) };
        let total = watched.total.load(Ordering::Relaxed);
        if let Some(bar) = self.bar.as_ref().filter(|_| total > 0)
            && bar.hasattr("total")?
            && bar.getattr("total")?.is_none()
        {
            bar.setattr("total", total)?;
        }
        let done = watched.done.load(Ordering::Relaxed);
        if done > self.told {
            tell.call1((done - self.told,))?;
            self.told = done;
        }
        Ok(())
    }
}
