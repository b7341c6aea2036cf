//! Making the keys of rows, and adding the rows to the cells that the keys lead to.

use super::accumulate::{Adder, Chunk, Target};
use super::column::Column;
use super::groups::{BlockGroups, Finder, WideTable, add_single_parts};
use super::keys::{Components, Key, Part, PartKind};
use super::store::CellStore;
use super::table::KeyTable;
use super::voices::Voices;
use crate::aggregates::stop::Stop;

/// Rows of several groups that are added together.
const SPREAD_MAX: usize = 4_096;

/// Buffers for keys and cells.
#[derive(Debug, Default)]
pub(super) struct RowsToCells {
    narrow: Vec<u32>,
    packed: Vec<u64>,
    wide: Vec<Components>,
    cells: Vec<u32>,
    spread: Spread,
}

/// Buffers for rows with several groups.
#[derive(Debug, Default)]
struct Spread {
    rows: Vec<u16>,
    /// For each multi-valued dimension the components to combine.
    choices: Vec<Vec<u32>>,
    chosen: Vec<usize>,
    valid: Vec<u8>,
}

/// What finding cells needs.
pub(super) struct Finding<'a, 'b> {
    pub(super) chunk: Chunk<'a, 'b>,
    pub(super) voices: &'a Voices,
    /// By row of the chunk; all are in `bucket` when absent.
    pub(super) buckets: Option<&'a [u32]>,
    pub(super) bucket: u32,
    pub(super) is_bucket_in_key: bool,
    pub(super) groups: &'a mut BlockGroups,
    pub(super) store: &'a mut CellStore,
    pub(super) adder: &'a mut Adder,
}

impl RowsToCells {
    pub(super) fn add_narrow(
        &mut self,
        finding: Finding<'_, '_>,
        array: &mut Vec<u32>,
    ) -> Result<(), Stop> {
        finding.add(&mut self.narrow, array, &mut self.cells, &mut self.spread)
    }

    pub(super) fn add_packed(
        &mut self,
        finding: Finding<'_, '_>,
        table: &mut KeyTable,
    ) -> Result<(), Stop> {
        finding.add(&mut self.packed, table, &mut self.cells, &mut self.spread)
    }

    pub(super) fn add_wide(
        &mut self,
        finding: Finding<'_, '_>,
        table: &mut WideTable,
    ) -> Result<(), Stop> {
        finding.add(&mut self.wide, table, &mut self.cells, &mut self.spread)
    }
}

impl Finding<'_, '_> {
    fn add<K: Key>(
        mut self,
        keys: &mut Vec<K>,
        finder: &mut impl Finder<K>,
        cells: &mut Vec<u32>,
        spread: &mut Spread,
    ) -> Result<(), Stop> {
        let selected = self.voices.selected();
        let layout = &self.chunk.prepared.keys;
        self.begin_keys(keys, selected);
        let block = self.chunk.block;
        add_single_parts(keys, block, layout, self.chunk.rows, selected, &mut spread.valid);
        let several = |part: &&Part| matches!(part.kind, PartKind::Each | PartKind::Joined);
        if layout.parts.iter().any(|part| several(&part)) {
            return self.add_spread(keys, finder, cells, spread);
        }
        self.flush(keys, finder, cells, selected)
    }

    /// Begins the keys with the buckets.
    fn begin_keys<K: Key>(&self, keys: &mut Vec<K>, selected: Option<&[u16]>) {
        let groups = self.chunk.prepared.keys.groups.unwrap_or_default();
        let len = selected.map_or(self.chunk.rows.len(), <[u16]>::len);
        keys.clear();
        let start = K::default();
        match (self.buckets, selected) {
            _ if !self.is_bucket_in_key => keys.resize(len, start),
            (None, _) => keys.resize(len, start.with_bucket(groups, self.bucket)),
            (Some(buckets), None) => {
                keys.extend(buckets.iter().map(|bucket| start.with_bucket(groups, *bucket)));
            }
            (Some(buckets), Some(rows)) => keys.extend(rows.iter().map(|row| {
                let bucket = buckets.get(usize::from(*row)).copied().unwrap_or_default();
                start.with_bucket(groups, bucket)
            })),
        }
    }

    /// Finds the cells of keys and adds their rows.
    fn flush<K: Key>(
        &mut self,
        keys: &[K],
        finder: &mut impl Finder<K>,
        cells: &mut Vec<u32>,
        rows: Option<&[u16]>,
    ) -> Result<(), Stop> {
        let Self { chunk, groups, store, .. } = self;
        let layout = &chunk.prepared.keys;
        finder.find(keys, cells, |key| {
            let group = groups.group(chunk.block, layout, key, store);
            let bucket = if self.is_bucket_in_key { key.bucket(layout) } else { self.bucket };
            store.cell(group, bucket)
        })?;
        self.adder.add(*chunk, self.voices, Target::Each { rows, cells }, store)
    }

    /// Adds rows of which some have several values in a dimension, to the cell of each combination.
    fn add_spread<K: Key>(
        &mut self,
        starts: &[K],
        finder: &mut impl Finder<K>,
        cells: &mut Vec<u32>,
        spread: &mut Spread,
    ) -> Result<(), Stop> {
        let chunk = self.chunk;
        let parts: Vec<(&Part, &Column<'_>)> = (chunk.prepared.keys.parts.iter())
            .filter(|part| matches!(part.kind, PartKind::Each | PartKind::Joined))
            .filter_map(|part| Some((part, chunk.block.column(part.dimension)?)))
            .collect();
        let selected = self.voices.selected();
        let mut keys = Vec::with_capacity(SPREAD_MAX);
        spread.rows.clear();
        for (place, start) in (0_u16..).zip(starts) {
            let row =
                selected.and_then(|rows| rows.get(usize::from(place)).copied()).unwrap_or(place);
            self.choose(&parts, chunk.rows.start + usize::from(row), spread);
            spread.chosen.clear();
            spread.chosen.resize(parts.len(), 0);
            loop {
                let chosen = parts.iter().zip(&spread.choices).zip(&spread.chosen);
                keys.push(chosen.fold(*start, |key, (((part, _), choices), chosen)| {
                    key.with(part, choices.get(*chosen).copied().unwrap_or_default())
                }));
                spread.rows.push(row);
                if keys.len() == SPREAD_MAX {
                    self.flush(&keys, finder, cells, Some(&spread.rows))?;
                    keys.clear();
                    spread.rows.clear();
                }
                // Counts up like an odometer.
                let more =
                    spread.choices.iter().zip(&mut spread.chosen).any(|(choices, chosen)| {
                        *chosen = (*chosen + 1) % choices.len().max(1);
                        *chosen != 0
                    });
                if !more {
                    break;
                }
            }
        }
        self.flush(&keys, finder, cells, Some(&spread.rows))
    }

    /// Finds the components that a row has in each dimension: at least one.
    fn choose(&mut self, parts: &[(&Part, &Column<'_>)], row: usize, spread: &mut Spread) {
        spread.choices.resize(parts.len(), Vec::new());
        for ((part, column), choices) in parts.iter().zip(&mut spread.choices) {
            choices.clear();
            choices.extend(column.codes_of(row));
            choices.sort_unstable();
            choices.dedup();
            if part.kind == PartKind::Joined {
                let joined = self.groups.join(column, choices, part, self.store);
                choices.clear();
                choices.push(joined);
            } else if choices.is_empty() {
                choices.push(0);
            } else {
                choices.iter_mut().for_each(|code| *code += 1);
            }
        }
    }
}
