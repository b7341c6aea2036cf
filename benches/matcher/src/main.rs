//! The matcher beside the crate a-tree and a plain loop, in one run. See README.md.

#[path = "../../../crates/wayfare-engine/tests/matcher/naive.rs"]
#[expect(dead_code, reason = "tests use all of it")]
mod naive;
#[path = "../../../crates/wayfare-engine/benches/matcher/workload.rs"]
#[expect(dead_code, reason = "another bench uses all of it")]
mod shop;
mod workload;

use std::hint::black_box;
use std::time::{Duration, Instant};

use a_tree::{ATree, AttributeDefinition};
use naive::Naive;
use shop::Share;
use wayfare_engine::segments::{Rules, Scratch};
use wayfare_model::event::Event;

const SIZES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];
const EVENTS: usize = 1_000;
const ROUNDS: usize = 7;

/// Time of one event, and conditions found for all.
#[derive(Clone, Copy)]
struct Measured {
    ns: f64,
    found: usize,
}

fn main() {
    println!("ns per event, one core, least of up to {ROUNDS} rounds");
    println!(
        "segments  hits       matcher      a-tree  plain loop   a-tree / matcher  loop / matcher"
    );
    for size in SIZES {
        let asked: Vec<_> = (0..size).map(workload::asked).collect();
        let segments: Vec<_> =
            asked.iter().zip(0..).map(|(asked, number)| asked.segment(number)).collect();
        let built = Instant::now();
        let rules = Rules::compile(&segments).expect("conditions");
        let compile = built.elapsed();
        let built = Instant::now();
        let tree = tree(&asked);
        let insert = built.elapsed();
        let plain = Naive::new(&segments);
        for share in Share::ALL {
            let events = workload::events(EVENTS, share);
            let matcher = of_matcher(&rules, &events);
            let a_tree = of_tree(&tree, &events);
            let plain = of_loop(&plain, &events);
            assert_eq!(matcher.found, a_tree.found, "{size} {}", share.name());
            println!(
                "{size:>8}  {:<6} {:>11.0} {:>11.0} {:>11.0} {:>18.1} {:>15.1}",
                share.name(),
                matcher.ns,
                a_tree.ns,
                plain.ns,
                a_tree.ns / matcher.ns,
                plain.ns / matcher.ns,
            );
        }
        println!(
            "{size:>8}  built in {:.1} ms; a-tree in {:.1} ms",
            compile.as_secs_f64() * 1e3,
            insert.as_secs_f64() * 1e3
        );
    }
}

fn tree(asked: &[workload::Asked]) -> ATree<u64> {
    let texts = workload::TEXTS.iter().map(|name| AttributeDefinition::string(name));
    let numbers = workload::NUMBERS.iter().map(|name| AttributeDefinition::integer(name));
    let name = AttributeDefinition::string("event_name");
    let definitions: Vec<_> = texts.chain(numbers).chain([name]).collect();
    let mut tree = ATree::new(&definitions).expect("attributes");
    for (asked, number) in asked.iter().zip(0_u64..) {
        let expression = asked.expression();
        tree.insert(&number, &expression).expect("an expression");
    }
    tree
}

/// The least time of a round over all events. Rounds end when they have taken long enough.
fn least(events: usize, mut round: impl FnMut() -> usize) -> Measured {
    let (mut least, mut found, mut spent) = (Duration::MAX, 0, Duration::ZERO);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        found = round();
        let took = start.elapsed();
        least = least.min(took);
        spent += took;
        if spent > Duration::from_secs(2) {
            break;
        }
    }
    Measured { ns: least.as_nanos() as f64 / events as f64, found }
}

fn of_matcher(rules: &Rules, events: &[Event]) -> Measured {
    let mut scratch = Scratch::default();
    least(events.len(), || {
        events.iter().map(|event| black_box(rules.satisfied(event, &mut scratch)).len()).sum()
    })
}

/// As an event comes: its values are given to the tree's own form of an event, then it is looked up.
fn of_tree(tree: &ATree<u64>, events: &[Event]) -> Measured {
    least(events.len(), || {
        let found = events.iter().map(|event| {
            let mut values = tree.make_event();
            values.with_string("event_name", &event.name).expect("a name");
            for name in workload::TEXTS {
                values.with_string(name, &event.attributes[name].value).expect("a text");
            }
            for name in workload::NUMBERS {
                let number = event.attributes[name].value.parse().expect("a number");
                values.with_integer(name, number).expect("a number");
            }
            let values = values.build().expect("an event");
            black_box(tree.search(&values).expect("an answer")).matches().len()
        });
        found.sum()
    })
}

/// A few events are enough to tell.
fn of_loop(plain: &Naive, events: &[Event]) -> Measured {
    let events = &events[..50];
    least(events.len(), || events.iter().map(|event| black_box(plain.satisfied(event)).len()).sum())
}
