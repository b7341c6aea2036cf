//! Indexes of texts: which of many values a text is, begins with, ends with or contains.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use foldhash::fast::FixedState;

use super::lists::{Lists, as_number};

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
    starts: Option<Beginnings>,
    /// The values and the texts are turned round: an end becomes a beginning.
    ends: Option<Beginnings>,
    contains: Option<Parts>,
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
        let as_bytes = |(value, test): (Box<str>, u32)| (Vec::from(value.as_bytes()), test);
        let turned_round =
            |(value, test): (Box<str>, u32)| (value.bytes().rev().collect::<Vec<u8>>(), test);
        let some = |values: &Vec<_>| !values.is_empty();
        TextIndex {
            any,
            equal: some(&self.equal).then(|| EqualTexts::build(self.equal)),
            starts: some(&self.starts)
                .then(|| Beginnings::build(self.starts.into_iter().map(as_bytes).collect())),
            ends: some(&self.ends)
                .then(|| Beginnings::build(self.ends.into_iter().map(turned_round).collect())),
            contains: some(&self.contains).then(|| Parts::build(self.contains)).flatten(),
        }
    }
}

impl TextIndex {
    pub(super) fn is_empty(&self) -> bool {
        self.any.is_empty()
            && self.equal.is_none()
            && self.starts.is_none()
            && self.ends.is_none()
            && self.contains.is_none()
    }

    /// Calls `hit` for every test that a text satisfies, for some more than once.
    pub(super) fn visit(&self, text: &str, reversed: &mut Vec<u8>, hit: &mut impl FnMut(u32)) {
        self.any.iter().copied().for_each(&mut *hit);
        if let Some(equal) = &self.equal {
            equal.visit(text, hit);
        }
        if let Some(starts) = &self.starts {
            starts.visit(text.as_bytes(), hit);
        }
        if let Some(ends) = &self.ends {
            reversed.clear();
            reversed.extend(text.bytes().rev());
            ends.visit(reversed, hit);
        }
        if let Some(contains) = &self.contains {
            contains.visit(text, hit);
        }
    }
}

/// Values in ascending order, each once, and the tests of each.
fn grouped<T: Ord>(mut pairs: Vec<(T, u32)>) -> (Vec<T>, Lists) {
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

/// Values that texts may begin with, in ascending order.
///
/// All values that a text begins with lie on one chain: the greatest value that is not greater than
/// the text, the longest other value which that begins with, and so on.
#[derive(Debug, Clone)]
struct Beginnings {
    /// What all values begin with.
    common: Box<[u8]>,
    /// The eight bytes of a value after the common ones, as a number in the same order.
    heads: Box<[u64]>,
    bytes: Box<[u8]>,
    starts: Box<[u32]>,
    /// The longest other value that a value begins with; its own place, if there is none.
    shorter: Box<[u32]>,
    tests: Lists,
}

impl Beginnings {
    fn build(pairs: Vec<(Vec<u8>, u32)>) -> Self {
        let (values, tests) = grouped(pairs);
        let first: &[u8] = values.first().map_or(&[], Vec::as_slice);
        let last: &[u8] = values.last().map_or(&[], Vec::as_slice);
        let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
        let mut bytes = Vec::new();
        let mut starts = vec![0];
        let mut shorter: Vec<u32> = Vec::with_capacity(values.len());
        // The values that the last one begins with, itself included.
        let mut chain: Vec<usize> = Vec::new();
        for (place, value) in values.iter().enumerate() {
            while chain.last().is_some_and(|last| !value.starts_with(&values[*last])) {
                chain.pop();
            }
            shorter.push(as_number(chain.last().copied().unwrap_or(place)));
            chain.push(place);
            bytes.extend_from_slice(value);
            starts.push(as_number(bytes.len()));
        }
        Self {
            common: first[..common].into(),
            heads: values.iter().map(|value| head(&value[common..])).collect(),
            bytes: bytes.into(),
            starts: starts.into(),
            shorter: shorter.into(),
            tests,
        }
    }

    fn value(&self, place: usize) -> &[u8] {
        &self.bytes[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    fn visit(&self, text: &[u8], hit: &mut impl FnMut(u32)) {
        let Some(rest) = text.strip_prefix(&*self.common) else { return };
        let head = head(rest);
        let mut not_greater = self.heads.partition_point(|other| *other < head);
        if self.heads.get(not_greater) == Some(&head) {
            let same = self.heads[not_greater..].partition_point(|other| *other == head);
            let (mut low, mut high) = (not_greater, not_greater + same);
            while low < high {
                let middle = low.midpoint(high);
                if self.value(middle) <= text { low = middle + 1 } else { high = middle }
            }
            not_greater = low;
        }
        let Some(mut place) = not_greater.checked_sub(1) else { return };
        let mut begins = false;
        loop {
            begins = begins || text.starts_with(self.value(place));
            if begins {
                self.tests.get(place).iter().copied().for_each(&mut *hit);
            }
            let shorter = self.shorter[place] as usize;
            if shorter == place {
                return;
            }
            place = shorter;
        }
    }
}

/// The first eight bytes, as a number that compares as they do.
fn head(bytes: &[u8]) -> u64 {
    let mut head = [0; 8];
    let length = bytes.len().min(8);
    head[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(head)
}

/// Values that texts may contain, in one automaton.
#[derive(Debug, Clone)]
struct Parts {
    automaton: AhoCorasick,
    tests: Lists,
}

impl Parts {
    /// `None` only if the values were more than an automaton can number.
    fn build(pairs: Vec<(Box<str>, u32)>) -> Option<Self> {
        let (values, tests) = grouped(pairs);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(values.iter().map(|value| &**value))
            .ok()?;
        Some(Self { automaton, tests })
    }

    fn visit(&self, text: &str, hit: &mut impl FnMut(u32)) {
        for found in self.automaton.find_overlapping_iter(text) {
            self.tests.get(found.pattern().as_usize()).iter().copied().for_each(&mut *hit);
        }
    }
}
