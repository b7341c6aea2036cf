//! How fast segments are matched, and how that depends on how many there are.
//!
//! `cargo bench -p wayfare-engine --bench matcher`. Prints, for 10 to 100,000 segments and for events
//! that hit none, 0.1 %, 1 % and 10 % of them, the time per event of the compiled form and of a
//! plain loop over all segments, on one core; the time of a whole event through the engine; the time
//! to compile, and to change one segment; and memory. Every time is the least of several rounds.
//! With `-- matcher SIZE [HITS [SECONDS]]` only the compiled form is measured at one size; for so many
//! seconds, so that a profiler sees little else. `-- matcher ratio` compares the smallest size with
//! the others, in turns.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::unwrap_used, reason = "what is measured is known to be right")]

#[path = "../../tests/matcher/naive.rs"]
#[expect(dead_code, reason = "tests use all of it")]
mod naive;
mod workload;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use naive::Naive;
use uuid::Uuid;
use wayfare_engine::journey::{Command, State};
use wayfare_engine::segments::{Rules, Scratch};
use wayfare_engine::sessions::Settings;
use wayfare_model::change::Loaded;
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::id::IdSource;
use wayfare_model::segment::Segment;
use wayfare_model::session::{Progress, Session, Visitor};
use workload::Share;

const SIZES: [usize; 6] = [10, 100, 500, 1_000, 10_000, 100_000];
const EVENTS: usize = 2_000;
const ROUNDS: usize = 7;
/// Rounds in which the sizes are compared.
const TURNS: usize = 9;
/// Visitors held at once.
const VISITORS: usize = 50_000;
/// Assignments that a batch through the whole engine may make, about.
const ASSIGNMENTS_MAX: f64 = 20_000.0;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let arguments: Vec<String> =
        std::env::args().skip_while(|argument| argument != "matcher").skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["memory", size] => return memory_of_rules(size.parse().unwrap()),
        ["ratio"] => return ratio(),
        ["visitors", share] => return memory_of_visitors(Share::named(share).unwrap()),
        [size] => return only_matcher(size.parse().unwrap(), &Share::ALL),
        [size, share] => {
            return only_matcher(size.parse().unwrap(), &[Share::named(share).unwrap()]);
        }
        [size, share, seconds] => {
            let events = workload::events(EVENTS, Share::named(share).unwrap());
            let rules = Rules::compile(&workload::segments(size.parse().unwrap())).unwrap();
            let start = Instant::now();
            while start.elapsed().as_secs() < seconds.parse().unwrap() {
                matcher(&rules, &events);
            }
            return;
        }
        _ => {}
    }
    println!("ns per event, one core, least of {ROUNDS} rounds");
    println!("segments  hits     matcher  events/s   found   plain loop  ratio  whole engine");
    for size in SIZES {
        let segments = workload::segments(size);
        let rules = Rules::compile(&segments).unwrap();
        let naive = Naive::new(&segments);
        for share in Share::ALL {
            let events = workload::events(EVENTS, share);
            let (matched, found) = matcher(&rules, &events);
            let plain = plain_loop(&naive, &events);
            let engine = engine(&rules, &events, found);
            let per_second = 1e9 / matched;
            println!(
                "{size:>8}  {:<6} {matched:>9.0}  {per_second:>9.0}  {found:>6.1}  {plain:>10.0}  {:>5.0}  {engine:>9.0}",
                share.name(),
                plain / matched,
            );
        }
    }
    changes();
    visitors();
}

fn only_matcher(size: usize, shares: &[Share]) {
    let rules = Rules::compile(&workload::segments(size)).unwrap();
    for share in shares {
        let (matched, found) = matcher(&rules, &workload::events(EVENTS, *share));
        println!("{size:>8}  {:<6} {matched:>9.0} ns {found:>9.1} found", share.name());
    }
}

/// The time of events that hit nothing at each size as a multiple of that at the smallest, the sizes
/// taken in turns, so that what else the machine does meets all of them.
fn ratio() {
    let events = workload::events(EVENTS, Share::None);
    let rules = SIZES.map(|size| Rules::compile(&workload::segments(size)).unwrap());
    println!("round  ns per event of {SIZES:?} segments, and the last as a multiple of the first");
    let mut leasts = [f64::MAX; SIZES.len()];
    for round in 1..=TURNS {
        let times = rules.each_ref().map(|rules| matcher(rules, &events).0);
        for (least, time) in leasts.iter_mut().zip(times) {
            *least = least.min(time);
        }
        print_turn(&round.to_string(), &times);
    }
    print_turn("least", &leasts);
}

fn print_turn(name: &str, times: &[f64]) {
    let [first, .., last] = times else { return };
    let all: String = times.iter().map(|time| format!("{time:>7.0}")).collect();
    println!("{name:>5} {all} {:>6.2}", last / first);
}

/// The least time of a round, in nanoseconds per item.
fn least(items: usize, mut round: impl FnMut()) -> f64 {
    let mut least = Duration::MAX;
    let mut spent = Duration::ZERO;
    for number in 0..ROUNDS * 4 {
        let start = Instant::now();
        round();
        let took = start.elapsed();
        least = least.min(took);
        spent += took;
        if number + 1 >= ROUNDS && spent > Duration::from_millis(400) {
            break;
        }
    }
    least.as_nanos() as f64 / items as f64
}

/// Time per event, and patterns found per event.
fn matcher(rules: &Rules, events: &[Event]) -> (f64, f64) {
    let mut scratch = Scratch::default();
    let mut found = 0;
    let time = least(events.len(), || {
        found =
            events.iter().map(|event| black_box(rules.satisfied(event, &mut scratch)).len()).sum();
    });
    (time, found as f64 / events.len() as f64)
}

fn plain_loop(naive: &Naive, events: &[Event]) -> f64 {
    // Some seconds for all are enough.
    let events = &events[..events.len().min(20)];
    let mut least = f64::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        for event in events {
            black_box(naive.satisfied(event));
        }
        least = least.min(start.elapsed().as_nanos() as f64 / events.len() as f64);
    }
    least
}

/// Events through the whole engine, in one batch, each of a visitor who is new: sessions
/// formed, context judged, counts kept, assignments and facts made.
///
/// Each assignment is a row that stays in memory until the batch is done, so where an event makes
/// many, few events are applied.
fn engine(rules: &Rules, events: &[Event], found: f64) -> f64 {
    let mut least = f64::MAX;
    let few = (ASSIGNMENTS_MAX / found.max(1.0)) as usize;
    let events = &events[..few.clamp(2, 200)];
    for _ in 0..3 {
        let commands: Vec<_> = events
            .iter()
            .map(|event| (Command::Event(Box::new(event.clone())), event.received))
            .collect();
        let mut state =
            State::new(IdSource::new(Uuid::from_u128(1)), Settings::default(), Loaded::default());
        let start = Instant::now();
        for (command, now) in commands {
            black_box(state.apply(rules, command, now)).unwrap();
        }
        least = least.min(start.elapsed().as_nanos() as f64 / events.len() as f64);
        black_box(state.into_changes());
    }
    least
}

/// What it costs to compile all, and to change one; and what the compiled form takes.
fn changes() {
    println!("\nsegments  compile ms  change one ms (first, 500th)  bytes per segment");
    for size in SIZES {
        let segments = workload::segments(size);
        let one = workload::segments(size + 500);
        let start = Instant::now();
        let rules = Rules::compile(&segments).unwrap();
        let compile = start.elapsed();
        let (mut changed, mut first, mut last) = (rules.clone(), None, Duration::ZERO);
        for segment in &one[size..] {
            let segment: Arc<Segment> = Arc::new(segment.clone());
            let start = Instant::now();
            changed = changed.with(segment).unwrap();
            last = start.elapsed();
            first.get_or_insert(last);
        }
        print!(
            "{size:>8}  {:>10.2}  {:>10.3}  {:>10.3}  ",
            compile.as_secs_f64() * 1e3,
            first.unwrap_or_default().as_secs_f64() * 1e3,
            last.as_secs_f64() * 1e3,
        );
        alone(&["memory", &size.to_string()]);
        black_box((rules, changed));
    }
}

/// What visitors take while a batch holds them; between batches nothing is held.
fn visitors() {
    println!(
        "\nvisitors  hits    bytes each in memory, in one batch, with event, session and facts"
    );
    for share in [Share::None, Share::Percent] {
        alone(&["visitors", share.name()]);
    }
    let row = size_of::<Progress>() + size_of::<u32>();
    println!(
        "of it without texts: {} the visitor, {} the session, {row} for each segment with one pattern \
         in progress",
        size_of::<Visitor>(),
        size_of::<Session>(),
    );
}

/// Runs one measurement in a process of its own: memory that was used before would be used again.
fn alone(arguments: &[&str]) {
    let program = std::env::current_exe().unwrap();
    let ended = std::process::Command::new(program).arg("matcher").args(arguments).output();
    print!("{}", String::from_utf8_lossy(&ended.unwrap().stdout));
}

fn memory_of_rules(size: usize) {
    let segments = workload::segments(size);
    let before = resident();
    let rules = Rules::compile(&segments).unwrap();
    println!("{:>10}", resident().saturating_sub(before) / size);
    black_box((segments, rules));
}

fn memory_of_visitors(share: Share) {
    let rules = Rules::compile(&workload::segments(500)).unwrap();
    let before = resident();
    let mut events = workload::events(VISITORS, share);
    for (number, event) in events.iter_mut().enumerate() {
        event.customer = CustomerKey::cookie(format!("00000000-0000-4000-8000-{number:012}"));
    }
    let mut state =
        State::new(IdSource::new(Uuid::from_u128(1)), Settings::default(), Loaded::default());
    for event in events {
        let now = event.received;
        black_box(state.apply(&rules, Command::Event(Box::new(event)), now)).unwrap();
    }
    let bytes = resident().saturating_sub(before) / VISITORS;
    println!("{VISITORS:>8}  {:<6}  {bytes:>6}", share.name());
    black_box(state.into_changes());
}

/// Resident memory, in bytes; 0 where the system does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4_096
}
