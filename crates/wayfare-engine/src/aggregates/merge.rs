//! Joining the answers over parts of the facts.

use std::collections::btree_map::Entry;

use wayfare_model::query::{Partial, Stats};

use super::cells::{Room, TooManyCells};
use super::distinct;

/// Joins two partials of the same plan over different facts: what a fold over all of them gives.
///
/// The order of the facts and of the merges does not matter, but for the last digits of sums of
/// values that have no exact binary form.
///
/// # Errors
/// [`TooManyCells`] when together they have more than `cells_max` cells.
pub fn merge(one: Partial, other: Partial, cells_max: usize) -> Result<Partial, TooManyCells> {
    let (mut whole, part) =
        if one.groups.len() >= other.groups.len() { (one, other) } else { (other, one) };
    for (group, buckets) in part.groups {
        let into = whole.groups.entry(group).or_default();
        for (bucket, measures) in buckets {
            let cell = into.entry(bucket).or_default();
            for (measure, stats) in measures {
                match cell.entry(measure) {
                    Entry::Vacant(vacant) => {
                        vacant.insert(stats);
                    }
                    Entry::Occupied(mut occupied) => merge_stats(occupied.get_mut(), stats),
                }
            }
        }
    }
    Room::check(&whole, cells_max)?;
    Ok(whole)
}

/// Joins what is known of the facts of one cell.
pub fn merge_stats(stats: &mut Stats, other: Stats) {
    stats.count += other.count;
    stats.sum += other.sum;
    stats.min = either(stats.min, other.min, f64::min);
    stats.max = either(stats.max, other.max, f64::max);
    if let Some(ids) = other.distinct {
        match &mut stats.distinct {
            Some(set) => distinct::merge(set, ids),
            none => *none = Some(ids),
        }
    }
}

fn either(one: Option<f64>, other: Option<f64>, both: fn(f64, f64) -> f64) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(both(one, other)),
        (one, other) => one.or(other),
    }
}
