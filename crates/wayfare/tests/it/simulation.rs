//! Random histories against a small reference, with crashes at any moment.
//!
//! Events of all doors, late ones and repeated ones, changes of segments, what clients assign, merges
//! of contacts, time that passes; restarts, and crashes that lose what was not synced. Everything
//! that was answered is there afterwards, and everything shown is what the [`model`] says.
//!
//! `WAYFARE_SIMULATION_SEED=N` runs one history again, `WAYFARE_SIMULATION_SEEDS=N` so many.

mod model;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use wayfare_model::time::Moment;

use crate::harness::TestServer;
use model::{Door, Event, Segment};
use world::{Command, Disk, World};

/// Histories of a run.
const SEEDS: u64 = 1_000;
/// Histories at once.
const WORKERS: usize = 2;
/// Steps of a history.
const STEPS: u64 = 24;
const VISITORS: usize = 4;
const EMAILS: usize = 2;
const PARTS: [&str; 3] = ["lamp", "chair", "table"];
const SEGMENTS_MAX: usize = 6;
const BEGIN: &str = "2026-11-22T09:00:00.000Z";

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn random_histories_with_crashes_are_what_the_model_says() {
    let template = tempfile::tempdir().expect("a directory");
    TestServer::open(template.path()).close();
    if let Some(seed) = number_of("WAYFARE_SIMULATION_SEED") {
        return simulate(template.path(), seed, Disk::KeepsWhatWasAnswered);
    }
    let seeds = number_of("WAYFARE_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    let run = || simulate(template.path(), seed, Disk::KeepsWhatWasAnswered);
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
                        println!("run it again with WAYFARE_SIMULATION_SEED={seed}");
                        next.store(seeds, Ordering::Relaxed);
                        std::panic::resume_unwind(panic);
                    }
                }
            });
        }
    });
}

#[test]
fn a_disk_that_loses_what_was_answered_is_noticed() {
    let template = tempfile::tempdir().expect("a directory");
    TestServer::open(template.path()).close();
    let is_noticed = |seed| {
        let run = || simulate(template.path(), seed, Disk::LosesAnything);
        catch_unwind(AssertUnwindSafe(run)).is_err()
    };
    assert!((0..10).any(is_noticed), "none of the histories lost anything");
}

fn simulate(template: &std::path::Path, seed: u64, disk: Disk) {
    let mut random = StdRng::seed_from_u64(seed);
    let begin = Moment::parse(BEGIN).expect("a moment").as_ms();
    let mut world = World::new(template, begin, disk);
    for number in 0..STEPS {
        world.pass(match random.random_range(0..10) {
            0 => random.random_range(15 * 60_000..40 * 60_000),
            1..=3 => random.random_range(60_000..6 * 60_000),
            _ => random.random_range(1..20_000),
        });
        match random.random_range(0..20) {
            0 => world.restart(),
            1 | 2 => {
                let under_way = under_way(&mut random, &world, number * 10);
                world.crash(&mut random, &under_way);
                world.compare();
            }
            3 => world.repeat(&mut random),
            _ => {
                let command = command(&mut random, &world, number * 10);
                world.act(&command, false);
            }
        }
    }
    world.compare();
    let under_way = under_way(&mut random, &world, STEPS * 10);
    world.crash(&mut random, &under_way);
    world.compare();
}

/// Commands that have nothing to do with each other: one, or events of different visitors.
fn under_way(random: &mut StdRng, world: &World, number: u64) -> Vec<Command> {
    if random.random_bool(0.5) {
        return vec![command(random, world, number)];
    }
    let of_visitor = |visitor: usize| {
        let number = number + visitor as u64;
        Command::Event(Event { visitor, email: None, ..event(random, world, number) })
    };
    (0..VISITORS).map(of_visitor).collect()
}

fn command(random: &mut StdRng, world: &World, number: u64) -> Command {
    let segments = &world.model.segments;
    let kept: Vec<usize> =
        (0..segments.len()).filter(|place| !segments[*place].is_deleted).collect();
    let kind = random.random_range(0..20);
    if kind < 4 && segments.len() < SEGMENTS_MAX {
        return Command::Create(Segment {
            name: format!("segment {number}"),
            part: PARTS[random.random_range(0..PARTS.len())],
            count: random.random_range(1..=3),
            of_customer: random.random_bool(0.4),
            is_active: true,
            is_deleted: false,
        });
    }
    if kept.is_empty() || kind > 8 {
        return Command::Event(event(random, world, number));
    }
    let segment = kept[random.random_range(0..kept.len())];
    let visitor = random.random_range(0..VISITORS);
    match kind {
        4 => Command::Activate { segment, is_active: !segments[segment].is_active },
        5 => Command::Delete { segment },
        6 | 7 => Command::Assign { visitor, segment },
        _ => Command::Unassign { visitor, segment },
    }
}

fn event(random: &mut StdRng, world: &World, number: u64) -> Event {
    let door = match random.random_range(0..8) {
        0 => Door::App,
        1 | 2 => Door::Import,
        _ => Door::Web,
    };
    let late = match random.random_range(0..6) {
        0 => random.random_range(0..30 * 60_000),
        1 => random.random_range(0..60_000),
        _ => 0,
    };
    Event {
        visitor: random.random_range(0..VISITORS),
        door,
        created: world.now - late,
        part: PARTS[random.random_range(0..PARTS.len())],
        email: random.random_bool(0.1).then(|| random.random_range(0..EMAILS)),
        number,
    }
}
