//! Adding up facts by group and metric, when nothing but counts and values is asked for and each row is
//! in one group: in arrays with a place for each group, without looking for cells row by row.

use wayfare_model::cells::Summary;

use super::accumulate::Chunk;
use super::block::Values;
use super::evaluate::{of_metric, with_value};
use super::groups::add_single_parts;
use super::keys::PartKind;
use super::layout::Layout;
use super::mask::{Masks, Rows, and, both, compress, compress_bits, count};
use super::prepared::Prepared;
use super::sums::{Sums, add_values};
use super::test::MetricSet;
use super::voices::Voice;

/// Summaries for each row that are worth having places for.
const SUMMARIES_PER_ROW_MAX: usize = 2;
/// Rows that a group must have on average for all groups to be looked through, not only those that
/// were touched.
const ROWS_OF_GROUP_MIN: usize = 8;
/// Summaries that always are: with those that are touched they stay in the second cache.
const SUMMARIES_MIN: usize = 16_384;
/// Counts of which the place is a number of 16 bits.
const NARROW_COUNTS: usize = 1 << 16;

/// The figures of one bucket.
#[derive(Debug, Default)]
pub(super) struct Tally {
    groups: usize,
    /// By group, `counters` each.
    counts: Vec<u32>,
    counters: usize,
    sums: Vec<Sums>,
    sums_stride: usize,
    /// The sums of a group that is taken.
    summaries: Vec<Summary>,
    keys: Vec<u16>,
    /// The rows of the keys, if not all have one.
    rows: Vec<u16>,
    /// The places of rows among the counts.
    places: Vec<u16>,
    /// The rows that speak for a summary, and, if rows were picked, their keys.
    valued: Vec<u16>,
    valued_keys: Vec<u16>,
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
        self.groups = groups;
        self.sums_stride = layout.summaries.len();
        self.sums.resize(groups * self.sums_stride, Sums::EMPTY);
        self.summaries.resize(self.sums_stride, Summary::EMPTY);
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
            self.count(chunk, base, is_picked);
        }
        for index in 0..self.sums_stride {
            self.find_valued(chunk, base, is_picked, (index, layout), masks);
            self.sum(chunk, index, is_picked);
        }
    }

    /// Counts the rows by group and metric. The last counter takes what is not asked for.
    fn count(&mut self, chunk: Chunk<'_, '_>, base: &Voice, is_picked: bool) {
        let sources = &chunk.prepared.sources;
        let counter_of = |code: u8| sources.counter_of[usize::from(code)];
        let codes = chunk.block.metric_codes.get(chunk.rows.clone()).unwrap_or_default();
        let rest = self.counters.saturating_sub(1) as u8;
        let only = match sources.counters {
            MetricSet::One(code) if rest == 1 => Some(code),
            MetricSet::All if rest == 1 => return self.count_all(base, is_picked),
            _ => None,
        };
        if is_picked {
            let rows = std::mem::take(&mut self.rows);
            let code = |row: &u16| codes.get(usize::from(*row)).copied().unwrap_or_default();
            self.add_counts(rows.iter().map(|row| counter_of(code(row))));
            self.rows = rows;
        } else if base.rows == Rows::Some {
            let rows = codes.iter().zip(&base.mask);
            match only {
                Some(only) => {
                    self.add_counts(rows.map(|(code, is_in)| u8::from(*code != only) | (is_in ^ 1)))
                }
                None => self.add_counts(
                    rows.map(|(code, is_in)| if *is_in == 1 { counter_of(*code) } else { rest }),
                ),
            }
        } else if let Some(only) = only {
            self.add_counts(codes.iter().map(|code| u8::from(*code != only)));
        } else {
            self.add_counts(codes.iter().map(|code| counter_of(*code)));
        }
    }

    /// Counts the rows by group, when all facts of the block are of the one metric that is asked for.
    fn count_all(&mut self, base: &Voice, is_picked: bool) {
        if base.rows == Rows::Some && !is_picked {
            self.add_counts(base.mask.iter().map(|is_in| is_in ^ 1));
        } else {
            count_each::<2>(&mut self.counts, &self.keys);
        }
    }

    /// Counts a row of each key by the counter that it has.
    #[inline]
    fn add_counts(&mut self, counters: impl Iterator<Item = u8>) {
        let stride = self.counters;
        let rows = self.keys.iter().zip(counters);
        let counts = self.counts.as_mut_slice();
        if counts.len() > NARROW_COUNTS {
            for (key, counter) in rows {
                let place = usize::from(*key) * stride + usize::from(counter);
                if let Some(count) = counts.get_mut(place) {
                    *count += 1;
                }
            }
            return;
        }
        let place =
            |key: u16, counter| key.wrapping_mul(stride as u16).wrapping_add(u16::from(counter));
        self.places.clear();
        self.places.extend(rows.map(|(key, counter)| place(*key, counter)));
        count_each::<1>(counts, &self.places);
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

    /// Finds those rows that speak for a summary, and if rows were picked, their keys.
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
        let (Values::Plain { validity, .. } | Values::Coded { validity, .. }) = values;
        let codes = block.metric_codes.get(rows.clone()).unwrap_or_default();
        if is_picked && range.is_none() && self.rows.len() < rows.len() / 8 {
            let speaks = |row: u16| {
                let code = codes.get(usize::from(row)).copied().unwrap_or_default();
                let row = rows.start + usize::from(row);
                set.contains(code) & validity.is_none_or(|validity| validity.get(row))
            };
            select(&self.rows, &self.keys, speaks, (&mut self.valued, &mut self.valued_keys));
            return;
        }
        let is_whole = !is_picked && base.rows == Rows::All && range.is_none();
        if let (MetricSet::One(_) | MetricSet::All, Some(validity), true) =
            (set, validity, is_whole)
        {
            let wanted = if let MetricSet::One(code) = set { Some(*code) } else { None };
            let eight = |row| validity.eight(rows.start + row);
            compress_bits(codes, wanted, eight, &mut self.valued);
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
            }
        }
        masks.give(mask);
        masks.give(other);
    }

    /// Adds the values of the rows that were found.
    fn sum(&mut self, chunk: Chunk<'_, '_>, index: usize, is_picked: bool) {
        let Some(values) = &chunk.block.values else { return };
        let (stride, sums) = (self.sums_stride, self.sums.as_mut_slice());
        let valued = self.valued.iter().map(|row| usize::from(*row));
        if is_picked {
            let places = self.valued_keys.iter().map(|key| usize::from(*key) * stride + index);
            add_values(sums, values, chunk.rows, places.zip(valued));
        } else {
            let keys = self.keys.as_slice();
            let place = |row: usize| match keys.get(row) {
                Some(key) => usize::from(*key) * stride + index,
                None => usize::MAX,
            };
            add_values(sums, values, chunk.rows, valued.map(|row| (place(row), row)));
        }
    }

    /// Takes the groups for which some row spoke, in the order of their keys: `each` is given the
    /// key, the counts of each counter and what is known of the values of each summary.
    pub(super) fn take<E>(
        &mut self,
        mut each: impl FnMut(u32, &[u32], &[Summary]) -> Result<(), E>,
    ) -> Result<(), E> {
        let groups = self.groups;
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
        let (counters, stride) = (self.counters, self.sums_stride);
        let counts = self.counts.get_mut(group * counters..(group + 1) * counters);
        let counts = counts.unwrap_or_default();
        let sums = self.sums.get_mut(group * stride..(group + 1) * stride).unwrap_or_default();
        // The last counter takes what is not asked for.
        let asked = counts.split_last().map_or(&[][..], |all| all.1);
        // Which of them have any is not foreseeable: all are looked at.
        let counted = asked.iter().fold(0, |all, count| all | count);
        let valued = sums.iter().fold(false, |any, sums| any | !sums.is_empty());
        if (counted != 0) | valued {
            for (summary, sums) in self.summaries.iter_mut().zip(&*sums) {
                *summary = sums.summary();
            }
            each(group as u32, asked, &self.summaries)?;
        }
        counts.fill(0);
        sums.fill(Sums::EMPTY);
        Ok(())
    }
}

/// Adds one to some counts, of which each place has so many.
#[inline]
fn count_each<const STRIDE: usize>(counts: &mut [u32], places: &[u16]) {
    let mut count = |place: &u16| {
        if let Some(count) = counts.get_mut(usize::from(*place) * STRIDE) {
            *count += 1;
        }
    };
    let (fours, rest) = places.as_chunks::<4>();
    for four in fours {
        four.iter().for_each(&mut count);
    }
    rest.iter().for_each(count);
}

/// Selects rows with their keys. Without branches: which rows speak is not foreseeable.
#[inline]
fn select(
    rows: &[u16],
    keys: &[u16],
    speaks: impl Fn(u16) -> bool,
    (selected, selected_keys): (&mut Vec<u16>, &mut Vec<u16>),
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
