//! `wayfare serve`.

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use wayfare_app::access::AccessSettings;
use wayfare_app::access::organisations::FirstKeys;

use super::{keys, say};
use crate::config::{
    DataArguments, FactArguments, KeyArguments, ServerArguments, WebhookArguments,
};
use crate::rate_limit::RateLimitArguments;
use crate::shutdown::Signals;
use crate::tls::TlsArguments;
use crate::wiring::{Product, Server};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    server: ServerArguments,

    #[command(flatten)]
    facts: FactArguments,

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

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let listen = arguments.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen ADDR:PORT")
    })?;
    let data = &arguments.data.data;
    let wanted = arguments.keys.wanted()?;
    let has_own_secret = wanted.secret.is_some();
    let tls = arguments.tls.acceptor()?;
    let access = AccessSettings {
        requests_per_minute: arguments.rate_limit.requests_per_minute(),
        ..AccessSettings::default()
    };
    let visits = Some(&arguments.server.visits);
    let product = Product::open_with(data, visits, &wanted, access, &arguments.facts).await?;
    let server = Server::start_with(product, data, listener, tls)?;
    server.deliver_webhooks(arguments.webhooks.options());
    let first_keys = server.product().first_keys.as_ref();
    if arguments.json {
        say(&json(&server.url(), first_keys, has_own_secret));
    } else {
        if let Some(keys) = first_keys {
            keys::introduce(keys, has_own_secret);
        }
        say(&format!("Wayfare listens on {} (data in {})", server.url(), data.display()));
    }
    signals.asked().await;
    tracing::info!("stopping");
    server.stop().await
}

fn json(url: &str, keys: Option<&FirstKeys>, has_own_secret: bool) -> String {
    let mut line = serde_json::Map::new();
    line.insert("url".to_owned(), url.into());
    if let Some(keys) = keys {
        keys::insert(&mut line, keys, has_own_secret);
    }
    serde_json::Value::Object(line).to_string()
}
