//! Changing a trust store: its text, its file, and which of its keys somebody means.

#![expect(dead_code, reason = "for now")]
mod text;
