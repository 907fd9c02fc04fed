//! A chunk list is believed if it hashes to the root, and not otherwise, in whatever pieces it is read.
//!
//! The input is the file's size (4 bytes), which chunks are kept (2 bytes), the pieces (1 byte), what is changed
//! (1 byte), and the list.

use weightseal::digest::{CHUNK_SIZE, Digest, chunk_count, chunk_root};
use weightseal::format::{
    CHUNK_LIST_HEAD, ChunkListFault, ChunkListReader, ChunkedFile, chunk_list_section, chunk_list_size,
    write_chunk_list,
};

/// See above.
pub fn run(bytes: &[u8]) {
    let Some((head, list)) = bytes.split_first_chunk::<8>() else { return };
    let [a, b, c, d, from, length, piece, change] = *head;
    let size = u64::from(u32::from_be_bytes([a, b, c, d])) * if change & 0x80 == 0 { 1 } else { 1 << 20 };
    let digests: Vec<Digest> = list.as_chunks::<32>().0.iter().map(|it| Digest::from_bytes(*it)).collect();
    let size = match change & 3 {
        // A size that fits the list: otherwise nearly nothing ever would.
        0 | 1 => (digests.len() as u64 * CHUNK_SIZE).saturating_sub(size % CHUNK_SIZE),
        _ => size,
    };
    let mut root = chunk_root(size, &digests);
    if change & 1 == 1 {
        root = Digest::of(root.as_bytes());
    }
    let file = ChunkedFile { size, root };
    let keep = u64::from(from)..u64::from(from) + u64::from(length);
    let read = |step: usize| {
        let mut reader = ChunkListReader::new(file, keep.clone());
        list.chunks(step.max(1)).for_each(|bytes| reader.add(bytes));
        reader.finish()
    };
    let found = read(usize::from(piece));
    assert_eq!(found, read(list.len()));
    let fits = chunk_count(size) == digests.len() as u64 && list.len() % 32 == 0;
    match found {
        Ok(kept) => {
            assert!(fits && change & 1 == 0);
            let asked =
                digests.iter().zip(0..).filter(|(_, at)| keep.contains(at)).map(|(digest, _)| *digest);
            assert_eq!(kept, asked.collect::<Vec<_>>());
        }
        Err(fault) => {
            super::is_fit_to_show(fault);
            assert_eq!(matches!(fault, ChunkListFault::Size { .. }), !fits);
            assert!(!fits || change & 1 == 1);
        }
    }
    let files = [file, ChunkedFile { size: u64::MAX, root }, file];
    assert_eq!(chunk_list_section(&files, 2).end, chunk_list_size(&files));
    let written = write_chunk_list([digests.as_slice()]);
    assert_eq!(written.len(), CHUNK_LIST_HEAD.len() + digests.len() * 32);
    assert!(written.starts_with(CHUNK_LIST_HEAD));
}
