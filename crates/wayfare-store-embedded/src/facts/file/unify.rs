//! One dictionary for a column whose facts come from several sources.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::FixedState;
use wayfare_engine::aggregates::columns::{Column, Dictionary, Entry};
use wayfare_model::fact::Dimension;

use super::{FactKey, Place, Source, canonical_uuid};

/// A code of a source that no fact of the file has.
const UNUSED: u32 = u32::MAX;

/// The different values of a column.
pub(super) enum Values {
    Texts(Vec<String>),
    Uuids(Vec<FactKey>),
}

/// A column of the file before its rows are gathered.
pub(super) struct Unified {
    pub(super) dimension: Dimension,
    /// By source: the code in the file of each code of the source.
    codes: Vec<Vec<u32>>,
    pub(super) values: Values,
    /// Whether some fact has several values.
    pub(super) is_list: bool,
}

impl Unified {
    /// Looks at the facts; nothing when none of them has a value.
    pub(super) fn new(
        dimension: Dimension,
        sources: &[Source<'_>],
        order: &[Place],
    ) -> Option<Self> {
        let columns: Vec<_> = sources.iter().map(|source| source.block.column(dimension)).collect();
        if columns.iter().all(Option::is_none) {
            return None;
        }
        let mut codes: Vec<Vec<u32>> = (columns.iter())
            .map(|column| vec![UNUSED; column.map_or(0, |column| column.dictionary.len())])
            .collect();
        let mut is_list = false;
        for place in order {
            let source = place.source as usize;
            let (Some(Some(column)), Some(used)) = (columns.get(source), codes.get_mut(source))
            else {
                continue;
            };
            let mut count = 0;
            for code in column.codes_of(place.row as usize) {
                if let Some(used) = used.get_mut(code as usize) {
                    *used = 0;
                }
                count += 1;
            }
            is_list |= count > 1;
        }
        let values = values(&columns, &mut codes)?;
        Some(Self { dimension, codes, values, is_list })
    }

    /// How many different values.
    pub(super) fn len(&self) -> usize {
        match &self.values {
            Values::Texts(texts) => texts.len(),
            Values::Uuids(uuids) => uuids.len(),
        }
    }

    /// The codes of a fact in the file.
    pub(super) fn codes_of<'s>(
        &'s self,
        sources: &'s [Source<'_>],
        place: Place,
    ) -> impl Iterator<Item = u32> + 's {
        let source = place.source as usize;
        let column = sources.get(source).and_then(|source| source.block.column(self.dimension));
        let codes = self.codes.get(source).map_or(&[][..], Vec::as_slice);
        (column.into_iter()).flat_map(move |column| column.codes_of(place.row as usize)).filter_map(
            move |code| codes.get(code as usize).copied().filter(|code| *code != UNUSED),
        )
    }
}

/// The different values that are used; the codes of the sources become those of the file.
fn values(columns: &[Option<&Column<'_>>], codes: &mut [Vec<u32>]) -> Option<Values> {
    let is_used = || {
        (columns.iter().zip(codes.iter())).filter_map(|(column, codes)| Some(((*column)?, codes)))
    };
    let all_uuids = is_used().all(|(column, codes)| {
        matches!(column.dictionary, Dictionary::Uuids(_))
            || used_entries(column, codes).all(|entry| uuid_of(&entry).is_some())
    });
    if all_uuids {
        let uuids = number(columns, codes, |entry| uuid_of(&entry));
        (!uuids.is_empty()).then_some(Values::Uuids(uuids))
    } else {
        let texts = number(columns, codes, |entry| Some(entry.text()));
        (!texts.is_empty()).then(|| Values::Texts(texts.into_iter().map(Cow::into_owned).collect()))
    }
}

fn used_entries<'a>(column: &Column<'a>, codes: &[u32]) -> impl Iterator<Item = Entry<'a>> {
    let dictionary = column.dictionary;
    (0..)
        .zip(codes)
        .filter(|(_, code)| **code != UNUSED)
        .filter_map(move |(own, _)| dictionary.get(own))
}

fn uuid_of(entry: &Entry<'_>) -> Option<FactKey> {
    match entry {
        Entry::Uuid(uuid) => Some(*uuid),
        Entry::Text(text) => canonical_uuid(text),
    }
}

/// Numbers the different values in the order they are met.
fn number<'a, T: Hash + Eq + Clone>(
    columns: &[Option<&Column<'a>>],
    codes: &mut [Vec<u32>],
    read: impl Fn(Entry<'a>) -> Option<T>,
) -> Vec<T> {
    let mut numbers = HashMap::with_hasher(FixedState::default());
    let mut values = Vec::new();
    for (column, codes) in columns.iter().zip(codes) {
        let Some(column) = column else { continue };
        for (own, code) in (0..).zip(codes.iter_mut()).filter(|(_, code)| **code != UNUSED) {
            let Some(value) = column.dictionary.get(own).and_then(&read) else {
                *code = UNUSED;
                continue;
            };
            *code = *numbers.entry(value.clone()).or_insert_with(|| {
                values.push(value);
                values.len() as u32 - 1
            });
        }
    }
    values
}
