//! `wayfare serve`.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use wayfare_app::access::AccessSettings;
use wayfare_app::access::organisations::FirstKeys;
use wayfare_store_embedded::OpenError;

use super::{keys, say};
use crate::config::{
    DataArguments, EventArguments, FactArguments, KeyArguments, OperatorArguments, ServerArguments,
    WebhookArguments,
};
use crate::rate_limit::RateLimitArguments;
use crate::shutdown::Signals;
use crate::tls::TlsArguments;
use crate::wiring::{Product, Server, address_of};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    server: ServerArguments,

    #[command(flatten)]
    operators: OperatorArguments,

    #[command(flatten)]
    facts: FactArguments,

    #[command(flatten)]
    events: EventArguments,

    #[command(flatten)]
    tls: TlsArguments,

    #[command(flatten)]
    rate_limit: RateLimitArguments,

    #[command(flatten)]
    webhooks: WebhookArguments,

    #[command(flatten)]
    keys: KeyArguments,

    /// Print what a program needs to know as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// Where traces are collected, if anywhere.
    pub(crate) fn collector(&self) -> Option<&str> {
        self.operators.otlp_endpoint.as_deref().filter(|url| !url.is_empty())
    }
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let listener = bind(arguments.server.listen, "--listen").await?;
    let for_operators = match arguments.operators.metrics_listen {
        Some(listen) => Some(bind(listen, "--metrics-listen").await?),
        None => None,
    };
    let data = &arguments.data.data;
    let wanted = arguments.keys.wanted()?;
    let has_own_secret = wanted.secret.is_some();
    let tls = arguments.tls.acceptor()?;
    let access = AccessSettings {
        requests_per_minute: arguments.rate_limit.requests_per_minute(),
        ..AccessSettings::default()
    };
    let visits = Some(&arguments.server.visits);
    let operators = &arguments.operators;
    let opened =
        Product::open_with(data, visits, &wanted, access, &arguments.facts, operators).await;
    let product = opened.map_err(|error| advise(error, data))?;
    product.keep_events(arguments.events.retention());
    let mut server = Server::start_with(product, data, listener, tls)?;
    if let Some(listener) = for_operators {
        server.serve_operators(listener)?;
    }
    server.deliver_webhooks(arguments.webhooks.options());
    let first_keys = server.product().first_keys.as_ref();
    if arguments.json {
        say(&json(&server, first_keys, has_own_secret));
    } else {
        if let Some(keys) = first_keys {
            keys::introduce(keys, has_own_secret);
        }
        say(&format!("Wayfare listens on {} (data in {})", server.url(), data.display()));
        if let Some(url) = server.operators_url() {
            say(&format!("Metrics and health are on {url}"));
        }
    }
    signals.asked().await;
    tracing::info!("stopping");
    server.begin_draining();
    let delay = Duration::from_secs(arguments.operators.drain_delay_seconds);
    // Whoever asks twice does not want to wait.
    let _ = tokio::time::timeout(delay, signals.asked()).await;
    server.stop().await
}

/// What one can do about a data directory that is in use.
fn advise(error: anyhow::Error, data: &Path) -> anyhow::Error {
    if !matches!(error.downcast_ref::<OpenError>(), Some(OpenError::InUse(_))) {
        return error;
    }
    let who = address_of(data).map_or_else(String::new, |url| format!(", a server at {url}"));
    anyhow::anyhow!("{error}{who}; stop that one first, or name another directory with --data DIR")
}

async fn bind(listen: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with {flag} ADDR:PORT")
    })
}

fn json(server: &Server, keys: Option<&FirstKeys>, has_own_secret: bool) -> String {
    let mut line = serde_json::Map::new();
    line.insert("url".to_owned(), server.url().into());
    if let Some(url) = server.operators_url() {
        line.insert("metricsUrl".to_owned(), url.into());
    }
    if let Some(keys) = keys {
        keys::insert(&mut line, keys, has_own_secret);
    }
    serde_json::Value::Object(line).to_string()
}
