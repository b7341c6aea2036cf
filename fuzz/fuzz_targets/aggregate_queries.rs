//! See `aggregates::aggregate_queries`.

#![no_main]

#[path = "../../crates/wayfare-engine/tests/fuzz/aggregates.rs"]
mod aggregates;
#[path = "../../crates/wayfare-engine/tests/fuzz/input.rs"]
#[expect(dead_code, reason = "another target needs all of it")]
mod input;
#[path = "../../crates/wayfare-engine/src/aggregates/tests/naive.rs"]
mod plainest;

libfuzzer_sys::fuzz_target!(|data: &[u8]| aggregates::aggregate_queries(data));
