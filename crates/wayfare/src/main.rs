//! The binary: command line, configuration, wiring, telemetry, shutdown.
//!
//! The only place that names a concrete store, the real clock and the real random source.

mod api;
mod clock;
mod commands;
mod config;
mod connections;
mod host;
mod place;
mod progress;
mod rate_limit;
mod serving;
mod shutdown;
mod table;
mod telemetry;
mod tls;
mod wiring;

use std::process::ExitCode;
use std::time::Duration;

/// Every event makes and drops hundreds of small values, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Time that work outside of the runtime gets when the command has ended.
const LEAVE_TIME_MAX: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let line = commands::CommandLine::read();
    let ended = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let ended = runtime.block_on(commands::run(line));
            // A request whose answer nobody waits for any more does not keep the process.
            runtime.shutdown_timeout(LEAVE_TIME_MAX);
            ended
        }
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            commands::complain(&error);
            ExitCode::FAILURE
        }
    }
}
