//! Indexes of texts: which of many values a text is, begins with, ends with or contains.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::anchored::{Anchored, Side};
use super::lists::{Lists, as_number};
use super::parts::Parts;

/// Values, each with the tests that it satisfies.
#[derive(Debug, Default)]
pub(super) struct TextIndexBuilder {
    pub(super) equal: Vec<(Box<str>, u32)>,
    pub(super) starts: Vec<(Box<str>, u32)>,
    pub(super) ends: Vec<(Box<str>, u32)>,
    pub(super) contains: Vec<(Box<str>, u32)>,
}

/// All values of one key, with or without regard to case.
#[derive(Debug, Clone, Default)]
pub(super) struct TextIndex {
    /// Tests that any text satisfies: it begins with, ends with, contains the empty text.
    any: Vec<u32>,
    equal: Option<EqualTexts>,
    starts: Option<Anchored>,
    ends: Option<Anchored>,
    contains: Box<[Parts]>,
}

impl TextIndexBuilder {
    pub(super) fn build(mut self) -> TextIndex {
        let mut any = Vec::new();
        for values in [&mut self.starts, &mut self.ends, &mut self.contains] {
            values.retain(|(value, test)| {
                if value.is_empty() {
                    any.push(*test);
                }
                !value.is_empty()
            });
        }
        TextIndex {
            any,
            equal: (!self.equal.is_empty()).then(|| EqualTexts::build(self.equal)),
            starts: Anchored::build(Side::Start, self.starts),
            ends: Anchored::build(Side::End, self.ends),
            contains: Parts::build(self.contains),
        }
    }
}

impl TextIndex {
    pub(super) fn is_empty(&self) -> bool {
        self.any.is_empty()
            && self.equal.is_none()
            && self.starts.is_none()
            && self.ends.is_none()
            && self.contains.is_empty()
    }

    /// Calls `hit` for every test that a text satisfies, for some more than once.
    pub(super) fn visit(&self, text: &str, hit: &mut impl FnMut(u32)) {
        self.any.iter().copied().for_each(&mut *hit);
        if let Some(equal) = &self.equal {
            equal.visit(text, hit);
        }
        if let Some(starts) = &self.starts {
            starts.visit(text.as_bytes(), hit);
        }
        if let Some(ends) = &self.ends {
            ends.visit(text.as_bytes(), hit);
        }
        for parts in &self.contains {
            parts.visit(text, hit);
        }
    }
}

/// Values in ascending order, each once, and the tests of each.
pub(super) fn grouped<T: Ord>(mut pairs: Vec<(T, u32)>) -> (Vec<T>, Lists) {
    pairs.sort_unstable();
    let mut values: Vec<T> = Vec::with_capacity(pairs.len());
    let mut tests = Vec::with_capacity(pairs.len());
    for (value, test) in pairs {
        if values.last() != Some(&value) {
            values.push(value);
        }
        tests.push((as_number(values.len() - 1), test));
    }
    let lists = Lists::from_pairs(values.len(), &tests);
    (values, lists)
}

/// Values by hash.
#[derive(Debug, Clone)]
struct EqualTexts {
    places: HashMap<Box<str>, u32, FixedState>,
    tests: Lists,
}

impl EqualTexts {
    fn build(pairs: Vec<(Box<str>, u32)>) -> Self {
        let (values, tests) = grouped(pairs);
        let places = values.into_iter().zip(0..).collect();
        Self { places, tests }
    }

    fn visit(&self, text: &str, hit: &mut impl FnMut(u32)) {
        if let Some(place) = self.places.get(text) {
            self.tests.get(*place as usize).iter().copied().for_each(hit);
        }
    }
}
