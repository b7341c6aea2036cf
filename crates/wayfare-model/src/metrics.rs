//! What the server counts about itself: counters and histograms that any thread may raise, places in
//! queues, and the samples that are read of them.
//!
//! Deliberately absent: how samples are written down (that is the room that answers), and clocks:
//! whoever measures brings the time. Nothing here may hold what visitors sent.

mod sample;
mod waiting;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use sample::{Family, Kind, Labels, Series, Value};
pub use waiting::{Place, Waiting};

/// Upper bounds of times, in seconds: from what a page in memory takes to what a client waits for.
pub const SECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0,
];
/// Upper bounds of numbers of things done together.
pub const SIZES: &[f64] =
    &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0, 4_096.0, 16_384.0];

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// How many there were.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many measured values lie below each of some bounds.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// By bound, and of the values above all of them.
    counts: Box<[AtomicU64]>,
    /// The bits of an `f64`.
    sum: AtomicU64,
}

impl Histogram {
    /// A histogram of times: [`SECONDS`].
    #[must_use]
    pub fn of_seconds() -> Self {
        Self::with_bounds(SECONDS)
    }

    /// A histogram of numbers of things: [`SIZES`].
    #[must_use]
    pub fn of_sizes() -> Self {
        Self::with_bounds(SIZES)
    }

    fn with_bounds(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0.0_f64.to_bits()) }
    }

    /// Notes a time.
    pub fn time(&self, took: Duration) {
        self.observe(took.as_secs_f64());
    }

    /// Notes a number of things.
    #[expect(clippy::cast_precision_loss, reason = "batches stay far below 2^52")]
    pub fn size(&self, number: usize) {
        self.observe(number as f64);
    }

    fn observe(&self, value: f64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let add = |sum: u64| Some((f64::from_bits(sum) + value).to_bits());
        // The closure never refuses.
        let _ = self.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// What was noted so far. Values that are noted meanwhile may be in it or not.
    #[must_use]
    pub fn value(&self) -> Value {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        Value::Histogram {
            sum: f64::from_bits(self.sum.load(Ordering::Relaxed)),
            buckets: bounds.zip(counts).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_below_the_first_bound_that_it_does_not_exceed() {
        let histogram = Histogram::of_sizes();
        for number in [1, 2, 3, 20_000] {
            histogram.size(number);
        }
        let Value::Histogram { sum, buckets } = histogram.value() else { panic!() };
        assert_eq!(sum.to_bits(), 20_006.0_f64.to_bits());
        let filled: Vec<_> = buckets.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [&(1.0, 1), &(2.0, 1), &(4.0, 1), &(f64::INFINITY, 1)]);
        assert_eq!(buckets.len(), SIZES.len() + 1);
    }

    #[test]
    fn bounds_ascend() {
        assert!(SECONDS.is_sorted_by(|one, next| one < next));
        assert!(SIZES.is_sorted_by(|one, next| one < next));
    }
}
