//! The commands of the command line.

mod serve;

use std::io::Write as _;

use clap::{Parser, Subcommand};

/// Wayfare: a self-hosted customer-journey server, wire-compatible with the Genesys Cloud Journey
/// API
#[derive(Parser)]
#[command(name = "wayfare", version, about, max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Arguments),
}

/// Runs the command.
///
/// # Errors
/// Whatever stopped it, in words for a person.
pub(crate) async fn run(line: CommandLine) -> anyhow::Result<()> {
    crate::telemetry::start();
    match line.command {
        Command::Serve(arguments) => serve::run(arguments).await,
    }
}

/// Writes a line for a person or a program that reads the output.
pub(crate) fn say(text: &str) {
    // Whoever does not read the output any more has no use for an error.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Tells why a command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let _ = writeln!(std::io::stderr(), "error: {}", causes.join(": "));
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::CommandLine::command().debug_assert();
    }
}
