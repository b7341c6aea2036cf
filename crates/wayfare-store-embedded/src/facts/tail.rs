//! The tail: facts that are in no file yet, as columns in memory.
//!
//! It is changed exactly when a commit is made, and read from SQLite when the directory is
//! opened. A query takes a [`Tail::snapshot`] and folds it while commits go on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::FixedState;
use wayfare_engine::aggregates::columns::{BadBlock, Bits, Block, FactColumns};
use wayfare_model::fact::Fact;

use super::file::FactKey;

/// Facts of a chunk. A commit copies the last chunk when a query holds it, which takes about half a
/// millisecond at this size; older ones are never copied.
const CHUNK_ROWS: usize = 4_096;

/// Facts that came one after the other.
#[derive(Debug, Clone, Default)]
struct Facts {
    columns: FactColumns,
    ids: Vec<FactKey>,
    sequences: Vec<i64>,
}

/// Facts of the tail as they are at a moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chunk {
    facts: Arc<Facts>,
    /// One bit per fact that was replaced or removed.
    dead: Arc<Vec<u8>>,
    dead_rows: usize,
}

impl Chunk {
    /// The facts, the dead ones marked.
    ///
    /// # Errors
    /// [`BadBlock`] never: the columns are of equal length.
    pub(crate) fn block(&self) -> Result<Block<'_>, BadBlock> {
        let block = self.facts.columns.block()?;
        match Bits::new(&self.dead, 0, self.rows()) {
            Some(dead) if self.dead_rows > 0 => block.with_dead(dead),
            _ => Ok(block),
        }
    }

    /// The facts' ids.
    pub(crate) fn ids(&self) -> &[FactKey] {
        &self.facts.ids
    }

    /// How the writes of the facts are numbered.
    pub(crate) fn sequences(&self) -> &[i64] {
        &self.facts.sequences
    }

    fn rows(&self) -> usize {
        self.facts.ids.len()
    }

    fn push(&mut self, sequence: i64, fact: &Fact) -> Option<usize> {
        let facts = Arc::make_mut(&mut self.facts);
        let row = facts.columns.push(fact).ok()?;
        facts.ids.push(fact.id.as_uuid().into_bytes());
        facts.sequences.push(sequence);
        if row.is_multiple_of(8) {
            Arc::make_mut(&mut self.dead).push(0);
        }
        Some(row)
    }

    fn kill(&mut self, row: usize) {
        if let Some(byte) = Arc::make_mut(&mut self.dead).get_mut(row / 8) {
            let bit = 1 << (row % 8);
            self.dead_rows += usize::from(*byte & bit == 0);
            *byte |= bit;
        }
    }
}

/// Chunks of facts that are not in the tail yet.
pub(crate) fn chunks_of<'f>(facts: impl Iterator<Item = &'f Fact>) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for fact in facts {
        let has_room = |chunk: &&mut Chunk| chunk.rows() < CHUNK_ROWS;
        if let Some(last) = chunks.last_mut().filter(has_room)
            && last.push(0, fact).is_some()
        {
            continue;
        }
        let mut chunk = Chunk::default();
        chunk.push(0, fact);
        chunks.push(chunk);
    }
    chunks
}

/// Facts that are in no file yet.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    chunks: BTreeMap<u64, Chunk>,
    last_chunk: u64,
    places: HashMap<FactKey, Place, FixedState>,
    rows: usize,
    sequence: i64,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    chunk: u64,
    row: usize,
    sequence: i64,
}

impl Tail {
    /// Adds a fact; one of the same id is replaced.
    pub(crate) fn put(&mut self, sequence: i64, fact: &Fact) {
        let id = fact.id.as_uuid().into_bytes();
        self.remove(&id);
        let is_full = |chunk: &Chunk| chunk.rows() >= CHUNK_ROWS;
        if self.chunks.get(&self.last_chunk).is_some_and(is_full) {
            self.last_chunk += 1;
        }
        let pushed = self.chunks.entry(self.last_chunk).or_default().push(sequence, fact);
        // A chunk whose texts are too long for more is full too; an empty one has room for any fact.
        let row = pushed.or_else(|| {
            self.last_chunk += 1;
            self.chunks.entry(self.last_chunk).or_default().push(sequence, fact)
        });
        if let Some(row) = row {
            self.rows += 1;
            self.places.insert(id, Place { chunk: self.last_chunk, row, sequence });
        }
        self.sequence = self.sequence.max(sequence);
    }

    /// Removes a fact, if it is here.
    pub(crate) fn remove(&mut self, id: &FactKey) {
        let Some(place) = self.places.remove(id) else { return };
        let Some(chunk) = self.chunks.get_mut(&place.chunk) else { return };
        chunk.kill(place.row);
        if chunk.dead_rows == chunk.rows() {
            self.rows -= chunk.rows();
            self.chunks.remove(&place.chunk);
        }
    }

    /// Removes a fact as the write of this number left it, unless it was written again since.
    pub(crate) fn remove_written(&mut self, id: &FactKey, sequence: i64) {
        if self.places.get(id).is_some_and(|place| place.sequence == sequence) {
            self.remove(id);
        }
    }

    /// The facts as they are now.
    pub(crate) fn snapshot(&self) -> Vec<Chunk> {
        self.chunks.values().cloned().collect()
    }

    /// The facts as they are now, without some.
    pub(crate) fn snapshot_without(&self, ids: impl Iterator<Item = FactKey>) -> Vec<Chunk> {
        let mut chunks = self.chunks.clone();
        for place in ids.filter_map(|id| self.places.get(&id)) {
            if let Some(chunk) = chunks.get_mut(&place.chunk) {
                chunk.kill(place.row);
            }
        }
        chunks.into_values().collect()
    }

    /// Whether a fact is here.
    pub(crate) fn has(&self, id: &FactKey) -> bool {
        self.places.contains_key(id)
    }

    /// How many facts are in memory, those that were replaced too.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// The number of the last write that was added.
    pub(crate) const fn sequence(&self) -> i64 {
        self.sequence
    }
}
