//! The values of a dimension in a batch of another program, as codes.

use std::collections::HashMap;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{ArrowNativeType as _, NullBuffer};
use arrow_schema::DataType;
use foldhash::fast::FixedState;
use wayfare_engine::aggregates::columns::{Bits, Codes, Column, Dictionary};

use super::rows::Fault;
use crate::facts::file::FactKey;

/// The different values of a column.
#[derive(Debug)]
pub(super) enum Entries {
    Texts { offsets: Vec<i32>, bytes: Vec<u8> },
    Uuids(Vec<FactKey>),
}

/// The values of a dimension.
#[derive(Debug)]
pub(super) struct OwnColumn {
    codes: Vec<u32>,
    validity: Option<Vec<u8>>,
    offsets: Option<Vec<i32>>,
    entries: Entries,
}

impl OwnColumn {
    /// Reads a column: texts or 16-byte ids, plain or by dictionary, or lists of these.
    pub(super) fn read(array: &ArrayRef) -> Result<Self, Fault> {
        if let DataType::List(_) = array.data_type() {
            let lists = array.as_list::<i32>();
            let values = Self::read(lists.values())?;
            if values.offsets.is_some() {
                return Err(Fault::whole("has lists of lists"));
            }
            return Ok(values.of_lists(lists.offsets(), lists.nulls()));
        }
        if let DataType::Dictionary(key, _) = array.data_type() {
            return match **key {
                DataType::Int8 => Self::of_dictionary::<Int8Type>(array),
                DataType::Int16 => Self::of_dictionary::<Int16Type>(array),
                DataType::Int32 => Self::of_dictionary::<Int32Type>(array),
                DataType::Int64 => Self::of_dictionary::<Int64Type>(array),
                DataType::UInt8 => Self::of_dictionary::<UInt8Type>(array),
                DataType::UInt16 => Self::of_dictionary::<UInt16Type>(array),
                DataType::UInt32 => Self::of_dictionary::<UInt32Type>(array),
                _ => Self::of_dictionary::<UInt64Type>(array),
            };
        }
        let rows = array.len();
        let validity = bitmap(array.nulls(), rows);
        let mut builder = Builder::default();
        let codes = match array.data_type() {
            DataType::Utf8 => builder.codes(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => builder.codes(array.as_string::<i64>().iter()),
            DataType::Utf8View => builder.codes(array.as_string_view().iter()),
            DataType::FixedSizeBinary(16) => return Ok(Self::of_keys(array, validity)),
            other => {
                let rule = format!("must be texts or ids of 16 bytes, but is {other}");
                return Err(Fault::whole(rule));
            }
        };
        let codes = codes?;
        let entries = Entries::Texts { offsets: builder.offsets, bytes: builder.bytes };
        Ok(Self { codes, validity, offsets: None, entries })
    }

    fn of_keys(array: &ArrayRef, validity: Option<Vec<u8>>) -> Self {
        let keys = array.as_fixed_size_binary();
        let mut numbers = HashMap::<FactKey, u32, FixedState>::default();
        let mut uuids = Vec::new();
        let codes = (0..keys.len()).map(|row| {
            let key = FactKey::try_from(keys.value(row)).unwrap_or_default();
            *numbers.entry(key).or_insert_with(|| {
                uuids.push(key);
                uuids.len() as u32 - 1
            })
        });
        let codes = codes.collect();
        Self { codes, validity, offsets: None, entries: Entries::Uuids(uuids) }
    }

    fn of_dictionary<K: ArrowDictionaryKeyType>(array: &ArrayRef) -> Result<Self, Fault> {
        let dictionary = array.as_dictionary::<K>();
        let values = Self::read(dictionary.values())?;
        if values.offsets.is_some() {
            return Err(Fault::whole("has a dictionary of lists"));
        }
        // An entry of the dictionary may itself be absent, and may be there twice.
        let entry_is_there = |entry: usize| values.has(entry);
        let rows = dictionary.len();
        let mut validity = vec![0_u8; rows.div_ceil(8)];
        let mut codes = Vec::with_capacity(rows);
        for (row, key) in dictionary.keys().values().iter().enumerate() {
            let entry = key.as_usize();
            let is_there = dictionary.is_valid(row) && entry_is_there(entry);
            codes.push(values.codes.get(entry).copied().unwrap_or_default());
            if let Some(byte) = validity.get_mut(row / 8) {
                *byte |= u8::from(is_there) << (row % 8);
            }
        }
        Ok(Self { codes, validity: Some(validity), offsets: None, entries: values.entries })
    }

    /// The column of lists that has this one's values.
    fn of_lists(self, offsets: &[i32], nulls: Option<&NullBuffer>) -> Self {
        let mut codes = Vec::with_capacity(self.codes.len());
        let mut new_offsets = Vec::with_capacity(offsets.len());
        new_offsets.push(0);
        for (row, range) in offsets.windows(2).enumerate() {
            if let [start, end] = *range
                && nulls.is_none_or(|nulls| nulls.is_valid(row))
            {
                for place in start.as_usize()..end.as_usize() {
                    codes.extend(self.codes.get(place).filter(|_| self.has(place)));
                }
            }
            new_offsets.push(codes.len() as i32);
        }
        Self { codes, validity: None, offsets: Some(new_offsets), entries: self.entries }
    }

    fn has(&self, row: usize) -> bool {
        self.validity.as_ref().is_none_or(|validity| {
            validity.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1)
        })
    }

    /// The first row whose value fails a test of the entries.
    pub(super) fn first_row(&self, fails: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let Dictionary::Texts { offsets, bytes } = self.column().dictionary else { return None };
        let failing: Vec<bool> = (offsets.windows(2))
            .map(|range| match *range {
                [start, end] => bytes.get(start.as_usize()..end.as_usize()).is_none_or(&fails),
                _ => false,
            })
            .collect();
        if !failing.contains(&true) {
            return None;
        }
        let column = self.column();
        (0..column.rows()).find(|row| {
            column.codes_of(*row).any(|code| failing.get(code as usize).copied().unwrap_or(true))
        })
    }

    /// The first row without a value.
    pub(super) fn first_absent(&self) -> Option<usize> {
        let column = self.column();
        (0..column.rows()).find(|row| column.codes_of(*row).next().is_none())
    }

    /// The column as the fold has it.
    pub(super) fn column(&self) -> Column<'_> {
        let rows = self.offsets.as_ref().map_or(self.codes.len(), |offsets| offsets.len() - 1);
        Column {
            codes: Codes::U32(&self.codes),
            validity: self.validity.as_ref().and_then(|bytes| Bits::new(bytes, 0, rows)),
            offsets: self.offsets.as_deref(),
            dictionary: match &self.entries {
                Entries::Texts { offsets, bytes } => Dictionary::Texts { offsets, bytes },
                Entries::Uuids(uuids) => Dictionary::Uuids(uuids),
            },
        }
    }
}

fn bitmap(nulls: Option<&NullBuffer>, rows: usize) -> Option<Vec<u8>> {
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0)?;
    let mut bytes = vec![0; rows.div_ceil(8)];
    for row in nulls.valid_indices() {
        if let Some(byte) = bytes.get_mut(row / 8) {
            *byte |= 1 << (row % 8);
        }
    }
    Some(bytes)
}

/// Numbers texts in the order they are met.
struct Builder<'t> {
    numbers: HashMap<&'t str, u32, FixedState>,
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Default for Builder<'_> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), offsets: vec![0], bytes: Vec::new() }
    }
}

impl<'t> Builder<'t> {
    fn codes(&mut self, texts: impl Iterator<Item = Option<&'t str>>) -> Result<Vec<u32>, Fault> {
        let mut codes = Vec::with_capacity(texts.size_hint().0);
        for text in texts {
            codes.push(match text {
                Some(text) => self.code(text)?,
                None => 0,
            });
        }
        Ok(codes)
    }

    fn code(&mut self, text: &'t str) -> Result<u32, Fault> {
        if let Some(code) = self.numbers.get(text) {
            return Ok(*code);
        }
        self.bytes.extend_from_slice(text.as_bytes());
        let end = i32::try_from(self.bytes.len());
        self.offsets.push(end.map_err(|_| Fault::whole("has more text than a batch may have"))?);
        let code = self.numbers.len() as u32;
        self.numbers.insert(text, code);
        Ok(code)
    }
}
