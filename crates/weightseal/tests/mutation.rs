//! Whatever is changed after signing is refused, or changes nothing that is reported: every bit and byte of every small
//! file, JSON of another shape, folders, keys, trust stores.
//!
//! All randomness comes from fixed seeds, but for signatures by ECDSA and RSA, which are never the same twice. Rows of
//! the scoreboard and counts are printed: `cargo test --test mutation -- --nocapture`. That is the short form, which
//! takes a sample of the places; with `WEIGHTSEAL_FULL=1` in the environment it is every one, and of private keys and
//! of JSON as many as the rows say.

#![cfg(unix)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "rows are read by the scoreboard, misses by people"
)]

use std::sync::Mutex;

#[path = "mutation/bytes.rs"]
mod bytes;
mod common;
#[path = "mutation/folders.rs"]
mod folders;
#[path = "mutation/json.rs"]
mod json;
#[path = "mutation/keys.rs"]
mod keys;
#[path = "mutation/kinds.rs"]
mod kinds;
#[path = "mutation/models.rs"]
mod models;
#[path = "mutation/node.rs"]
mod node;
#[path = "mutation/scene.rs"]
mod scene;
#[path = "mutation/shape.rs"]
mod shape;
#[path = "mutation/trust.rs"]
mod trust;

/// Whether every place is tried, not a sample.
fn is_full() -> bool {
    std::env::var_os("WEIGHTSEAL_FULL").is_some_and(|value| value == "1")
}

/// The first in the full form, the second in the short one.
fn full_or<T>(full: T, short: T) -> T {
    if is_full() { full } else { short }
}

/// 1234567 as `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}

/// Prints a row of the scoreboard, and fails where it does not hold.
fn row(id: &str, what: &str, (wrong, tried): (usize, usize), rest: &str) {
    let form = full_or("", ", short form");
    let found = format!("{} of {}{rest}{form}", grouped(wrong), grouped(tried));
    let row =
        serde_json::json!({ "id": id, "what": what, "found": found, "target": "0", "holds": wrong == 0 });
    // On a line of its own, whatever the test harness has begun.
    println!("\nrow: {row}");
    assert_eq!(wrong, 0, "{id}: what was changed stands above");
}

/// A piece of work.
type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Does all of them on all cores.
fn on_all_cores<T: Send>(jobs: Vec<Job<T>>) -> Vec<T> {
    // Taken from the end: the first ones are the longest by habit.
    let waiting = Mutex::new(jobs.into_iter().rev().collect::<Vec<_>>());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let job = waiting.lock().expect("no panic elsewhere").pop();
                    let Some(job) = job else { break };
                    let result = job();
                    done.lock().expect("no panic elsewhere").push(result);
                }
            });
        }
    });
    done.into_inner().expect("no panic elsewhere")
}
