//! A range of the bytes of a file: one digest over it, or its chunks against a list, and the bytes themselves.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is read fits the block, and parts of a chunk lie within it: else a panic, and no verdict"
)]

use std::ops::Range;

use super::plan::{CHUNK, CHUNKS, digest_chunks};
use super::{HashError, Observer};
use crate::digest::{CHUNK_SIZE, ContentDigest, ContentHasher, Digest, HashAlgorithm};
use crate::file::{FileError, OpenedFile};

/// Bytes that are read at once.
const BLOCK: usize = 256 * 1024;

/// The digest of a range of the file that is open, and how many bytes it has: fewer than asked for where the file ends.
///
/// # Errors
/// [`HashError`].
pub fn hash_range(
    file: &OpenedFile,
    range: Range<u64>,
    algorithm: HashAlgorithm,
    observer: &dyn Observer,
) -> Result<(ContentDigest, u64), HashError> {
    let mut hasher = ContentHasher::new(algorithm);
    let mut block = vec![0; BLOCK];
    observer.expects(range.end.saturating_sub(range.start));
    let mut offset = range.start;
    while offset < range.end {
        if observer.cancelled() {
            return Err(HashError::Cancelled);
        }
        let room = usize::try_from(range.end - offset).unwrap_or(BLOCK).min(BLOCK);
        let count = file.read_at(&mut block[..room], offset)?;
        if count == 0 {
            break;
        }
        hasher.update(&block[..count]);
        offset += count as u64;
        observer.advanced(count as u64);
    }
    file.ensure_unchanged(file.size())?;
    Ok((hasher.finish(), offset - range.start))
}

/// A chunk that is not the listed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkMismatch {
    /// Where it lies, in bytes.
    pub range: Range<u64>,
    /// The digest in the list.
    pub expected: Digest,
    /// That of what was read.
    pub found: Digest,
}

/// Reads a range of the file that is open, of `size` bytes, and holds every chunk that it touches against the list of
/// exactly these chunks. The bytes of the range go to `take` in their order, and only those of chunks that are as
/// listed. The result is empty if all are.
///
/// # Errors
/// [`HashError`].
pub fn read_listed_range(
    file: &OpenedFile,
    size: u64,
    range: Range<u64>,
    list: &[Digest],
    observer: &dyn Observer,
    take: &mut dyn FnMut(&[u8]) -> Result<(), FileError>,
) -> Result<Vec<ChunkMismatch>, HashError> {
    let mut list = list.iter();
    let mut mismatches = Vec::new();
    let mut window = Vec::new();
    let mut start = range.start / CHUNK_SIZE * CHUNK_SIZE;
    let end = range.end.next_multiple_of(CHUNK_SIZE).min(size);
    observer.expects(end.saturating_sub(start));
    while start < end {
        if observer.cancelled() {
            return Err(HashError::Cancelled);
        }
        let count = (end - start).min((CHUNKS * CHUNK) as u64);
        // At most so many chunks, which any machine can address.
        window.resize(usize::try_from(count).expect("some chunks are small"), 0);
        read_exactly(file, &mut window, start)?;
        let chunks: Vec<&[u8]> = window.chunks(CHUNK).collect();
        for (at, found) in digest_chunks(&chunks).enumerate() {
            let chunk_start = start + at as u64 * CHUNK_SIZE;
            let chunk = chunk_start..chunk_start + chunks[at].len() as u64;
            let expected = *list.next().expect("a digest for each chunk of the range");
            if found != expected {
                mismatches.push(ChunkMismatch { range: chunk, expected, found });
            } else if mismatches.is_empty() {
                let from = range.start.max(chunk.start) - chunk.start;
                let to = range.end.min(chunk.end) - chunk.start;
                // Both lie within the chunk.
                let of = |at: u64| usize::try_from(at).expect("an offset within a chunk");
                take(&chunks[at][of(from)..of(to)])?;
            }
        }
        observer.advanced(count);
        start += count;
    }
    file.ensure_unchanged(file.size())?;
    Ok(mismatches)
}

fn read_exactly(file: &OpenedFile, buffer: &mut [u8], offset: u64) -> Result<(), HashError> {
    match file.read_full_at(buffer, offset)? == buffer.len() {
        true => Ok(()),
        false => Err(file.changed().into()),
    }
}
