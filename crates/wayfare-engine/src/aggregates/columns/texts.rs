//! The values of a dimension over all blocks.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use uuid::Uuid;
use wayfare_model::cells::Texts;

use super::dictionary::Entry;
use crate::aggregates::distinct::uuid_of;

/// The different values that were seen, numbered as they came.
#[derive(Debug, Clone, Default)]
pub(super) struct SeenTexts {
    uuids: HashMap<[u8; 16], u32, FixedState>,
    texts: HashMap<Box<str>, u32, FixedState>,
}

impl SeenTexts {
    /// The number of a value, whether it lies as text or as a UUID.
    pub(super) fn number(&mut self, entry: Entry<'_>) -> u32 {
        let next = (self.uuids.len() + self.texts.len()) as u32;
        match entry {
            Entry::Uuid(uuid) => *self.uuids.entry(uuid).or_insert(next),
            Entry::Text(text) => match uuid_of(text) {
                Some(uuid) => *self.uuids.entry(uuid).or_insert(next),
                None => {
                    let text = String::from_utf8_lossy(text);
                    if let Some(number) = self.texts.get(text.as_ref()) {
                        return *number;
                    }
                    self.texts.insert(text.into(), next);
                    next
                }
            },
        }
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.uuids.len() + self.texts.len()
    }

    /// Bytes that they take, about.
    pub(super) fn bytes(&self) -> usize {
        let text = |text: &str| text.len() + size_of::<(Box<str>, u32)>();
        self.uuids.capacity() * size_of::<([u8; 16], u32)>()
            + self.texts.keys().map(|key| text(key)).sum::<usize>()
    }

    /// For each value of another collection its number here.
    pub(super) fn merge(&mut self, other: Self) -> Vec<u32> {
        let mut numbers = vec![0; other.uuids.len() + other.texts.len()];
        for (uuid, number) in other.uuids {
            if let Some(place) = numbers.get_mut(number as usize) {
                *place = self.number(Entry::Uuid(uuid));
            }
        }
        for (text, number) in other.texts {
            if let Some(place) = numbers.get_mut(number as usize) {
                *place = self.number(Entry::Text(text.as_bytes()));
            }
        }
        numbers
    }

    /// The values in ascending order, and for each number its place in that order.
    pub(super) fn into_sorted(self) -> (Texts, Vec<u32>) {
        let uuids = (self.uuids.into_iter())
            .map(|(uuid, number)| (Uuid::from_bytes(uuid).to_string().into_boxed_str(), number));
        let mut all: Vec<(Box<str>, u32)> = uuids.chain(self.texts).collect();
        all.sort_unstable();
        let mut places = vec![0; all.len()];
        for (place, (_, number)) in (0..).zip(&all) {
            if let Some(slot) = places.get_mut(*number as usize) {
                *slot = place;
            }
        }
        (all.into_iter().map(|(text, _)| text).collect(), places)
    }
}
