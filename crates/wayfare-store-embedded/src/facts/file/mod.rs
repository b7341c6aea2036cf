//! Fact files: facts that lie in columns, in the file format of Arrow IPC.
//!
//! A file is written once, in the order in which its facts were emitted, and mapped into memory to
//! be read: what a query folds is the file itself. `docs/facts.md` has the format; every tool that
//! reads Arrow opens the files as they lie.

mod arrays;
mod body;
mod layout;
mod map;
mod order;
mod problem;
mod read;
mod schema;
mod unify;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use order::{Place, in_order};
pub(crate) use problem::Problem;
pub(crate) use read::FactFile;
pub(crate) use write::{Bounds, Written, write};

use uuid::Uuid;
use wayfare_engine::aggregates::columns::Block;

/// Facts to be written to a file, and their ids if they have any.
pub(crate) struct Source<'a> {
    /// The facts.
    pub(crate) block: Block<'a>,
    /// As many ids as there are facts, or none.
    pub(crate) ids: &'a [FactKey],
}

/// The bytes of a fact's id.
pub(crate) type FactKey = [u8; 16];

/// A text that is a UUID in its canonical form: only those come back from their 16 bytes as they
/// were.
pub(crate) fn canonical_uuid(text: &[u8]) -> Option<FactKey> {
    let uuid = Uuid::try_parse_ascii(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    let canonical = uuid.hyphenated().encode_lower(&mut buffer);
    (canonical.as_bytes() == text).then(|| uuid.into_bytes())
}
