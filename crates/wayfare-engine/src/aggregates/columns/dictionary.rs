//! The different values of a column.

use std::borrow::Cow;

/// The different values of a column, each once. A code is an index into it.
#[derive(Debug, Clone, Copy)]
pub enum Dictionary<'a> {
    /// UTF-8 texts: entry `i` is the bytes from `offsets[i]` to `offsets[i + 1]`.
    Texts {
        /// One more than there are entries, ascending.
        offsets: &'a [i32],
        /// The texts one after the other.
        bytes: &'a [u8],
    },
    /// UUIDs; the value of one is its canonical text, with hyphens and in lower case.
    Uuids(&'a [[u8; 16]]),
}

/// A value of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A text in UTF-8.
    Text(&'a [u8]),
    /// A UUID.
    Uuid([u8; 16]),
}

impl<'a> Dictionary<'a> {
    /// How many entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Texts { offsets, .. } => offsets.len().saturating_sub(1),
            Self::Uuids(uuids) => uuids.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of a code; none when there is no such entry.
    #[must_use]
    pub fn get(&self, code: u32) -> Option<Entry<'a>> {
        let code = code as usize;
        match self {
            Self::Texts { offsets, bytes } => {
                let start = usize::try_from(*offsets.get(code)?).ok()?;
                let end = usize::try_from(*offsets.get(code + 1)?).ok()?;
                bytes.get(start..end).map(Entry::Text)
            }
            Self::Uuids(uuids) => uuids.get(code).copied().map(Entry::Uuid),
        }
    }
}

impl<'a> Entry<'a> {
    /// The value as the answer writes it. Bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Text(bytes) => String::from_utf8_lossy(bytes),
            Self::Uuid(bytes) => Cow::Owned(uuid::Uuid::from_bytes(*bytes).to_string()),
        }
    }
}
