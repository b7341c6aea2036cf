//! Where the facts of one value of a dimension are that has many values: a session's, say. Without
//! this, every query for one of them reads all codes of all files.
//!
//! It is worked out when such a query comes first, from the file itself, and kept in memory: some
//! ten bits for each different value, and eight bytes for some thousand rows.

use std::hash::{BuildHasher as _, Hasher as _};
use std::ops::Range;

use fastbloom::BloomFilter;
use foldhash::quality::FixedState;
use wayfare_engine::aggregates::columns::{Codes, Column, Entry};
use wayfare_model::fact::Dimension;
use wayfare_model::query::Filter;
use wayfare_store::error::Result;

use super::file::{FactFile, canonical_uuid};

/// Values of a dimension below which reading its codes is fast enough.
const VALUES_MIN: usize = 1 << 14;
/// Rows whose codes are looked at together.
const ZONE_ROWS: usize = 4_096;
/// The share of values that a filter takes for its own though they are not.
const FALSE_POSITIVES: f64 = 0.01;

/// Where the values of a dimension of a file are.
#[derive(Debug)]
pub(crate) struct Places {
    filter: BloomFilter,
    /// By block and zone the lowest and the highest code.
    zones: Vec<Vec<(u32, u32)>>,
}

impl Places {
    /// The places of a dimension of a file; nothing when it has few values, or lists of them.
    pub(crate) fn of(file: &FactFile, dimension: Dimension) -> Result<Option<Self>, String> {
        let mut filter = None;
        let mut zones = Vec::new();
        for index in 0..file.blocks() {
            let block = file.block(index).map_err(|error| error.to_string())?;
            let Some(column) = block.column(dimension) else { return Ok(None) };
            if column.offsets.is_some() || column.dictionary.len() < VALUES_MIN {
                return Ok(None);
            }
            // All blocks of a file share their dictionaries.
            filter.get_or_insert_with(|| filter_of(column));
            zones.push(zones_of(column));
        }
        Ok(filter.map(|filter| Self { filter, zones }))
    }

    /// Whether some fact may have a value.
    pub(crate) fn may_have(&self, text: &str) -> bool {
        let hash = match canonical_uuid(text.as_bytes()) {
            Some(uuid) => hash(&uuid),
            None => hash(text.as_bytes()),
        };
        self.filter.contains_hash(hash)
    }

    /// Rows of a block outside of which no fact has one of some codes.
    pub(crate) fn rows(&self, block: usize, codes: &[u32]) -> Range<usize> {
        let zones = self.zones.get(block).map_or(&[][..], Vec::as_slice);
        let has = |(low, high): &(u32, u32)| codes.iter().any(|code| low <= code && code <= high);
        match (zones.iter().position(has), zones.iter().rposition(has)) {
            (Some(first), Some(last)) => first * ZONE_ROWS..(last + 1) * ZONE_ROWS,
            _ => 0..0,
        }
    }
}

/// The values that every fact must have which passes a filter, as far as these can be told.
pub(crate) fn wanted(filter: &Filter) -> Vec<(Dimension, &str)> {
    match filter {
        Filter::And(filters) => filters.iter().flat_map(wanted).collect(),
        Filter::Or(filters) if filters.len() == 1 => filters.iter().flat_map(wanted).collect(),
        Filter::Matches(dimension, text) => vec![(*dimension, text.as_str())],
        _ => Vec::new(),
    }
}

fn filter_of(column: &Column<'_>) -> BloomFilter {
    let values = column.dictionary.len();
    let mut filter = BloomFilter::with_false_pos(FALSE_POSITIVES).expected_items(values);
    for code in 0..values as u32 {
        match column.dictionary.get(code) {
            Some(Entry::Uuid(uuid)) => filter.insert_hash(hash(&uuid)),
            Some(Entry::Text(text)) => match canonical_uuid(text) {
                Some(uuid) => filter.insert_hash(hash(&uuid)),
                None => filter.insert_hash(hash(text)),
            },
            None => false,
        };
    }
    filter
}

fn hash(value: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(value);
    hasher.finish()
}

fn zones_of(column: &Column<'_>) -> Vec<(u32, u32)> {
    match column.codes {
        Codes::U8(codes) => zones(codes, column),
        Codes::U16(codes) => zones(codes, column),
        Codes::U32(codes) => zones(codes, column),
    }
}

fn zones<C: Copy + Into<u32>>(codes: &[C], column: &Column<'_>) -> Vec<(u32, u32)> {
    let zones = codes.chunks(ZONE_ROWS).enumerate().map(|(zone, codes)| {
        let widen = |(low, high): (u32, u32), code: u32| (low.min(code), high.max(code));
        let nothing = (u32::MAX, 0);
        match column.validity {
            None => codes.iter().fold(nothing, |bounds, code| widen(bounds, (*code).into())),
            Some(validity) => (codes.iter().enumerate())
                .filter(|(row, _)| validity.get(zone * ZONE_ROWS + row))
                .fold(nothing, |bounds, (_, code)| widen(bounds, (*code).into())),
        }
    });
    zones.collect()
}
