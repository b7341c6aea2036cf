//! `wayfare serve`.

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use wayfare_app::access::organisations::FirstKeys;

use super::say;
use crate::config::{DataArguments, KeyArguments, ServerArguments};
use crate::shutdown;
use crate::wiring::{Product, Server};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    server: ServerArguments,

    #[command(flatten)]
    keys: KeyArguments,

    /// Print what a program needs to know as one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let listen = arguments.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen ADDR:PORT")
    })?;
    let data = &arguments.data.data;
    let wanted = arguments.keys.wanted()?;
    let has_own_secret = wanted.secret.is_some();
    let product = Product::open(data, Some(&arguments.server.visits), &wanted).await?;
    let server = Server::start(product, data, listener).await?;
    let first_keys = server.product().first_keys.as_ref();
    if arguments.json {
        say(&json(&server.url(), first_keys, has_own_secret));
    } else {
        if let Some(keys) = first_keys {
            introduce(keys, has_own_secret);
        }
        say(&format!("Wayfare listens on {} (data in {})", server.url(), data.display()));
    }
    shutdown::asked().await?;
    tracing::info!("stopping");
    server.stop().await
}

fn introduce(keys: &FirstKeys, has_own_secret: bool) {
    say("First start: made an organisation, an administrator client and a deployment.");
    say(&format!("  client id      {}", keys.client));
    if has_own_secret {
        say("  client secret  as set from outside");
    } else {
        say(&format!("  client secret  {}   (shown this once: keep it)", keys.secret));
    }
    say(&format!("  deployment id  {}", keys.deployment));
}

fn json(url: &str, keys: Option<&FirstKeys>, has_own_secret: bool) -> String {
    let mut line = serde_json::json!({ "url": url });
    if let Some(keys) = keys {
        line["clientId"] = keys.client.to_string().into();
        line["deploymentId"] = keys.deployment.to_string().into();
        if !has_own_secret {
            line["clientSecret"] = keys.secret.clone().into();
        }
    }
    line.to_string()
}
