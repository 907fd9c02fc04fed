//! A second implementation of what is read from outside, written from the documents and RFCs alone. It shares no code
//! with the library, nor with the crates that the library reads JSON and base64 with. Slow and plain on purpose.

pub mod base64;
pub mod json;
pub mod manifest;
pub mod oms;
pub mod time;
