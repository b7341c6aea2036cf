//! Counting facts by group and metric, when nothing but counts is asked for: one addition per row, in
//! an array with a place for each group.

use super::accumulate::Chunk;
use super::groups::add_single_parts;
use super::keys::PartKind;
use super::layout::Layout;
use super::mask::{Rows, compress, count};
use super::prepared::Prepared;
use super::voices::Voices;

/// The counts of one bucket.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Vec<u32>,
    stride: usize,
    keys: Vec<u32>,
    rows: Vec<u16>,
    valid: Vec<u8>,
}

impl Tally {
    /// Whether a plan asks for nothing but counts, in groups of which each row has one.
    pub(super) fn is_enough(prepared: &Prepared, layout: &Layout) -> bool {
        let is_single = |kind| matches!(kind, PartKind::Single | PartKind::Absent);
        layout.summaries.is_empty()
            && layout.sets.is_empty()
            && prepared.keys.parts.iter().all(|part| is_single(part.kind))
    }

    /// Begins a bucket with so many possible groups.
    pub(super) fn begin(&mut self, groups: usize, layout: &Layout) {
        self.stride = layout.counters_stride();
        self.counts.clear();
        self.counts.resize(groups * self.stride, 0);
    }

    /// Counts the rows of a chunk.
    pub(super) fn add(&mut self, chunk: Chunk<'_, '_>, voices: &Voices) {
        let Some(voice) = voices.counters() else { return };
        let layout = &chunk.prepared.keys;
        // Few rows are picked, of many all are counted: those that do not speak as nothing.
        let is_sparse = voice.rows == Rows::Some && count(&voice.mask) < voice.mask.len() / 4;
        let picked = is_sparse.then(|| {
            compress(&voice.mask, &mut self.rows);
            self.rows.as_slice()
        });
        self.keys.clear();
        self.keys.resize(picked.map_or(chunk.rows.len(), <[u16]>::len), 0);
        let valid = &mut self.valid;
        add_single_parts(&mut self.keys, chunk.block, layout, chunk.rows, picked, valid);
        let codes = chunk.block.metric_codes.get(chunk.rows.clone()).unwrap_or_default();
        let counter_of = &chunk.prepared.sources.counter_of;
        let stride = self.stride;
        let counts = self.counts.as_mut_slice();
        let mut add = |key: &u32, code: u8, number: u8| {
            let counter = usize::from(counter_of[usize::from(code)]);
            if let Some(count) = counts.get_mut(*key as usize * stride + counter) {
                *count += u32::from(number);
            }
        };
        match (picked, voice.rows) {
            (Some(rows), _) => {
                for (key, row) in self.keys.iter().zip(rows) {
                    add(key, codes.get(usize::from(*row)).copied().unwrap_or_default(), 1);
                }
            }
            // Each counts for the only counter, as one or as nothing.
            (None, Rows::Some) if stride == 2 => {
                for (key, number) in self.keys.iter().zip(&voice.mask) {
                    if let Some(count) = counts.get_mut(*key as usize * 2) {
                        *count += u32::from(*number);
                    }
                }
            }
            (None, Rows::Some) => {
                for ((key, code), number) in self.keys.iter().zip(codes).zip(&voice.mask) {
                    add(key, *code, *number);
                }
            }
            (None, _) => self.keys.iter().zip(codes).for_each(|(key, code)| add(key, *code, 1)),
        }
    }

    /// The groups that were counted, by key, with the counts of each counter.
    pub(super) fn counted(&self) -> impl Iterator<Item = (u32, &[u32])> {
        let groups = (0_u32..).zip(self.counts.chunks(self.stride.max(1)));
        // The last one takes what is not asked for.
        let groups =
            groups.map(|(key, counts)| (key, counts.split_last().map_or(counts, |all| all.1)));
        groups.filter(|(_, counts)| counts.iter().any(|count| *count > 0))
    }
}
