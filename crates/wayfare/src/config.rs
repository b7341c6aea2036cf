//! What a server is started with: flags, or the environment.

use std::env::VarError;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use wayfare_app::access::organisations::WantedKeys;
use wayfare_model::id::{ClientId, DeploymentId};
use wayfare_model::limits::{
    AGGREGATE_CELLS_MAX, DISK_FREE_MIB_MIN_DEFAULT, FACT_DEADLINE_MS_DEFAULT,
    FACT_SHIP_AFTER_MS_DEFAULT, SESSION_SILENCE_MS_DEFAULT,
};
use wayfare_store::journeys::EventRetention;
use wayfare_store_embedded::FactOptions;
use wayfare_webhooks::SenderOptions;
use wayfare_webhooks::networks::Network;

/// The variable that names the data directory.
pub(crate) const DATA_VARIABLE: &str = "WAYFARE_DATA";
/// The data directory without it.
pub(crate) const DATA_DEFAULT: &str = "./wayfare-data";

/// Where a server listens by default.
pub(crate) const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

/// A variable of the environment. One that is empty counts as not set: what starts containers sets
/// those that nobody has given a value.
///
/// # Errors
/// When it is no text.
pub(crate) fn variable(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            anyhow::bail!("{name} holds bytes that are no text (UTF-8)")
        }
    }
}

/// Where everything is kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArguments {
    /// The data directory
    #[arg(long, value_name = "DIR", env = DATA_VARIABLE, default_value = DATA_DEFAULT)]
    pub(crate) data: PathBuf,
}

/// How a server runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArguments {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "WAYFARE_LISTEN",
        default_value = LISTEN_DEFAULT
    )]
    pub(crate) listen: SocketAddr,

    #[command(flatten)]
    pub(crate) visits: VisitArguments,
}

/// Where those who run the server look at it.
#[derive(Debug, Clone, Args)]
pub(crate) struct OperatorArguments {
    /// An address and port for /metrics and /health without a token, in plain HTTP; only those who
    /// run the server should reach it. Without it, /metrics asks for a token with the permission
    /// wayfare:metrics:view
    #[arg(long, value_name = "ADDR:PORT", env = "WAYFARE_METRICS_LISTEN")]
    pub(crate) metrics_listen: Option<SocketAddr>,

    /// A collector of traces that speaks OTLP over HTTP, like http://127.0.0.1:4318
    #[arg(long, value_name = "URL", env = "WAYFARE_OTLP_ENDPOINT")]
    pub(crate) otlp_endpoint: Option<String>,

    /// MiB free where the data directory is, below which /health says that something is wrong
    #[arg(
        long,
        value_name = "MIB",
        env = "WAYFARE_DISK_FREE_MIN_MIB",
        default_value_t = DISK_FREE_MIB_MIN_DEFAULT,
        value_parser = clap::value_parser!(u64).range(0..=1_000_000_000)
    )]
    pub(crate) disk_free_min_mib: u64,

    /// Seconds in which a server that was asked to stop goes on taking requests while /health tells
    /// load balancers to send no more
    #[arg(
        long,
        value_name = "SECONDS",
        env = "WAYFARE_DRAIN_DELAY_SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=3_600)
    )]
    pub(crate) drain_delay_seconds: u64,
}

impl OperatorArguments {
    /// Bytes free below which something is wrong.
    pub(crate) fn free_bytes_min(&self) -> u64 {
        self.disk_free_min_mib * 1024 * 1024
    }
}

impl Default for OperatorArguments {
    fn default() -> Self {
        Self {
            metrics_listen: None,
            otlp_endpoint: None,
            disk_free_min_mib: DISK_FREE_MIB_MIN_DEFAULT,
            drain_delay_seconds: 0,
        }
    }
}

/// How visits are read.
#[derive(Debug, Clone, Args)]
pub(crate) struct VisitArguments {
    /// An .mmdb file that tells the country, region and city of an address
    #[arg(long, value_name = "FILE", env = "WAYFARE_GEOLOCATION_DATABASE")]
    pub(crate) geolocation_database: Option<PathBuf>,

    /// An .mmdb file that tells the organisation or provider of an address
    #[arg(long, value_name = "FILE", env = "WAYFARE_ORGANIZATION_DATABASE")]
    pub(crate) organization_database: Option<PathBuf>,

    /// Minutes of silence that end a session
    #[arg(
        long,
        value_name = "MINUTES",
        env = "WAYFARE_SESSION_SILENCE_MINUTES",
        default_value_t = SESSION_SILENCE_MS_DEFAULT / 60_000,
        value_parser = clap::value_parser!(i64).range(1..=1_440)
    )]
    pub(crate) session_silence_minutes: i64,
}

/// How long facts are kept.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct FactRetention {
    /// Days after which facts are forgotten; without it they are kept for ever
    #[arg(
        long,
        value_name = "DAYS",
        env = "WAYFARE_FACTS_RETENTION_DAYS",
        value_parser = clap::value_parser!(i64).range(1..=36_525)
    )]
    facts_retention_days: Option<i64>,
}

impl FactRetention {
    /// Whether facts are forgotten at all.
    pub(crate) const fn forgets(self) -> bool {
        self.facts_retention_days.is_some()
    }
}

/// How facts, which aggregates count, are kept and asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct FactArguments {
    /// Minutes after which a fact may go from the database into a file
    #[arg(
        long,
        value_name = "MINUTES",
        env = "WAYFARE_FACTS_SHIP_AFTER_MINUTES",
        default_value_t = FACT_SHIP_AFTER_MS_DEFAULT / 60_000,
        value_parser = clap::value_parser!(i64).range(0..=525_600)
    )]
    facts_ship_after_minutes: i64,

    #[command(flatten)]
    retention: FactRetention,

    /// Seconds that an aggregates query may take
    #[arg(
        long,
        value_name = "SECONDS",
        env = "WAYFARE_QUERY_DEADLINE_SECONDS",
        default_value_t = FACT_DEADLINE_MS_DEFAULT / 1_000,
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    query_deadline_seconds: u64,

    /// Groups times buckets that an aggregates answer may have
    #[arg(
        long,
        value_name = "NUMBER",
        env = "WAYFARE_QUERY_CELLS_MAX",
        default_value_t = AGGREGATE_CELLS_MAX as u64,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000)
    )]
    query_cells_max: u64,
}

impl Default for FactArguments {
    fn default() -> Self {
        Self {
            facts_ship_after_minutes: FACT_SHIP_AFTER_MS_DEFAULT / 60_000,
            retention: FactRetention::default(),
            query_deadline_seconds: FACT_DEADLINE_MS_DEFAULT / 1_000,
            query_cells_max: AGGREGATE_CELLS_MAX as u64,
        }
    }
}

impl FactArguments {
    /// Groups times buckets that an aggregates answer may have.
    pub(crate) fn cells_max(&self) -> usize {
        usize::try_from(self.query_cells_max).unwrap_or(AGGREGATE_CELLS_MAX)
    }

    /// The store's settings.
    pub(crate) fn options(&self) -> FactOptions {
        FactOptions {
            ship_after_ms: self.facts_ship_after_minutes * 60_000,
            retention_ms: self.retention.facts_retention_days.map(|days| days * 86_400_000),
            deadline: Duration::from_secs(self.query_deadline_seconds),
            ..FactOptions::default()
        }
    }
}

/// How long events are kept.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct EventArguments {
    /// Days after which events are forgotten; without it they are kept for ever
    #[arg(
        long,
        value_name = "DAYS",
        env = "WAYFARE_EVENTS_RETENTION_DAYS",
        value_parser = clap::value_parser!(i64).range(1..=36_525)
    )]
    events_retention_days: Option<i64>,

    /// Megabytes that events may take; beyond, the oldest are forgotten
    #[arg(
        long,
        value_name = "MEGABYTES",
        env = "WAYFARE_EVENTS_RETENTION_MEGABYTES",
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000)
    )]
    events_retention_megabytes: Option<u64>,
}

impl EventArguments {
    /// What is asked of the store.
    pub(crate) fn retention(self) -> EventRetention {
        EventRetention {
            age_ms: self.events_retention_days.map(|days| days * 86_400_000),
            bytes_max: self.events_retention_megabytes.map(|megabytes| megabytes * 1_000_000),
        }
    }
}

/// Where messages of webhooks may go.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct WebhookArguments {
    /// A network that webhooks may reach although it is not for everybody, such as 10.1.0.0/16; may be
    /// repeated
    #[arg(
        long,
        value_name = "NETWORK",
        env = "WAYFARE_WEBHOOK_ALLOW_NETWORK",
        value_delimiter = ','
    )]
    webhook_allow_network: Vec<Network>,

    /// Let webhooks go to addresses without TLS
    #[arg(
        long,
        env = "WAYFARE_WEBHOOK_ALLOW_HTTP",
        action = ArgAction::SetTrue,
        value_parser = BoolishValueParser::new()
    )]
    webhook_allow_http: bool,
}

impl WebhookArguments {
    /// The settings of the client.
    pub(crate) fn options(&self) -> SenderOptions {
        SenderOptions {
            allowed: self.webhook_allow_network.clone(),
            allows_http: self.webhook_allow_http,
        }
    }
}

/// The keys that a first start makes, when they are wanted from outside.
#[derive(Clone, Args)]
pub(crate) struct KeyArguments {
    /// The id of the first client, a UUID
    #[arg(long, value_name = "UUID", env = "WAYFARE_CLIENT_ID")]
    client_id: Option<ClientId>,

    /// The secret of the first client; given by the environment only, so that no process list shows it
    #[arg(skip)]
    client_secret: Option<String>,

    /// The id of the first deployment, a UUID
    #[arg(long, value_name = "UUID", env = "WAYFARE_DEPLOYMENT_ID")]
    deployment_id: Option<DeploymentId>,
}

/// The variable that holds the first client's secret.
pub(crate) const SECRET_VARIABLE: &str = "WAYFARE_CLIENT_SECRET";
/// Characters of a secret wanted from outside, at least.
const SECRET_CHARACTERS_MIN: usize = 16;

impl KeyArguments {
    /// # Errors
    /// A secret that is too short to be one, or no text.
    pub(crate) fn wanted(&self) -> anyhow::Result<WantedKeys> {
        let secret = match &self.client_secret {
            Some(secret) => Some(secret.clone()),
            None => variable(SECRET_VARIABLE)?,
        };
        if let Some(secret) = &secret {
            anyhow::ensure!(
                secret.chars().count() >= SECRET_CHARACTERS_MIN,
                "{SECRET_VARIABLE} has fewer than {SECRET_CHARACTERS_MIN} characters; \
                 make one with: openssl rand -hex 32"
            );
        }
        Ok(WantedKeys { client: self.client_id, secret, deployment: self.deployment_id })
    }
}
