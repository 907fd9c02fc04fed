//! Which files are hashed, how each is opened, and where it is copied to.

use std::convert::Infallible;

use super::{ContentDigests, Plan};
use crate::file::{FileError, Filling, OpenedFile, Staged};

/// The files to be hashed, by their positions.
pub trait Source: Sync {
    /// What files are copied to; [`Infallible`] where none is.
    type Copy: Sink;

    /// Opens the file with this position.
    ///
    /// # Errors
    /// A [`FileError`].
    fn open(&self, at: usize) -> Result<OpenedFile, FileError>;

    /// How it is hashed; `None`: its bytes are of no interest, and only its size is known afterwards.
    fn plan(&self, at: usize, file: &OpenedFile) -> Option<Plan>;

    /// Begins its copy; `None`: there is none.
    ///
    /// # Errors
    /// A [`FileError`].
    fn copy(&self, at: usize, file: &OpenedFile) -> Result<Option<Self::Copy>, FileError>;

    /// The size that it will probably have, in bytes, for progress displays.
    fn expected_size(&self, _at: usize) -> Option<u64> {
        None
    }
}

/// Takes a copy of what is hashed.
pub trait Sink: Send + Sync {
    /// Writes bytes at `offset`. What is hashed in parts comes in any order, and from several threads.
    ///
    /// # Errors
    /// A [`FileError`], for example when the disk is full.
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError>;

    /// Called once everything was written.
    ///
    /// # Errors
    /// A [`FileError`].
    fn complete(&mut self) -> Result<(), FileError>;
}

impl Sink for Staged {
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        Staged::write_at(self, bytes, offset)
    }

    fn complete(&mut self) -> Result<(), FileError> {
        Ok(())
    }
}

impl Sink for Filling {
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        Filling::write_at(self, bytes, offset)
    }

    fn complete(&mut self) -> Result<(), FileError> {
        Filling::complete(self)
    }
}

impl Sink for Infallible {
    fn write_at(&self, _: &[u8], _: u64) -> Result<(), FileError> {
        match *self {}
    }

    fn complete(&mut self) -> Result<(), FileError> {
        match *self {}
    }
}

/// What came of hashing a file.
#[derive(Debug)]
pub struct Hashed<C> {
    /// The digests of the bytes that were read, and of those in the copy.
    pub digests: ContentDigests,
    /// Whether somebody touched the file meanwhile. That leaves the copy what it is; it only explains digests that nobody
    /// signed. Without a copy it is an error instead.
    pub source_changed: bool,
    /// Whether the file has other names on its file system.
    pub hard_linked: bool,
    /// The copy, if there is one.
    pub copy: Option<C>,
}
