//! A filter as far as a block's dictionaries decide it.

use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::query::{Filter, ValueRange};

use super::block::Block;
use super::column::{Codes, Column};
use super::dictionary::Dictionary;
use crate::aggregates::distinct::uuid_of;
use crate::aggregates::measure::{MetricKind, metric_kind, within};

/// Codes that are compared one after the other rather than looked up.
const FEW_CODES: usize = 4;

/// A filter over the codes of a block.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Constant(bool),
    All(Vec<Test>),
    Any(Vec<Test>),
    /// A value of the dimension has one of these codes.
    Codes(Dimension, CodeSet),
    /// The dimension has a value, or has none.
    Present(Dimension, bool),
    /// The fact is of one of these metrics.
    Metric(MetricSet),
    /// The fact carries a value within the bounds.
    Value(ValueRange),
}

/// Codes of a dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CodeSet {
    Few(Vec<u32>),
    /// By code 0 or 1.
    Table(Vec<u8>),
}

/// Metrics by their code in the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MetricSet {
    None,
    All,
    One(u8),
    /// By code 0 or 1.
    Table(Box<[u8; 256]>),
}

impl MetricSet {
    /// The metrics of a block that are meant.
    pub(super) fn of(block: &Block<'_>, is_in: impl Fn(Metric) -> bool) -> Self {
        let mut table = Box::new([0; 256]);
        for (place, metric) in table.iter_mut().zip(block.metrics) {
            *place = u8::from(is_in(*metric));
        }
        let mut codes = (0_u8..=255).zip(table.iter()).filter(|(_, is_in)| **is_in == 1);
        match (codes.next(), codes.count()) {
            (None, _) => Self::None,
            (Some(_), more) if more + 1 == block.metrics.len() => Self::All,
            (Some((code, _)), 0) => Self::One(code),
            _ => Self::Table(table),
        }
    }

    /// Whether the metric of a code is meant.
    #[inline]
    pub(super) fn contains(&self, code: u8) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::One(wanted) => *wanted == code,
            Self::Table(table) => table[usize::from(code)] == 1,
        }
    }
}

impl Test {
    /// The test of a filter over a block.
    pub(super) fn new(filter: &Filter, block: &Block<'_>) -> Self {
        match filter {
            Filter::And(filters) => {
                Self::all(filters.iter().map(|filter| Self::new(filter, block)))
            }
            Filter::Or(filters) => {
                Self::any(filters.iter().map(|filter| Self::new(filter, block)), block)
            }
            Filter::Matches(dimension, text) => {
                let code =
                    block.column(*dimension).and_then(|column| find(&column.dictionary, text));
                match code {
                    Some(code) => Self::Codes(*dimension, CodeSet::Few(vec![code])),
                    None => Self::Constant(false),
                }
            }
            Filter::Exists(dimension) => Self::present(block, *dimension, true),
            Filter::NotExists(dimension) => Self::present(block, *dimension, false),
            Filter::Value(range) => Self::value(block, *range),
        }
    }

    pub(super) fn all(tests: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for test in tests {
            match test {
                Self::Constant(true) => {}
                Self::Constant(false) => return Self::Constant(false),
                Self::All(tests) => kept.extend(tests),
                test => kept.push(test),
            }
        }
        match kept.len() {
            0 => Self::Constant(true),
            1 => kept.remove(0),
            _ => Self::All(kept),
        }
    }

    fn any(tests: impl IntoIterator<Item = Self>, block: &Block<'_>) -> Self {
        let mut kept: Vec<Self> = Vec::new();
        for test in tests {
            match test {
                Self::Constant(false) => {}
                Self::Constant(true) => return Self::Constant(true),
                Self::Any(tests) => tests.into_iter().for_each(|test| keep(test, &mut kept)),
                test => keep(test, &mut kept),
            }
        }
        for test in &mut kept {
            tabulate(test, block);
        }
        match kept.len() {
            0 => Self::Constant(false),
            1 => kept.remove(0),
            _ => Self::Any(kept),
        }
    }

    fn present(block: &Block<'_>, dimension: Dimension, is_present: bool) -> Self {
        match block.column(dimension) {
            None => Self::Constant(!is_present),
            Some(Column { offsets: None, validity: None, .. }) => Self::Constant(is_present),
            Some(_) => Self::Present(dimension, is_present),
        }
    }

    fn value(block: &Block<'_>, range: ValueRange) -> Self {
        let is_observed = |metric| metric_kind(metric) == MetricKind::Observation;
        let counts = |metric| !is_observed(metric) && within(range, 1.0);
        let of_metrics = |set| match set {
            MetricSet::None => Self::Constant(false),
            MetricSet::All => Self::Constant(true),
            set => Self::Metric(set),
        };
        let observed = [of_metrics(MetricSet::of(block, is_observed)), Self::Value(range)];
        Self::any([of_metrics(MetricSet::of(block, counts)), Self::all(observed)], block)
    }
}

/// Adds an alternative. Codes of one dimension become one set.
fn keep(test: Test, kept: &mut Vec<Test>) {
    if let Test::Codes(dimension, CodeSet::Few(codes)) = &test {
        for other in kept.iter_mut() {
            match other {
                Test::Codes(other, CodeSet::Few(others)) if other == dimension => {
                    others.extend(codes);
                    return;
                }
                _ => {}
            }
        }
    }
    kept.push(test);
}

fn tabulate(test: &mut Test, block: &Block<'_>) {
    let Test::Codes(dimension, CodeSet::Few(codes)) = test else { return };
    codes.sort_unstable();
    codes.dedup();
    if let Some(column) = block.column(*dimension)
        && codes.len() > FEW_CODES
    {
        let size = match column.codes {
            Codes::U8(_) => 256,
            Codes::U16(_) | Codes::U32(_) => column.dictionary.len(),
        };
        let mut table = vec![0; size];
        for code in codes {
            if let Some(place) = table.get_mut(*code as usize) {
                *place = 1;
            }
        }
        *test = Test::Codes(*dimension, CodeSet::Table(table));
    }
}

/// The code of a text.
fn find(dictionary: &Dictionary<'_>, text: &str) -> Option<u32> {
    let index = match dictionary {
        Dictionary::Uuids(uuids) => {
            let wanted = uuid_of(text.as_bytes())?;
            uuids.iter().position(|uuid| *uuid == wanted)
        }
        Dictionary::Texts { offsets, bytes } => {
            let length = i32::try_from(text.len()).ok()?;
            offsets.windows(2).position(|edges| match edges {
                [start, end] if end.checked_sub(*start) == Some(length) => {
                    usize::try_from(*start).ok().and_then(|start| bytes.get(start..*end as usize))
                        == Some(text.as_bytes())
                }
                _ => false,
            })
        }
    };
    index.and_then(|index| u32::try_from(index).ok())
}
