//! Packed bodies: JSON compressed with a dictionary of what such bodies are made of.
//!
//! Bodies of events are many, small and alike. A packed body begins with the number of its
//! dictionary. A dictionary never changes; a better one gets the next number.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// The number of the dictionary.
const FIRST: u8 = 1;
/// Its content.
const DICTIONARY: &[u8] = include_bytes!("event-dictionary-1.txt");
/// How hard is tried: higher levels gain a few bytes for twice the time.
const LEVEL: i32 = 3;
/// Bytes of a body, at most: far above what the limits of an event allow.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

static TO_PACK: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static TO_UNPACK: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    // Making one costs more than many uses of it.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Packs a body.
///
/// # Errors
/// When there is no memory for it.
pub(super) fn pack(body: &str) -> io::Result<Vec<u8>> {
    PACKER.with_borrow_mut(|packer| {
        let packer = match packer {
            Some(packer) => packer,
            None => packer.insert(Compressor::with_prepared_dictionary(&TO_PACK)?),
        };
        let compressed = packer.compress(body.as_bytes())?;
        let mut packed = Vec::with_capacity(compressed.len() + 1);
        packed.push(FIRST);
        packed.extend(compressed);
        Ok(packed)
    })
}

/// Unpacks a body.
///
/// # Errors
/// When it is no packed body, or of a dictionary that is not known.
pub(crate) fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let Some((&FIRST, compressed)) = packed.split_first() else {
        return Err(io::Error::other("no dictionary of that number is known"));
    };
    UNPACKER.with_borrow_mut(|unpacker| {
        let unpacker = match unpacker {
            Some(unpacker) => unpacker,
            None => unpacker.insert(Decompressor::with_prepared_dictionary(&TO_UNPACK)?),
        };
        unpacker.decompress(compressed, BODY_BYTES_MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::{DICTIONARY, pack, unpack};

    #[test]
    fn the_dictionary_is_the_one_that_stored_bodies_were_packed_with() {
        assert_eq!(crc32fast::hash(DICTIONARY), 0xd0d0_c71e);
    }

    #[test]
    fn a_packed_body_comes_back() {
        for body in ["", "{}", r#"{"name":"page_viewed","x":"\u0000 ø"}"#, &"long ".repeat(9_000)]
        {
            let packed = pack(body).unwrap();
            assert_eq!(unpack(&packed).unwrap(), body.as_bytes());
        }
    }

    #[test]
    fn what_is_no_packed_body_is_refused() {
        let mut packed = pack(r#"{"name":"page_viewed"}"#).unwrap();
        packed.truncate(packed.len() - 2);
        for bytes in [&[][..], b"{}", &[1, 2, 3], &packed] {
            assert!(unpack(bytes).is_err(), "{bytes:?}");
        }
    }
}
