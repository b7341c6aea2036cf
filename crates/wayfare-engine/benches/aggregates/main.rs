//! How fast aggregates are folded, beside a scan written by hand for each query.
//!
//! `cargo bench -p wayfare-engine --bench aggregates`. Prints, for one and two threads, the least wall
//! time and the least CPU time of several rounds of both, their ratio, and the time to write the
//! answer as JSON. Both sides read the same facts in the same run and must give the same figures.
//! `-- ROWS` takes another number of facts than two million, `-- ROWS NAME` only the queries whose
//! name contains NAME.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::unwrap_used, reason = "what is measured is known to be right")]

mod cases;
mod facts;
mod hand;

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cases::Case;
use cpu_time::ProcessTime;
use facts::Facts;
use hand::Check;
use wayfare_engine::aggregates::columns::{Block, ColumnFold, Never, Prepared};
use wayfare_engine::aggregates::{Answer, validate};
use wayfare_model::cells::{Cells, Figures};
use wayfare_model::query::Plan;
use wayfare_model::wire::JourneyAggregationQuery;

const ROWS: usize = 2_000_000;
const ROUNDS: usize = 7;
/// Rows that a thread takes at once.
const MORSEL_ROWS: usize = 1 << 17;
/// Rows of a bucket that no two threads share.
const BUCKET_ROWS_MAX: usize = 4 * MORSEL_ROWS;

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let rows = words.next().map_or(ROWS, |word| word.parse().unwrap());
    let wanted = words.next().unwrap_or_default();
    let facts = Facts::new(rows);
    let block = facts.block().unwrap();
    println!("{rows} facts; milliseconds, the least of {ROUNDS} rounds");
    println!(
        "{:<34}{:>8}{:>9}{:>9}{:>9}{:>9}{:>7}{:>9}{:>9}",
        "query", "threads", "hand", "cpu", "fold", "cpu", "ratio", "answer", "cells"
    );
    for case in cases::all(rows).iter().filter(|case| case.name.contains(&wanted)) {
        for threads in [1, 2] {
            compare(case, &facts, &block, threads);
        }
    }
}

/// Measures both sides of a case and prints a line.
fn compare(case: &Case, facts: &Facts, block: &Block<'_>, threads: usize) {
    let query: JourneyAggregationQuery = serde_json::from_value(case.query.clone()).unwrap();
    let mut plan = validate(&query).unwrap();
    // The general case has more cells than an answer may.
    plan.cells_max = usize::MAX;
    let (by_hand, hand_wall, hand_cpu) = measure(|| (case.scan)(facts, threads));
    let (cells, wall, cpu) = measure(|| fold(&plan, block, threads));
    let found = check(&cells);
    assert_eq!(found.0, by_hand.0, "cells of {}", case.name);
    let difference = (found.1 - by_hand.1).abs();
    assert!(difference <= 1e-9 * by_hand.1.abs(), "{}: {} {}", case.name, found.1, by_hand.1);
    let answer = Answer::new(&plan, &query, cells);
    let (_, answer_wall, _) = measure(|| answer.to_json());
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    println!(
        "{:<34}{threads:>8}{:>9.2}{:>9.2}{:>9.2}{:>9.2}{:>7.2}{:>9.2}{:>9}",
        case.name,
        ms(hand_wall),
        ms(hand_cpu),
        ms(wall),
        ms(cpu),
        ms(cpu) / ms(hand_cpu),
        ms(answer_wall),
        found.0
    );
}

/// The result of some work, its least wall time and its least CPU time.
fn measure<T>(work: impl Fn() -> T) -> (T, Duration, Duration) {
    let mut result = black_box(work());
    let (mut wall, mut cpu) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let (start, start_cpu) = (Instant::now(), ProcessTime::now());
        let found = black_box(work());
        wall = wall.min(start.elapsed());
        cpu = cpu.min(start_cpu.elapsed());
        result = found;
    }
    (result, wall, cpu)
}

/// Folds the block as a store would: threads take ranges of rows in turn.
fn fold(plan: &Plan, block: &Block<'_>, threads: usize) -> Cells {
    let prepared = Prepared::new(plan, block, &Never).unwrap();
    let rows = prepared.rows();
    let next = AtomicUsize::new(rows.start);
    let work = || {
        let mut fold = ColumnFold::new(plan);
        loop {
            let start = next.fetch_add(MORSEL_ROWS, Ordering::Relaxed);
            if start >= rows.end {
                return fold;
            }
            let end = rows.end.min(start + MORSEL_ROWS);
            let whole = prepared.whole_buckets(&(start..end), BUCKET_ROWS_MAX);
            fold.add(&prepared, block, whole, &Never).unwrap();
        }
    };
    let whole = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut whole = work();
        for other in others {
            whole.merge(other.join().unwrap());
        }
        whole
    });
    whole.finish().unwrap()
}

/// The cells and a sum over their figures.
fn check(cells: &Cells) -> Check {
    let mut sum = 0.0;
    for (measure, figures) in cells.figures.iter().enumerate() {
        let found = (0..cells.len()).filter_map(|cell| cells.figures(measure, cell));
        sum += match figures {
            Figures::Counts(_) => found.map(|found| found.count as f64).sum::<f64>(),
            Figures::Summaries(_) => {
                found.map(|all| all.count as f64 + all.sum + all.min + all.max).sum()
            }
        };
    }
    (cells.len(), sum)
}
