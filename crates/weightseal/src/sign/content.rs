//! What is signed of the bytes of a file: its digest, its size, and the chunk root where it is large; and the chunk list
//! beside the signature.

use std::path::{Path, PathBuf};

use super::SignError;
use crate::digest::{CHUNKED_FROM, Digest};
use crate::envelope::Resource;
use crate::file::{FileError, Links, OpenedFile, Replace, Staged, companion, is_there};
use crate::format::{CHUNK_LIST_HEAD, CHUNK_LIST_SUFFIX, write_chunk_list};
use crate::hash::{ChunkList, Chunks, ContentDigests, Cut, FileDigest, Plan};
use crate::listing::SafeName;

/// What is signed of the bytes of a file.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) digest: FileDigest,
    pub(super) chunks: Option<Chunks>,
}

impl Content {
    #[expect(clippy::expect_used, reason = "plans of whole files give a whole digest")]
    pub(super) fn of(digests: ContentDigests) -> Self {
        // Every plan for signing has the digest of the whole file.
        let digest = digests.file_digest().expect("the digest of a whole file");
        Self::new(digest, digests.chunks)
    }

    /// The root of a small file is not signed.
    pub(super) fn new(digest: FileDigest, chunks: Option<Chunks>) -> Self {
        Self { digest, chunks: chunks.filter(|_| digest.size >= CHUNKED_FROM) }
    }

    pub(super) fn resource(&self, name: Option<SafeName>) -> Resource {
        let FileDigest { digest, size } = self.digest;
        Resource {
            name,
            digest,
            size: Some(size),
            chunk_root: self.chunks.as_ref().map(|chunks| chunks.root),
        }
    }
}

/// How a file is hashed that is signed as a whole, by SHA-256.
pub(super) fn plan_of(file: &OpenedFile, chunk_list: ChunkList) -> Plan {
    let cut = if file.size() >= CHUNKED_FROM { Cut::WholeAndChunks } else { Cut::Whole };
    Plan { cut, chunk_list, ..Plan::default() }
}

/// Where a chunk list goes, if one was asked for.
#[derive(Debug)]
pub(super) struct ListPlace(Option<PathBuf>);

impl ListPlace {
    /// The place for a model and its signature; of a bundle manifest, that itself stands for the model.
    pub(super) fn find(model: &Path, signature: &Path, asked: ChunkList) -> Result<Self, SignError> {
        if asked == ChunkList::Drop {
            return Ok(Self(None));
        }
        let place = companion(model, signature, CHUNK_LIST_SUFFIX)?;
        let path = place.ok_or_else(|| SignError::NotReplaceable { path: model.to_owned() })?;
        ensure_replaceable(&path)?;
        Ok(Self(Some(path)))
    }

    /// Writes the list of these files' chunks, if there are any and a list was asked for.
    pub(super) fn stage<'a>(
        self,
        files: impl IntoIterator<Item = &'a Chunks>,
    ) -> Result<Option<StagedList>, SignError> {
        let Some(path) = self.0 else { return Ok(None) };
        let lists: Vec<&[Digest]> =
            files.into_iter().filter_map(|chunks| chunks.digests.as_deref()).collect();
        if lists.is_empty() {
            return Ok(None);
        }
        let mut staged = Staged::create(&path, 0o666)?;
        // While we hashed, somebody may have put something else there.
        ensure_replaceable(&path)?;
        staged.write(&write_chunk_list(lists))?;
        Ok(Some(StagedList { staged, path }))
    }
}

/// A chunk list that was written, and waits for its name.
pub(super) struct StagedList {
    staged: Staged,
    path: PathBuf,
}

impl StagedList {
    pub(super) fn put_in_place(self) -> Result<PathBuf, FileError> {
        self.staged.put_in_place(Replace::Existing)?;
        Ok(self.path)
    }
}

/// It may replace a chunk list, and nothing else.
fn ensure_replaceable(path: &Path) -> Result<(), SignError> {
    if !is_there(path)? {
        return Ok(());
    }
    let mut head = [0; CHUNK_LIST_HEAD.len()];
    let count = OpenedFile::open(path, Links::Refuse)?.read_full_at(&mut head, 0)?;
    match head.get(..count) == Some(CHUNK_LIST_HEAD.as_slice()) {
        true => Ok(()),
        false => Err(SignError::NotReplaceable { path: path.to_owned() }),
    }
}
