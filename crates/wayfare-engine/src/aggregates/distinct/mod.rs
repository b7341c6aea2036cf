//! Counting different values: exactly while they are few, by a HyperLogLog sketch when they are
//! many (U41; the contract calls these metrics approximate).
//!
//! A cell is exact up to the first bound of [`AGGREGATE_DISTINCT_EXACT_MAX`]. When all cells together
//! would hold more values than the plan allows, the next lower bound holds for all of them. So which
//! cells are exact follows from the values alone, and neither from their order nor from how they are
//! divided: what was seen of them can only become more.
//!
//! Values are told apart by 64-bit hashes. Two different values among a hundred thousand have the
//! same hash with a chance of less than one in a billion.

mod hash;
mod sketch;
mod sorter;

use wayfare_model::limits::AGGREGATE_DISTINCT_EXACT_MAX;

pub(super) use self::hash::{hash_text, hash_uuid, uuid_of};
use self::sketch::Sketch;
use self::sorter::Sorter;
use super::stop::Stop;

/// Hashes of a set between two looks for repetitions, at least.
const COMPACT_AT_MIN: usize = 64;
/// By how much a set has grown when it is looked for repetitions again.
const GROWTH: usize = 4;

/// Hashes that were added to a set by different runs may repeat, and so may those of this one.
pub(super) const MIXED: u32 = 0;

/// The first run that a fold may name.
pub(super) const FIRST_RUN: u32 = 1;

/// The run of sets that came from another answer: its numbers say nothing here.
const ELSEWHERE: u32 = u32::MAX;

/// The sets of different values of all cells of an answer.
#[derive(Debug)]
pub(super) struct Sets {
    sets: Vec<Set>,
    /// Which bound of exactness holds.
    level: usize,
    /// What the sets may weigh together.
    values_max: usize,
    /// What they weigh, repetitions included.
    weight: usize,
    sorter: Sorter,
}

#[derive(Debug)]
enum Set {
    Exact(Exact),
    Sketch(Sketch),
}

/// The hashes of a set's values.
#[derive(Debug)]
struct Exact {
    hashes: Vec<u64>,
    /// The run that added them all, and none twice; else [`MIXED`].
    run: u32,
    /// When mixed, how many of them are known to differ.
    known: usize,
    /// How many hashes there are when it is looked for repetitions again.
    compact_at: usize,
}

impl Sets {
    pub(super) fn new(values_max: usize) -> Self {
        Self { sets: Vec::new(), level: 0, values_max, weight: 0, sorter: Sorter::default() }
    }

    /// Makes a new set and tells its index.
    pub(super) fn create(&mut self) -> u32 {
        self.sets.push(Set::Exact(Exact {
            hashes: Vec::new(),
            run: MIXED,
            known: 0,
            compact_at: COMPACT_AT_MIN,
        }));
        (self.sets.len() - 1) as u32
    }

    /// How many sets there are.
    pub(super) const fn len(&self) -> usize {
        self.sets.len()
    }

    /// Bytes that they take, about.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |set: &Set| match set {
            Set::Exact(exact) => exact.hashes.capacity() * size_of::<u64>(),
            Set::Sketch(sketch) => sketch.bytes(),
        };
        let sets = self.sets.iter().map(bytes).sum::<usize>();
        self.sets.capacity() * size_of::<Set>() + sets + self.sorter.bytes()
    }

    /// Says that so many hashes of one run are going to be added to a set: there is room for them then,
    /// or, when they are too many to be counted exactly, a sketch.
    pub(super) fn announce(&mut self, set: u32, count: usize) -> Result<(), Stop> {
        let exact_max = self.exact_max();
        let Some(set) = self.sets.get_mut(set as usize) else { return Ok(()) };
        let Set::Exact(exact) = set else { return Ok(()) };
        if count <= exact_max {
            exact.hashes.reserve(count);
            return Ok(());
        }
        let before = exact.hashes.len();
        *set = Set::Sketch(Sketch::of(&exact.hashes));
        self.weight = (self.weight + exact_max + 1).saturating_sub(before);
        self.ease()
    }

    /// Adds a hash to a set. In one run, other than [`MIXED`], a hash comes once per set.
    pub(super) fn insert(&mut self, set: u32, run: u32, hash: u64) -> Result<(), Stop> {
        match self.sets.get_mut(set as usize) {
            Some(Set::Exact(exact)) => {
                exact.enter(run);
                exact.hashes.push(hash);
                self.weight += 1;
                if exact.is_due() { self.compact(set) } else { Ok(()) }
            }
            Some(Set::Sketch(sketch)) => {
                sketch.insert(hash);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// As [`insert`](Self::insert), of some hashes that differ from each other.
    pub(super) fn extend(&mut self, set: u32, run: u32, more: &[u64]) -> Result<(), Stop> {
        match self.sets.get_mut(set as usize) {
            Some(Set::Exact(exact)) if !more.is_empty() => {
                exact.enter(run);
                exact.hashes.extend_from_slice(more);
                self.weight += more.len();
                if exact.is_due() { self.compact(set) } else { Ok(()) }
            }
            Some(Set::Sketch(sketch)) => {
                more.iter().for_each(|hash| sketch.insert(*hash));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Adds the sets of another answer: its set `n` to the set `into(n)` of this one.
    pub(super) fn merge(&mut self, other: Self, into: impl Fn(u32) -> u32) -> Result<(), Stop> {
        self.level = self.level.max(other.level);
        for (index, set) in (0..).zip(other.sets) {
            let target = into(index);
            let exact_max = self.exact_max();
            let Some(mine) = self.sets.get_mut(target as usize) else { continue };
            let before = mine.weight(exact_max);
            mine.merge(set);
            self.weight = (self.weight + mine.weight(exact_max)).saturating_sub(before);
            // What repeats is only looked for when it must be: which bound holds is not known yet.
            self.ease()?;
        }
        Ok(())
    }

    /// Looks for repetitions in all sets and brings the weight below the limit, if need be by a
    /// lower bound of exactness.
    ///
    /// # Errors
    /// [`Stop::TooManyDistinctValues`] when the lowest bound is not low enough.
    pub(super) fn settle(&mut self) -> Result<(), Stop> {
        while self.known() > self.values_max && self.level + 1 < AGGREGATE_DISTINCT_EXACT_MAX.len()
        {
            self.level += 1;
        }
        loop {
            let exact_max = self.exact_max();
            self.weight = 0;
            for set in &mut self.sets {
                set.compact(exact_max, &mut self.sorter);
                self.weight += set.weight(exact_max);
            }
            if self.weight <= self.values_max {
                return Ok(());
            }
            if self.level + 1 == AGGREGATE_DISTINCT_EXACT_MAX.len() {
                return Err(Stop::TooManyDistinctValues { limit: self.values_max });
            }
            self.level += 1;
        }
    }

    /// How many different values a set has. All sets must be settled.
    pub(super) fn count(&self, set: u32) -> u64 {
        match self.sets.get(set as usize) {
            Some(Set::Exact(exact)) => exact.hashes.len() as u64,
            Some(Set::Sketch(sketch)) => sketch.count(),
            None => 0,
        }
    }

    fn exact_max(&self) -> usize {
        AGGREGATE_DISTINCT_EXACT_MAX.get(self.level).copied().unwrap_or_default()
    }

    /// Looks for repetitions in a set if it has grown a good deal, and in all if need be.
    fn compact(&mut self, set: u32) -> Result<(), Stop> {
        let exact_max = self.exact_max();
        let Some(set) = self.sets.get_mut(set as usize) else { return Ok(()) };
        if matches!(set, Set::Exact(exact) if exact.is_due()) {
            let before = set.weight(exact_max);
            set.compact(exact_max, &mut self.sorter);
            self.weight = (self.weight + set.weight(exact_max)).saturating_sub(before);
        }
        self.ease()
    }

    /// Looks for repetitions in all sets when they have become heavy.
    fn ease(&mut self) -> Result<(), Stop> {
        // Twice, so that the sets can grow a good deal before it is looked for repetitions again.
        if self.weight > self.values_max.saturating_mul(2) { self.settle() } else { Ok(()) }
    }

    /// What the sets weigh for certain, whatever repeats.
    fn known(&self) -> usize {
        let exact_max = self.exact_max();
        let known = |set: &Set| match set {
            Set::Exact(exact) => exact.different().min(exact_max + 1),
            Set::Sketch(_) => exact_max + 1,
        };
        self.sets.iter().map(known).sum()
    }
}

impl Set {
    /// The values that a set stands for when it is measured what an answer holds: it never falls
    /// when values are added.
    const fn weight(&self, exact_max: usize) -> usize {
        match self {
            Self::Exact(exact) => exact.hashes.len(),
            Self::Sketch(_) => exact_max + 1,
        }
    }

    /// Removes repetitions, and becomes a sketch when there are too many hashes.
    fn compact(&mut self, exact_max: usize, sorter: &mut Sorter) {
        let Self::Exact(exact) = self else { return };
        // For a sketch nothing needs to be removed.
        if exact.different() <= exact_max {
            exact.tell_apart(sorter, exact_max);
        }
        if exact.hashes.len() > exact_max {
            *self = Self::Sketch(Sketch::of(&exact.hashes));
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Sketch(sketch), Self::Sketch(other)) => sketch.merge(&other),
            (Self::Sketch(sketch), Self::Exact(other)) => {
                other.hashes.iter().for_each(|hash| sketch.insert(*hash));
            }
            (Self::Exact(exact), Self::Exact(other)) => exact.merge(other),
            (set @ Self::Exact(_), other @ Self::Sketch(_)) => {
                let few = std::mem::replace(set, other);
                set.merge(few);
            }
        }
    }
}

impl Exact {
    /// Hashes of a run are about to be added.
    #[inline]
    fn enter(&mut self, run: u32) {
        if self.hashes.is_empty() {
            self.run = run;
        } else if self.run != run {
            self.known = self.different();
            self.run = MIXED;
        }
    }

    /// How many of the hashes differ for certain.
    const fn different(&self) -> usize {
        if self.run == MIXED { self.known } else { self.hashes.len() }
    }

    /// Whether it has grown so far that it should be looked for repetitions.
    #[inline]
    const fn is_due(&self) -> bool {
        self.hashes.len() >= self.compact_at
    }

    fn tell_apart(&mut self, sorter: &mut Sorter, exact_max: usize) {
        if self.different() < self.hashes.len() {
            sorter.sort(&mut self.hashes);
            self.known = self.hashes.len();
        }
        self.compact_at = self.hashes.len().saturating_mul(GROWTH).max(COMPACT_AT_MIN);
        if self.run != MIXED {
            // It costs nothing to look, and as a sketch it takes less.
            self.compact_at = self.compact_at.min(exact_max + 1);
        }
    }

    fn merge(&mut self, mut other: Self) {
        if self.hashes.len() < other.hashes.len() {
            std::mem::swap(self, &mut other);
        }
        if other.hashes.is_empty() {
            self.run = if self.run == MIXED { MIXED } else { ELSEWHERE };
            return;
        }
        self.known = self.different().max(other.different());
        self.run = MIXED;
        self.hashes.append(&mut other.hashes);
    }
}
