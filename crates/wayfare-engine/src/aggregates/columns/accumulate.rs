//! Adding up what the rows of a chunk say.

use std::ops::Range;

use wayfare_model::cells::Summary;

use super::block::{Block, Values};
use super::column::Codes;
use super::distinct::SeenValues;
use super::mask::{Rows, compress, count};
use super::prepared::Prepared;
use super::store::CellStore;
use super::voices::{Voice, Voices};
use crate::aggregates::stop::Stop;

/// The cells of the rows that speak.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'a> {
    /// All rows that speak are in this cell.
    One(u32),
    /// Rows by their number in the chunk (none: all of it), and the cell of each. A row is there
    /// once for each of its cells.
    Each { rows: Option<&'a [u16]>, cells: &'a [u32] },
}

/// Adds up the rows of chunks.
#[derive(Debug)]
pub(super) struct Adder {
    pub(super) seen: SeenValues,
    /// Places in a target whose rows speak.
    places: Vec<u16>,
    rows: Vec<u16>,
    values: Vec<f64>,
}

/// What an [`Adder`] looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a, 'b> {
    pub(super) prepared: &'a Prepared,
    pub(super) block: &'a Block<'b>,
    pub(super) rows: &'a Range<usize>,
}

impl Adder {
    pub(super) fn new(sets: usize) -> Self {
        Self {
            seen: SeenValues::new(sets),
            places: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Adds up what the rows of a target say.
    pub(super) fn add(
        &mut self,
        chunk: Chunk<'_, '_>,
        voices: &Voices,
        target: Target<'_>,
        store: &mut CellStore,
    ) -> Result<(), Stop> {
        if let Some(voice) = voices.counters().filter(|voice| voice.rows != Rows::None) {
            add_counts(chunk, voices, voice, target, store);
        }
        for (index, voice) in voices.summaries().iter().enumerate() {
            if voice.rows != Rows::None {
                self.add_values(chunk, voices, voice, target, (index, store));
            }
        }
        for ((set, dimension), voice) in chunk.prepared.sources.sets.iter().zip(voices.sets()) {
            let Some(column) = chunk.block.column(*dimension) else { continue };
            if voice.rows == Rows::None {
                continue;
            }
            match target {
                Target::One(_) => {
                    let rows = match voice.rows {
                        Rows::Some => {
                            compress(&voice.mask, &mut self.rows);
                            Some(self.rows.as_slice())
                        }
                        _ => None,
                    };
                    self.seen.add_to_one(*set, column, chunk.rows, rows);
                }
                Target::Each { rows, cells } => {
                    let row = |place: usize| match rows {
                        Some(rows) => rows.get(place).map_or(0, |row| usize::from(*row)),
                        None => place,
                    };
                    let speaking =
                        cells.iter().enumerate().map(|(place, cell)| (row(place), *cell));
                    let speaking = speaking.filter(|(row, _)| voice.speaks(*row));
                    self.seen.add_to_each(*set, column, chunk.rows, speaking, store)?;
                }
            }
        }
        Ok(())
    }

    /// Adds the values of a voice to one of the summaries.
    fn add_values(
        &mut self,
        chunk: Chunk<'_, '_>,
        voices: &Voices,
        voice: &Voice,
        target: Target<'_>,
        (index, store): (usize, &mut CellStore),
    ) {
        let Some(values) = &chunk.block.values else { return };
        let stride = store.layout.summaries.len();
        match target {
            Target::One(cell) => {
                let Some(summary) = store.summaries.get_mut(cell as usize * stride + index) else {
                    return;
                };
                let few = chunk.rows.len() / 8;
                if voice.rows == Rows::Some && count(&voice.mask) <= few {
                    compress(&voice.mask, &mut self.rows);
                    gather(values, chunk.rows, &self.rows, &mut self.values);
                    self.values.iter().for_each(|value| summary.add(*value));
                } else {
                    let mask = (voice.rows == Rows::Some).then_some(voice.mask.as_slice());
                    let values = decode(values, chunk.rows, &mut self.values);
                    summary.merge(&summarise(values, mask));
                }
            }
            Target::Each { rows, cells } => {
                let is_everyone = voices.is_everyone(voice);
                self.find_places(rows, cells.len(), voice, is_everyone);
                gather(values, chunk.rows, &self.rows, &mut self.values);
                for (place, value) in self.places.iter().zip(&self.values) {
                    let cell = cells.get(usize::from(*place)).copied().unwrap_or_default() as usize;
                    if let Some(summary) = store.summaries.get_mut(cell * stride + index) {
                        summary.add(*value);
                    }
                }
            }
        }
    }

    /// Finds the places of a target whose rows speak, and these rows.
    fn find_places(&mut self, rows: Option<&[u16]>, len: usize, voice: &Voice, is_everyone: bool) {
        match rows {
            None if voice.rows == Rows::Some => {
                compress(&voice.mask, &mut self.rows);
                self.places.clone_from(&self.rows);
            }
            None => {
                self.rows.clear();
                self.rows.extend(0..len as u16);
                self.places.clone_from(&self.rows);
            }
            Some(rows) => {
                self.places.clear();
                let places = (0_u16..).zip(rows);
                let speaking =
                    places.filter(|(_, row)| is_everyone || voice.speaks(usize::from(**row)));
                self.places.extend(speaking.map(|(place, _)| place));
                self.rows.clear();
                let row = |place: &u16| rows.get(usize::from(*place)).copied().unwrap_or_default();
                self.rows.extend(self.places.iter().map(row));
            }
        }
    }
}

impl Voice {
    /// Whether a row of the chunk speaks.
    pub(super) fn speaks(&self, row: usize) -> bool {
        self.rows == Rows::All || self.mask.get(row) == Some(&1)
    }
}

/// Counts the rows of a target by metric.
fn add_counts(
    chunk: Chunk<'_, '_>,
    voices: &Voices,
    voice: &Voice,
    target: Target<'_>,
    store: &mut CellStore,
) {
    let stride = store.layout.counters_stride();
    let counter_of = &chunk.prepared.sources.counter_of;
    let codes = chunk.block.metric_codes.get(chunk.rows.clone()).unwrap_or_default();
    let is_one = store.layout.counters.len() == 1;
    match target {
        Target::One(cell) => {
            let start = cell as usize * stride;
            let counts = store.counts.get_mut(start..start + stride).unwrap_or_default();
            if let ([counter, _], true) = (&mut *counts, is_one) {
                *counter += match voice.rows {
                    Rows::All => chunk.rows.len() as u64,
                    Rows::None => 0,
                    Rows::Some => count(&voice.mask) as u64,
                };
                return;
            }
            let mut tally = |code: &u8| {
                if let Some(count) = counts.get_mut(usize::from(counter_of[usize::from(*code)])) {
                    *count += 1;
                }
            };
            match voices.selected() {
                None => codes.iter().for_each(tally),
                Some(rows) => {
                    rows.iter().filter_map(|row| codes.get(usize::from(*row))).for_each(&mut tally);
                }
            }
        }
        Target::Each { cells, .. } if is_one && voices.is_everyone(voice) => {
            for cell in cells {
                if let Some(count) = store.counts.get_mut(*cell as usize * 2) {
                    *count += 1;
                }
            }
        }
        Target::Each { rows, cells } => {
            let mut tally = |code: &u8, cell: &u32| {
                let counter = usize::from(counter_of[usize::from(*code)]);
                if let Some(count) = store.counts.get_mut(*cell as usize * stride + counter) {
                    *count += 1;
                }
            };
            match rows {
                None => codes.iter().zip(cells).for_each(|(code, cell)| tally(code, cell)),
                Some(rows) => {
                    for (row, cell) in rows.iter().zip(cells) {
                        if let Some(code) = codes.get(usize::from(*row)) {
                            tally(code, cell);
                        }
                    }
                }
            }
        }
    }
}

/// What is known of the values that are in.
///
/// Eight sums that do not wait for each other, and no branches. Which values are added to which sum
/// follows from their place in the chunk, whatever the threads.
pub(super) fn summarise(values: &[f64], mask: Option<&[u8]>) -> Summary {
    let mut lanes = Lanes::default();
    let Some(mask) = mask else {
        let (eights, rest) = values.as_chunks::<8>();
        eights.iter().for_each(|eight| lanes.add(eight, &[1; 8]));
        lanes.add_rest(rest, &[1; 8]);
        return lanes.summary(values.len() as u64);
    };
    let (eights, rest) = values.as_chunks::<8>();
    let (masks, mask_rest) = mask.as_chunks::<8>();
    for (eight, mask) in eights.iter().zip(masks) {
        lanes.add(eight, mask);
    }
    lanes.add_rest(rest, mask_rest);
    lanes.summary(count(mask) as u64)
}

struct Lanes {
    sums: [f64; 8],
    mins: [f64; 8],
    maxs: [f64; 8],
}

impl Default for Lanes {
    fn default() -> Self {
        Self { sums: [0.0; 8], mins: [f64::INFINITY; 8], maxs: [f64::NEG_INFINITY; 8] }
    }
}

impl Lanes {
    #[inline]
    fn add(&mut self, values: &[f64; 8], mask: &[u8; 8]) {
        for lane in 0..8 {
            // All bits of a value that is in, none of one that is not, which may be anything.
            let is_in = u64::from(mask[lane]).wrapping_neg();
            let bits = values[lane].to_bits() & is_in;
            self.sums[lane] += f64::from_bits(bits);
            let low = f64::from_bits(bits | f64::INFINITY.to_bits() & !is_in);
            self.mins[lane] = if low < self.mins[lane] { low } else { self.mins[lane] };
            let high = f64::from_bits(bits | f64::NEG_INFINITY.to_bits() & !is_in);
            self.maxs[lane] = if high > self.maxs[lane] { high } else { self.maxs[lane] };
        }
    }

    fn add_rest(&mut self, values: &[f64], mask: &[u8]) {
        let (mut eight, mut in_eight) = ([0.0; 8], [0; 8]);
        for ((place, in_place), (value, is_in)) in
            eight.iter_mut().zip(&mut in_eight).zip(values.iter().zip(mask))
        {
            (*place, *in_place) = (*value, *is_in);
        }
        self.add(&eight, &in_eight);
    }

    fn summary(&self, count: u64) -> Summary {
        Summary {
            count,
            sum: self.sums.iter().sum(),
            min: self.mins.iter().copied().fold(f64::INFINITY, f64::min),
            max: self.maxs.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

/// The values of a chunk.
pub(super) fn decode<'v>(
    values: &Values<'v>,
    chunk: &Range<usize>,
    buffer: &'v mut Vec<f64>,
) -> &'v [f64] {
    match *values {
        Values::Plain { values, .. } => values.get(chunk.clone()).unwrap_or_default(),
        Values::Coded { codes, dictionary, .. } => {
            match codes {
                Codes::U8(codes) => look_up(codes.get(chunk.clone()), dictionary, buffer),
                Codes::U16(codes) => look_up(codes.get(chunk.clone()), dictionary, buffer),
                Codes::U32(codes) => look_up(codes.get(chunk.clone()), dictionary, buffer),
            }
            buffer
        }
    }
}

fn look_up<C: Copy + Into<u32>>(codes: Option<&[C]>, dictionary: &[f64], buffer: &mut Vec<f64>) {
    buffer.clear();
    let codes = codes.unwrap_or_default().iter();
    buffer.extend(
        codes.map(|code| dictionary.get((*code).into() as usize).copied().unwrap_or_default()),
    );
}

/// The values of some rows of a chunk.
fn gather(values: &Values<'_>, chunk: &Range<usize>, rows: &[u16], buffer: &mut Vec<f64>) {
    buffer.clear();
    match *values {
        Values::Plain { values, .. } => {
            let values = values.get(chunk.clone()).unwrap_or_default();
            let value = |row: &u16| values.get(usize::from(*row)).copied().unwrap_or_default();
            buffer.extend(rows.iter().map(value));
        }
        Values::Coded { codes, dictionary, .. } => match codes {
            Codes::U8(codes) => gather_codes(codes.get(chunk.clone()), dictionary, rows, buffer),
            Codes::U16(codes) => gather_codes(codes.get(chunk.clone()), dictionary, rows, buffer),
            Codes::U32(codes) => gather_codes(codes.get(chunk.clone()), dictionary, rows, buffer),
        },
    }
}

fn gather_codes<C: Copy + Into<u32>>(
    codes: Option<&[C]>,
    dictionary: &[f64],
    rows: &[u16],
    buffer: &mut Vec<f64>,
) {
    let codes = codes.unwrap_or_default();
    buffer.extend(rows.iter().map(|row| {
        let code = codes.get(usize::from(*row)).map_or(0, |code| (*code).into());
        dictionary.get(code as usize).copied().unwrap_or_default()
    }));
}
