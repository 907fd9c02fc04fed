//! Where words go: data to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::problem::Problem;
use crate::{Status, Stdout};

/// Collects what a command prints.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    closed: bool,
    /// Writing to standard output failed: the reader is gone, or the disk is full.
    broken: Option<io::Error>,
}

/// The good word and the bad words.
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const SOFT: Style = AnsiColor::Yellow.on_default().bold();

impl Output {
    pub(crate) fn new(json: bool, quiet: bool, stdout: Stdout) -> Self {
        Self { json, quiet, closed: stdout == Stdout::Closed, broken: None }
    }

    /// Whether one JSON object is asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether progress may be shown.
    pub(crate) fn may_show_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// One line of the result, for people. The part of it before the first colon is the verdict.
    pub(crate) fn verdict(&mut self, word: &str, rest: &str) {
        if !self.json && !self.quiet {
            let style = if word == "tolerated" { SOFT } else { GOOD };
            self.stdout(&format!("{style}{word}:{style:#} {rest}\n"));
        }
    }

    /// Lines of the result, for people.
    pub(crate) fn text(&mut self, text: &str) {
        if !self.json && !self.quiet {
            self.stdout(text);
        }
    }

    /// Data that was asked for as such; `--quiet` does not hide it.
    pub(crate) fn data(&mut self, bytes: &[u8]) {
        if !self.is_broken() {
            self.broken = io::stdout().lock().write_all(bytes).err();
        }
    }

    /// The JSON object of the result, made only if it is wanted: of a hundred thousand files it takes 150 MB.
    pub(crate) fn json_of(&mut self, value: impl FnOnce() -> serde_json::Value) {
        if self.json {
            self.json(&value());
        }
    }

    /// The JSON object of the result.
    pub(crate) fn json(&mut self, value: &serde_json::Value) {
        if self.json {
            // A value made of strings, integers and lists always serialises.
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            self.stdout(&format!("{text}\n"));
        }
    }

    /// Something that the user should know, though the command goes on.
    pub(crate) fn warning(&self, text: &str) {
        stderr(&format!("{SOFT}warning:{SOFT:#} {text}\n"));
    }

    /// Something worth knowing about a result.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet && !self.json {
            stderr(&format!("note: {text}\n"));
        }
    }

    /// The headline of a failure with its details.
    pub(crate) fn failure(
        &self,
        word: &str,
        message: &str,
        code: &str,
        details: &[String],
        hint: Option<&str>,
    ) {
        let mut text = format!("{BAD}{word}:{BAD:#} {message} [{code}]\n");
        for detail in details {
            text.push_str(&format!("  {detail}\n"));
        }
        if let Some(hint) = hint {
            text.push_str(&format!("hint: {hint}\n"));
        }
        stderr(&text);
    }

    /// Prints what is left to say, and decides the exit status. Output that did not arrive is not success.
    pub(crate) fn finish(mut self, result: Result<(), Problem>) -> Status {
        let status = match result {
            Ok(()) => Status::Done,
            Err(problem) => {
                if !problem.reported {
                    self.failure("error", &problem.message, problem.code, &[], problem.hint.as_deref());
                    self.json(&json!({
                        "schema": "weightseal.error/1",
                        "code": problem.code,
                        "message": problem.message,
                        "hint": problem.hint,
                    }));
                }
                problem.status
            }
        };
        if self.broken.is_none() {
            self.broken = io::stdout().flush().err();
        }
        match self.broken.take() {
            Some(error) if matches!(status, Status::Done | Status::Different) => {
                self.failure(
                    "error",
                    &format!("cannot write to standard output: {error}"),
                    "stdout",
                    &[],
                    None,
                );
                Status::NotCarriedOut
            }
            _ => status,
        }
    }

    fn stdout(&mut self, text: &str) {
        if !self.is_broken() {
            self.broken = anstream::stdout().lock().write_all(text.as_bytes()).err();
        }
    }

    /// Nothing more is written after the first failure; printing to a closed standard output is one.
    fn is_broken(&mut self) -> bool {
        if self.closed {
            self.broken.get_or_insert_with(|| io::Error::other("it is closed"));
        }
        self.broken.is_some()
    }
}

/// Standard error may be gone; there is nobody left to tell then.
pub(crate) fn stderr(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}
