//! Adding up facts by group and metric, when nothing but counts and values is asked for and each row is
//! in one group: in arrays with a place for each group, without looking for cells row by row.

use wayfare_model::cells::Summary;

use super::accumulate::{Chunk, gather};
use super::block::Values;
use super::groups::add_single_parts;
use super::keys::PartKind;
use super::layout::Layout;
use super::mask::{Rows, compress, count};
use super::prepared::Prepared;
use super::voices::{Voice, Voices};

/// Summaries for each row that are worth having places for.
const SUMMARIES_PER_ROW_MAX: usize = 2;
/// Rows that a group must have on average for all groups to be looked through, not only those that
/// were touched.
const ROWS_OF_GROUP_MIN: usize = 8;
/// Summaries that always are.
const SUMMARIES_MIN: usize = 4_096;

/// The figures of one bucket.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Vec<u32>,
    counters: usize,
    summaries: Vec<Summary>,
    summaries_stride: usize,
    keys: Vec<u32>,
    rows: Vec<u16>,
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

    /// Adds the rows of a chunk.
    pub(super) fn add(&mut self, chunk: Chunk<'_, '_>, voices: &Voices) {
        let layout = &chunk.prepared.keys;
        // Few rows are picked, of many all are looked at.
        let any = voices.any();
        let is_sparse = any.is_some_and(|any| count(any) < any.len() / 4);
        if is_sparse || self.touched.is_some() {
            match any {
                Some(any) => compress(any, &mut self.rows),
                None => {
                    self.rows.clear();
                    self.rows.extend(0..chunk.rows.len() as u16);
                }
            }
            self.keys.clear();
            self.keys.resize(self.rows.len(), 0);
            let picked = Some(self.rows.as_slice());
            let (keys, valid) = (&mut self.keys, &mut self.valid);
            add_single_parts(keys, chunk.block, layout, chunk.rows, picked, valid);
            if let Some(touched) = &mut self.touched {
                for key in &self.keys {
                    if let Some(word) = touched.get_mut(*key as usize / 64) {
                        *word |= 1 << (key % 64);
                    }
                }
            }
            self.count_picked(chunk, voices);
            self.sum_picked(chunk, voices);
        } else {
            self.keys.clear();
            self.keys.resize(chunk.rows.len(), 0);
            let (keys, valid) = (&mut self.keys, &mut self.valid);
            add_single_parts(keys, chunk.block, layout, chunk.rows, None, valid);
            self.count_all(chunk, voices);
            self.sum_all(chunk, voices);
        }
    }

    /// Counts those of the picked rows that speak.
    fn count_picked(&mut self, chunk: Chunk<'_, '_>, voices: &Voices) {
        let Some(voice) = voices.counters().filter(|voice| voice.rows != Rows::None) else {
            return;
        };
        let codes = chunk.block.metric_codes.get(chunk.rows.clone()).unwrap_or_default();
        let counter_of = &chunk.prepared.sources.counter_of;
        for (key, row) in self.keys.iter().zip(&self.rows) {
            let row = usize::from(*row);
            let code = codes.get(row).copied().unwrap_or_default();
            let place = *key as usize * self.counters + usize::from(counter_of[usize::from(code)]);
            if let Some(count) = self.counts.get_mut(place) {
                *count += u32::from(voice.speaks(row));
            }
        }
    }

    /// Adds the values of those of the picked rows that speak.
    fn sum_picked(&mut self, chunk: Chunk<'_, '_>, voices: &Voices) {
        let Some(values) = &chunk.block.values else { return };
        if voices.summaries().iter().any(|voice| voice.rows != Rows::None) {
            gather(values, chunk.rows, &self.rows, &mut self.values);
        }
        for (index, voice) in voices.summaries().iter().enumerate() {
            if voice.rows == Rows::None {
                continue;
            }
            for ((key, row), value) in self.keys.iter().zip(&self.rows).zip(&self.values) {
                let place = *key as usize * self.summaries_stride + index;
                if let Some(summary) = self.summaries.get_mut(place)
                    && voice.speaks(usize::from(*row))
                {
                    summary.add(*value);
                }
            }
        }
    }

    /// Counts all rows: those that do not speak as nothing.
    fn count_all(&mut self, chunk: Chunk<'_, '_>, voices: &Voices) {
        let Some(voice) = voices.counters() else { return };
        let codes = chunk.block.metric_codes.get(chunk.rows.clone()).unwrap_or_default();
        let counter_of = &chunk.prepared.sources.counter_of;
        let counters = self.counters;
        let counts = self.counts.as_mut_slice();
        let mut add = |key: &u32, code: u8, number: u8| {
            let counter = usize::from(counter_of[usize::from(code)]);
            if let Some(count) = counts.get_mut(*key as usize * counters + counter) {
                *count += u32::from(number);
            }
        };
        match voice.rows {
            Rows::None => {}
            // Each counts for the only counter, as one or as nothing.
            Rows::Some if counters == 2 => {
                for (key, number) in self.keys.iter().zip(&voice.mask) {
                    if let Some(count) = counts.get_mut(*key as usize * 2) {
                        *count += u32::from(*number);
                    }
                }
            }
            Rows::Some => {
                for ((key, code), number) in self.keys.iter().zip(codes).zip(&voice.mask) {
                    add(key, *code, *number);
                }
            }
            Rows::All => self.keys.iter().zip(codes).for_each(|(key, code)| add(key, *code, 1)),
        }
    }

    /// Adds the values of the rows that speak.
    fn sum_all(&mut self, chunk: Chunk<'_, '_>, voices: &Voices) {
        let Some(values) = &chunk.block.values else { return };
        for (index, voice) in voices.summaries().iter().enumerate() {
            self.sum(values, chunk, voice, index);
        }
    }

    fn sum(&mut self, values: &Values<'_>, chunk: Chunk<'_, '_>, voice: &Voice, index: usize) {
        let stride = self.summaries_stride;
        let summaries = self.summaries.as_mut_slice();
        match voice.rows {
            Rows::None => return,
            Rows::All => {
                self.rows.clear();
                self.rows.extend(0..chunk.rows.len() as u16);
            }
            Rows::Some => compress(&voice.mask, &mut self.rows),
        }
        gather(values, chunk.rows, &self.rows, &mut self.values);
        for (row, value) in self.rows.iter().zip(&self.values) {
            let key = self.keys.get(usize::from(*row)).copied().unwrap_or_default();
            if let Some(summary) = summaries.get_mut(key as usize * stride + index) {
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
