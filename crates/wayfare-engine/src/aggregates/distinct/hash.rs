//! Hashes of values. A UUID has the same hash whether it lies as text or as sixteen bytes.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;
use uuid::Uuid;

/// Any number will do; it makes the hashes differ from those of other uses.
const SEED: u64 = 0x5741_5946;

/// The hash of a text.
pub(in crate::aggregates) fn hash_text(text: &[u8]) -> u64 {
    if let Some(uuid) = uuid_of(text) {
        return hash_uuid(uuid);
    }
    let mut hasher = FixedState::with_seed(SEED).build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// The hash of the text of a UUID.
pub(in crate::aggregates) fn hash_uuid(uuid: [u8; 16]) -> u64 {
    let mut hasher = FixedState::with_seed(SEED).build_hasher();
    hasher.write_u128(u128::from_le_bytes(uuid));
    hasher.finish()
}

/// The UUID of which this is the canonical text.
pub(in crate::aggregates) fn uuid_of(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != uuid::fmt::Hyphenated::LENGTH {
        return None;
    }
    let uuid = Uuid::try_parse_ascii(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    let canonical = uuid.as_hyphenated().encode_lower(&mut buffer);
    (canonical.as_bytes() == text).then(|| uuid.into_bytes())
}
