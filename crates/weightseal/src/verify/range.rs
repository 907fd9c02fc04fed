//! Verifying a range of the bytes of one file: the chunks that it touches, by a list that hashes to the signed chunk root
//! (docs/spec/chunks.md, section 6).

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::content::SignedBytes;
use super::facts::{Checked, FileFact, FileStatus};
use super::outcome::{Accept, Failure, Outcome, Partial, Trouble, Weaker};
use super::policy::{Policy, Target};
use super::reason::Reason;
use super::run::{Run, Shown, verify_and_collect};
use crate::digest::{CHUNK_SIZE, Digest};
use crate::file::{FileError, Links, OpenedFile, Staged, companion};
use crate::format::{
    CHUNK_LIST_HEAD, CHUNK_LIST_SUFFIX, ChunkListFault, ChunkListReader, ChunkedFile, chunk_list_section,
    chunk_list_size,
};
use crate::hash::{HashError, Observer, read_listed_range};

/// Bytes of a list that are read at once.
const BLOCK: usize = 256 * 1024;

/// A range of bytes to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeTarget {
    /// The bytes, the end exclusive.
    pub bytes: Range<u64>,
    /// The chunk list, where it is not to be looked for.
    pub chunk_list: Option<PathBuf>,
}

/// Verifies a range of the bytes of one file, and returns exactly these bytes. Of a folder, [`Target::only`] says of which
/// file.
///
/// # Errors
/// [`Failure::Rejected`] with every reason, or [`Failure::Inconclusive`] when it could not be carried out.
#[expect(
    clippy::unreachable,
    reason = "a file of the list has its place in it, blocks are read up to their size, a range is a part"
)]
pub fn verify_range(
    target: &Target,
    range: RangeTarget,
    policy: &Policy,
    observer: &dyn Observer,
) -> Result<(Partial, Vec<u8>), Failure> {
    let target = Target { range: Some(range), ..target.clone() };
    let mut bytes = Vec::new();
    // Bytes are handed out of what is verified only.
    let accept = Accept { part: Weaker::Take, tolerated: Weaker::Refuse };
    match verify_and_collect(&target, policy, accept, &mut bytes, observer)? {
        Outcome::Partial(partial) => Ok((partial, bytes)),
        // A range was asked for, and its file has a status of its own.
        Outcome::Verified(_) => unreachable!("a range is a part"),
        Outcome::Tolerated(_) => unreachable!("what is only tolerated was not accepted"),
    }
}

/// The signed files that have a chunk root, in their order, and which of them is asked for.
pub(super) struct Listed {
    files: Vec<ChunkedFile>,
    position: Option<usize>,
}

impl Listed {
    pub(super) fn new<'a, T>(signed: &'a [T], asked: usize) -> Self
    where
        SignedBytes: From<&'a T>,
    {
        let (mut files, mut position) = (Vec::new(), None);
        for (at, signed) in signed.iter().map(SignedBytes::from).enumerate() {
            if let SignedBytes { size: Some(size), chunk_root: Some(root) } = signed {
                if at == asked {
                    position = Some(files.len());
                }
                files.push(ChunkedFile { size, root });
            }
        }
        Self { files, position }
    }
}

impl Run<'_> {
    /// The range of one file, held against the list. `beside` is what the list is called after, and the signature file.
    /// To be called only once the signature was accepted, or was found to be at fault.
    #[expect(
        clippy::indexing_slicing,
        reason = "a file of the list has its place in it, blocks are read up to their size, a range is a part"
    )]
    pub(super) fn range_of(
        &mut self,
        range: &RangeTarget,
        opened: &OpenedFile,
        fact: &mut FileFact,
        listed: &Listed,
        (model, signature): (&Path, &Path),
    ) -> Result<Shown, Trouble> {
        let shown = Shown { whole: false, signature: None, placed: None, kept: Vec::new() };
        if !self.reasons.is_empty() {
            // A list can be held against what was signed alone.
            return Ok(shown);
        }
        let Some(position) = listed.position else {
            return Err(Trouble::NoChunkRoot { name: fact.name.clone() });
        };
        let (bytes, size) = (range.bytes.clone(), listed.files[position].size);
        if bytes.is_empty() || bytes.end > size {
            return Err(Trouble::RangeOutside { range: bytes, size });
        }
        if opened.size() != size {
            fact.size = Some(opened.size());
            fact.status = FileStatus::Changed;
            let (name, found) = (fact.name.clone(), opened.size());
            self.reasons.push(Reason::SizeMismatch { name, expected: size, found });
            return Ok(shown);
        }
        let place = match &range.chunk_list {
            Some(path) => path.clone(),
            None => companion(model, signature, CHUNK_LIST_SUFFIX)?
                .ok_or_else(|| Trouble::NoChunkRoot { name: fact.name.clone() })?,
        };
        let chunks = bytes.start / CHUNK_SIZE..bytes.end.div_ceil(CHUNK_SIZE);
        let list = self.read_list(&place, listed, position, chunks)?;
        let list = match list {
            Ok(list) => list,
            Err(fault) => {
                self.reasons.push(Reason::ChunkListMismatch { list: place, fault });
                return Ok(shown);
            }
        };
        let mut placed = match &self.target.copy_to {
            Some(path) => {
                self.ensure_not_an_input(path, &[opened.path(), &place])?;
                Some(Staged::create(path, 0o600)?)
            }
            None => None,
        };
        let mut collected = self.collected.take();
        let mut take = |bytes: &[u8]| {
            if let Some(collected) = &mut collected {
                collected.extend_from_slice(bytes);
            }
            placed.as_mut().map_or(Ok(()), |staged| staged.write(bytes))
        };
        let mismatches = read_listed_range(opened, size, bytes.clone(), &list, self.observer, &mut take)?;
        fact.status = FileStatus::PartlyChecked;
        fact.size = Some(size);
        fact.checked = Some(Checked::Chunks);
        fact.range = Some(bytes);
        for mismatch in mismatches {
            fact.status = FileStatus::Changed;
            let (name, range) = (fact.name.clone(), mismatch.range);
            let (expected, found) = (mismatch.expected, mismatch.found);
            self.reasons.push(Reason::ChunkMismatch { name, range, expected, found });
        }
        Ok(Shown { placed, ..shown })
    }

    /// The digests of these chunks. Nothing is read that a signature without a file behind it made large: the file that is
    /// asked for has its signed size, and the list has to have the size that follows from all signed sizes.
    #[expect(
        clippy::indexing_slicing,
        reason = "a file of the list has its place in it, blocks are read up to their size, a range is a part"
    )]
    fn read_list(
        &self,
        path: &Path,
        listed: &Listed,
        position: usize,
        chunks: Range<u64>,
    ) -> Result<Result<Vec<Digest>, ChunkListFault>, Trouble> {
        let list = OpenedFile::open(path, Links::Refuse).map_err(|error| match error {
            FileError::NotFound { path } => Trouble::NoChunkList { path },
            error => error.into(),
        })?;
        let mut head = [0; CHUNK_LIST_HEAD.len()];
        let count = list.read_full_at(&mut head, 0)?;
        if head.get(..count) != Some(CHUNK_LIST_HEAD.as_slice()) {
            return Ok(Err(ChunkListFault::Head));
        }
        let (expected, found) = (chunk_list_size(&listed.files), list.size());
        if expected != found {
            return Ok(Err(ChunkListFault::Size { expected, found }));
        }
        let section = chunk_list_section(&listed.files, position);
        let mut reader = ChunkListReader::new(listed.files[position], chunks);
        let mut block = vec![0; BLOCK];
        let mut offset = section.start;
        while offset < section.end {
            if self.observer.cancelled() {
                return Err(HashError::Cancelled.into());
            }
            let room = usize::try_from(section.end - offset).unwrap_or(BLOCK).min(BLOCK);
            match list.read_at(&mut block[..room], offset)? {
                0 => return Err(list.changed().into()),
                count => {
                    reader.add(&block[..count]);
                    offset += count as u64;
                }
            }
        }
        Ok(reader.finish())
    }
}
