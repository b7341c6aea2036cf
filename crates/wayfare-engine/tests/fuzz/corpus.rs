//! Running a target over its committed corpus, and over random input that is the same every time.

use std::path::Path;

/// Inputs that are made up for each target.
const RANDOM_INPUTS: u64 = 2_000;
const INPUT_BYTES_MAX: u64 = 600;

/// Numbers that look random and are the same every time (xorshift).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

pub(crate) fn run(name: &str, target: fn(&[u8])) {
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
        target(&numbers.bytes(length));
    }
}
