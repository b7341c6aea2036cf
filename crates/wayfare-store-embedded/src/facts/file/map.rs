//! Mapping a file into memory: the one place of this workspace with `unsafe`.

#![expect(unsafe_code, reason = "the operating system lends memory that others could change")]

use std::fs::File;
use std::io;

use arrow_buffer::Buffer;
use bytes::Bytes;
use memmap2::Mmap;

/// The content of a file, as memory that the system reads when it is looked at. It stays valid when
/// the file is removed.
pub(super) fn map(file: &File) -> io::Result<Buffer> {
    // SAFETY: the memory must not change while it is borrowed, and the file not become shorter.
    // Nobody in this program writes to a fact file once it has its name: it is written under another
    // name, synced and renamed, and only ever removed as a whole. The lock on the data directory
    // keeps other processes of this program away. What reads the memory checks every offset and code
    // against its length and treats no bytes as valid text unseen, so that even a file that somebody
    // overwrites gives wrong numbers at worst; one that somebody cuts short ends the process with
    // SIGBUS, as it does in every program that maps files.
    let map = unsafe { Mmap::map(file)? };
    Ok(Buffer::from(Bytes::from_owner(map)))
}
