//! Where a command works: on a data directory, or at a server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use wayfare_app::access::organisations::WantedKeys;
use wayfare_store_embedded::{EmbeddedStore, OpenError};

use crate::api::{Api, Credentials, Local, Remote};
use crate::config::{DATA_DEFAULT, DATA_VARIABLE, SECRET_VARIABLE, VisitArguments, variable};
use crate::wiring::{Product, address_of};

/// The variable that holds a server's address.
const URL_VARIABLE: &str = "WAYFARE_URL";

/// Where a command works.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceArguments {
    /// The data directory; when a server runs on it, the command asks that server [env:
    /// WAYFARE_DATA] [default: ./wayfare-data]
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    data: Option<PathBuf>,

    /// The address of a server to ask, with the keys in WAYFARE_CLIENT_ID and
    /// WAYFARE_CLIENT_SECRET [env: WAYFARE_URL]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Where a command works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the server with this address.
    Server(String),
    /// On this data directory.
    Directory(PathBuf),
}

impl PlaceArguments {
    /// The place that is meant: what the command line says comes before the environment.
    pub(crate) fn place(&self) -> Place {
        self.resolve(environment)
    }

    fn resolve(&self, variable: impl Fn(&str) -> Option<String>) -> Place {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        if let Some(url) = &self.url {
            return Place::Server(url.clone());
        }
        if let Some(data) = &self.data {
            return Place::Directory(data.clone());
        }
        if let Some(url) = set(URL_VARIABLE) {
            return Place::Server(url);
        }
        Place::Directory(set(DATA_VARIABLE).unwrap_or_else(|| DATA_DEFAULT.to_owned()).into())
    }
}

impl Place {
    /// The API there. A data directory must exist.
    ///
    /// # Errors
    /// When it does not, or cannot be opened, or the keys for a server are not set.
    pub(crate) async fn api(&self) -> anyhow::Result<Api> {
        match self {
            Self::Server(url) => Ok(remote(url)?.into()),
            Self::Directory(data) => {
                if !EmbeddedStore::is_at(data) {
                    let data = data.display();
                    bail!(
                        "there is no data directory at {data}; make one with: wayfare serve \
                         --data {data}, or name another with --data DIR or --url URL"
                    );
                }
                match open(data, None, &WantedKeys::default()).await? {
                    Opened::Here(local) => Ok((*local).into()),
                    Opened::InUse(url) => Ok(remote_of(data, url)?.into()),
                }
            }
        }
    }
}

impl Place {
    /// The server there: the one at the address, or the one that runs on the data directory now.
    ///
    /// # Errors
    /// When none runs there, or its keys are not set.
    pub(crate) fn server(&self) -> anyhow::Result<Remote> {
        match self {
            Self::Server(url) => remote(url),
            Self::Directory(data) => {
                let url = address_of(data).with_context(|| {
                    let data = data.display();
                    format!(
                        "no server runs on the data directory {data}; start one with: wayfare \
                         serve --data {data}, or name another with --data DIR or --url URL"
                    )
                })?;
                remote(&url)
            }
        }
    }
}

/// A data directory that is there now.
pub(crate) enum Opened {
    /// Opened by this process.
    Here(Box<Local>),
    /// Open in another one; with the address of its server, if it is one.
    InUse(Option<String>),
}

/// Opens a data directory, and makes it when it is not there.
///
/// # Errors
/// When it cannot be opened for another reason than that it is in use.
pub(crate) async fn open(
    data: &Path,
    visits: Option<&VisitArguments>,
    wanted: &WantedKeys,
) -> anyhow::Result<Opened> {
    match Product::open(data, visits, wanted).await {
        Ok(product) => Ok(Opened::Here(Box::new(product.into()))),
        Err(error) => match error.downcast_ref::<OpenError>() {
            Some(OpenError::InUse(_)) => Ok(Opened::InUse(address_of(data))),
            _ => Err(error),
        },
    }
}

/// The server at an address, asked with the keys of the environment.
///
/// # Errors
/// When the address is none, or the keys are not set or no text.
pub(crate) fn remote(url: &str) -> anyhow::Result<Remote> {
    // A secret that is no text is told as what it is.
    variable(SECRET_VARIABLE)?;
    Remote::new(url, Credentials::from_environment(environment, url)?)
}

/// The server that runs on a data directory.
///
/// # Errors
/// When whoever has it open is no server, or the keys are not set.
pub(crate) fn remote_of(data: &Path, url: Option<String>) -> anyhow::Result<Remote> {
    let data = data.display();
    let url = url.with_context(|| {
        format!(
            "the data directory {data} is in use by another command, or by a server that is \
             starting or stopping; try again when that is done"
        )
    })?;
    remote(&url).with_context(|| format!("a server runs on the data directory {data}"))
}

/// A variable of the environment; one that is no text counts as not set.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(data: Option<&str>, url: Option<&str>, environment: &[(&str, &str)]) -> Place {
        let arguments =
            PlaceArguments { data: data.map(PathBuf::from), url: url.map(str::to_owned) };
        arguments.resolve(|name| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_command_line_comes_before_the_environment() {
        let server = |url: &str| Place::Server(url.to_owned());
        let directory = |data: &str| Place::Directory(PathBuf::from(data));
        let both = [("WAYFARE_URL", "http://there"), ("WAYFARE_DATA", "there")];
        assert_eq!(resolved(None, Some("http://here"), &both), server("http://here"));
        assert_eq!(resolved(Some("here"), None, &both), directory("here"));
        assert_eq!(resolved(None, None, &both), server("http://there"));
        assert_eq!(resolved(None, None, &[both[1]]), directory("there"));
        assert_eq!(resolved(None, None, &[("WAYFARE_URL", "")]), directory("./wayfare-data"));
    }
}
