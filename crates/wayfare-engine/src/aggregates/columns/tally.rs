//! Adding up facts by group and metric, when nothing but counts and values is asked for and each row is
//! in one group: in arrays with a place for each group, without looking for cells row by row.

use wayfare_model::cells::Summary;

use super::accumulate::{Chunk, gather};
use super::block::Values;
use super::evaluate::{of_metric, with_value};
use super::groups::add_single_parts;
use super::keys::PartKind;
use super::layout::Layout;
use super::mask::{Masks, Rows, and, both, compress, count};
use super::prepared::Prepared;
use super::voices::Voice;

/// Summaries for each row that are worth having places for.
const SUMMARIES_PER_ROW_MAX: usize = 2;
/// Rows that a group must have on average for all groups to be looked through, not only those that
/// were touched.
const ROWS_OF_GROUP_MIN: usize = 8;
/// Summaries that always are: with those that are touched they stay in the second cache.
const SUMMARIES_MIN: usize = 16_384;

/// The figures of one bucket.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Vec<u32>,
    counters: usize,
    summaries: Vec<Summary>,
    summaries_stride: usize,
    keys: Vec<u32>,
    /// The rows of the keys, if not all have one.
    rows: Vec<u16>,
    /// The rows that speak for a summary, and their keys.
    valued: Vec<u16>,
    valued_keys: Vec<u32>,
    values: Vec<f64>,
    valid: Vec<u8>,
    /// One bit per group that was touched, unless all are looked through.
    touched: Option<Vec<u64>>,
}

impl Tally {
    /// Whether it is enough for so many rows of one bucket.
    pub(super) fn is_enough(prepared: &Prepared, layout: &Layout, rows: usize) -> bool {
        let is_single = |kind| matches!(kind, PartKind::Single | PartKind::Absent);
        let groups = prepared.keys.groups.and_then(|groups| usize::try_from(groups).ok());
        let summaries = groups.unwrap_or(usize::MAX).saturating_mul(layout.summaries.len());
        layout.sets.is_empty()
            && summaries <= SUMMARIES_MIN.max(rows.saturating_mul(SUMMARIES_PER_ROW_MAX))
            && prepared.keys.parts.iter().all(|part| is_single(part.kind))
    }

    /// Begins a bucket with so many possible groups and so many rows. What was there of another has
    /// been [taken](Self::take).
    pub(super) fn begin(&mut self, groups: usize, rows: usize, layout: &Layout) {
        self.counters = layout.counters_stride();
        self.counts.resize(groups * self.counters, 0);
        self.summaries_stride = layout.summaries.len();
        self.summaries.resize(groups * self.summaries_stride, Summary::EMPTY);
        self.touched = (rows / ROWS_OF_GROUP_MIN < groups).then(|| {
            let mut touched = self.touched.take().unwrap_or_default();
            touched.clear();
            touched.resize(groups.div_ceil(64), 0);
            touched
        });
    }

    /// Adds the rows of a chunk that [pass](super::voices::passing).
    pub(super) fn add(
        &mut self,
        chunk: Chunk<'_, '_>,
        base: &Voice,
        layout: &Layout,
        masks: &mut Masks,
    ) {
        // Few rows are picked, of many all are looked at.
        let is_some = base.rows == Rows::Some;
        let is_sparse = is_some && count(&base.mask) < chunk.rows.len() / 2;
        let is_picked = is_sparse || self.touched.is_some();
        if is_picked {
            self.pick(chunk, base);
        } else {
            self.rows.clear();
        }
        let picked = is_picked.then_some(self.rows.as_slice());
        self.keys.clear();
        self.keys.resize(picked.map_or(chunk.rows.len(), <[u16]>::len), 0);
        let (keys, valid) = (&mut self.keys, &mut self.valid);
        add_single_parts(keys, chunk.block, &chunk.prepared.keys, chunk.rows, picked, valid);
        if let Some(touched) = &mut self.touched {
            for key in &self.keys {
                if let Some(word) = touched.get_mut(*key as usize / 64) {
                    *word |= 1 << (key % 64);
                }
            }
        }
        if !layout.counters.is_empty() {
            let codes = chunk.block.metric_codes.get(chunk.rows.clone()).unwrap_or_default();
            if is_picked {
                let code = |row: &u16| codes.get(usize::from(*row)).copied().unwrap_or_default();
                let codes = self.rows.iter().map(|row| (code(row), 1));
                add_counts(&mut self.counts, &self.keys, self.counters, codes, chunk);
            } else if is_some {
                let codes = codes.iter().copied().zip(base.mask.iter().copied());
                add_counts(&mut self.counts, &self.keys, self.counters, codes, chunk);
            } else {
                let codes = codes.iter().map(|code| (*code, 1));
                add_counts(&mut self.counts, &self.keys, self.counters, codes, chunk);
            }
        }
        for index in 0..self.summaries_stride {
            self.find_valued(chunk, base, is_picked, (index, layout), masks);
            self.sum(chunk, index);
        }
    }

    /// Picks the rows that pass.
    fn pick(&mut self, chunk: Chunk<'_, '_>, base: &Voice) {
        if base.rows == Rows::Some {
            compress(&base.mask, &mut self.rows);
        } else {
            self.rows.clear();
            self.rows.extend(0..chunk.rows.len() as u16);
        }
    }

    /// Finds those rows that speak for a summary, and which of the keys are theirs.
    fn find_valued(
        &mut self,
        chunk: Chunk<'_, '_>,
        base: &Voice,
        is_picked: bool,
        (index, layout): (usize, &Layout),
        masks: &mut Masks,
    ) {
        self.valued.clear();
        self.valued_keys.clear();
        let Chunk { prepared, block, rows } = chunk;
        let range = layout.summaries.get(index).and_then(|(_, range)| *range);
        let (Some(set), Some(values)) = (prepared.sources.summaries.get(index), &block.values)
        else {
            return;
        };
        if is_picked && range.is_none() && self.rows.len() < rows.len() / 8 {
            let codes = block.metric_codes.get(rows.clone()).unwrap_or_default();
            let (Values::Plain { validity, .. } | Values::Coded { validity, .. }) = values;
            let speaks = |row: u16| {
                let code = codes.get(usize::from(row)).copied().unwrap_or_default();
                let row = rows.start + usize::from(row);
                set.contains(code) & validity.is_none_or(|validity| validity.get(row))
            };
            select(&self.rows, &self.keys, speaks, (&mut self.valued, &mut self.valued_keys));
            return;
        }
        let (mut mask, mut other) = (masks.take(rows.len()), masks.take(rows.len()));
        let of_metric = of_metric(set, block, rows, &mut mask);
        if of_metric != Rows::None {
            let with = with_value(values, range, rows, &mut other);
            let found = both(of_metric, &mut mask, with, &other);
            match found {
                Rows::All => mask.fill(1),
                Rows::None => mask.fill(0),
                Rows::Some => {}
            }
            if is_picked {
                let speaks = |row: u16| mask.get(usize::from(row)) == Some(&1);
                select(&self.rows, &self.keys, speaks, (&mut self.valued, &mut self.valued_keys));
            } else {
                if base.rows == Rows::Some {
                    and(&mut mask, &base.mask);
                }
                compress(&mask, &mut self.valued);
                let key = |row: &u16| self.keys.get(usize::from(*row)).copied().unwrap_or(u32::MAX);
                self.valued_keys.extend(self.valued.iter().map(key));
            }
        }
        masks.give(mask);
        masks.give(other);
    }

    /// Adds the values of the rows that were found.
    fn sum(&mut self, chunk: Chunk<'_, '_>, index: usize) {
        let Some(values) = &chunk.block.values else { return };
        gather(values, chunk.rows, &self.valued, &mut self.values);
        let (stride, summaries) = (self.summaries_stride, self.summaries.as_mut_slice());
        for (key, value) in self.valued_keys.iter().zip(&self.values) {
            if let Some(summary) = summaries.get_mut(*key as usize * stride + index) {
                summary.add(*value);
            }
        }
    }

    /// Takes the groups for which some row spoke, in the order of their keys: `each` is given the
    /// key, the counts of each counter and what is known of the values of each summary.
    pub(super) fn take<E>(
        &mut self,
        mut each: impl FnMut(u32, &[u32], &[Summary]) -> Result<(), E>,
    ) -> Result<(), E> {
        let groups = self.counts.len() / self.counters.max(1);
        let touched = self.touched.take();
        match &touched {
            None => (0..groups).try_for_each(|group| self.take_group(group, &mut each))?,
            Some(touched) => {
                for (word, start) in touched.iter().zip((0..).step_by(64)) {
                    let mut bits = *word;
                    while bits != 0 {
                        self.take_group(start + bits.trailing_zeros() as usize, &mut each)?;
                        bits &= bits - 1;
                    }
                }
            }
        }
        self.touched = touched;
        Ok(())
    }

    #[inline]
    fn take_group<E>(
        &mut self,
        group: usize,
        each: &mut impl FnMut(u32, &[u32], &[Summary]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (counters, stride) = (self.counters, self.summaries_stride);
        let counts = self.counts.get_mut(group * counters..(group + 1) * counters);
        let counts = counts.unwrap_or_default();
        let summaries = self.summaries.get_mut(group * stride..(group + 1) * stride);
        let summaries = summaries.unwrap_or_default();
        // The last counter takes what is not asked for.
        let asked = counts.split_last().map_or(&[][..], |all| all.1);
        if asked.iter().any(|count| *count > 0) || summaries.iter().any(|it| it.count > 0) {
            each(group as u32, asked, summaries)?;
        }
        counts.fill(0);
        summaries.fill(Summary::EMPTY);
        Ok(())
    }
}

/// Counts rows by key and metric: each has the metric's code, and 1 or, if it is not counted, 0.
#[inline]
fn add_counts(
    counts: &mut [u32],
    keys: &[u32],
    counters: usize,
    codes: impl Iterator<Item = (u8, u8)>,
    chunk: Chunk<'_, '_>,
) {
    let counter_of = &chunk.prepared.sources.counter_of;
    for (key, (code, number)) in keys.iter().zip(codes) {
        let place = *key as usize * counters + usize::from(counter_of[usize::from(code)]);
        if let Some(count) = counts.get_mut(place) {
            *count += u32::from(number);
        }
    }
}

/// Selects rows with their keys. Without branches: which rows speak is not foreseeable.
#[inline]
fn select(
    rows: &[u16],
    keys: &[u32],
    speaks: impl Fn(u16) -> bool,
    (selected, selected_keys): (&mut Vec<u16>, &mut Vec<u32>),
) {
    selected.resize(rows.len(), 0);
    selected_keys.resize(rows.len(), 0);
    let mut found = 0;
    for (row, key) in rows.iter().zip(keys) {
        if let (Some(place), Some(key_place)) =
            (selected.get_mut(found), selected_keys.get_mut(found))
        {
            (*place, *key_place) = (*row, *key);
        }
        found += usize::from(speaks(*row));
    }
    selected.truncate(found);
    selected_keys.truncate(found);
}
