//! `wayfare facts`: the files of facts, which aggregates count, on a data directory that no server
//! runs on.

mod export;
mod import;
mod rebuild;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use wayfare_app::access::organisations::WantedKeys;
use wayfare_model::id::OrganisationId;
use wayfare_store_embedded::{EmbeddedStore, OpenError};

use crate::config::DataArguments;
use crate::wiring::{Product, address_of};

#[derive(Subcommand)]
pub(crate) enum Command {
    Verify(verify::Arguments),
    Rebuild(rebuild::Arguments),
    Import(import::Arguments),
    Export(export::Arguments),
}

/// The data directory, and what is printed.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceArguments {
    #[command(flatten)]
    data: DataArguments,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Rebuild(arguments) => rebuild::run(arguments).await,
        Command::Import(arguments) => import::run(arguments).await,
        Command::Export(arguments) => export::run(arguments).await,
    }
}

impl PlaceArguments {
    /// Does some work on the facts of the directory's organisation, and closes the directory.
    async fn with_facts<T>(
        &self,
        work: impl AsyncFnOnce(&Product, OrganisationId) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let data = &self.data.data;
        if !EmbeddedStore::is_at(data) {
            let data = data.display();
            bail!(
                "there is no data directory at {data}; make one with: wayfare serve --data {data}"
            );
        }
        self.with_new_facts(work).await
    }

    /// As [`with_facts`](Self::with_facts), and makes the directory when it is not there.
    async fn with_new_facts<T>(
        &self,
        work: impl AsyncFnOnce(&Product, OrganisationId) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let data = &self.data.data;
        let product = open(data).await?;
        let done = match product.app.first_organisation() {
            Some(organisation) => work(&product, organisation).await,
            None => {
                Err(anyhow::anyhow!("the data directory {} has no organisation", data.display()))
            }
        };
        product.close().await;
        done
    }
}

async fn open(data: &Path) -> anyhow::Result<Product> {
    let opened = Product::open(data, None, &WantedKeys::default()).await;
    opened.map_err(|error| {
        if !matches!(error.downcast_ref::<OpenError>(), Some(OpenError::InUse(_))) {
            return error;
        }
        let by = address_of(data)
            .map_or_else(|| "another command".to_owned(), |url| format!("the server at {url}"));
        error.context(format!("{by} works on it; stop that first, then run this command again"))
    })
}

/// Reads an interval `A/B` of two dates.
fn interval(text: &str) -> anyhow::Result<wayfare_store_embedded::FactInterval> {
    use wayfare_model::time::Moment;
    let (from, to) = text
        .split_once('/')
        .with_context(|| format!("'{text}' is no interval like 2026-01-01/2026-02-01"))?;
    let (from, to) = (Moment::parse(from)?, Moment::parse(to)?);
    anyhow::ensure!(from < to, "the interval {text} ends before it begins");
    Ok(wayfare_store_embedded::FactInterval { from, to })
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_interval_is_two_dates() {
        let interval = super::interval("2026-01-01/2026-01-02T12:00:00Z").unwrap();
        assert_eq!(interval.to.as_ms() - interval.from.as_ms(), 36 * 3_600_000);
        for wrong in ["", "2026-01-01", "2026-01-01/", "2026-01-02/2026-01-01", "a/b"] {
            assert!(super::interval(wrong).is_err(), "{wrong}");
        }
    }
}
