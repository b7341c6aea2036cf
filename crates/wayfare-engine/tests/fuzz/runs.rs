//! Running the targets.

use std::path::Path;

use crate::targets;

/// Inputs that are made up for each target.
const RANDOM_INPUTS: u64 = 2_000;
const INPUT_BYTES_MAX: u64 = 600;

/// Numbers that look random and are the same every time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn run(name: &str, target: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let mut inputs = 0;
    for entry in std::fs::read_dir(corpus).expect("a corpus") {
        let path = entry.expect("an entry").path();
        target(&std::fs::read(path).expect("an input"));
        inputs += 1;
    }
    assert!(inputs > 10, "the corpus of {name} has {inputs} inputs");
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for _ in 0..RANDOM_INPUTS {
        let length = numbers.next() % INPUT_BYTES_MAX;
        let input: Vec<u8> = (0..length).map(|_| numbers.next().to_le_bytes()[0]).collect();
        target(&input);
    }
}

#[test]
fn segment_definitions() {
    run("segment_definitions", targets::segment_definitions);
}

#[test]
fn event_attributes() {
    run("event_attributes", targets::event_attributes);
}

#[test]
fn inputs_reach_what_matters() {
    let mut numbers = Numbers(7);
    let (mut satisfied, mut holding) = (0, 0);
    for _ in 0..200 {
        let input: Vec<u8> = (0..400).map(|_| numbers.next().to_le_bytes()[0]).collect();
        let found = targets::found_by_definitions(&input);
        satisfied += found.0;
        holding += found.1;
    }
    assert!(satisfied > 200 && holding > 100, "{satisfied} {holding}");
}
