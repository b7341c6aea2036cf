//! See `targets::segment_definitions`.

#![no_main]

#[path = "../../crates/wayfare-engine/tests/fuzz/input.rs"]
mod input;
#[path = "../../crates/wayfare-engine/tests/matcher/naive.rs"]
mod naive;
#[path = "../../crates/wayfare-engine/tests/it/oracle.rs"]
#[expect(dead_code, reason = "no definition changes here")]
mod oracle;
#[path = "../../crates/wayfare-engine/tests/fuzz/targets.rs"]
#[expect(dead_code, reason = "one target of several")]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::segment_definitions(data));
