//! Counting different values: exactly while they are few, by a HyperLogLog sketch when they are
//! many (U41; the contract calls these metrics approximate).
//!
//! Which of the two a set is follows from the values in it alone, so filling and merging give the
//! same set in any order. Values are kept as their SipHash-2-4 with a zero key, which ClickHouse
//! computes too (`sipHash64`). Two different values among ten thousand have the same hash with a
//! chance of less than one in a hundred billion.

use std::collections::BTreeSet;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;
use wayfare_model::limits::AGGREGATE_DISTINCT_EXACT_MAX;
use wayfare_model::query::Distinct;

/// Bits of a hash that choose the register: 16,384 registers, a standard error of 0.8 %.
const INDEX_BITS: u32 = 14;
const REGISTERS: usize = 1 << INDEX_BITS;
/// Bits of a hash that are left for the register's value, the highest of which is one more.
const RANK_BITS: u32 = u64::BITS - INDEX_BITS;

/// An empty set.
#[must_use]
pub const fn empty() -> Distinct {
    Distinct::Exact(BTreeSet::new())
}

/// Adds a value.
pub fn insert(set: &mut Distinct, value: &str) {
    let mut hasher = SipHasher24::new();
    hasher.write(value.as_bytes());
    insert_hash(set, hasher.finish());
}

/// Adds the values of another set.
pub fn merge(set: &mut Distinct, other: Distinct) {
    match (set, other) {
        (Distinct::Sketch(registers), Distinct::Sketch(others)) => {
            for (register, other) in registers.iter_mut().zip(others) {
                *register = other.max(*register);
            }
        }
        (set @ Distinct::Exact(_), other @ Distinct::Sketch(_)) => {
            let few = std::mem::replace(set, other);
            merge(set, few);
        }
        (set, Distinct::Exact(hashes)) => {
            for hash in hashes {
                insert_hash(set, hash);
            }
        }
    }
}

/// How many different values: exact up to [`AGGREGATE_DISTINCT_EXACT_MAX`], within some 0.8 % above.
#[must_use]
pub fn count(set: &Distinct) -> u64 {
    match set {
        Distinct::Exact(hashes) => hashes.len() as u64,
        Distinct::Sketch(registers) => estimate(registers).round() as u64,
    }
}

/// The ids that a set stands for when room is measured: it never falls when values are added.
pub(super) fn weight(set: &Distinct) -> usize {
    match set {
        Distinct::Exact(hashes) => hashes.len(),
        Distinct::Sketch(_) => AGGREGATE_DISTINCT_EXACT_MAX + 1,
    }
}

fn insert_hash(set: &mut Distinct, hash: u64) {
    match set {
        Distinct::Sketch(registers) => raise(registers, hash),
        Distinct::Exact(hashes) => {
            hashes.insert(hash);
            if hashes.len() > AGGREGATE_DISTINCT_EXACT_MAX {
                let mut registers = vec![0; REGISTERS];
                for hash in hashes.iter() {
                    raise(&mut registers, *hash);
                }
                *set = Distinct::Sketch(registers);
            }
        }
    }
}

fn raise(registers: &mut [u8], hash: u64) {
    let index = (hash >> RANK_BITS) as usize;
    let rank = ((hash << INDEX_BITS).leading_zeros().min(RANK_BITS) + 1) as u8;
    if let Some(register) = registers.get_mut(index) {
        *register = rank.max(*register);
    }
}

/// Ertl's improved raw estimator ("New cardinality estimation algorithms for HyperLogLog
/// sketches", 2017, algorithm 6): unbiased over the whole range, without tables.
fn estimate(registers: &[u8]) -> f64 {
    let size = registers.len() as f64;
    let mut counts = [0.0_f64; RANK_BITS as usize + 2];
    for register in registers {
        if let Some(count) = counts.get_mut(usize::from(*register)) {
            *count += 1.0;
        }
    }
    let [zeros, middle @ .., full] = counts;
    let mut sum = size * tau(1.0 - full / size);
    for count in middle.iter().rev() {
        sum = 0.5 * (sum + count);
    }
    sum += size * sigma(zeros / size);
    size * size / (2.0 * std::f64::consts::LN_2 * sum)
}

fn sigma(zero_share: f64) -> f64 {
    let mut power = zero_share;
    let (mut factor, mut sum) = (1.0, zero_share);
    loop {
        power *= power;
        let before = sum;
        sum += power * factor;
        factor += factor;
        // Infinite when all registers are zero, equal when the terms have become too small.
        if sum == before || !sum.is_finite() {
            return sum;
        }
    }
}

fn tau(free_share: f64) -> f64 {
    if free_share <= 0.0 || free_share >= 1.0 {
        return 0.0;
    }
    let mut root = free_share;
    let (mut factor, mut sum) = (1.0, 1.0 - free_share);
    loop {
        root = root.sqrt();
        let before = sum;
        factor *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * factor;
        if sum == before {
            return sum / 3.0;
        }
    }
}
