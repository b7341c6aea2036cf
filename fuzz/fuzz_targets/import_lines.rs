//! See `bodies::import_lines`.

#![no_main]

#[path = "../../crates/wayfare-http/tests/fuzz/bodies.rs"]
#[expect(dead_code, reason = "one target of several")]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::import_lines(data));
