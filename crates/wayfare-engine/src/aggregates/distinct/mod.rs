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

use wayfare_model::limits::AGGREGATE_DISTINCT_EXACT_MAX;

pub(super) use self::hash::{hash_text, hash_uuid, uuid_of};
use self::sketch::Sketch;
use super::stop::Stop;

/// Hashes of a set between two looks for repetitions, at least.
const COMPACT_AT_MIN: usize = 64;

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
}

#[derive(Debug)]
enum Set {
    Exact {
        hashes: Vec<u64>,
        /// The run that added them all, and none twice; else [`MIXED`].
        run: u32,
        /// How many hashes there are when it is looked for repetitions again.
        compact_at: usize,
    },
    Sketch(Sketch),
}

impl Sets {
    pub(super) const fn new(values_max: usize) -> Self {
        Self { sets: Vec::new(), level: 0, values_max, weight: 0 }
    }

    /// Makes a new set and tells its index.
    pub(super) fn create(&mut self) -> u32 {
        self.sets.push(Set::Exact { hashes: Vec::new(), run: MIXED, compact_at: COMPACT_AT_MIN });
        (self.sets.len() - 1) as u32
    }

    /// How many sets there are.
    pub(super) const fn len(&self) -> usize {
        self.sets.len()
    }

    /// Bytes that they take, about.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |set: &Set| match set {
            Set::Exact { hashes, .. } => hashes.capacity() * size_of::<u64>(),
            Set::Sketch(sketch) => sketch.bytes(),
        };
        self.sets.capacity() * size_of::<Set>() + self.sets.iter().map(bytes).sum::<usize>()
    }

    /// Adds a hash to a set. In one run, other than [`MIXED`], a hash comes once per set.
    pub(super) fn insert(&mut self, set: u32, run: u32, hash: u64) -> Result<(), Stop> {
        match self.sets.get_mut(set as usize) {
            Some(Set::Exact { hashes, run: only_run, compact_at }) => {
                if hashes.is_empty() {
                    *only_run = run;
                } else if *only_run != run {
                    *only_run = MIXED;
                }
                hashes.push(hash);
                self.weight += 1;
                if hashes.len() >= *compact_at {
                    return self.compact(set);
                }
                Ok(())
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
            Some(Set::Exact { hashes, run: only_run, compact_at }) if !more.is_empty() => {
                if hashes.is_empty() {
                    *only_run = run;
                } else if *only_run != run {
                    *only_run = MIXED;
                }
                hashes.extend_from_slice(more);
                self.weight += more.len();
                if hashes.len() >= *compact_at { self.compact(set) } else { Ok(()) }
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
            let target = into(index) as usize;
            let exact_max = self.exact_max();
            let Some(mine) = self.sets.get_mut(target) else { continue };
            let before = mine.weight(exact_max);
            mine.merge(set);
            self.weight = (self.weight + mine.weight(exact_max)).saturating_sub(before);
            self.compact(target as u32)?;
        }
        Ok(())
    }

    /// Looks for repetitions in all sets and brings the weight below the limit, if need be by a
    /// lower bound of exactness.
    ///
    /// # Errors
    /// [`Stop::TooManyDistinctValues`] when the lowest bound is not low enough.
    pub(super) fn settle(&mut self) -> Result<(), Stop> {
        loop {
            let exact_max = self.exact_max();
            self.weight = 0;
            for set in &mut self.sets {
                set.compact(exact_max);
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
            Some(Set::Exact { hashes, .. }) => hashes.len() as u64,
            Some(Set::Sketch(sketch)) => sketch.count(),
            None => 0,
        }
    }

    fn exact_max(&self) -> usize {
        AGGREGATE_DISTINCT_EXACT_MAX.get(self.level).copied().unwrap_or_default()
    }

    /// Looks for repetitions in a set, and in all when they have become heavy.
    fn compact(&mut self, set: u32) -> Result<(), Stop> {
        let exact_max = self.exact_max();
        let Some(set) = self.sets.get_mut(set as usize) else { return Ok(()) };
        let before = set.weight(exact_max);
        set.compact(exact_max);
        self.weight = (self.weight + set.weight(exact_max)).saturating_sub(before);
        // Twice, so that the sets can grow a good deal before it is looked for repetitions again.
        if self.weight > self.values_max.saturating_mul(2) { self.settle() } else { Ok(()) }
    }
}

impl Set {
    /// The values that a set stands for when it is measured what an answer holds: it never falls
    /// when values are added.
    const fn weight(&self, exact_max: usize) -> usize {
        match self {
            Self::Exact { hashes, .. } => hashes.len(),
            Self::Sketch(_) => exact_max + 1,
        }
    }

    /// Removes repetitions, and becomes a sketch when there are too many hashes.
    fn compact(&mut self, exact_max: usize) {
        if let Self::Exact { hashes, run, compact_at } = self {
            if *run == MIXED {
                hashes.sort_unstable();
                hashes.dedup();
            }
            *compact_at = hashes.len().saturating_mul(2).max(COMPACT_AT_MIN);
            if hashes.len() > exact_max {
                *self = Self::Sketch(Sketch::of(hashes));
            }
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Sketch(sketch), Self::Sketch(other)) => sketch.merge(&other),
            (Self::Sketch(sketch), Self::Exact { hashes, .. }) => {
                for hash in hashes {
                    sketch.insert(hash);
                }
            }
            (Self::Exact { hashes, run, .. }, Self::Exact { hashes: others, .. })
                if !hashes.is_empty() =>
            {
                *run = MIXED;
                hashes.extend(others);
            }
            (set, Self::Exact { hashes, run, compact_at }) => {
                let run = if run == MIXED { MIXED } else { ELSEWHERE };
                *set = Self::Exact { hashes, run, compact_at };
            }
            (set @ Self::Exact { .. }, other @ Self::Sketch(_)) => {
                let few = std::mem::replace(set, other);
                set.merge(few);
            }
        }
    }
}
