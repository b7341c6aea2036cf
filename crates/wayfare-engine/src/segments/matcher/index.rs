//! The index of one key: from a value to the tests it satisfies.

use super::super::criterion::{Number, Test, TestKind, leading_number};
use super::texts::{TextIndex, TextIndexBuilder};

/// The tests of one key at which something waits.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyIndex {
    /// Tests of the value as it is.
    pub(super) exact: TextIndex,
    /// Tests of the value in lower case.
    pub(super) folded: TextIndex,
    pub(super) numbers: NumberIndex,
}

/// Bounds, each with its test, in ascending order.
type Bounds = Vec<(f64, u32)>;

/// Tests that compare numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct NumberIndex {
    greater: Bounds,
    greater_or_equal: Bounds,
    less: Bounds,
    less_or_equal: Bounds,
}

impl TestKind {
    /// Whether one value that the index finds is enough to say that the test holds.
    pub(super) fn is_found_by_one_value(&self) -> bool {
        !matches!(self, Self::ContainsAll(values) if values.len() > 1)
    }

    /// The value at which a test of several necessary values is indexed: the longest is the rarest.
    fn longest(values: &[Box<str>]) -> &str {
        values.iter().max_by_key(|value| value.len()).map_or("", |value| value)
    }
}

impl KeyIndex {
    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.folded.is_empty() && self.numbers.is_empty()
    }

    pub(super) fn build<'a>(tests: impl Iterator<Item = (u32, &'a Test)>) -> Self {
        let mut numbers = NumberIndex::default();
        let (mut exact, mut folded) = (TextIndexBuilder::default(), TextIndexBuilder::default());
        for (number, test) in tests {
            let texts = if test.ignore_case { &mut folded } else { &mut exact };
            let all = |index: &mut Vec<(Box<str>, u32)>, values: &[Box<str>]| {
                index.extend(values.iter().map(|value| (value.clone(), number)));
            };
            let bounds = |bounds: &mut Bounds, values: &[Number]| {
                bounds.extend(values.iter().map(|value| (value.0, number)));
            };
            match &test.kind {
                TestKind::ContainsAll(values) => {
                    texts.contains.push((TestKind::longest(values).into(), number));
                }
                TestKind::ContainsAny(values) => all(&mut texts.contains, values),
                TestKind::Equal(values) => all(&mut texts.equal, values),
                TestKind::StartsWith(values) => all(&mut texts.starts, values),
                TestKind::EndsWith(values) => all(&mut texts.ends, values),
                TestKind::GreaterThan(values) => bounds(&mut numbers.greater, values),
                TestKind::GreaterThanOrEqual(values) => {
                    bounds(&mut numbers.greater_or_equal, values);
                }
                TestKind::LessThan(values) => bounds(&mut numbers.less, values),
                TestKind::LessThanOrEqual(values) => bounds(&mut numbers.less_or_equal, values),
            }
        }
        numbers.sort();
        Self { exact: exact.build(), folded: folded.build(), numbers }
    }
}

impl NumberIndex {
    fn is_empty(&self) -> bool {
        self.greater.is_empty()
            && self.greater_or_equal.is_empty()
            && self.less.is_empty()
            && self.less_or_equal.is_empty()
    }

    fn sort(&mut self) {
        for bounds in
            [&mut self.greater, &mut self.greater_or_equal, &mut self.less, &mut self.less_or_equal]
        {
            bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
            bounds.shrink_to_fit();
        }
    }

    /// Calls `hit` for every test that a value's leading number satisfies.
    pub(super) fn visit(&self, text: &str, hit: &mut impl FnMut(u32)) {
        if self.is_empty() {
            return;
        }
        let Some(number) = leading_number(text) else { return };
        let below = |bounds: &Bounds| bounds.partition_point(|(bound, _)| *bound < number);
        let up_to = |bounds: &Bounds| bounds.partition_point(|(bound, _)| *bound <= number);
        let satisfied = [
            &self.greater[..below(&self.greater)],
            &self.greater_or_equal[..up_to(&self.greater_or_equal)],
            &self.less[up_to(&self.less)..],
            &self.less_or_equal[below(&self.less_or_equal)..],
        ];
        for (_, test) in satisfied.into_iter().flatten() {
            hit(*test);
        }
    }
}
