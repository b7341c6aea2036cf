//! The client: a message goes to one of the addresses that were checked for it, or nowhere.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::{Uri, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use wayfare_app::webhooks::sender::{OutgoingMessage, ReceiverAnswer, SendError, WebhookSender};
use wayfare_model::limits::WEBHOOK_ANSWER_MS_MAX;

use crate::networks::{Network, refusal};

/// Bytes of an answer's headers; its body is not read.
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// Where messages may go.
#[derive(Debug, Clone, Default)]
pub struct SenderOptions {
    /// Networks that are let through although they are not for everybody.
    pub allowed: Vec<Network>,
    /// Whether messages may go to addresses without TLS.
    pub allows_http: bool,
}

/// Carries messages over HTTP.
pub struct HttpSender {
    agent: Agent,
    allows_http: bool,
}

impl HttpSender {
    /// A client.
    #[must_use]
    pub fn new(options: SenderOptions) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A proxy would resolve the name by itself.
            .proxy(None)
            .https_only(!options.allows_http)
            .tls_config(tls)
            .timeout_global(Some(Duration::from_millis(WEBHOOK_ANSWER_MS_MAX)))
            .max_response_header_size(HEADER_BYTES_MAX)
            // A connection is made to an address that was checked for this very message.
            .max_idle_connections(0)
            .user_agent(concat!("wayfare/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver =
            CheckingResolver { names: DefaultResolver::default(), allowed: options.allowed };
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, allows_http: options.allows_http }
    }
}

#[async_trait]
impl WebhookSender for HttpSender {
    fn allows_http(&self) -> bool {
        self.allows_http
    }

    async fn send(&self, message: OutgoingMessage) -> Result<ReceiverAnswer, SendError> {
        let agent = self.agent.clone();
        let sent = tokio::task::spawn_blocking(move || post(&agent, &message)).await;
        sent.unwrap_or_else(|error| Err(SendError::NoAnswer(error.to_string())))
    }
}

fn post(agent: &Agent, message: &OutgoingMessage) -> Result<ReceiverAnswer, SendError> {
    let mut request = agent.post(&message.url);
    for (name, value) in &message.headers {
        request = request.header(*name, value);
    }
    // The body of the answer is left where it is: dropping it closes the connection.
    let answer = request.send(message.body.as_bytes()).map_err(describe)?;
    let retry_after = answer.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(ReceiverAnswer { status: answer.status().as_u16(), retry_after })
}

fn describe(error: ureq::Error) -> SendError {
    match error {
        ureq::Error::Other(cause) => match cause.downcast::<Forbidden>() {
            Ok(forbidden) => SendError::Forbidden(forbidden.to_string()),
            Err(other) => SendError::NoAnswer(other.to_string()),
        },
        ureq::Error::RequireHttpsOnly(_) => {
            SendError::Forbidden("addresses must begin with https://".to_owned())
        }
        ureq::Error::Timeout(_) => {
            SendError::NoAnswer(format!("no answer within {WEBHOOK_ANSWER_MS_MAX} ms"))
        }
        error => SendError::NoAnswer(error.to_string()),
    }
}

/// The address leads where messages may not go.
#[derive(Debug)]
struct Forbidden {
    address: SocketAddr,
    what: &'static str,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "messages may not go to {}: the address is {}; the operator can allow its network with \
             --webhook-allow-network",
            self.address.ip(),
            self.what
        )
    }
}

impl std::error::Error for Forbidden {}

/// Resolves names, and refuses those of which any address is refused. What it gives is what is
/// connected to: a name that leads elsewhere a moment later changes nothing.
#[derive(Debug)]
struct CheckingResolver {
    names: DefaultResolver,
    allowed: Vec<Network>,
}

impl Resolver for CheckingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        for address in found.iter() {
            if let Some(what) = refusal(address.ip(), &self.allowed) {
                return Err(ureq::Error::Other(Box::new(Forbidden { address: *address, what })));
            }
        }
        Ok(found)
    }
}
