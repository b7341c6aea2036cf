//! The commands of the command line.

mod backup;
mod client;
mod customer;
mod demo;
mod deployment;
mod dev_cert;
mod facts;
mod import;
mod keys;
mod live;
mod restore;
mod role;
mod segment;
mod serve;
mod target;
mod user;
mod webhook;

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::api::Api;
use crate::place::PlaceArguments;

/// Wayfare: a self-hosted customer-journey server, wire-compatible with the Genesys Cloud Journey
/// API
#[derive(Parser)]
#[command(name = "wayfare", version, max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

impl CommandLine {
    /// What the process was started with. A variable of the environment that is empty counts as not set:
    /// what starts containers sets those that nobody has given a value.
    pub(crate) fn read() -> Self {
        let mut command = without_empty_variables(Self::command());
        let mut matches = command.clone().get_matches();
        let read = Self::from_arg_matches_mut(&mut matches);
        read.unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|argument| match argument.get_env() {
            Some(name) if is_empty(name) => argument.env(None),
            _ => argument,
        })
        .mut_subcommands(without_empty_variables)
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<serve::Arguments>),
    Demo(Box<demo::Arguments>),
    Import(Box<import::Arguments>),
    /// Make, list and revoke clients: who may ask the API
    #[command(subcommand)]
    Client(client::Command),
    /// Delete customers: visitors and persons, with everything that is known of them
    #[command(subcommand)]
    Customer(customer::Command),
    /// Make, list and delete users: people who sign in
    #[command(subcommand)]
    User(user::Command),
    /// Make, list and delete roles: what users may do
    #[command(subcommand)]
    Role(role::Command),
    /// Try out segments
    #[command(subcommand)]
    Segment(segment::Command),
    /// Make, list, import and switch off action targets: where offers are routed to
    #[command(subcommand)]
    Target(target::Command),
    /// Make and list deployments: where events are sent to
    #[command(subcommand)]
    Deployment(deployment::Command),
    /// Make, list, change and delete webhooks: who is told when segments are assigned
    #[command(subcommand)]
    Webhook(webhook::Command),
    Live(Box<live::Arguments>),
    /// Check, rebuild, import and export the facts that aggregates count
    #[command(subcommand)]
    Facts(facts::Command),
    Backup(backup::Arguments),
    Restore(restore::Arguments),
    DevCert(dev_cert::Arguments),
}

/// Where a command works, and what it prints.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArguments {
    #[command(flatten)]
    place: PlaceArguments,

    /// Print one line of JSON; what the API answers is in its shapes
    #[arg(long)]
    json: bool,
}

impl OutputArguments {
    /// Does some work with the API of the place, and closes it.
    async fn with_api(
        &self,
        work: impl AsyncFnOnce(&Api) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let api = self.place.place().api().await?;
        let done = work(&api).await;
        api.close().await;
        done
    }
}

/// Runs the command.
///
/// # Errors
/// Whatever stopped it, in words for a person.
pub(crate) async fn run(line: CommandLine) -> anyhow::Result<ExitCode> {
    let collector = match &line.command {
        Command::Serve(arguments) => arguments.collector(),
        _ => None,
    };
    let telemetry = crate::telemetry::start(collector)?;
    let ended = run_command(line.command).await;
    telemetry.finish().await;
    ended
}

async fn run_command(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(arguments) => serve::run(*arguments).await?,
        Command::Demo(arguments) => return demo::run(*arguments).await,
        Command::Import(arguments) => return import::run(*arguments).await,
        Command::Client(command) => client::run(command).await?,
        Command::Customer(command) => customer::run(command).await?,
        Command::User(command) => user::run(command).await?,
        Command::Role(command) => role::run(command).await?,
        Command::Segment(command) => segment::run(command).await?,
        Command::Target(command) => target::run(command).await?,
        Command::Deployment(command) => deployment::run(command).await?,
        Command::Webhook(command) => webhook::run(command).await?,
        Command::Live(arguments) => live::run(*arguments).await?,
        Command::Facts(command) => return facts::run(command).await,
        Command::Backup(arguments) => backup::run(arguments).await?,
        Command::Restore(arguments) => restore::run(arguments).await?,
        Command::DevCert(arguments) => dev_cert::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a line for a person or a program that reads the output.
pub(crate) fn say(text: &str) {
    // Whoever does not read the output any more has no use for an error.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes a line for a person who watches, apart from the output.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes a value for a program.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string(value)?);
    Ok(())
}

/// Tells why a command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    note(&format!("error: {}", causes.join(": ")));
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::CommandLine::command().debug_assert();
    }
}
