//! What running a [`Plan`] gives.

use crate::query::Plan;

/// The cells of an answer that have facts, as columns: an answer may have a hundred thousand.
///
/// There is one form of the same cells but for where their figures lie: texts, groups and cells
/// ascend, and each is there once.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    /// For each dimension of [`Plan::group_by`] the values that occur.
    pub texts: Vec<Texts>,
    /// The groups one after the other, each with one number per dimension: 0 when the facts lack the
    /// dimension, else one more than the index of the value in `texts`.
    pub groups: Vec<u32>,
    /// What each cell is about.
    pub keys: Vec<CellKey>,
    /// Where among the figures those of each cell are.
    pub places: Vec<u32>,
    /// For each metric and then for each view of the plan its figures, in any order, and possibly
    /// some that are of no cell.
    pub figures: Vec<Figures>,
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        let are_same_figures = || {
            (0..self.figures.len()).all(|measure| {
                (0..self.len())
                    .all(|cell| self.figures(measure, cell) == other.figures(measure, cell))
            })
        };
        self.texts == other.texts
            && self.groups == other.groups
            && self.keys == other.keys
            && self.figures.len() == other.figures.len()
            && are_same_figures()
    }
}

/// A group in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// The index of the group; 0 without groups.
    pub group: u32,
    /// The index of the bucket.
    pub bucket: u32,
}

/// The figures of one measure, by [place](Cells::places). A measure that no fact of a cell speaks for
/// has a count of 0 there, and is not in the answer.
#[derive(Debug, Clone)]
pub enum Figures {
    /// How many facts, or how many different values.
    Counts(Vec<u64>),
    /// What is known of the values.
    Summaries(Vec<Summary>),
}

/// What is known of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The smallest; positive infinity when there are none.
    pub min: f64,
    /// The largest; negative infinity when there are none.
    pub max: f64,
}

impl Summary {
    /// No values.
    pub const EMPTY: Self = Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    /// Adds a value.
    #[inline]
    pub const fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.min = if value < self.min { value } else { self.min };
        self.max = if value > self.max { value } else { self.max };
    }

    /// Adds the values of another.
    pub const fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = if other.min < self.min { other.min } else { self.min };
        self.max = if other.max > self.max { other.max } else { self.max };
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Texts one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text at an index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..*self.ends.get(index)?)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut collected = Self::default();
        for text in texts {
            collected.bytes.push_str(text.as_ref());
            collected.ends.push(collected.bytes.len());
        }
        collected
    }
}

impl Cells {
    /// No cells.
    #[must_use]
    pub fn empty(plan: &Plan) -> Self {
        Self { texts: vec![Texts::default(); plan.group_by.len()], ..Self::default() }
    }

    /// How many cells.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The values of a group, one per dimension; none where the facts lack the dimension.
    pub fn group(&self, group: u32) -> impl Iterator<Item = Option<&str>> {
        let start = group as usize * self.texts.len();
        let codes = self.groups.get(start..start + self.texts.len()).unwrap_or_default();
        (self.texts.iter().zip(codes))
            .map(|(texts, code)| texts.get((*code as usize).checked_sub(1)?))
    }

    /// The figures of a measure in a cell: metrics come before views. Without a summary there is
    /// only the count. None when no fact speaks for it.
    #[must_use]
    #[inline]
    pub fn figures(&self, measure: usize, cell: usize) -> Option<Summary> {
        let place = *self.places.get(cell)? as usize;
        let summary = match self.figures.get(measure)? {
            Figures::Counts(counts) => Summary { count: *counts.get(place)?, ..Summary::EMPTY },
            Figures::Summaries(summaries) => *summaries.get(place)?,
        };
        (summary.count > 0).then_some(summary)
    }
}
