//! Adding up values, as fast as it goes in the order of the rows.

use std::ops::Range;

use wayfare_model::cells::Summary;

use super::block::Values;
use super::column::Codes;

/// What is known of some values, as two pairs: both numbers of a pair take one instruction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    /// How many, exact up to 2^53, and their sum.
    total: [f64; 2],
    /// The smallest, and the largest with the other sign.
    bounds: [f64; 2],
}

impl Sums {
    /// No values.
    pub(super) const EMPTY: Self = Self { total: [0.0; 2], bounds: [f64::INFINITY; 2] };

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.total[0] == 0.0
    }

    /// Adds a value.
    #[inline]
    fn add(&mut self, value: f64) {
        self.total = [self.total[0] + 1.0, self.total[1] + value];
        let bound = |value: f64, known: f64| if value < known { value } else { known };
        self.bounds = [bound(value, self.bounds[0]), bound(-value, self.bounds[1])];
    }

    /// The same as an answer has it.
    #[inline]
    pub(super) fn summary(&self) -> Summary {
        Summary {
            count: self.total[0] as u64,
            sum: self.total[1],
            min: self.bounds[0],
            max: -self.bounds[1],
        }
    }
}

/// Adds the values of some rows of a chunk, each to the sums at its place.
#[inline]
pub(super) fn add_values(
    sums: &mut [Sums],
    values: &Values<'_>,
    chunk: &Range<usize>,
    rows: impl Iterator<Item = (usize, usize)>,
) {
    match *values {
        Values::Plain { values, .. } => {
            let values = values.get(chunk.clone()).unwrap_or_default();
            add_each(sums, rows, |row| values.get(row).copied());
        }
        Values::Coded { codes, dictionary, .. } => match codes {
            Codes::U8(codes) => add_coded(sums, codes.get(chunk.clone()), dictionary, rows),
            Codes::U16(codes) => add_coded(sums, codes.get(chunk.clone()), dictionary, rows),
            Codes::U32(codes) => add_coded(sums, codes.get(chunk.clone()), dictionary, rows),
        },
    }
}

fn add_coded<C: Copy + Into<u32>>(
    sums: &mut [Sums],
    codes: Option<&[C]>,
    dictionary: &[f64],
    rows: impl Iterator<Item = (usize, usize)>,
) {
    let codes = codes.unwrap_or_default();
    add_each(sums, rows, |row| {
        let code: u32 = (*codes.get(row)?).into();
        Some(dictionary.get(code as usize).copied().unwrap_or_default())
    });
}

#[inline]
fn add_each(
    sums: &mut [Sums],
    rows: impl Iterator<Item = (usize, usize)>,
    value: impl Fn(usize) -> Option<f64>,
) {
    for (place, row) in rows {
        if let (Some(sums), Some(value)) = (sums.get_mut(place), value(row)) {
            sums.add(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wayfare_model::cells::Summary;

    use super::Sums;

    fn bits(summary: Summary) -> (u64, [u64; 3]) {
        let Summary { count, sum, min, max } = summary;
        // What kind of not-a-number it is does not matter.
        let bits = |value: f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
        (count, [sum, min, max].map(bits))
    }

    proptest! {
        #[test]
        fn values_add_up_as_in_a_summary(
            values in prop::collection::vec(prop_oneof![
                any::<u64>().prop_map(f64::from_bits),
                (-500..500_i32).prop_map(|hundredths| f64::from(hundredths) / 100.0),
                prop::sample::select(vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY]),
            ], 0..40)
        ) {
            let (mut sums, mut summary) = (Sums::EMPTY, Summary::EMPTY);
            prop_assert_eq!(bits(sums.summary()), bits(summary));
            for value in &values {
                sums.add(*value);
                summary.add(*value);
            }
            prop_assert_eq!(bits(sums.summary()), bits(summary));
            prop_assert_eq!(sums.is_empty(), values.is_empty());
        }
    }
}
