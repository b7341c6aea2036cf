//! What one would write by hand for each query, knowing it: scans over plain arrays, a bucket being a
//! range of rows. They give the figures that the query's answer has, but know nothing of names, of
//! other queries or of other forms of columns.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::FixedState;

use super::facts::{DAY_MS, DAYS, Facts, HOUR_MS, START_MS};

/// The number of cells, and a sum over their figures, to compare.
pub(crate) type Check = (usize, f64);

#[derive(Clone, Copy)]
struct Figures {
    counted: u32,
    valued: u32,
    sum: f64,
    min: f64,
    max: f64,
}

const NOTHING: Figures =
    Figures { counted: 0, valued: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

impl Figures {
    #[inline]
    fn add(&mut self, value: f64) {
        if value.is_nan() {
            self.counted += 1;
        } else {
            self.valued += 1;
            self.sum += value;
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.counted += other.counted;
        self.valued += other.valued;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

fn check<'a>(cells: impl IntoIterator<Item = &'a Figures>) -> Check {
    let filled = cells.into_iter().filter(|cell| cell.counted + cell.valued > 0);
    filled.fold((0, 0.0), |(cells, sum), cell| {
        let values = if cell.valued > 0 { cell.sum + cell.min + cell.max } else { 0.0 };
        (cells + 1, sum + f64::from(cell.counted + cell.valued) + values)
    })
}

fn edges(from: i64, to: i64, step: i64) -> Vec<i64> {
    (0..=(to - from + step - 1) / step).map(|count| (from + count * step).min(to)).collect()
}

/// The result of a scan over the rows of each bucket.
fn buckets<R: Send>(
    facts: &Facts,
    edges: &[i64],
    threads: usize,
    scan: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    let rows: Vec<_> =
        edges.iter().map(|edge| facts.emitted.partition_point(|moment| moment < edge)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some([start, end]) =
            rows.windows(2).nth(next.fetch_add(1, Ordering::Relaxed)).and_then(|w| w.first_chunk())
        {
            done.push(scan(*start..*end));
        }
        done
    };
    if threads == 1 {
        return work();
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        mine.into_iter().chain(others.into_iter().flat_map(|other| other.join().unwrap())).collect()
    })
}

fn all_days() -> Vec<i64> {
    edges(START_MS, START_MS + DAYS * DAY_MS, DAY_MS)
}

pub(crate) fn day_of_one_kind(facts: &Facts, threads: usize) -> Check {
    let days = edges(START_MS + 28 * DAY_MS, START_MS + 58 * DAY_MS, DAY_MS);
    let found = buckets(facts, &days, threads, |rows| {
        let mut figures = NOTHING;
        for (kind, value) in facts.kind[rows.clone()].iter().zip(&facts.value[rows]) {
            if *kind == 3 {
                figures.add(*value);
            }
        }
        figures
    });
    check(&found)
}

pub(crate) fn day_by_segment(facts: &Facts, threads: usize) -> Check {
    let found = buckets(facts, &all_days(), threads, |rows| {
        let mut figures = vec![NOTHING; 500];
        for (segment, value) in facts.segment[rows.clone()].iter().zip(&facts.value[rows]) {
            figures[usize::from(*segment)].add(*value);
        }
        figures
    });
    check(found.iter().flatten())
}

pub(crate) fn day_by_segment_counted(facts: &Facts, threads: usize) -> Check {
    let found = buckets(facts, &all_days(), threads, |rows| {
        let mut counts = vec![0_u32; 500];
        for (segment, metric) in facts.segment[rows.clone()].iter().zip(&facts.metric[rows]) {
            counts[usize::from(*segment)] += u32::from(*metric == 0);
        }
        counts
    });
    let filled = found.iter().flatten().filter(|count| **count > 0);
    filled.fold((0, 0.0), |(cells, sum), count| (cells + 1, sum + f64::from(*count)))
}

pub(crate) fn sessions_by_day(facts: &Facts, threads: usize) -> Check {
    let found = buckets(facts, &all_days(), threads, |rows| {
        let mut ids = facts.session_id[rows].to_vec();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    });
    (found.len(), found.iter().sum::<usize>() as f64)
}

pub(crate) fn hour_by_three(facts: &Facts, threads: usize) -> Check {
    let hours = edges(START_MS + 59 * DAY_MS, START_MS + 66 * DAY_MS, HOUR_MS);
    let found = buckets(facts, &hours, threads, |rows| {
        let mut figures = vec![NOTHING; 5 * 4 * 200];
        for row in rows {
            let is_offered = (facts.media[row] == 0) & (facts.state[row] == 0);
            if is_offered | (facts.outcome[row].wrapping_sub(1) < 3) {
                let group =
                    usize::from(facts.session_type[row]) * 4 + usize::from(facts.device[row]);
                figures[group * 200 + usize::from(facts.country[row])].add(facts.value[row]);
            }
        }
        figures
    });
    check(found.iter().flatten())
}

pub(crate) fn week_by_outcome(facts: &Facts, threads: usize) -> Check {
    // Mondays in London; an hour earlier once its clocks have changed.
    let mondays = (0..15).map(|week| START_MS + (week * 7 - 5) * DAY_MS);
    let mut weeks: Vec<_> = mondays
        .map(|edge| if edge >= START_MS + 58 * DAY_MS { edge - HOUR_MS } else { edge })
        .map(|edge| edge.clamp(START_MS, START_MS + DAYS * DAY_MS))
        .collect();
    weeks.dedup();
    let found = buckets(facts, &weeks, threads, |rows| {
        let mut figures = [NOTHING; 20];
        for (outcome, value) in facts.outcome[rows.clone()].iter().zip(&facts.value[rows]) {
            figures[usize::from(*outcome)].add(*value);
        }
        figures
    });
    check(found.iter().flatten())
}

pub(crate) fn whole_range(facts: &Facts, threads: usize) -> Check {
    let found = buckets(facts, &all_days(), threads, |rows| {
        let mut figures = NOTHING;
        facts.value[rows].iter().for_each(|value| figures.add(*value));
        figures
    });
    let mut whole = NOTHING;
    found.iter().for_each(|figures| whole.merge(figures));
    check([&whole])
}

pub(crate) fn one_session(facts: &Facts, threads: usize, wanted: i64) -> Check {
    let found = buckets(facts, &all_days(), threads, |rows| {
        let mut figures = [NOTHING; 21];
        for row in rows {
            if facts.session_id[row] == wanted {
                figures[usize::from(facts.kind[row])].add(facts.value[row]);
            }
        }
        figures
    });
    let mut whole = [NOTHING; 21];
    for found in &found {
        whole.iter_mut().zip(found).for_each(|(whole, found)| whole.merge(found));
    }
    check(&whole)
}

pub(crate) fn three_wide(facts: &Facts, threads: usize) -> Check {
    type Groups = HashMap<u64, Figures, FixedState>;
    let found = buckets(facts, &all_days(), threads, |rows| {
        let mut groups = Groups::default();
        let [first, second, third] = &facts.wide;
        for row in rows {
            let is_desktop = (facts.device[row] == 0) & (facts.outcome[row] < 10);
            if is_desktop | (facts.country[row] == 1) {
                let key = u64::from(first[row]) << 32
                    | u64::from(second[row]) << 16
                    | u64::from(third[row]);
                groups.entry(key).or_insert(NOTHING).add(facts.value[row]);
            }
        }
        groups
    });
    let mut whole = Groups::default();
    for (key, figures) in found.iter().flatten() {
        whole.entry(*key).or_insert(NOTHING).merge(figures);
    }
    check(whole.values())
}

pub(crate) fn lists_and_distinct(facts: &Facts, threads: usize) -> Check {
    let found = buckets(facts, &all_days(), threads, |rows| {
        let mut sessions = vec![Vec::new(); 21];
        for row in rows {
            let is_desktop = (facts.device[row] == 0) & (facts.outcome[row] < 10);
            if is_desktop | (facts.country[row] == 1) {
                let list = facts.list_offsets[row] as usize..facts.list_offsets[row + 1] as usize;
                if list.is_empty() {
                    sessions[20].push(facts.session_id[row]);
                }
                for segment in &facts.list[list] {
                    sessions[usize::from(*segment)].push(facts.session_id[row]);
                }
            }
        }
        for sessions in &mut sessions {
            sessions.sort_unstable();
            sessions.dedup();
        }
        sessions.iter().map(Vec::len).collect::<Vec<_>>()
    });
    let filled = found.iter().flatten().filter(|count| **count > 0);
    filled.fold((0, 0.0), |(cells, sum), count| (cells + 1, sum + *count as f64))
}
