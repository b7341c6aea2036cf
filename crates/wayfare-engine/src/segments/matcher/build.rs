//! Building a [`Matcher`]: numbering equal tests as one, and choosing where conjunctions wait.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::super::criterion::{Comparison, Test, TestKind};
use super::super::keys::{Key, KeyName};
use super::index::KeyIndex;
use super::lists::{Lists, as_number};
use super::{KeyTests, Literal, Matcher};

/// A matcher that conjunctions are still added to.
#[derive(Debug)]
pub(in super::super) struct Builder<K> {
    keys: Vec<K>,
    key_numbers: HashMap<(bool, Box<str>), u32, FixedState>,
    tests: HashMap<(u32, Test), u32, FixedState>,
    /// How many conjunctions have a test.
    uses: Vec<u32>,
    literals: Vec<u32>,
    ends: Vec<u32>,
}

impl<K> Default for Builder<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            key_numbers: HashMap::default(),
            tests: HashMap::default(),
            uses: Vec::new(),
            literals: Vec::new(),
            ends: Vec::new(),
        }
    }
}

/// What conjunctions wait for.
#[derive(Default)]
struct Waiting {
    always: Vec<u32>,
    for_test: Vec<(u32, u32)>,
    for_absence: Vec<(u32, u32)>,
    /// By conjunction: its other literals.
    remaining: Vec<u32>,
    remaining_ends: Vec<usize>,
}

impl<K: Key> Builder<K> {
    /// Adds a conjunction.
    pub(in super::super) fn add(&mut self, comparisons: impl IntoIterator<Item = (K, Comparison)>) {
        let start = self.literals.len();
        for (key, comparison) in comparisons {
            let key = self.key_number(key);
            let next = as_number(self.tests.len());
            let test = *self.tests.entry((key, comparison.test)).or_insert(next);
            if test == next {
                self.uses.push(0);
            }
            let literal = Literal::new(test, comparison.negated).0;
            if !self.literals[start..].contains(&literal) {
                self.literals.push(literal);
                self.uses[test as usize] += 1;
            }
        }
        self.ends.push(as_number(self.literals.len()));
    }

    fn key_number(&mut self, key: K) -> u32 {
        let name = match key.key_name() {
            KeyName::Field(name) => (false, Box::from(name)),
            KeyName::Attribute(name) => (true, Box::from(name)),
        };
        let next = as_number(self.keys.len());
        let number = *self.key_numbers.entry(name).or_insert(next);
        if number == next {
            self.keys.push(key);
        }
        number
    }

    /// The matcher of all conjunctions that were added, and by their new numbers the places in which
    /// they were added.
    pub(in super::super) fn build(self) -> (Matcher<K>, Vec<u32>) {
        let waiting = self.choose();
        let mut tests: Vec<_> = self.tests.into_iter().collect();
        tests.sort_unstable_by_key(|(_, number)| *number);
        let tests: Box<[(u32, Test)]> = tests.into_iter().map(|(test, _)| test).collect();

        let mut indexed = vec![false; tests.len()];
        for (test, _) in &waiting.for_test {
            indexed[*test as usize] = true;
        }
        let mut of_key = vec![Vec::new(); self.keys.len()];
        for ((test, (key, content)), _) in
            (0..).zip(&tests).zip(&indexed).filter(|(_, is_indexed)| **is_indexed)
        {
            of_key[*key as usize].push((test, content));
        }
        let indexes = of_key.into_iter().map(|tests| KeyIndex::build(tests.into_iter()));
        let keys: Box<[KeyTests<K>]> = self
            .keys
            .into_iter()
            .zip(indexes)
            .map(|(key, index)| KeyTests { key, index })
            .collect();
        let mut fields = Vec::new();
        let mut attributes = HashMap::default();
        for (number, tests) in (0..).zip(&keys).filter(|(_, tests)| !tests.index.is_empty()) {
            match tests.key.key_name() {
                KeyName::Field(_) => fields.push(number),
                KeyName::Attribute(name) => {
                    attributes.insert(Box::from(name), number);
                }
            }
        }

        let mut absent: Vec<u32> = waiting.for_absence.iter().map(|(test, _)| *test).collect();
        absent.sort_unstable();
        absent.dedup();
        let place = |test: &u32| as_number(absent.partition_point(|other| other < test));
        let for_absence: Vec<_> =
            waiting.for_absence.iter().map(|(test, of)| (place(test), *of)).collect();
        let always = as_number(waiting.always.len());
        let mut order = waiting.always;
        let for_test = Lists::from_pairs(tests.len(), &waiting.for_test).renumbered(&mut order);
        let for_absence = Lists::from_pairs(absent.len(), &for_absence).renumbered(&mut order);
        let remaining = order.iter().map(|conjunction| {
            let conjunction = *conjunction as usize;
            let start = conjunction.checked_sub(1).map_or(0, |last| waiting.remaining_ends[last]);
            &waiting.remaining[start..waiting.remaining_ends[conjunction]]
        });
        let matcher = Matcher {
            keys,
            fields: fields.into(),
            attributes,
            waiting: for_test,
            waiting_for_absence: for_absence,
            absent: absent.into(),
            always,
            remaining: Lists::from_lists(remaining),
            tests,
        };
        (matcher, order)
    }

    /// Chooses for each conjunction the test at which it waits.
    fn choose(&self) -> Waiting {
        let rarity = self.rarity();
        let mut waiting = Waiting::default();
        let mut start = 0;
        for (conjunction, end) in (0..).zip(&self.ends) {
            let literals = &self.literals[start..*end as usize];
            start = *end as usize;
            // A negation mostly holds, so it is the last choice, and then the one that holds least.
            let cost = |literal: u32| {
                let literal = Literal(literal);
                let likelihood = rarity[literal.test() as usize];
                if literal.is_negated() { 2.0 - likelihood } else { likelihood }
            };
            let chosen = literals.iter().copied().min_by(|a, b| cost(*a).total_cmp(&cost(*b)));
            match chosen.map(Literal) {
                None => waiting.always.push(conjunction),
                Some(literal) if literal.is_negated() => {
                    waiting.for_absence.push((literal.test(), conjunction));
                }
                Some(literal) => waiting.for_test.push((literal.test(), conjunction)),
            }
            let others = literals.iter().copied().filter(|other| Some(*other) != chosen);
            waiting.remaining.extend(others);
            waiting.remaining_ends.push(waiting.remaining.len());
        }
        waiting
    }

    /// How likely it is that a test holds, from 0 to 1, as far as the conditions themselves tell: a
    /// value that many conditions name is one that many events have, and where few different values
    /// are named, each of them is had by many.
    fn rarity(&self) -> Vec<f64> {
        // Uses, and different values.
        let mut of_key = vec![[(0.0_f64, 0.0_f64); Class::COUNT]; self.keys.len()];
        for ((key, test), number) in &self.tests {
            let (uses, values) = &mut of_key[*key as usize][Class::of(test) as usize];
            *uses += f64::from(self.uses[*number as usize]);
            *values += 1.0;
        }
        let mut rarity = vec![0.0; self.uses.len()];
        for ((key, test), number) in &self.tests {
            let class = Class::of(test);
            let (uses, values) = of_key[*key as usize][class as usize];
            let share = (f64::from(self.uses[*number as usize]) + 1.0) / (uses + 2.0);
            let share = share.max(1.0 / (values + 1.0));
            rarity[*number as usize] = match class {
                Class::Equal => share,
                // A little more, so that of equals the one is chosen that is looked up fastest.
                Class::Anchored => 1.05 * share,
                Class::Part => 1.1 * share,
                Class::Number => 0.5,
                Class::Any => 1.0,
            };
        }
        rarity
    }
}

/// Tests that are about as selective as one another.
#[derive(Clone, Copy)]
enum Class {
    Equal,
    Anchored,
    Part,
    Number,
    /// Any value that is there satisfies it.
    Any,
}

impl Class {
    const COUNT: usize = 5;

    fn of(test: &Test) -> Self {
        match &test.kind {
            TestKind::Equal(_) => Self::Equal,
            TestKind::StartsWith(values)
            | TestKind::EndsWith(values)
            | TestKind::ContainsAny(values)
                if values.iter().any(|value| value.is_empty()) =>
            {
                Self::Any
            }
            TestKind::StartsWith(_) | TestKind::EndsWith(_) => Self::Anchored,
            TestKind::ContainsAny(_) | TestKind::ContainsAll(_) => Self::Part,
            TestKind::GreaterThan(_)
            | TestKind::GreaterThanOrEqual(_)
            | TestKind::LessThan(_)
            | TestKind::LessThanOrEqual(_) => Self::Number,
        }
    }
}
