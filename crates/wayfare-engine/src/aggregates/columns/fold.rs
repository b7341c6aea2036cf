//! Folding columns into the cells of an answer.

use std::ops::Range;
use std::sync::Arc;

use wayfare_model::cells::Cells;
use wayfare_model::query::{Plan, TimeDimension};

use super::accumulate::{Adder, Chunk, Target};
use super::block::Block;
use super::cancel::Cancel;
use super::groups::{BlockGroups, WideTable};
use super::join::join;
use super::keys::COMPONENTS_MAX;
use super::mask::{CHUNK, Mask, Masks, Rows, count};
use super::prepared::Prepared;
use super::rows_to_cells::{Finding, RowsToCells};
use super::store::CellStore;
use super::table::{KeyTable, NONE};
use super::tally::Tally;
use super::totals::Totals;
use super::voices::{Voice, Voices, passing};
use crate::aggregates::stop::Stop;

/// Rows between two questions whether to go on.
const ROWS_BETWEEN_CHECKS: usize = 65_536;
/// Rows that a bucket must have on average to be worth being looked at by itself.
const BUCKET_ROWS_MIN: usize = 512;
/// Keys that an array may have a place for: it stays in the second cache.
const ARRAY_KEYS_MAX: u64 = 1 << 16;
/// Keys that an array may have for each row, since it has to be cleared.
const ARRAY_KEYS_PER_ROW_MAX: u64 = 16;
/// Keys for which an array is always worth it.
const ARRAY_KEYS_MIN: u64 = 4_096;

/// A fold of blocks under a plan. It gives what [`Fold`](crate::aggregates::Fold) gives over the same
/// facts, in any order and however they are divided, but for the last digits of sums of values that
/// have no exact binary form: those depend on which rows were added together.
#[derive(Debug)]
pub struct ColumnFold {
    edges: Vec<i64>,
    by_happened: bool,
    store: CellStore,
    /// What other folds have found.
    others: Vec<CellStore>,
    /// What is known of the block that was added last.
    current: Option<Current>,
    scratch: Scratch,
    adder: Adder,
}

#[derive(Debug)]
struct Current {
    identity: Arc<()>,
    groups: BlockGroups,
    packed: KeyTable,
    wide: WideTable,
}

#[derive(Debug, Default)]
struct Scratch {
    masks: Masks,
    voices: Voices,
    buckets: Vec<u32>,
    array: Vec<u32>,
    tally: Tally,
    rows_to_cells: RowsToCells,
}

/// How the keys of rows lead to cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyWidth {
    /// There are none: all rows of a bucket are in one cell.
    None,
    /// By an array, of one bucket or of all.
    Array {
        one_bucket: bool,
    },
    Packed,
    Wide,
}

impl ColumnFold {
    /// An empty fold.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let store = CellStore::new(plan);
        Self {
            edges: plan.edges.iter().map(|edge| edge.as_ms()).collect(),
            by_happened: plan.time == TimeDimension::Happened,
            adder: Adder::new(store.layout.sets.len()),
            store,
            others: Vec::new(),
            current: None,
            scratch: Scratch::default(),
        }
    }

    /// Counts the facts of some rows of a block. `prepared` was made for this plan and block. It is
    /// best to add all ranges of a block before those of the next.
    ///
    /// # Errors
    /// [`Stop`] when the answer would hold more than the plan allows, or when it is cancelled.
    pub fn add(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        rows: Range<usize>,
        cancel: &dyn Cancel,
    ) -> Result<(), Stop> {
        let interval = prepared.rows();
        let rows = rows.start.max(interval.start)..rows.end.min(interval.end);
        if rows.is_empty() || prepared.block_rows != block.rows() {
            return Ok(());
        }
        self.enter(prepared, block);
        self.adder.seen.begin();
        let buckets = (self.edges.len().saturating_sub(1)).max(1);
        let Some(edges) = &prepared.edges else {
            let width = key_width(prepared, buckets, rows.len(), false);
            return self.add_mixed(prepared, block, rows, width, cancel);
        };
        let first = edges.partition_point(|edge| *edge <= rows.start).saturating_sub(1);
        let last = edges.partition_point(|edge| *edge < rows.end).max(first + 1);
        let bucket_rows = rows.len() / (last - first);
        if bucket_rows < BUCKET_ROWS_MIN && last - first > 1 {
            let width = key_width(prepared, buckets, rows.len(), false);
            return self.add_mixed(prepared, block, rows, width, cancel);
        }
        let width = key_width(prepared, buckets, bucket_rows, true);
        for (bucket, edge) in
            (first..last).zip(edges.get(first..=last).unwrap_or_default().windows(2))
        {
            let &[start, end] = edge else { continue };
            let rows = start.max(rows.start)..end.min(rows.end);
            self.add_bucket(prepared, block, rows, (bucket as u32, width), cancel)?;
        }
        Ok(())
    }

    /// Bytes that it holds, about, without the buffers of a chunk: it grows with the cells and the
    /// different values that the plan allows, not with the facts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let current = self.current.as_ref().map_or(0, |current| {
            let wide = current.wide.capacity() * size_of::<(super::keys::Components, u32)>();
            current.groups.bytes() + current.packed.bytes() + wide
        });
        let array = self.scratch.array.capacity() * size_of::<u32>();
        let others = self.others.iter().map(CellStore::bytes).sum::<usize>();
        self.store.bytes() + others + self.adder.seen.bytes() + current + array
    }

    /// Adds what another fold of the same plan has counted.
    pub fn merge(&mut self, other: Self) {
        self.others.push(other.store);
        self.others.extend(other.others);
    }

    /// The cells.
    ///
    /// # Errors
    /// [`Stop`] when together they hold more than the plan allows.
    pub fn finish(self) -> Result<Cells, Stop> {
        let mut stores = self.others;
        stores.insert(0, self.store);
        join(stores)
    }

    /// Forgets what was known of another block.
    fn enter(&mut self, prepared: &Prepared, block: &Block<'_>) {
        let is_known = (self.current.as_ref())
            .is_some_and(|current| Arc::ptr_eq(&current.identity, &prepared.identity));
        if !is_known {
            self.current = Some(Current {
                identity: prepared.identity.clone(),
                groups: BlockGroups::new(block, &prepared.keys),
                packed: KeyTable::default(),
                wide: WideTable::default(),
            });
        }
    }

    /// Adds rows of one bucket.
    fn add_bucket(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        rows: Range<usize>,
        (bucket, width): (u32, KeyWidth),
        cancel: &dyn Cancel,
    ) -> Result<(), Stop> {
        if let KeyWidth::Array { .. } = width {
            if Tally::is_enough(prepared, &self.store.layout, rows.len()) {
                return self.tally_bucket(prepared, block, rows, bucket, cancel);
            }
            self.clear_array(prepared, 1);
        }
        match block.totals {
            Some(totals) if prepared.is_undivided() => {
                self.add_totals(prepared, block, rows, (bucket, totals), cancel)
            }
            _ => self.add_rows(prepared, block, rows, (bucket, width), cancel),
        }
    }

    /// Adds rows that are all in one cell: stretches of which is known what they add up to, and row by
    /// row what is before, between and behind them.
    fn add_totals(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        rows: Range<usize>,
        (bucket, totals): (u32, &Totals),
        cancel: &dyn Cancel,
    ) -> Result<(), Stop> {
        let by_row = (bucket, KeyWidth::None);
        let mut figures = totals.nothing(&self.store.layout);
        let mut start = rows.start;
        for stretch in totals.within(&rows) {
            let known = totals.rows_of(stretch);
            if block.dead.is_some_and(|dead| dead.any(known.clone())) {
                continue;
            }
            totals.add_to(&mut figures, stretch);
            self.add_rows(prepared, block, start..known.start, by_row, cancel)?;
            start = known.end;
        }
        self.add_rows(prepared, block, start..rows.end, by_row, cancel)?;
        if !figures.is_empty() {
            let cell = self.only_cell(&mut None, bucket)?;
            self.store.add_figures(cell, &figures.counts, &figures.summaries);
        }
        Ok(())
    }

    /// Adds rows of one bucket one by one.
    fn add_rows(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        rows: Range<usize>,
        (bucket, width): (u32, KeyWidth),
        cancel: &dyn Cancel,
    ) -> Result<(), Stop> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut cell = None;
        let is_tallied = width == KeyWidth::None && self.store.layout.sets.is_empty();
        if is_tallied {
            self.scratch.tally.begin(1, rows.len(), &self.store.layout);
        }
        for chunk in chunks(rows, cancel) {
            let chunk = chunk?;
            let within = Voice { rows: Rows::All, mask: self.scratch.masks.take(chunk.len()) };
            let Scratch { tally, voices, masks, .. } = &mut self.scratch;
            let base = passing(prepared, block, &chunk, within, masks);
            let layout = &self.store.layout;
            if is_tallied && base.rows == Rows::Some && count(&base.mask) < chunk.len() / 8 {
                tally.add(Chunk { prepared, block, rows: &chunk }, &base, layout, masks);
                masks.give(base.mask);
                continue;
            }
            let speaking = voices.listen(prepared, layout, block, &chunk, base, masks);
            if speaking == Rows::None {
                continue;
            }
            // Counts by several metrics, and groups, go row by row.
            if width != KeyWidth::None || self.store.layout.counters.len() > 1 {
                self.scratch.voices.select(speaking);
            }
            let chunk = Chunk { prepared, block, rows: &chunk };
            if width == KeyWidth::None {
                let found = self.only_cell(&mut cell, bucket)?;
                let target = Target::One(found);
                self.adder.add(chunk, &self.scratch.voices, target, &mut self.store)?;
            } else {
                self.scratch.buckets.clear();
                self.add_groups(chunk, width, bucket)?;
            }
        }
        if is_tallied {
            let mut tally = std::mem::take(&mut self.scratch.tally);
            tally.take(|_, counts, summaries| {
                let found = self.only_cell(&mut cell, bucket)?;
                self.store.add_figures(found, counts, summaries);
                Ok(())
            })?;
            self.scratch.tally = tally;
        }
        match cell {
            Some(cell) => {
                let sets = &prepared.sources.sets;
                self.adder.seen.close(cell, sets, block, &mut self.store)
            }
            None => Ok(()),
        }
    }

    /// The cell of a bucket without groups, once it is known.
    fn only_cell(&mut self, cell: &mut Option<u32>, bucket: u32) -> Result<u32, Stop> {
        if let Some(cell) = *cell {
            return Ok(cell);
        }
        let group = self.store.group(&[0; COMPONENTS_MAX]);
        let found = self.store.cell(group, bucket)?;
        *cell = Some(found);
        Ok(found)
    }

    /// Counts rows of one bucket.
    fn tally_bucket(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        rows: Range<usize>,
        bucket: u32,
        cancel: &dyn Cancel,
    ) -> Result<(), Stop> {
        let groups = prepared.keys.groups.unwrap_or_default().min(ARRAY_KEYS_MAX) as usize;
        self.scratch.tally.begin(groups, rows.len(), &self.store.layout);
        for chunk in chunks(rows, cancel) {
            let chunk = chunk?;
            let within = Voice { rows: Rows::All, mask: self.scratch.masks.take(chunk.len()) };
            let Scratch { tally, masks, .. } = &mut self.scratch;
            let base = passing(prepared, block, &chunk, within, masks);
            if base.rows != Rows::None {
                let chunk = Chunk { prepared, block, rows: &chunk };
                tally.add(chunk, &base, &self.store.layout, masks);
            }
            masks.give(base.mask);
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        let store = &mut self.store;
        let tally = &mut self.scratch.tally;
        if !store.is_new(bucket) {
            return tally.take(|key, counts, summaries| {
                let group = current.groups.group(block, &prepared.keys, key, store);
                let cell = store.cell(group, bucket)?;
                store.add_figures(cell, counts, summaries);
                Ok(())
            });
        }
        let start = store.len();
        tally.take(|key, counts, summaries| {
            let group = current.groups.group(block, &prepared.keys, key, store);
            store.append((group, bucket), counts, summaries)
        })?;
        store.close(bucket, start);
        Ok(())
    }

    /// Adds rows of several buckets.
    fn add_mixed(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        rows: Range<usize>,
        width: KeyWidth,
        cancel: &dyn Cancel,
    ) -> Result<(), Stop> {
        if let KeyWidth::Array { .. } = width {
            self.clear_array(prepared, self.edges.len() as u64);
        }
        for chunk in chunks(rows, cancel) {
            let chunk = chunk?;
            let within = self.find_buckets(block, &chunk);
            let speaking = self.listen(prepared, block, &chunk, within);
            if speaking != Rows::None {
                self.scratch.voices.select(speaking);
                self.add_groups(Chunk { prepared, block, rows: &chunk }, width, 0)?;
            }
        }
        Ok(())
    }

    fn listen(
        &mut self,
        prepared: &Prepared,
        block: &Block<'_>,
        chunk: &Range<usize>,
        within: Voice,
    ) -> Rows {
        let Scratch { voices, masks, .. } = &mut self.scratch;
        let base = passing(prepared, block, chunk, within, masks);
        voices.listen(prepared, &self.store.layout, block, chunk, base, masks)
    }

    /// Finds the bucket of each row of a chunk, and the rows that are in one.
    fn find_buckets(&mut self, block: &Block<'_>, chunk: &Range<usize>) -> Voice {
        let mut mask: Mask = self.scratch.masks.take(chunk.len());
        let times = match block.happened {
            Some(happened) if self.by_happened => happened,
            _ => block.emitted,
        };
        let times = times.get(chunk.clone()).unwrap_or_default();
        let (mut bucket, mut start, mut end) = (0, i64::MAX, i64::MIN);
        self.scratch.buckets.clear();
        self.scratch.buckets.extend(times.iter().zip(mask.iter_mut()).map(|(time, is_in)| {
            // Rows near each other are mostly in the same bucket.
            if !(start..end).contains(time) {
                bucket = self.edges.partition_point(|edge| edge <= time);
                let before = bucket.checked_sub(1).and_then(|before| self.edges.get(before));
                start = before.copied().unwrap_or(i64::MIN);
                end = self.edges.get(bucket).copied().unwrap_or(i64::MAX);
            }
            let is_inside = bucket > 0 && bucket < self.edges.len();
            *is_in = u8::from(is_inside);
            if is_inside { bucket as u32 - 1 } else { 0 }
        }));
        Voice { rows: Rows::Some, mask }
    }

    fn clear_array(&mut self, prepared: &Prepared, buckets: u64) {
        let keys = prepared.keys.groups.unwrap_or_default().saturating_mul(buckets);
        self.scratch.array.clear();
        self.scratch.array.resize(keys.min(ARRAY_KEYS_MAX) as usize, NONE);
    }

    /// Adds the rows of a chunk that speak, each to the cells of its groups. Their buckets are known
    /// in the scratch, or all are in `bucket`.
    fn add_groups(
        &mut self,
        chunk: Chunk<'_, '_>,
        width: KeyWidth,
        bucket: u32,
    ) -> Result<(), Stop> {
        let Self { store, current, scratch, adder, .. } = self;
        let Some(current) = current else { return Ok(()) };
        let one_bucket = width == KeyWidth::Array { one_bucket: true };
        let finding = Finding {
            chunk,
            voices: &scratch.voices,
            buckets: (!scratch.buckets.is_empty()).then_some(scratch.buckets.as_slice()),
            bucket,
            is_bucket_in_key: !one_bucket,
            groups: &mut current.groups,
            store,
            adder,
        };
        match width {
            KeyWidth::None | KeyWidth::Array { .. } => {
                scratch.rows_to_cells.add_narrow(finding, &mut scratch.array)
            }
            KeyWidth::Packed => scratch.rows_to_cells.add_packed(finding, &mut current.packed),
            KeyWidth::Wide => scratch.rows_to_cells.add_wide(finding, &mut current.wide),
        }
    }
}

/// Which keys are best for rows of one bucket, or for rows of several.
fn key_width(prepared: &Prepared, buckets: usize, rows: usize, one_bucket: bool) -> KeyWidth {
    if one_bucket && prepared.keys.parts.is_empty() {
        return KeyWidth::None;
    }
    let groups = prepared.keys.groups;
    let all = groups.and_then(|groups| groups.checked_mul(buckets as u64 + 1));
    let in_array = if one_bucket { groups } else { all };
    let array_max = ARRAY_KEYS_MIN.max(rows as u64 * ARRAY_KEYS_PER_ROW_MAX).min(ARRAY_KEYS_MAX);
    match (in_array, all) {
        (Some(keys), _) if keys <= array_max => KeyWidth::Array { one_bucket },
        (_, Some(_)) => KeyWidth::Packed,
        _ => KeyWidth::Wide,
    }
}

/// Cuts rows into chunks, and asks now and then whether to go on.
fn chunks(
    rows: Range<usize>,
    cancel: &dyn Cancel,
) -> impl Iterator<Item = Result<Range<usize>, Stop>> {
    let mut until_check = 0;
    rows.clone().step_by(CHUNK).map(move |start| {
        if until_check == 0 {
            if cancel.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            until_check = ROWS_BETWEEN_CHECKS;
        }
        until_check -= CHUNK;
        Ok(start..rows.end.min(start + CHUNK))
    })
}
