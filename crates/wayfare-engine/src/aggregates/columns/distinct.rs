//! Counting the different values of cells.

use std::ops::{Range, RangeInclusive};

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

/// Codes between the smallest and the largest of a chunk, at most, for it to be marked in bytes.
const WINDOW: usize = 8_192;

/// Bytes whose bits are looked at together.
const WORD: usize = size_of::<u64>();

/// Which values were seen in which cells, since the last [`begin`](Self::begin).
#[derive(Debug)]
pub(super) struct SeenValues {
    run: u32,
    /// One per set of the layout: pairs of a cell and a code.
    pairs: Vec<KeySet>,
    /// One per set of the layout, while rows of one cell are looked at.
    codes: Vec<SeenCodes>,
    /// Hashes on their way to a set.
    hashes: Vec<u64>,
}

/// The codes that were seen in one cell.
#[derive(Debug, Clone, Default)]
struct SeenCodes {
    /// A bit per code.
    bytes: Vec<u8>,
    /// A byte per code, for those of a chunk that are all near each other: writing a byte needs not wait
    /// for the one beside it, as setting a bit does. All are 0 between chunks.
    window: Vec<u8>,
    /// The bytes in which bits may be set.
    touched: Option<(usize, usize)>,
}

impl SeenValues {
    pub(super) fn new(sets: usize) -> Self {
        Self {
            run: FIRST_RUN,
            pairs: vec![KeySet::default(); sets],
            codes: vec![SeenCodes::default(); sets],
            hashes: Vec::new(),
        }
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        let codes = self.codes.iter().map(|seen| seen.bytes.capacity());
        let hashes = self.hashes.capacity() * size_of::<u64>();
        self.pairs.iter().map(KeySet::bytes).sum::<usize>() + codes.sum::<usize>() + hashes
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
        let Some(seen) = self.codes.get_mut(set) else { return };
        seen.bytes.resize(column.dictionary.len().div_ceil(8).next_multiple_of(WORD), 0);
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
            let (Some(seen), Some(column)) = (self.codes.get_mut(*set), block.column(*dimension))
            else {
                continue;
            };
            let Some((first, last)) = seen.touched.take() else { continue };
            let (target, run, hashes) = (store.set(cell, *set), self.run, &mut self.hashes);
            store.sets.announce(target, seen.count(first..=last))?;
            let mut flush = |hashes: &mut Vec<u64>| {
                store.sets.extend(target, run, hashes)?;
                hashes.clear();
                Ok(())
            };
            seen.take(first..=last, |code| {
                hashes.extend(hash(column, code));
                if hashes.len() >= HASHES_AT_ONCE { flush(hashes) } else { Ok(()) }
            })?;
            flush(hashes)?;
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
        if let Some(byte) = self.bytes.get_mut(code / 8) {
            *byte |= 1 << (code % 8);
            let (first, last) = self.touched.unwrap_or((code / 8, code / 8));
            self.touched = Some((first.min(code / 8), last.max(code / 8)));
        }
    }

    fn mark_all<C: Copy + Into<u32>>(&mut self, codes: Option<&[C]>, rows: Option<&[u16]>) {
        let codes = codes.unwrap_or_default();
        // Codes near each other are mostly near in the dictionary: between which ones they are is
        // found first, without branches.
        let (low, high) = codes.iter().fold((u32::MAX, 0), |(low, high): (u32, u32), code| {
            let code: u32 = (*code).into();
            (low.min(code), high.max(code))
        });
        let (low, high) = (low as usize, high as usize);
        let is_near = (low..low + WINDOW - 8).contains(&high) && high / 8 < self.bytes.len();
        let (first, last) = (low / 8, high / 8);
        if is_near {
            self.mark_near(first..=last, codes, rows);
        } else {
            each(codes, rows, |code| {
                if let Some(byte) = self.bytes.get_mut((code / 8) as usize) {
                    *byte |= 1 << (code % 8);
                }
            });
        }
        let (first, last) = (first, last.min(self.bytes.len().saturating_sub(1)));
        let (known_first, known_last) = self.touched.unwrap_or((first, last));
        self.touched = Some((first.min(known_first), last.max(known_last)));
    }

    /// Marks codes whose bits are all in a range of bytes.
    fn mark_near<C: Copy + Into<u32>>(
        &mut self,
        range: RangeInclusive<usize>,
        codes: &[C],
        rows: Option<&[u16]>,
    ) {
        self.window.resize(WINDOW, 0);
        let Some(window) = self.window.first_chunk_mut::<WINDOW>() else { return };
        let start = *range.start() as u32 * 8;
        each(codes, rows, |code| window[code.wrapping_sub(start) as usize % WINDOW] = 1);
        let (marks, _) = window.as_chunks_mut::<8>();
        let bytes = self.bytes.get_mut(range).unwrap_or_default();
        for (byte, marks) in bytes.iter_mut().zip(marks) {
            // The product has the lowest bits of the eight bytes, side by side, in its highest byte.
            let marks = u64::from_le_bytes(std::mem::take(marks));
            *byte |= (marks.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
        }
    }

    /// How many codes were seen. Their bits are all in a range of bytes.
    fn count(&self, bytes: RangeInclusive<usize>) -> usize {
        let (words, _) = self.bytes.as_chunks::<WORD>();
        let words = words.get(bytes.start() / WORD..=bytes.end() / WORD).unwrap_or_default();
        words.iter().map(|word| u64::from_le_bytes(*word).count_ones() as usize).sum()
    }

    /// Takes the codes that were seen, in ascending order. Their bits are all in a range of bytes.
    #[inline]
    fn take<E>(
        &mut self,
        bytes: RangeInclusive<usize>,
        mut each: impl FnMut(u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let words = bytes.start() / WORD..=bytes.end() / WORD;
        let (all, _) = self.bytes.as_chunks_mut::<WORD>();
        let starts = (*words.start() * WORD * 8..).step_by(WORD * 8);
        for (word, start) in all.get_mut(words).unwrap_or_default().iter_mut().zip(starts) {
            let mut bits = u64::from_le_bytes(std::mem::take(word));
            while bits != 0 {
                each(start as u32 + bits.trailing_zeros())?;
                bits &= bits - 1;
            }
        }
        Ok(())
    }
}

/// Looks at the codes of some rows of a chunk, or of all.
#[inline]
fn each<C: Copy + Into<u32>>(codes: &[C], rows: Option<&[u16]>, mut look: impl FnMut(u32)) {
    match rows {
        None => codes.iter().for_each(|code| look((*code).into())),
        Some(rows) => {
            let codes = rows.iter().filter_map(|row| codes.get(usize::from(*row)));
            codes.for_each(|code| look((*code).into()));
        }
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
