//! Testing the rows of a chunk.

use std::ops::Range;

use wayfare_model::query::ValueRange;

use super::block::{Block, Values};
use super::column::{Codes, Column};
use super::mask::{Mask, Masks, Rows, and, both, either};
use super::test::{CodeSet, MetricSet, Test};

/// The rows of a chunk that pass a test.
pub(super) fn evaluate(
    test: &Test,
    block: &Block<'_>,
    chunk: &Range<usize>,
    mask: &mut Mask,
    masks: &mut Masks,
) -> Rows {
    match test {
        Test::Constant(true) => Rows::All,
        Test::Constant(false) => Rows::None,
        Test::All(tests) => join(tests, Rows::All, Rows::None, both, (block, chunk, mask, masks)),
        Test::Any(tests) => join(tests, Rows::None, Rows::All, either, (block, chunk, mask, masks)),
        Test::Codes(dimension, set) => match block.column(*dimension) {
            Some(column) => with_code(column, set, chunk, mask),
            None => Rows::None,
        },
        Test::Present(dimension, is_present) => {
            let rows = block.column(*dimension).map_or(Rows::None, |c| present(c, chunk, mask));
            match (rows, is_present) {
                (rows, true) => rows,
                (Rows::All, false) => Rows::None,
                (Rows::None, false) => Rows::All,
                (Rows::Some, false) => {
                    mask.iter_mut().for_each(|byte| *byte ^= 1);
                    Rows::Some
                }
            }
        }
        Test::Metric(set) => of_metric(set, block, chunk, mask),
        Test::Value(range) => match &block.values {
            Some(values) => with_value(values, Some(*range), chunk, mask),
            None => Rows::None,
        },
    }
}

type Join = fn(Rows, &mut Mask, Rows, &Mask) -> Rows;

/// Joins the results of several tests, until one decides.
fn join(
    tests: &[Test],
    start: Rows,
    decided: Rows,
    join: Join,
    (block, chunk, mask, masks): (&Block<'_>, &Range<usize>, &mut Mask, &mut Masks),
) -> Rows {
    let mut rows = start;
    let mut next = masks.take(chunk.len());
    for test in tests {
        let found = evaluate(test, block, chunk, &mut next, masks);
        rows = join(rows, mask, found, &next);
        if rows == decided {
            break;
        }
    }
    masks.give(next);
    rows
}

/// The rows that have a value of a dimension.
pub(super) fn present(column: &Column<'_>, chunk: &Range<usize>, mask: &mut Mask) -> Rows {
    let valid = match &column.validity {
        Some(validity) => {
            validity.expand(chunk.start, mask);
            Rows::Some
        }
        None => Rows::All,
    };
    let Some(offsets) = column.offsets else { return valid };
    let edges = offsets.get(chunk.start..chunk.end + 1).unwrap_or_default();
    for (byte, pair) in mask.iter_mut().zip(edges.windows(2)) {
        let is_filled = u8::from(pair.first() < pair.last());
        *byte = if valid == Rows::All { is_filled } else { *byte & is_filled };
    }
    Rows::Some
}

/// The rows of some metrics.
pub(super) fn of_metric(
    set: &MetricSet,
    block: &Block<'_>,
    chunk: &Range<usize>,
    mask: &mut Mask,
) -> Rows {
    let codes = block.metric_codes.get(chunk.clone()).unwrap_or_default();
    match set {
        MetricSet::None => return Rows::None,
        MetricSet::All => return Rows::All,
        MetricSet::One(wanted) => equal(codes, *wanted, mask),
        MetricSet::Table(table) => {
            for (byte, code) in mask.iter_mut().zip(codes) {
                *byte = table[usize::from(*code)];
            }
        }
    }
    Rows::Some
}

/// The rows that carry a value, within bounds if there are any.
pub(super) fn with_value(
    values: &Values<'_>,
    range: Option<ValueRange>,
    chunk: &Range<usize>,
    mask: &mut Mask,
) -> Rows {
    let (Values::Plain { validity, .. } | Values::Coded { validity, .. }) = values;
    let mut rows = Rows::All;
    if let Some(validity) = validity {
        validity.expand(chunk.start, mask);
        rows = Rows::Some;
    }
    let Some(range) = range.filter(|range| range.gte.is_some() || range.lt.is_some()) else {
        return rows;
    };
    if rows == Rows::All {
        mask.fill(1);
    }
    let gte = range.gte.unwrap_or(f64::NEG_INFINITY);
    let lt = range.lt.unwrap_or(f64::INFINITY);
    let has_end = range.lt.is_some();
    let passes = |value: f64| u8::from(value >= gte) & u8::from(value < lt || !has_end);
    match values {
        Values::Plain { values, .. } => {
            let values = values.get(chunk.clone()).unwrap_or_default();
            for (byte, value) in mask.iter_mut().zip(values) {
                *byte &= passes(*value);
            }
        }
        Values::Coded { codes, dictionary, .. } => {
            let passes = |code: usize| dictionary.get(code).map_or(0, |value| passes(*value));
            match codes {
                Codes::U8(codes) => and_codes(codes, chunk, mask, passes),
                Codes::U16(codes) => and_codes(codes, chunk, mask, passes),
                Codes::U32(codes) => and_codes(codes, chunk, mask, passes),
            }
        }
    }
    Rows::Some
}

fn and_codes<C: Copy + Into<u64>>(
    codes: &[C],
    chunk: &Range<usize>,
    mask: &mut [u8],
    passes: impl Fn(usize) -> u8,
) {
    for (byte, code) in mask.iter_mut().zip(codes.get(chunk.clone()).unwrap_or_default()) {
        *byte &= passes((*code).into() as usize);
    }
}

/// The rows with one of some codes.
fn with_code(column: &Column<'_>, set: &CodeSet, chunk: &Range<usize>, mask: &mut Mask) -> Rows {
    if column.offsets.is_some() {
        for (byte, row) in mask.iter_mut().zip(chunk.clone()) {
            *byte = u8::from(column.codes_of(row).any(|code| set.contains(code)));
        }
        return Rows::Some;
    }
    match column.codes {
        Codes::U8(codes) => in_set(codes, set, chunk, mask),
        Codes::U16(codes) => in_set(codes, set, chunk, mask),
        Codes::U32(codes) => in_set(codes, set, chunk, mask),
    }
    if let Some(validity) = &column.validity {
        let mut valid = [0; super::mask::CHUNK];
        let valid = valid.get_mut(..mask.len()).unwrap_or_default();
        validity.expand(chunk.start, valid);
        and(mask, valid);
    }
    Rows::Some
}

fn in_set<C: Copy + Into<u64> + TryFrom<u32> + PartialEq>(
    codes: &[C],
    set: &CodeSet,
    chunk: &Range<usize>,
    mask: &mut [u8],
) {
    let codes = codes.get(chunk.clone()).unwrap_or_default();
    match set {
        CodeSet::Few(wanted) => {
            let mut wanted = wanted.iter().filter_map(|code| C::try_from(*code).ok());
            match wanted.next() {
                Some(wanted) => equal(codes, wanted, mask),
                None => mask.fill(0),
            }
            for wanted in wanted {
                for (byte, code) in mask.iter_mut().zip(codes) {
                    *byte |= u8::from(*code == wanted);
                }
            }
        }
        CodeSet::Table(table) => {
            for (byte, code) in mask.iter_mut().zip(codes) {
                *byte = table.get((*code).into() as usize).copied().unwrap_or_default();
            }
        }
    }
}

fn equal<C: Copy + PartialEq>(codes: &[C], wanted: C, mask: &mut [u8]) {
    for (byte, code) in mask.iter_mut().zip(codes) {
        *byte = u8::from(*code == wanted);
    }
}

impl CodeSet {
    fn contains(&self, code: u32) -> bool {
        match self {
            Self::Few(codes) => codes.contains(&code),
            Self::Table(table) => table.get(code as usize) == Some(&1),
        }
    }
}
