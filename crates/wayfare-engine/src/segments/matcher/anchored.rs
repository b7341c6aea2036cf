//! Which of many values a text begins or ends with.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::lists::{Lists, as_number};
use super::texts::grouped;

/// Where in a text a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Start,
    End,
}

/// Values that texts may begin with, or values that texts may end with: what is said of beginnings
/// here is meant of ends as well, read backwards.
///
/// The longest value that a text begins with is found by a binary search over the lengths that
/// values have: whether a text's first so many bytes are in the table says whether to go on with a
/// greater length or a smaller one (Waldvogel et al., "Scalable High Speed IP Routing Lookups",
/// 1997). For that, the table has for each value the beginnings at which a search for it looks. All
/// other values that the text begins with lie on one chain behind the longest.
#[derive(Debug, Clone)]
pub(super) struct Anchored {
    side: Side,
    /// What all values begin with.
    common: Box<[u8]>,
    /// The bytes that come behind that.
    next: Bytes,
    /// The lengths that values have, in ascending order.
    lengths: Box<[u32]>,
    table: Table,
    /// The values, in ascending order, one after another.
    bytes: Box<[u8]>,
    starts: Box<[u32]>,
    /// By value: the longest other value that it begins with; its own place, if there is none.
    shorter: Box<[u32]>,
    tests: Lists,
}

impl Side {
    /// The first so many bytes, if there are as many.
    fn first(self, text: &[u8], length: usize) -> Option<&[u8]> {
        match self {
            Self::Start => text.get(..length),
            Self::End => text.get(text.len().checked_sub(length)?..),
        }
    }

    /// All but the first so many bytes.
    fn rest(self, text: &[u8], length: usize) -> &[u8] {
        match self {
            Self::Start => &text[length..],
            Self::End => &text[..text.len() - length],
        }
    }

    fn byte(self, text: &[u8], place: usize) -> Option<u8> {
        match self {
            Self::Start => text.get(place).copied(),
            Self::End => text.iter().rev().nth(place).copied(),
        }
    }

    fn begins_with(self, text: &[u8], beginning: &[u8]) -> bool {
        self.first(text, beginning.len()) == Some(beginning)
    }

    /// With how many bytes both begin.
    fn in_common(self, one: &[u8], other: &[u8]) -> usize {
        match self {
            Self::Start => one.iter().zip(other).take_while(|(a, b)| a == b).count(),
            Self::End => {
                one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count()
            }
        }
    }

    /// Turned round, so that it is in the right order, or back again.
    fn turned(self, mut value: Vec<u8>) -> Vec<u8> {
        if self == Self::End {
            value.reverse();
        }
        value
    }
}

impl Anchored {
    /// Values, each with a test that it satisfies; `None` if there are none. None of them is empty.
    pub(super) fn build(side: Side, pairs: Vec<(Box<str>, u32)>) -> Option<Self> {
        let as_bytes =
            |(value, test): (Box<str>, u32)| (side.turned(value.as_bytes().into()), test);
        let (values, tests) = grouped(pairs.into_iter().map(as_bytes).collect());
        let values: Vec<Vec<u8>> = values.into_iter().map(|value| side.turned(value)).collect();
        let (first, last) = (values.first()?, values.last()?);
        let common: Box<[u8]> = side.first(first, side.in_common(first, last))?.into();
        let next = Bytes::of(values.iter().map(|value| side.byte(value, common.len())));
        let mut bytes = Vec::new();
        let mut starts = vec![0];
        let mut shorter: Vec<u32> = Vec::with_capacity(values.len());
        // The values that the last one begins with, itself included.
        let mut chain: Vec<usize> = Vec::new();
        for (place, value) in values.iter().enumerate() {
            while chain.last().is_some_and(|last| !side.begins_with(value, &values[*last])) {
                chain.pop();
            }
            shorter.push(as_number(chain.last().copied().unwrap_or(place)));
            chain.push(place);
            bytes.extend_from_slice(value);
            starts.push(as_number(bytes.len()));
        }
        let mut lengths: Vec<u32> = values.iter().map(|value| as_number(value.len())).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut anchored = Self {
            side,
            common,
            next,
            lengths: lengths.into(),
            table: Table::default(),
            bytes: bytes.into(),
            starts: starts.into(),
            shorter: shorter.into(),
            tests,
        };
        anchored.table = anchored.table_of(&values);
        Some(anchored)
    }

    /// The beginnings at which searches look, each with the place of the first of the values whose
    /// searches look at it.
    fn table_of(&self, values: &[Vec<u8>]) -> Table {
        let mut entries = Vec::with_capacity(values.len());
        let mut last: &[u8] = &[];
        for (place, value) in (0..).zip(values) {
            let same = self.side.in_common(last, value);
            for length in looked_at(&self.lengths, value.len()) {
                // A search for the value before looks at most of what both begin with.
                let is_known =
                    length <= same && looked_at(&self.lengths, last.len()).any(|of| of == length);
                if !is_known {
                    entries.push((place, length));
                }
            }
            last = value;
        }
        let mut table = Table::with_room(entries.len());
        for (place, length) in entries {
            if let Some(beginning) = self.side.first(self.value(place as usize), length)
                && self.first_with(&table, beginning).is_none()
            {
                table.insert(self.hash(beginning), place);
            }
        }
        table
    }

    fn value(&self, place: usize) -> &[u8] {
        &self.bytes[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    /// The hash of a beginning of values.
    fn hash(&self, beginning: &[u8]) -> u64 {
        FixedState::default().hash_one(self.side.rest(beginning, self.common.len()))
    }

    /// The place that a table has for a beginning.
    fn first_with(&self, table: &Table, beginning: &[u8]) -> Option<usize> {
        let is_same = |place: u32| self.side.begins_with(self.value(place as usize), beginning);
        table.find(self.hash(beginning), is_same).map(|place| place as usize)
    }

    /// The longest value that a text begins with, if the text begins as all values do.
    fn longest(&self, text: &[u8]) -> Option<usize> {
        let mut found = None;
        let (mut low, mut high) = (0, self.lengths.len());
        while low < high {
            let middle = low.midpoint(high);
            let length = self.lengths[middle] as usize;
            let beginning = self.side.first(text, length);
            match beginning.and_then(|beginning| self.first_with(&self.table, beginning)) {
                Some(place) => {
                    found = Some((place, length));
                    low = middle + 1;
                }
                None => high = middle,
            }
        }
        // The first value that has what was found is that itself, if that is a value. Otherwise no
        // other value that it begins with is longer: such a one comes before it, and a search for a
        // shorter value looks at all beginnings of it at which a search for the longer one does.
        let (place, length) = found?;
        if self.value(place).len() == length {
            return Some(place);
        }
        let shorter = self.shorter[place] as usize;
        (shorter != place).then_some(shorter)
    }

    /// Calls `hit` for the tests of every value that a text begins with.
    pub(super) fn visit(&self, text: &[u8], hit: &mut impl FnMut(u32)) {
        let next = self.side.byte(text, self.common.len());
        if !self.next.has(next) || !self.side.begins_with(text, &self.common) {
            return;
        }
        let Some(mut place) = self.longest(text) else { return };
        loop {
            self.tests.get(place).iter().copied().for_each(&mut *hit);
            let shorter = self.shorter[place] as usize;
            if shorter == place {
                return;
            }
            place = shorter;
        }
    }
}

/// The lengths at which a binary search looks on the way to a length and to all greater ones, and
/// the length itself.
fn looked_at(lengths: &[u32], wanted: usize) -> impl Iterator<Item = usize> {
    let (mut low, mut high) = (0, lengths.len());
    std::iter::from_fn(move || {
        while low < high {
            let middle = low.midpoint(high);
            let length = lengths[middle] as usize;
            if length > wanted {
                high = middle;
                continue;
            }
            low = middle + 1;
            return Some(length);
        }
        None
    })
}

/// A set of bytes, and whether there may be none.
#[derive(Debug, Clone, Default)]
struct Bytes {
    words: [u64; 4],
    is_optional: bool,
}

impl Bytes {
    fn of(bytes: impl Iterator<Item = Option<u8>>) -> Self {
        let mut all = Self::default();
        for byte in bytes {
            match byte {
                Some(byte) => all.words[usize::from(byte >> 6)] |= 1 << (byte & 63),
                None => all.is_optional = true,
            }
        }
        all
    }

    fn has(&self, byte: Option<u8>) -> bool {
        let is_in = |byte: u8| self.words[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1;
        self.is_optional || byte.is_some_and(is_in)
    }
}

/// Places of values by hash, with open addressing.
#[derive(Debug, Clone, Default)]
struct Table {
    /// The upper half of a hash, and a place.
    slots: Box<[(u32, u32)]>,
}

/// A slot with nothing in it.
const FREE: u32 = u32::MAX;

impl Table {
    /// At most half of the slots are taken.
    fn with_room(entries: usize) -> Self {
        let slots = (2 * entries).next_power_of_two();
        Self { slots: vec![(0, FREE); slots].into() }
    }

    /// The slots at which a hash may be, one after another.
    #[expect(clippy::cast_possible_truncation, reason = "the lower bits of a hash")]
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len() - 1;
        let first = hash as usize;
        (0..=mask).map(move |step| first.wrapping_add(step) & mask)
    }

    fn insert(&mut self, hash: u64, place: u32) {
        if let Some(slot) = self.probe(hash).find(|slot| self.slots[*slot].1 == FREE) {
            self.slots[slot] = (upper(hash), place);
        }
    }

    fn find(&self, hash: u64, is_same: impl Fn(u32) -> bool) -> Option<u32> {
        for slot in self.probe(hash) {
            let (known, place) = self.slots[slot];
            if place == FREE {
                return None;
            }
            if known == upper(hash) && is_same(place) {
                return Some(place);
            }
        }
        None
    }
}

fn upper(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{Anchored, Side};

    fn found(anchored: Option<&Anchored>, text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        if let Some(anchored) = anchored {
            anchored.visit(text.as_bytes(), &mut |test| found.push(test));
        }
        found.sort_unstable();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_found_is_what_a_plain_loop_finds(
            values in vec("[ab]{1,9}|/é?[a-c]{0,3}|(ab){1,20}", 0..40),
            texts in vec("[ab]{0,12}|/é?[a-c]{0,5}|(ab){0,24}", 1..20),
        ) {
            let numbered = || (0..).zip(&values).map(|(test, value)| (value.as_str(), test));
            let build = |side| {
                Anchored::build(side, numbered().map(|(value, test)| (value.into(), test)).collect())
            };
            let (starts, ends) = (build(Side::Start), build(Side::End));
            for text in &texts {
                let plain = |holds: fn(&str, &str) -> bool| -> Vec<u32> {
                    let holding = numbered().filter(|(value, _)| holds(text, value));
                    holding.map(|(_, test)| test).collect()
                };
                let begins = plain(|text, value| text.starts_with(value));
                prop_assert_eq!(found(starts.as_ref(), text), begins);
                let stops = plain(|text, value| text.ends_with(value));
                prop_assert_eq!(found(ends.as_ref(), text), stops);
            }
        }
    }

    #[test]
    fn many_values_of_many_lengths() {
        let value = |number: u32| format!("/{}/{number}", "x".repeat(number as usize % 97));
        let pairs = (0..1_000).map(|number| (value(number).into(), number)).collect();
        let starts = Anchored::build(Side::Start, pairs);
        for number in 0..1_000 {
            let mut expected: Vec<u32> =
                (0..1_000).filter(|other| value(number).starts_with(&value(*other))).collect();
            expected.sort_unstable();
            assert_eq!(found(starts.as_ref(), &value(number)), expected);
        }
    }
}
