//! Which of many values a text contains.

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::lists::Lists;
use super::texts::grouped;

/// Values that texts may contain, in one automaton.
///
/// The automaton takes its time over every byte, and most texts contain nothing. So where all
/// values are long enough, it starts where one can begin at the earliest.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    grams: Option<Grams>,
    automaton: AhoCorasick,
    tests: Lists,
}

impl Parts {
    /// Values, each with a test that it satisfies, in at most two: those that are long enough for
    /// [`Grams`], and the others.
    pub(super) fn build(pairs: Vec<(Box<str>, u32)>) -> Box<[Self]> {
        let (long, short): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(value, _)| value.len() >= GRAM);
        [short, long].into_iter().filter_map(Self::of).collect()
    }

    /// `None` if there are no values, or more than an automaton can number.
    fn of(pairs: Vec<(Box<str>, u32)>) -> Option<Self> {
        if pairs.is_empty() {
            return None;
        }
        let (values, tests) = grouped(pairs);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(values.iter().map(|value| &**value))
            .ok()?;
        Some(Self { grams: Grams::of(&values), automaton, tests })
    }

    pub(super) fn visit(&self, text: &str, hit: &mut impl FnMut(u32)) {
        let start = match &self.grams {
            None => 0,
            Some(grams) => match grams.earliest(text.as_bytes()) {
                Some(start) => start,
                None => return,
            },
        };
        let input = Input::new(text).range(start..);
        for found in self.automaton.find_overlapping_iter(input) {
            self.tests.get(found.pattern().as_usize()).iter().copied().for_each(&mut *hit);
        }
    }
}

/// How many bytes are looked at together.
const GRAM: usize = 4;
/// At most so many bytes are passed over from gram to gram.
const STRIDE_MAX: usize = 8;
/// Bits of the table for each gram of a value, and for all at least and at most, as a power of two.
const BITS_PER_GRAM: usize = 16;
const BITS_LEAST: u32 = 12;
const BITS_MOST: u32 = 20;

/// Where a text may contain a value, judged by a few of its bytes.
///
/// Of a text only the gram at every `stride`th byte is looked up: the first grams of a value, as
/// many as bytes are passed over, are all in the table, so one of them is met in any text that
/// contains the value, wherever that begins.
#[derive(Debug, Clone)]
struct Grams {
    /// From a gram that is looked up to the next, in bytes.
    stride: usize,
    /// A bit for each hash of a gram.
    table: Box<[u64]>,
    /// The number of bits, as a power of two.
    bits: u32,
}

impl Grams {
    /// `None` if a value is shorter than a gram.
    fn of(values: &[Box<str>]) -> Option<Self> {
        let shortest = values.iter().map(|value| value.len()).min()?;
        let stride = (shortest + 1).checked_sub(GRAM).filter(|stride| *stride > 0)?.min(STRIDE_MAX);
        let mut different: Vec<u32> = values
            .iter()
            .flat_map(|value| (0..stride).filter_map(|start| gram(value.as_bytes(), start)))
            .collect();
        different.sort_unstable();
        different.dedup();
        let bits = (different.len() * BITS_PER_GRAM).next_power_of_two().ilog2();
        let bits = bits.clamp(BITS_LEAST, BITS_MOST);
        let mut table = vec![0; 1 << (bits - u64::BITS.ilog2())].into_boxed_slice();
        for gram in different {
            let (word, bit) = place(gram, bits);
            table[word] |= bit;
        }
        Some(Self { stride, table, bits })
    }

    /// The first byte of a text at which a value may begin.
    fn earliest(&self, text: &[u8]) -> Option<usize> {
        let mut start = self.stride - 1;
        while let Some(gram) = gram(text, start) {
            let (word, bit) = place(gram, self.bits);
            if self.table[word] & bit != 0 {
                return Some(start + 1 - self.stride);
            }
            start += self.stride;
        }
        None
    }
}

fn gram(text: &[u8], start: usize) -> Option<u32> {
    text.get(start..)?.first_chunk::<GRAM>().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The word of the table in which the bit of a gram is, and the bit.
fn place(gram: u32, bits: u32) -> (usize, u64) {
    // Multiplication by the golden ratio spreads grams over the upper bits.
    let hash = gram.wrapping_mul(0x9E37_79B1) >> (u32::BITS - bits);
    ((hash / u64::BITS) as usize, 1 << (hash % u64::BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::Parts;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_found_is_what_a_plain_loop_finds(
            short in vec("[ab]{1,3}", 0..3),
            long in vec("[abé]{4,7}", 0..10),
            longest in vec("[abé]{9,14}", 0..10),
            texts in vec("[abé]{0,40}", 1..20),
        ) {
            let values: Vec<String> = [short, long, longest].concat();
            let pairs = (0..).zip(&values).map(|(test, value)| (value.as_str().into(), test));
            let parts = Parts::build(pairs.collect());
            for text in &texts {
                let mut found = BTreeSet::new();
                for parts in &parts {
                    parts.visit(text, &mut |test| {
                        found.insert(test);
                    });
                }
                let expected: BTreeSet<u32> = (0..)
                    .zip(&values)
                    .filter(|(_, value)| text.contains(&**value))
                    .map(|(test, _)| test)
                    .collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
