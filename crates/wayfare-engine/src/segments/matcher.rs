//! Many conjunctions over the same subject, found by what the subject is.
//!
//! Every conjunction waits at one of its tests, the one that seems to hold most rarely. The tests
//! at which conjunctions wait are indexed by key, and a subject is looked up in these indexes: equal
//! texts, beginnings and ends by hash, parts by one automaton for all values of a key, numbers by
//! sorted bounds. Only a conjunction whose test is found is looked at further, so
//! the cost follows what a subject satisfies and not how many conjunctions there are. Those that
//! wait at one test are numbered one after another, and so are near each other in memory.
//!
//! The remaining tests of such a conjunction are evaluated one by one, each at most once per
//! subject, however many conjunctions share it. A conjunction of negations alone waits at the
//! *absence* of one of its tests; a field that is not there satisfies nothing, and so leaves every
//! negation standing.

mod anchored;
mod build;
mod index;
mod lists;
mod parts;
mod texts;

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

pub(super) use build::Builder;
use index::KeyIndex;
use lists::{Lists, Ranges};

use super::criterion::{Test, fold_into, is_folded};
use super::keys::Key;

/// A test, or its negation, by its number in a [`Matcher`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Literal(u32);

impl Literal {
    const fn new(test: u32, negated: bool) -> Self {
        Self(test << 1 | negated as u32)
    }

    const fn test(self) -> u32 {
        self.0 >> 1
    }

    const fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Conjunctions over subjects with keys of type `K`, numbered from 0 by what they wait for.
#[derive(Debug, Clone)]
pub(super) struct Matcher<K> {
    keys: Box<[KeyTests<K>]>,
    /// The keys whose indexes are read from every subject; those of attributes are found by the
    /// names of the attributes that a subject has.
    fields: Box<[u32]>,
    attributes: HashMap<Box<str>, u32, FixedState>,
    tests: Box<[(u32, Test)]>,
    /// By test: the conjunctions that wait until it holds.
    waiting: Ranges,
    /// Tests that must not hold, and by their place here the conjunctions that wait for that.
    absent: Box<[u32]>,
    waiting_for_absence: Ranges,
    /// How many conjunctions have no test; they come first.
    always: u32,
    /// By conjunction: the tests it does not wait at.
    remaining: Lists,
}

#[derive(Debug, Clone)]
struct KeyTests<K> {
    key: K,
    index: KeyIndex,
}

/// What is known of tests while one subject is looked up. Reused from subject to subject, and from
/// matcher to matcher, so that nothing is allocated for one.
#[derive(Debug, Default)]
pub struct Scratch {
    /// By test: the number of the look-up that wrote it, and two bits.
    known: Vec<u32>,
    look_up: u32,
    found: Vec<u64>,
    /// Values that had to be folded, each once, with their keys. The first so many are of this
    /// look-up, the others are room.
    folded: Vec<(u32, String)>,
    folded_count: usize,
}

/// The key of a folded value that nobody may ask for yet.
const NO_KEY: u32 = u32::MAX;

/// The test holds.
const HOLDS: u32 = 0b01;
/// The conjunctions that wait at the test have been looked at.
const VISITED: u32 = 0b10;

impl Scratch {
    /// Room for what is found, to be given back.
    pub(super) fn take_found(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.found)
    }

    pub(super) fn give_found(&mut self, found: Vec<u64>) {
        self.found = found;
    }

    fn begin(&mut self, tests: usize) {
        if self.known.len() < tests {
            self.known = vec![0; tests];
        }
        self.folded_count = 0;
        self.look_up += 1;
        if self.look_up == u32::MAX >> 2 {
            self.known.fill(0);
            self.look_up = 1;
        }
    }

    /// Folds a value; gives where it is to be kept.
    fn fold(&mut self, text: &str) -> (usize, String) {
        let place = self.folded_count;
        self.folded_count += 1;
        if self.folded.len() == place {
            self.folded.push((NO_KEY, String::new()));
        }
        self.folded[place].0 = NO_KEY;
        let mut folded = std::mem::take(&mut self.folded[place].1);
        fold_into(text, &mut folded);
        (place, folded)
    }

    fn keep(&mut self, key: u32, place: usize, folded: String) -> &str {
        self.folded[place] = (key, folded);
        &self.folded[place].1
    }

    fn get(&self, test: u32) -> Option<u32> {
        let known = self.known[test as usize];
        (known >> 2 == self.look_up).then_some(known & (HOLDS | VISITED))
    }

    fn set(&mut self, test: u32, bits: u32) {
        self.known[test as usize] = self.look_up << 2 | bits;
    }
}

/// One subject being looked up.
struct LookUp<'a, K: Key> {
    matcher: &'a Matcher<K>,
    subject: &'a K::Subject,
    scratch: &'a mut Scratch,
}

impl<K: Key> Matcher<K> {
    /// Calls `found` for every conjunction that holds, each once, in no particular order.
    pub(super) fn find(
        &self,
        subject: &K::Subject,
        scratch: &mut Scratch,
        mut found: impl FnMut(u32),
    ) {
        (0..self.always).for_each(&mut found);
        if self.tests.is_empty() {
            return;
        }
        scratch.begin(self.tests.len());
        let mut look_up = LookUp { matcher: self, subject, scratch };
        for key in &self.fields {
            if let Some(text) = self.keys[*key as usize].key.value(subject) {
                look_up.key(*key, text, &mut found);
            }
        }
        if !self.attributes.is_empty() {
            for (name, text) in K::attributes(subject) {
                if let Some(key) = self.attributes.get(name) {
                    look_up.key(*key, text, &mut found);
                }
            }
        }
        for (place, test) in self.absent.iter().enumerate() {
            if !look_up.holds(*test) {
                look_up.check(self.waiting_for_absence.get(place), &mut found);
            }
        }
    }
}

impl<'a, K: Key> LookUp<'a, K> {
    /// Looks up the value of one key.
    fn key(&mut self, key: u32, text: &'a str, found: &mut impl FnMut(u32)) {
        let matcher = self.matcher;
        let index = &matcher.keys[key as usize].index;
        index.exact.visit(text, &mut |test| self.hit(test, text, found));
        if !index.folded.is_empty() {
            if is_folded(text) {
                index.folded.visit(text, &mut |test| self.hit(test, text, found));
            } else {
                let (place, folded) = self.scratch.fold(text);
                index.folded.visit(&folded, &mut |test| {
                    self.hit(test, &folded, found);
                });
                self.scratch.keep(key, place, folded);
            }
        }
        index.numbers.visit(text, &mut |test| self.hit(test, text, found));
    }

    /// A value leads to a test: all that the index can say of it holds.
    fn hit(&mut self, test: u32, folded: &str, found: &mut impl FnMut(u32)) {
        let known = self.scratch.get(test);
        if known.is_some_and(|bits| bits & VISITED != 0) {
            return;
        }
        let holds = match known {
            Some(bits) => bits & HOLDS != 0,
            None => {
                let kind = &self.matcher.tests[test as usize].1.kind;
                kind.is_found_by_one_value() || kind.holds(folded)
            }
        };
        self.scratch.set(test, VISITED | u32::from(holds));
        if holds {
            let matcher = self.matcher;
            self.check(matcher.waiting.get(test as usize), found);
        }
    }

    /// Checks the remaining tests of conjunctions whose turn has come.
    fn check(&mut self, conjunctions: Range<u32>, found: &mut impl FnMut(u32)) {
        let matcher = self.matcher;
        for conjunction in conjunctions {
            let remaining = matcher.remaining.get(conjunction as usize);
            if remaining.iter().all(|literal| {
                let literal = Literal(*literal);
                self.holds(literal.test()) != literal.is_negated()
            }) {
                found(conjunction);
            }
        }
    }

    /// Whether a test holds; evaluated at most once.
    fn holds(&mut self, number: u32) -> bool {
        if let Some(bits) = self.scratch.get(number) {
            return bits & HOLDS != 0;
        }
        let matcher = self.matcher;
        let (key, test) = &matcher.tests[number as usize];
        let holds = match matcher.keys[*key as usize].key.value(self.subject) {
            None => false,
            Some(text) if test.ignore_case => test.kind.holds(self.folded(*key, text)),
            Some(text) => test.kind.holds(text),
        };
        self.scratch.set(number, u32::from(holds));
        holds
    }

    /// The value of a key in lower case.
    fn folded<'b>(&'b mut self, key: u32, text: &'b str) -> &'b str {
        if is_folded(text) {
            return text;
        }
        let known = &self.scratch.folded[..self.scratch.folded_count];
        match known.iter().position(|(of, _)| *of == key) {
            Some(place) => &self.scratch.folded[place].1,
            None => {
                let (place, folded) = self.scratch.fold(text);
                self.scratch.keep(key, place, folded)
            }
        }
    }
}
