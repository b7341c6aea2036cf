//! The binary: command line, configuration, wiring, telemetry, shutdown.
fn main() {}
