//! Saving: a manifest made earlier, and a model that is signed while it is written.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the block is filled up to a count below its size, and hashing is there until the end"
)]

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use super::content::{Content, ListPlace, StagedList};
use super::run::{SignedManifest, StagedSignature, sign_content, stage, stage_text};
use super::{Options, SignError, SignedFiles, place};
use crate::file::{Permissions, Replace, Staged, permissions_of};
use crate::format::{Fault, Limits, SignatureFile};
use crate::hash::{ChunkStream, Chunks, FileDigest, FileStream};
use crate::key::PrivateKey;
use crate::listing::SafeName;

/// Writes the text of a manifest that was made earlier, by this library or by another program.
///
/// It may replace a manifest of the same model, and nothing else. The signature is not checked: no key is here.
///
/// # Errors
/// [`SignError`]; [`SignError::Malformed`] where verification would refuse the text as it stands.
pub fn save_manifest(text: &str, output: &Path) -> Result<(), SignError> {
    let file = SignatureFile::parse(text.as_bytes()).map_err(SignError::Malformed)?;
    let staged: StagedSignature = match &file {
        SignatureFile::Manifest(manifest) => {
            let name = &manifest.visible.model_file;
            let model = output.with_file_name(name.as_str());
            place::for_manifest(&model, name, Some(output))?;
            stage_text(output, text, Limits::default(), &|| {
                place::ensure_still(output, &model, name, Some(output))
            })?
        }
        SignatureFile::Oms(_) => {
            // It is no manifest: which model it is of, only its place says, and that is the caller's business.
            return Err(SignError::Malformed(Fault::NotASignature { looks_like: "an OMS signature" }));
        }
        SignatureFile::Bundle(_) => {
            place::for_bundle(output)?;
            stage_text(output, text, Limits::default(), &|| place::for_bundle(output))?
        }
    };
    Ok(staged.put_in_place()?)
}

/// Bytes that are written, and then hashed, at once.
const BLOCK: usize = 256 * 1024;

/// Blocks under way to the hashing thread. Writers come in bursts (torch computes the checksum of a whole tensor, then
/// writes it at once), and hashing shall go on between them; still, memory has to stay bounded: 128 MiB.
const BLOCKS: usize = 512;

/// Writes a model and hashes it in the same pass; what was written is then signed.
///
/// The model appears under its name only in [`ModelWriter::finish`], together with its manifest: first the model,
/// then the manifest. In the moment between the two, verification sees the new model with the old manifest and
/// refuses it. Dropped before, nothing was written.
#[derive(Debug)]
pub struct ModelWriter {
    model: PathBuf,
    name: SafeName,
    output: Option<PathBuf>,
    staged: Staged,
    block: Vec<u8>,
    filled: usize,
    // `None` only after a panic of the hashing thread.
    hashing: Option<Hashing>,
    size: u64,
}

#[derive(Debug)]
struct Hashing {
    full: SyncSender<(Vec<u8>, usize)>,
    empty: Receiver<Vec<u8>>,
    whole: JoinHandle<FileDigest>,
    chunks: JoinHandle<Chunks>,
    /// How many blocks there are.
    blocks: Cell<usize>,
}

impl ModelWriter {
    /// Begins to write the model at `model`; its manifest will go to `output`, by default beside it.
    ///
    /// # Errors
    /// [`SignError`]; already here where the manifest could not be written later.
    pub fn create(model: &Path, output: Option<&Path>) -> Result<Self, SignError> {
        let name = SafeName::of_file(model)?;
        let manifest = place::for_manifest(model, &name, output)?;
        place::for_model(model, &manifest)?;
        // A model that only its owner can read stays so.
        let mode = permissions_of(model).and_then(Permissions::mode).map_or(0o666, |mode| mode & 0o666);
        let staged = Staged::create(model, mode)?;
        Ok(Self {
            model: model.to_owned(),
            name,
            output: output.map(Path::to_owned),
            staged,
            block: vec![0; BLOCK],
            filled: 0,
            hashing: Some(Hashing::start()),
            size: 0,
        })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`SignError`], for example when the disk is full.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), SignError> {
        while !bytes.is_empty() {
            let spare = self.spare();
            let (now, later) = bytes.split_at(bytes.len().min(spare.len()));
            spare[..now.len()].copy_from_slice(now);
            self.advance(now.len())?;
            bytes = later;
        }
        Ok(())
    }

    /// Where the next bytes go, for callers that would otherwise have to copy them twice. Never empty.
    pub fn spare(&mut self) -> &mut [u8] {
        &mut self.block[self.filled..]
    }

    /// Takes the first `count` bytes that were put into [`ModelWriter::spare`].
    ///
    /// # Errors
    /// [`SignError`], for example when the disk is full.
    pub fn advance(&mut self, count: usize) -> Result<(), SignError> {
        self.filled += count;
        if self.filled == self.block.len() { self.flush() } else { Ok(()) }
    }

    /// The number of bytes so far.
    pub fn position(&self) -> u64 {
        self.size + self.filled as u64
    }

    /// Writes the block, and has the other thread hash the very same bytes.
    fn flush(&mut self) -> Result<(), SignError> {
        self.staged.write(&self.block[..self.filled])?;
        self.size += self.filled as u64;
        let hashing = self.hashing.as_ref().expect("a writer whose hashing panicked is not used again");
        let block = std::mem::take(&mut self.block);
        let next = hashing.full.send((block, self.filled)).ok().and_then(|()| hashing.next_block());
        self.filled = 0;
        match next {
            Some(block) => self.block = block,
            // The thread ended by a panic; joining brings it out.
            None => drop(self.hashing.take().map(Hashing::finish)),
        }
        Ok(())
    }

    /// Signs what was written, and puts model and manifest in place.
    ///
    /// # Errors
    /// [`SignError`]; what was there before is untouched, unless only the manifest could not be put in place.
    pub fn finish(mut self, key: &PrivateKey, options: &Options) -> Result<SignedFiles, SignError> {
        self.flush()?;
        let hashing = self.hashing.take().expect("a writer whose hashing panicked is not used again");
        let (digest, chunks) = hashing.finish();
        self.sign(&Content::new(digest, Some(chunks)), key, options)
    }

    fn sign(self, content: &Content, key: &PrivateKey, options: &Options) -> Result<SignedFiles, SignError> {
        options.check()?;
        let Self { model, name, output, staged, .. } = self;
        let output = output.as_deref();
        let signed = sign_content(&name, content, key, options)?;
        let manifest = place::for_manifest(&model, &name, output)?;
        let signature = stage(&manifest, &signed.file, key, Limits::default(), &|| {
            place::ensure_still(&manifest, &model, &name, output)
        })?;
        let list = ListPlace::find(&model, &manifest, options.chunk_list)?.stage(&content.chunks)?;
        let chunk_list = list.map(StagedList::put_in_place).transpose()?;
        staged.put_in_place(Replace::Existing)?;
        signature.put_in_place()?;
        let SignedManifest { file, statement } = signed;
        Ok(SignedFiles { manifest, files: vec![(name, content.digest)], statement, chunk_list, file })
    }
}

impl Hashing {
    /// One thread hashes the whole, and hands each block on to another one, which hashes its chunks.
    fn start() -> Self {
        let (full, received) = sync_channel::<(Vec<u8>, usize)>(BLOCKS);
        let (hand_on, handed_on) = sync_channel::<(Vec<u8>, usize)>(BLOCKS);
        let (give_back, empty) = sync_channel(BLOCKS);
        let whole = std::thread::spawn(move || {
            let mut file = FileStream::new();
            for (block, filled) in received {
                file.update(&block[..filled]);
                // The other thread ends before this one only by a panic, which its end brings out.
                let _ = hand_on.send((block, filled));
            }
            file.finish()
        });
        let chunks = std::thread::spawn(move || {
            let mut chunks = ChunkStream::new();
            for (block, filled) in handed_on {
                chunks.update(&block[..filled]);
                // The writer may have ended meanwhile.
                let _ = give_back.send(block);
            }
            chunks.finish()
        });
        Self { full, empty, whole, chunks, blocks: Cell::new(1) }
    }

    /// A block that was hashed; a new one as long as there are not too many; else it waits. `None` after a panic of
    /// the thread.
    fn next_block(&self) -> Option<Vec<u8>> {
        match self.empty.try_recv() {
            Err(TryRecvError::Empty) if self.blocks.get() < BLOCKS => {
                self.blocks.set(self.blocks.get() + 1);
                Some(vec![0; BLOCK])
            }
            Err(TryRecvError::Empty) => self.empty.recv().ok(),
            other => other.ok(),
        }
    }

    fn finish(self) -> (FileDigest, Chunks) {
        drop((self.full, self.empty));
        let whole = self.whole.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let chunks = self.chunks.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (whole, chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{CHUNKED_FROM, Digest, chunk_root};
    use crate::hash::ChunkList;
    use crate::key::KeySpec;
    use crate::time::Timestamp;

    fn key_and_options() -> (PrivateKey, Options) {
        let now: Timestamp = "2026-01-01T00:00:00+00:00".parse().expect("a time");
        (PrivateKey::generate(KeySpec::EcdsaP256).expect("generated"), Options::new("team", now))
    }

    fn count(folder: &Path) -> usize {
        folder.read_dir().expect("listed").count()
    }

    #[test]
    fn what_is_written_in_pieces_is_signed_as_a_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, options) = key_and_options();
        let model = folder.path().join("m.pt");
        let bytes: Vec<u8> = (0..3 * BLOCK + 17).map(|at| (at % 253) as u8).collect();
        for step in [1000, BLOCK, BLOCK + 1, bytes.len()] {
            let mut writer = ModelWriter::create(&model, None).expect("created");
            bytes.chunks(step).for_each(|piece| writer.write(piece).expect("written"));
            let signed = writer.finish(&key, &options).expect("signed");
            assert_eq!(
                signed.files[0].1,
                FileDigest { digest: Digest::of(&bytes), size: bytes.len() as u64 }
            );
            assert_eq!(std::fs::read(&model).expect("read"), bytes);
            assert_eq!(count(folder.path()), 2);
        }
        let empty = ModelWriter::create(&folder.path().join("e"), None).expect("created");
        let signed = empty.finish(&key, &options).expect("signed");
        assert_eq!(signed.files[0].1, FileDigest { digest: Digest::of(b""), size: 0 });
    }

    #[test]
    fn a_large_model_is_signed_with_its_chunk_root() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, options) = key_and_options();
        let bytes: Vec<u8> = (0..CHUNKED_FROM + 5).map(|at| (at % 251) as u8).collect();
        let model = folder.path().join("m.pt");
        let options = Options { chunk_list: ChunkList::Keep, ..options };
        for (bytes, has_root) in [(&bytes[..], true), (&bytes[..bytes.len() - 6], false)] {
            let mut writer = ModelWriter::create(&model, None).expect("created");
            bytes.chunks(1_000_003).for_each(|piece| writer.write(piece).expect("written"));
            let signed = writer.finish(&key, &options).expect("signed");
            let statement = &signed.file.signed().expect("an envelope").statement;
            let chunks: Vec<Digest> = bytes.chunks(1 << 20).map(Digest::of).collect();
            let root = has_root.then(|| chunk_root(bytes.len() as u64, &chunks));
            assert_eq!(statement.resources[0].chunk_root, root);
            assert_eq!(signed.chunk_list.is_some(), has_root);
        }
    }

    #[test]
    fn a_writer_that_is_dropped_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("m.pt");
        std::fs::write(&model, b"old").expect("written");
        let mut writer = ModelWriter::create(&model, None).expect("created");
        writer.write(b"new").expect("written");
        drop(writer);
        assert_eq!(std::fs::read(&model).expect("read"), b"old");
        assert_eq!(count(folder.path()), 1);
    }

    #[test]
    fn a_model_replaces_models_only_and_keeps_their_mode() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, options) = key_and_options();
        let code = |model: &Path, output: Option<&Path>| {
            ModelWriter::create(model, output).map(|_| ()).map_err(|error| error.code())
        };
        let files = crate::key::KeyPairFiles::beside(&folder.path().join("key.pem"));
        files.write(&key, None).expect("written");
        let model = folder.path().join("m.pt");
        std::fs::write(&model, b"old").expect("written");
        let signed = super::super::sign_file(&model, None, &key, &options, &()).expect("signed");
        for path in [&files.private, &files.public, &signed.manifest, &folder.path().join("x.manifest.json")]
        {
            assert_eq!(code(path, None), Err("not-replaceable"), "{path:?}");
        }
        let new = folder.path().join("new.pt");
        assert_eq!(code(&new, Some(&folder.path().join(".").join("new.pt"))), Err("not-replaceable"));
        assert_eq!(code(&model, None), Ok(()));

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&model, PermissionsExt::from_mode(0o600)).expect("set");
            let mut writer = ModelWriter::create(&model, None).expect("created");
            writer.write(b"new").expect("written");
            writer.finish(&key, &options).expect("signed");
            let mode = model.metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_saved_manifest_replaces_its_own_kind_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, options) = key_and_options();
        let model = folder.path().join("m.pt");
        std::fs::write(&model, b"weights").expect("written");
        let text = super::super::make_manifest(&model, &key, &options, &()).expect("made").file.to_text();
        let manifest = folder.path().join("m.manifest.json");
        save_manifest(&text, &manifest).expect("saved");
        save_manifest(&text, &manifest).expect("saved again");
        assert_eq!(std::fs::read_to_string(&manifest).expect("read"), text);

        let code = |text: &str, output: &Path| save_manifest(text, output).expect_err("refused").code();
        let renamed = text.replacen("m.pt", "n.pt", 1);
        assert_eq!(code(&renamed, &manifest), "manifest-of-another-model");
        std::fs::write(folder.path().join("notes.json"), "{}").expect("written");
        assert_eq!(code(&text, &folder.path().join("notes.json")), "not-replaceable");
        assert_eq!(code("{}", &manifest), "unsupported-format");
        let extended = text.replacen("{", "{\"run\": 1,", 1);
        assert_eq!(code(&extended, &manifest), "malformed-manifest");
    }
}
