//! See `cursors::cursors`.

#![no_main]

#[path = "../../crates/wayfare-http/tests/fuzz/cursors.rs"]
mod cursors;

libfuzzer_sys::fuzz_target!(|data: &[u8]| cursors::cursors(data));
