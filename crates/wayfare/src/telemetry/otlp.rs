//! Traces over OTLP: protobuf over HTTP, sent in batches by a thread of their own, with the HTTP
//! client that the commands use. When the collector is slow or gone, traces are lost, not requests.

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use url::Url;

use super::Layer;

/// What traces say that they come from, unless `OTEL_SERVICE_NAME` says something else.
const SERVICE: &str = "wayfare";
/// Where a collector takes traces.
const PATH: &str = "v1/traces";
/// Time that a collector may take for a batch.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);
/// Time that the last batch may take when the server ends.
const LAST_TIME_MAX: Duration = Duration::from_secs(5);

/// The way to a collector.
pub(super) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Begins to send to a collector, which is at an address like `http://127.0.0.1:4318`.
    pub(super) fn start(collector: &str) -> anyhow::Result<Self> {
        let parsed =
            Url::parse(collector).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        parsed.with_context(|| {
            format!("[{collector}] is not the address of a collector; give one like http://127.0.0.1:4318")
        })?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/{PATH}", collector.trim_end_matches('/')))
            .with_timeout(SEND_TIME_MAX)
            .build()
            .context("traces cannot be sent")?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(SERVICE);
        }
        let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.with_attribute(version).build())
            .build();
        Ok(Self { provider })
    }

    /// Takes the spans of the product, and nothing of the libraries below it.
    pub(super) fn layer(&self) -> Layer {
        let is_ours = |metadata: &tracing::Metadata<'_>| {
            metadata.is_span()
                && metadata.target().starts_with("wayfare")
                && *metadata.level() <= tracing::Level::INFO
        };
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(filter_fn(is_ours).with_max_level_hint(LevelFilter::INFO))
            .boxed()
    }

    /// Sends what is left.
    pub(super) async fn finish(self) {
        let sent =
            tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(LAST_TIME_MAX));
        if !matches!(sent.await, Ok(Ok(()))) {
            tracing::warn!("the last traces were not sent");
        }
    }
}

/// The client of the commands, as the exporter calls it: from a thread that may block.
#[derive(Debug)]
struct Client(ureq::Agent);

impl Client {
    fn new() -> Self {
        let tls = ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::PlatformVerifier)
            .build();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(tls)
            .timeout_global(Some(SEND_TIME_MAX))
            .user_agent(concat!("wayfare/", env!("CARGO_PKG_VERSION")));
        Self(config.build().new_agent())
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = self.0.run(request.map(|body| body.to_vec()))?;
        let body = answer.body_mut().read_to_vec()?;
        Ok(answer.map(|_| body.into()))
    }
}
