//! Counts of different values.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use wayfare_model::limits::AGGREGATE_DISTINCT_EXACT_MAX;

use crate::aggregates::Stop;
use crate::aggregates::distinct::{FIRST_RUN, MIXED, Sets, hash_text, hash_uuid};

const EXACT_MAX: usize = AGGREGATE_DISTINCT_EXACT_MAX[0];
const LOWEST: usize = AGGREGATE_DISTINCT_EXACT_MAX[2];

/// One set of the hashes of some ids.
fn set(ids: impl IntoIterator<Item = usize>) -> Sets {
    let mut sets = Sets::new(10 * EXACT_MAX);
    let set = sets.create();
    for id in ids {
        sets.insert(set, MIXED, hash_text(format!("id-{id}").as_bytes())).expect("few");
    }
    sets
}

fn count(mut sets: Sets) -> u64 {
    sets.settle().expect("few");
    sets.count(0)
}

#[test]
fn is_exact_while_there_are_few() {
    for size in [0, 1, 2, 1_000, EXACT_MAX] {
        assert_eq!(count(set((0..size).chain(0..size))), size as u64);
    }
}

#[test]
fn is_close_when_there_are_many() {
    for size in [EXACT_MAX + 1, 150_000, 200_000, 1_000_000] {
        let error = count(set(0..size)) as f64 / size as f64 - 1.0;
        // Three standard errors of 0.8 %.
        assert!(error.abs() < 0.025, "{size}: {error}");
    }
}

#[test]
fn depends_on_the_values_alone_and_not_on_how_they_are_divided() {
    let sizes = [0, 10, 60_000, 90_000, 150_000];
    let merge = |mut one: Sets, other: Sets| {
        one.merge(other, |index| index).expect("few");
        count(one)
    };
    for one in sizes {
        for other in sizes {
            // The second part begins within the first, so some values are in both.
            let start = one / 2;
            let part = || set(start..start + other);
            let whole = count(set((0..one).chain(start..start + other)));
            assert_eq!(merge(set(0..one), part()), whole, "{one} and {other}");
            assert_eq!(merge(part(), set(0..one)), whole, "{other} and {one}");
        }
    }
}

#[test]
fn a_uuid_has_one_hash_as_text_and_as_bytes() {
    let text = "6f1c0f6e-0000-4000-8000-000000000001";
    let uuid = uuid::Uuid::parse_str(text).expect("a uuid");
    assert_eq!(hash_text(text.as_bytes()), hash_uuid(uuid.into_bytes()));
    // Not the canonical text, so another value.
    assert_ne!(hash_text(text.to_uppercase().as_bytes()), hash_uuid(uuid.into_bytes()));
    assert_ne!(hash_text(text.replace('-', "").as_bytes()), hash_uuid(uuid.into_bytes()));
}

/// Hashes that differ: spread evenly, alike in their leading bits, or from both ends.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Even,
    Alike,
    Ends,
}

impl Kind {
    fn hash(self, number: usize) -> u64 {
        let number = number as u64;
        match self {
            Self::Even => hash_uuid(u128::from(number).to_le_bytes()),
            Self::Alike => 0xabcd << 48 | number,
            Self::Ends => {
                if number.is_multiple_of(2) {
                    number
                } else {
                    u64::MAX - number
                }
            }
        }
    }
}

/// Some of the values of a set that come together.
#[derive(Debug, Clone)]
struct Part {
    set: usize,
    /// Where it begins and ends, as shares of the set's values.
    bounds: [f64; 2],
    /// Which answer they go to.
    answer: usize,
    is_run: bool,
}

fn part() -> impl Strategy<Value = Part> {
    (0..3_usize, 0.0..1.0, 0.0..1.0, 0..3_usize, any::<bool>()).prop_map(
        |(set, one, other, answer, is_run)| {
            let bounds = if one < other { [one, other] } else { [other, one] };
            Part { set, bounds, answer, is_run }
        },
    )
}

/// What sets of so many values each give when they are added part by part to several answers.
fn divided(sizes: &[(usize, Kind)], parts: &[Part], values_max: usize) -> Result<Vec<u64>, Stop> {
    let mut answers: Vec<Sets> = (0..3).map(|_| Sets::new(values_max)).collect();
    for sets in &mut answers {
        let created: Vec<u32> = sizes.iter().map(|_| sets.create()).collect();
        assert_eq!(created, [0, 1, 2]);
    }
    for (run, part) in (FIRST_RUN..).zip(parts) {
        let (size, kind) = sizes[part.set];
        let [start, end] = part.bounds.map(|share| (share * size as f64) as usize);
        let hashes: Vec<u64> = (start..end).map(|number| kind.hash(number)).collect();
        let sets = &mut answers[part.answer];
        if part.is_run {
            sets.announce(part.set as u32, hashes.len())?;
            hashes.chunks(700).try_for_each(|some| sets.extend(part.set as u32, run, some))?;
        } else {
            hashes.iter().try_for_each(|hash| sets.insert(part.set as u32, MIXED, *hash))?;
        }
    }
    let mut answers = answers.into_iter();
    let mut whole = answers.next().expect("three answers");
    answers.try_for_each(|sets| whole.merge(sets, |set| set))?;
    whole.settle()?;
    Ok((0..sizes.len() as u32).map(|set| whole.count(set)).collect())
}

/// The same by the rule: the first bound of exactness that leaves few enough values.
fn by_rule(sizes: &[(usize, Kind)], values_max: usize) -> Result<Vec<u64>, Stop> {
    let weighs = |bound: usize| sizes.iter().map(|(size, _)| (*size).min(bound + 1)).sum::<usize>();
    let bound = AGGREGATE_DISTINCT_EXACT_MAX.into_iter().find(|bound| weighs(*bound) <= values_max);
    let bound = bound.ok_or(Stop::TooManyDistinctValues { limit: values_max })?;
    let count = |(size, kind): &(usize, Kind)| {
        if *size <= bound { *size as u64 } else { sketched(*size, *kind) }
    };
    Ok(sizes.iter().map(count).collect())
}

/// How many values a sketch takes some for: beside others there is no room to count them exactly.
fn sketched(size: usize, kind: Kind) -> u64 {
    let mut sets = Sets::new(2 * (LOWEST + 1));
    let (set, others) = (sets.create(), sets.create());
    for (set, number) in
        (0..size).map(|number| (set, number)).chain((0..3 * LOWEST).map(|number| (others, number)))
    {
        sets.insert(set, MIXED, kind.hash(number)).expect("the lowest bound is low enough");
    }
    sets.settle().expect("the lowest bound is low enough");
    sets.count(set)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn counts_follow_from_the_values_and_the_rule(
        sizes in vec(
            (
                prop_oneof![0_usize..40, 1_990_usize..2_010, 2_500_usize..9_000, 9_995_usize..10_005, Just(30_000)],
                select(vec![Kind::Even, Kind::Alike, Kind::Ends]),
            ),
            3,
        ),
        cuts in vec((part(), 0.0..1.0), 3),
        more in vec(part(), 0..12),
        values_max in select(vec![1_000, 6_003, 8_000, 20_000, 40_000, 1_000_000]),
    ) {
        // Two parts for each set that have all its values between them, and then some of these again.
        let halves = cuts.into_iter().enumerate().flat_map(|(set, (part, cut))| {
            let first = Part { set, bounds: [0.0, cut], ..part };
            [Part { bounds: [cut, 1.0], answer: (part.answer + set) % 3, ..first.clone() }, first]
        });
        let parts: Vec<Part> = halves.chain(more).collect();
        prop_assert_eq!(divided(&sizes, &parts, values_max), by_rule(&sizes, values_max));
    }
}
