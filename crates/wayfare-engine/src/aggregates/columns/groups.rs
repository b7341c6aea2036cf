//! From rows to cells.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::block::Block;
use super::column::{Codes, Column};
use super::dictionary::Entry;
use super::keys::{COMPONENTS_MAX, Components, Key, KeyLayout, Part, PartKind};
use super::store::CellStore;
use super::table::{KeyTable, NONE};
use crate::aggregates::stop::Stop;

/// Values of a dimension whose numbers are kept in an array rather than in a hash table.
const ARRAY_VALUES_MAX: usize = 1 << 16;

/// What a fold knows of the groups of the block that it is in.
#[derive(Debug, Default)]
pub(super) struct BlockGroups {
    parts: Vec<PartState>,
    /// By packed key, while there are few, the number of the group; [`NONE`] when it was not seen.
    groups: Vec<u32>,
}

/// What is known of the values of one dimension of a block.
#[derive(Debug, Default)]
struct PartState {
    /// By code the number of the text over all blocks; [`NONE`] when it was not seen.
    numbers: Vec<u32>,
    more_numbers: HashMap<u32, u32, FixedState>,
    /// The combinations of values that were seen, with their place.
    combinations: HashMap<Box<[u32]>, u32, FixedState>,
    /// By place the number of the joined text.
    joined: Vec<u32>,
}

impl BlockGroups {
    pub(super) fn new(block: &Block<'_>, keys: &KeyLayout) -> Self {
        let parts = keys.parts.iter().map(|part| {
            let values = block.column(part.dimension).map_or(0, |column| column.dictionary.len());
            let array = if values <= ARRAY_VALUES_MAX { values } else { 0 };
            PartState { numbers: vec![NONE; array], ..PartState::default() }
        });
        let groups = keys.groups.and_then(|groups| usize::try_from(groups).ok());
        let groups = groups.filter(|groups| *groups <= ARRAY_VALUES_MAX).unwrap_or_default();
        Self { parts: parts.collect(), groups: vec![NONE; groups] }
    }

    /// Bytes that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let part = |part: &PartState| {
            let values = part.combinations.keys().map(|codes| codes.len());
            (part.numbers.capacity() + part.joined.capacity() + values.sum::<usize>())
                * size_of::<u32>()
                + part.more_numbers.capacity() * size_of::<(u32, u32)>()
                + part.combinations.capacity() * size_of::<(Box<[u32]>, u32)>()
        };
        self.groups.capacity() * size_of::<u32>() + self.parts.iter().map(part).sum::<usize>()
    }

    /// The number of the group of a key.
    pub(super) fn group<K: Key>(
        &mut self,
        block: &Block<'_>,
        keys: &KeyLayout,
        key: K,
        store: &mut CellStore,
    ) -> u32 {
        let place = key.place(keys);
        if let Some(known) = self.groups.get(place).filter(|known| **known != NONE) {
            return *known;
        }
        let number = self.find_group(block, keys, &key.unpack(keys), store);
        if let Some(known) = self.groups.get_mut(place) {
            *known = number;
        }
        number
    }

    fn find_group(
        &mut self,
        block: &Block<'_>,
        keys: &KeyLayout,
        components: &Components,
        store: &mut CellStore,
    ) -> u32 {
        let mut group = [0; COMPONENTS_MAX];
        for (part, state) in keys.parts.iter().zip(&mut self.parts) {
            let component = components.get(part.index).copied().unwrap_or_default();
            let (Some(code), Some(column), Some(place)) =
                (component.checked_sub(1), block.column(part.dimension), group.get_mut(part.index))
            else {
                continue;
            };
            *place = state.number(column, code, part.index, store) + 1;
        }
        store.group(&group)
    }

    /// The component of the joined values of a row. `codes` ascend.
    pub(super) fn join(
        &mut self,
        column: &Column<'_>,
        codes: &[u32],
        part: &Part,
        store: &mut CellStore,
    ) -> u32 {
        let Some(state) = self.parts.get_mut(part.index) else { return 0 };
        match codes {
            [] => 0,
            [code] => code + 1,
            codes => {
                let base = column.dictionary.len() as u32 + 1;
                if let Some(place) = state.combinations.get(codes) {
                    return base + place;
                }
                let entries = codes.iter().filter_map(|code| column.dictionary.get(*code));
                let mut texts: Vec<_> = entries.map(|entry| entry.text()).collect();
                texts.sort_unstable();
                let joined = texts.join(",");
                let place = state.joined.len() as u32;
                state.joined.push(number(Entry::Text(joined.as_bytes()), part.index, store));
                state.combinations.insert(codes.into(), place);
                base + place
            }
        }
    }
}

impl PartState {
    /// The number of a value over all blocks.
    fn number(
        &mut self,
        column: &Column<'_>,
        code: u32,
        part: usize,
        store: &mut CellStore,
    ) -> u32 {
        let values = column.dictionary.len();
        if let Some(place) = (code as usize).checked_sub(values) {
            return self.joined.get(place).copied().unwrap_or_default();
        }
        let mut new = || match column.dictionary.get(code) {
            Some(entry) => number(entry, part, store),
            None => 0,
        };
        match self.numbers.get_mut(code as usize) {
            Some(known) if *known != NONE => *known,
            Some(known) => {
                *known = new();
                *known
            }
            None => *self.more_numbers.entry(code).or_insert_with(new),
        }
    }
}

fn number(entry: Entry<'_>, part: usize, store: &mut CellStore) -> u32 {
    store.texts.get_mut(part).map_or(0, |texts| texts.number(entry))
}

/// Finds cells by key.
pub(super) trait Finder<K: Key> {
    /// The cells of some keys; `create` finds that of a new one.
    fn find(
        &mut self,
        keys: &[K],
        cells: &mut Vec<u32>,
        create: impl FnMut(K) -> Result<u32, Stop>,
    ) -> Result<(), Stop>;
}

/// An array with a place for each key, since there are few.
impl Finder<u32> for Vec<u32> {
    fn find(
        &mut self,
        keys: &[u32],
        cells: &mut Vec<u32>,
        mut create: impl FnMut(u32) -> Result<u32, Stop>,
    ) -> Result<(), Stop> {
        let mut is_missing = false;
        cells.clear();
        cells.extend(keys.iter().map(|key| {
            let cell = self.get(*key as usize).copied().unwrap_or(NONE);
            is_missing |= cell == NONE;
            cell
        }));
        if !is_missing {
            return Ok(());
        }
        for (cell, key) in cells.iter_mut().zip(keys).filter(|(cell, _)| **cell == NONE) {
            *cell = match self.get_mut(*key as usize) {
                Some(place) if *place == NONE => {
                    *place = create(*key)?;
                    *place
                }
                Some(place) => *place,
                None => create(*key)?,
            };
        }
        Ok(())
    }
}

/// A hash table over keys that are packed into one number.
impl Finder<u64> for KeyTable {
    fn find(
        &mut self,
        keys: &[u64],
        cells: &mut Vec<u32>,
        mut create: impl FnMut(u64) -> Result<u32, Stop>,
    ) -> Result<(), Stop> {
        cells.clear();
        for key in keys {
            cells.push(self.get_or_try_insert(*key, || create(*key))?);
        }
        Ok(())
    }
}

/// A hash table over keys that do not fit into one number.
pub(super) type WideTable = HashMap<Components, u32, FixedState>;

impl Finder<Components> for WideTable {
    fn find(
        &mut self,
        keys: &[Components],
        cells: &mut Vec<u32>,
        mut create: impl FnMut(Components) -> Result<u32, Stop>,
    ) -> Result<(), Stop> {
        cells.clear();
        for key in keys {
            let cell = match self.get(key) {
                Some(cell) => *cell,
                None => {
                    let cell = create(*key)?;
                    self.insert(*key, cell);
                    cell
                }
            };
            cells.push(cell);
        }
        Ok(())
    }
}

/// Adds the components of dimensions with one value per row to the keys of some rows.
pub(super) fn add_single_parts<K: Key>(
    keys: &mut [K],
    block: &Block<'_>,
    layout: &KeyLayout,
    chunk: &Range<usize>,
    rows: Option<&[u16]>,
    valid: &mut Vec<u8>,
) {
    for part in layout.parts.iter().filter(|part| part.kind == PartKind::Single) {
        let Some(column) = block.column(part.dimension) else { continue };
        let valid = column.validity.as_ref().map(|validity| {
            valid.resize(chunk.len(), 0);
            validity.expand(chunk.start, valid);
            &**valid
        });
        match column.codes {
            Codes::U8(codes) => add_codes(keys, part, codes.get(chunk.clone()), rows, valid),
            Codes::U16(codes) => add_codes(keys, part, codes.get(chunk.clone()), rows, valid),
            Codes::U32(codes) => add_codes(keys, part, codes.get(chunk.clone()), rows, valid),
        }
    }
}

/// Adds one component. Codes, validity and row numbers are those of the chunk.
fn add_codes<K: Key, C: Copy + Into<u32>>(
    keys: &mut [K],
    part: &Part,
    codes: Option<&[C]>,
    rows: Option<&[u16]>,
    valid: Option<&[u8]>,
) {
    let codes = codes.unwrap_or_default();
    match (rows, valid) {
        (None, None) => {
            for (key, code) in keys.iter_mut().zip(codes) {
                *key = key.with(part, (*code).into().wrapping_add(1));
            }
        }
        (None, Some(valid)) => {
            for ((key, code), valid) in keys.iter_mut().zip(codes).zip(valid) {
                let component = (*code).into().wrapping_add(1).wrapping_mul(u32::from(*valid));
                *key = key.with(part, component);
            }
        }
        (Some(rows), valid) => {
            for (key, row) in keys.iter_mut().zip(rows) {
                let row = usize::from(*row);
                let is_valid = valid.is_none_or(|valid| valid.get(row) == Some(&1));
                if let Some(code) = codes.get(row).filter(|_| is_valid) {
                    *key = key.with(part, (*code).into().wrapping_add(1));
                }
            }
        }
    }
}
