//! Logs: for people at a terminal, JSON for programs. Traces, where somebody collects them.

#[cfg(feature = "otlp")]
mod otlp;

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry};

use crate::config::variable;

/// The variable that says what is logged.
const FILTER_VARIABLE: &str = "WAYFARE_LOG";
/// What is logged without it.
const FILTER_DEFAULT: &str = "warn,wayfare=info";

/// What was started; traces that are not sent yet go out when this is finished.
#[must_use]
pub(crate) struct Telemetry {
    #[cfg(feature = "otlp")]
    traces: Option<otlp::Traces>,
}

type Layer = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

/// Starts logging to the standard error stream, and sending traces to a collector if there is one.
///
/// # Errors
/// When the collector's address is none, or the variable says what is no filter.
pub(crate) fn start(collector: Option<&str>) -> anyhow::Result<Telemetry> {
    let mut layers: Vec<Layer> = vec![logs()?];
    #[cfg(feature = "otlp")]
    let traces = collector.map(otlp::Traces::start).transpose()?;
    #[cfg(feature = "otlp")]
    layers.extend(traces.as_ref().map(otlp::Traces::layer));
    #[cfg(not(feature = "otlp"))]
    anyhow::ensure!(collector.is_none(), "this program was built without traces");
    // A second start in the same process keeps the first.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(Telemetry {
        #[cfg(feature = "otlp")]
        traces,
    })
}

impl Telemetry {
    /// Sends what is not sent yet, for a few seconds at most.
    pub(crate) async fn finish(self) {
        #[cfg(feature = "otlp")]
        if let Some(traces) = self.traces {
            traces.finish().await;
        }
    }
}

fn logs() -> anyhow::Result<Layer> {
    let wanted = variable(FILTER_VARIABLE)?;
    let wanted = wanted.as_deref().unwrap_or(FILTER_DEFAULT);
    let filter = EnvFilter::try_new(wanted).with_context(|| {
        format!("{FILTER_VARIABLE} [{wanted}] is no filter like info,wayfare_app=debug")
    })?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    Ok(if std::io::stderr().is_terminal() {
        layer.with_target(false).with_filter(filter).boxed()
    } else {
        layer.json().flatten_event(true).with_filter(filter).boxed()
    })
}
