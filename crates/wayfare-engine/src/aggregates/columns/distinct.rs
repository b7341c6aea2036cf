//! Counting the different values of cells.

use std::ops::Range;

use super::block::Block;
use super::column::{Codes, Column};
use super::dictionary::Entry;
use super::store::CellStore;
use super::table::KeySet;
use crate::aggregates::distinct::{FIRST_RUN, hash_text, hash_uuid};
use crate::aggregates::stop::Stop;

/// Pairs of a cell and a value that are remembered, so that a value is hashed once: 16 MB.
const SEEN_MAX: usize = 1 << 20;

/// Hashes that are put into a set together.
const HASHES_AT_ONCE: usize = 4_096;

/// Which values were seen in which cells, since the last [`begin`](Self::begin).
#[derive(Debug)]
pub(super) struct SeenValues {
    run: u32,
    /// One per set of the layout: pairs of a cell and a code.
    pairs: Vec<KeySet>,
    /// One per set of the layout, while rows of one cell are looked at: a bit per code.
    bits: Vec<SeenCodes>,
    /// Hashes on their way to a set.
    hashes: Vec<u64>,
}

/// The codes that were seen in one cell.
#[derive(Debug, Clone, Default)]
struct SeenCodes {
    words: Vec<u64>,
    /// The words in which bits may be set.
    touched: Option<(usize, usize)>,
}

impl SeenValues {
    pub(super) fn new(sets: usize) -> Self {
        Self {
            run: FIRST_RUN,
            pairs: vec![KeySet::default(); sets],
            bits: vec![SeenCodes::default(); sets],
            hashes: Vec::new(),
        }
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        let words = self.bits.iter().map(|seen| seen.words.capacity() * size_of::<u64>());
        let hashes = self.hashes.capacity() * size_of::<u64>();
        self.pairs.iter().map(KeySet::bytes).sum::<usize>() + words.sum::<usize>() + hashes
    }

    /// Forgets what was seen: codes mean something else, or cells.
    pub(super) fn begin(&mut self) {
        self.run += 1;
        self.pairs.iter_mut().for_each(KeySet::clear);
    }

    /// Adds the values of rows that are all in one cell. They are in its set after
    /// [`close`](Self::close).
    pub(super) fn add_to_one(
        &mut self,
        set: usize,
        column: &Column<'_>,
        chunk: &Range<usize>,
        rows: Option<&[u16]>,
    ) {
        let Some(seen) = self.bits.get_mut(set) else { return };
        seen.words.resize(column.dictionary.len().div_ceil(64), 0);
        if column.offsets.is_some() {
            for row in rows_of(chunk, rows) {
                column.codes_of(row).for_each(|code| seen.mark(code as usize));
            }
            return;
        }
        match column.codes {
            Codes::U8(codes) => seen.mark_all(codes.get(chunk.clone()), rows),
            Codes::U16(codes) => seen.mark_all(codes.get(chunk.clone()), rows),
            Codes::U32(codes) => seen.mark_all(codes.get(chunk.clone()), rows),
        }
    }

    /// Puts what was seen in one cell into its sets.
    pub(super) fn close(
        &mut self,
        cell: u32,
        sources: &[(usize, wayfare_model::fact::Dimension)],
        block: &Block<'_>,
        store: &mut CellStore,
    ) -> Result<(), Stop> {
        for (set, dimension) in sources {
            let (Some(seen), Some(column)) = (self.bits.get_mut(*set), block.column(*dimension))
            else {
                continue;
            };
            let Some((first, last)) = seen.touched.take() else { continue };
            let target = store.set(cell, *set);
            let words = seen.words.get_mut(first..=last).unwrap_or_default();
            for (word, start) in words.iter_mut().zip((first * 64..).step_by(64)) {
                let mut bits = std::mem::take(word);
                while bits != 0 {
                    let code = start as u32 + bits.trailing_zeros();
                    bits &= bits - 1;
                    self.hashes.extend(hash(column, code));
                }
                if self.hashes.len() >= HASHES_AT_ONCE {
                    store.sets.extend(target, self.run, &self.hashes)?;
                    self.hashes.clear();
                }
            }
            store.sets.extend(target, self.run, &self.hashes)?;
            self.hashes.clear();
        }
        Ok(())
    }

    /// Adds the values of rows in different cells.
    pub(super) fn add_to_each(
        &mut self,
        set: usize,
        column: &Column<'_>,
        chunk: &Range<usize>,
        rows: impl Iterator<Item = (usize, u32)>,
        store: &mut CellStore,
    ) -> Result<(), Stop> {
        if column.offsets.is_some() {
            for (row, cell) in rows {
                for code in column.codes_of(chunk.start + row) {
                    self.add_pair(set, column, cell, code, store)?;
                }
            }
            return Ok(());
        }
        for (row, cell) in rows {
            if let Some(code) = column.codes.get(chunk.start + row) {
                self.add_pair(set, column, cell, code, store)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn add_pair(
        &mut self,
        set: usize,
        column: &Column<'_>,
        cell: u32,
        code: u32,
        store: &mut CellStore,
    ) -> Result<(), Stop> {
        let Some(pairs) = self.pairs.get_mut(set) else { return Ok(()) };
        if !pairs.insert(u64::from(cell) << 32 | u64::from(code)) {
            return Ok(());
        }
        if pairs.len() >= SEEN_MAX {
            pairs.clear();
            self.run += 1;
        }
        match hash(column, code) {
            Some(hash) => {
                let target = store.set(cell, set);
                store.sets.insert(target, self.run, hash)
            }
            None => Ok(()),
        }
    }
}

impl SeenCodes {
    #[inline]
    fn mark(&mut self, code: usize) {
        if let Some(word) = self.words.get_mut(code / 64) {
            *word |= 1 << (code % 64);
            let (first, last) = self.touched.unwrap_or((code / 64, code / 64));
            self.touched = Some((first.min(code / 64), last.max(code / 64)));
        }
    }

    fn mark_all<C: Copy + Into<u32>>(&mut self, codes: Option<&[C]>, rows: Option<&[u16]>) {
        let codes = codes.unwrap_or_default();
        // Codes near each other are mostly near in the dictionary: which words they are in is found
        // first, without branches.
        let (low, high) = codes.iter().fold((u32::MAX, 0), |(low, high): (u32, u32), code| {
            let code: u32 = (*code).into();
            (low.min(code), high.max(code))
        });
        let (low, high) = ((low / 64) as usize, (high / 64) as usize);
        let Some(end) = self.words.len().checked_sub(1) else { return };
        let high = high.min(end);
        let Some(words) = self.words.get_mut(low..=high).filter(|words| !words.is_empty()) else {
            return;
        };
        let mut mark = |code: u32| {
            if let Some(word) = words.get_mut(((code / 64) as usize).wrapping_sub(low)) {
                *word |= 1 << (code % 64);
            }
        };
        match rows {
            None => codes.iter().for_each(|code| mark((*code).into())),
            Some(rows) => {
                let codes = rows.iter().filter_map(|row| codes.get(usize::from(*row)));
                codes.for_each(|code| mark((*code).into()));
            }
        }
        let (first, last) = self.touched.unwrap_or((low, high));
        self.touched = Some((first.min(low), last.max(high)));
    }
}

fn rows_of(chunk: &Range<usize>, rows: Option<&[u16]>) -> impl Iterator<Item = usize> {
    let all = if rows.is_none() { chunk.clone() } else { 0..0 };
    let start = chunk.start;
    let some = rows.unwrap_or_default().iter().map(move |row| start + usize::from(*row));
    all.chain(some)
}

fn hash(column: &Column<'_>, code: u32) -> Option<u64> {
    column.dictionary.get(code).map(|entry| match entry {
        Entry::Uuid(uuid) => hash_uuid(uuid),
        Entry::Text(text) => hash_text(text),
    })
}
