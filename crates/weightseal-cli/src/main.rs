//! The binary `weightseal`: everything is in the library beside it.

#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(unix)]
mod closed {
    //! A closed standard output (`weightseal … >&-`) has to be seen before `main`: Rust's runtime then opens
    //! /dev/null in its place, and everything printed would vanish as if it had arrived.

    use std::sync::atomic::{AtomicBool, Ordering};

    static CLOSED: AtomicBool = AtomicBool::new(false);

    // Before main most of the standard library must not be used: one system call and one atomic store are fine.
    #[ctor::ctor]
    fn look() {
        let stdout = rustix::stdio::stdout();
        CLOSED.store(rustix::io::fcntl_getfd(stdout) == Err(rustix::io::Errno::BADF), Ordering::Relaxed);
    }

    pub(crate) fn is_closed() -> bool {
        CLOSED.load(Ordering::Relaxed)
    }
}

#[cfg(not(unix))]
mod closed {
    pub(crate) fn is_closed() -> bool {
        false
    }
}

/// Past the limit of a file's size (`ulimit -f`) SIGXFSZ would end us on the spot, without a message, and with what was
/// being written left behind. Where it is blocked, the write fails instead (POSIX.1-2017, `write`: EFBIG). Threads inherit it.
#[cfg(unix)]
fn block_size_signal() {
    let mut signals = nix::sys::signal::SigSet::empty();
    signals.add(nix::sys::signal::Signal::SIGXFSZ);
    // Only a signal that does not exist could fail.
    let _ = signals.thread_block();
}

#[cfg(not(unix))]
fn block_size_signal() {}

fn main() -> ExitCode {
    block_size_signal();
    let stdout =
        if closed::is_closed() { weightseal_cli::Stdout::Closed } else { weightseal_cli::Stdout::Open };
    weightseal_cli::run(std::env::args_os(), stdout).into()
}
