//! Ctrl-C: the work in progress ends, what it was writing is removed, and the terminal is as it was.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::problem::Problem;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long the work may take to end by itself: between two blocks of a file it looks several hundred times a second.
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(unix)]
static TERMINAL: Mutex<Option<rustix::termios::Termios>> = Mutex::new(None);
#[cfg(not(unix))]
static TERMINAL: Mutex<Option<()>> = Mutex::new(None);

/// Handles SIGINT, SIGTERM and SIGHUP from now on. A host program that already does keeps its own way.
pub(crate) fn install() {
    let _ = ctrlc::try_set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        if while_prompting() {
            // Nobody is working; the prompt itself would wait for ever.
            std::process::exit(130);
        }
        std::thread::sleep(PATIENCE);
        std::process::exit(130);
    });
}

/// Whether the user wants an end.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Stops here if the user wants an end.
pub(crate) fn check() -> Result<(), Problem> {
    if requested() { Err(Problem::interrupted()) } else { Ok(()) }
}

/// Remembers how the terminal is while a prompt hides what is typed.
pub(crate) fn prompting<T>(prompt: impl FnOnce() -> T) -> T {
    remember_terminal();
    let answer = prompt();
    if let Ok(mut terminal) = TERMINAL.lock() {
        *terminal = None;
    }
    answer
}

#[cfg(unix)]
fn remember_terminal() {
    if let (Ok(tty), Ok(mut terminal)) = (std::fs::File::open("/dev/tty"), TERMINAL.lock()) {
        *terminal = rustix::termios::tcgetattr(&tty).ok();
    }
}

#[cfg(not(unix))]
fn remember_terminal() {}

/// Puts the terminal back, if a prompt is open.
fn while_prompting() -> bool {
    let Ok(mut terminal) = TERMINAL.lock() else { return false };
    match terminal.take() {
        None => false,
        Some(_saved) => {
            #[cfg(unix)]
            if let Ok(tty) = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty") {
                let _ = rustix::termios::tcsetattr(&tty, rustix::termios::OptionalActions::Now, &_saved);
                let _ = std::io::Write::write_all(&mut &tty, b"\n");
            }
            true
        }
    }
}
