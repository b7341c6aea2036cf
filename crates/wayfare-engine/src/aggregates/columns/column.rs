//! The values of one dimension, row by row.

use super::bits::Bits;
use super::dictionary::Dictionary;

/// Codes in the narrowest type that holds them.
#[derive(Debug, Clone, Copy)]
pub enum Codes<'a> {
    /// Up to 256 entries.
    U8(&'a [u8]),
    /// Up to 65,536 entries.
    U16(&'a [u16]),
    /// More entries.
    U32(&'a [u32]),
}

impl Codes<'_> {
    /// How many codes.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::U8(codes) => codes.len(),
            Self::U16(codes) => codes.len(),
            Self::U32(codes) => codes.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code at an index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<u32> {
        match self {
            Self::U8(codes) => codes.get(index).map(|code| u32::from(*code)),
            Self::U16(codes) => codes.get(index).map(|code| u32::from(*code)),
            Self::U32(codes) => codes.get(index).copied(),
        }
    }
}

/// The values of one dimension: one per row, or a list per row.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// The codes: one per row, or, with `offsets`, those of all lists one after the other.
    pub codes: Codes<'a>,
    /// Which rows have a value; all have when absent.
    pub validity: Option<Bits<'a>>,
    /// The lists of a multi-valued column: row `i` has the codes from `offsets[i]` to
    /// `offsets[i + 1]`. A code may be in a list twice and counts once.
    pub offsets: Option<&'a [i32]>,
    /// What the codes stand for.
    pub dictionary: Dictionary<'a>,
}

impl<'a> Column<'a> {
    /// How many rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        match self.offsets {
            Some(offsets) => offsets.len().saturating_sub(1),
            None => self.codes.len(),
        }
    }

    /// The codes of a row, in the order they are stored.
    pub fn codes_of(&self, row: usize) -> impl Iterator<Item = u32> + use<'a> {
        let offset = |index: usize| {
            let Some(offsets) = self.offsets else { return Some(index) };
            offsets.get(index).and_then(|offset| usize::try_from(*offset).ok())
        };
        let has_value = self.validity.is_none_or(|validity| validity.get(row));
        let range = match (offset(row), offset(row + 1)) {
            (Some(start), Some(end)) if has_value => start..end.min(self.codes.len()),
            _ => 0..0,
        };
        let (codes, entries) = (self.codes, self.dictionary.len());
        range
            .filter_map(move |index| codes.get(index))
            .filter(move |code| usize::try_from(*code).is_ok_and(|code| code < entries))
    }
}
