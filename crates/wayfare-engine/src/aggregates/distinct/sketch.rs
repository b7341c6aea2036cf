//! HyperLogLog: counting different values without keeping them.

/// Bits of a hash that choose the register: 16,384 registers, a standard error of 0.8 %.
const INDEX_BITS: u32 = 14;
const REGISTERS: usize = 1 << INDEX_BITS;
/// Bits of a hash that are left for the register's value, the highest of which is one more.
const RANK_BITS: u32 = u64::BITS - INDEX_BITS;

/// The registers of a sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch(Box<[u8]>);

impl Sketch {
    /// The sketch of some hashes.
    pub(super) fn of(hashes: &[u64]) -> Self {
        let mut sketch = Self(vec![0; REGISTERS].into_boxed_slice());
        for hash in hashes {
            sketch.insert(*hash);
        }
        sketch
    }

    /// Bytes that it takes.
    pub(super) const fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Adds a hash.
    pub(super) fn insert(&mut self, hash: u64) {
        let index = (hash >> RANK_BITS) as usize;
        // A bit behind those that count ends them all.
        let rank = ((hash << INDEX_BITS | 1 << (INDEX_BITS - 1)).leading_zeros() + 1) as u8;
        if let Some(register) = self.0.get_mut(index) {
            *register = rank.max(*register);
        }
    }

    /// Adds what another sketch has seen.
    pub(super) fn merge(&mut self, other: &Self) {
        for (register, other) in self.0.iter_mut().zip(&other.0) {
            *register = (*other).max(*register);
        }
    }

    /// How many different hashes were added, within some 0.8 %.
    pub(super) fn count(&self) -> u64 {
        estimate(&self.0).round() as u64
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
