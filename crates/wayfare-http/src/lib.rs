//! How the product is asked: routes, extractors, answers, OAuth.
//!
//! Deliberately absent: stores (a handler knows only the app) and rules of the domain. A handler
//! extracts, calls one use case, and shapes the answer. Start reading at [`router`]: every route is
//! on that page; [`middleware`] is what happens around each of them; [`problem`] is the one table
//! from errors to statuses.

mod answer;
mod api;
mod cors;
mod deadline;
mod extract;
pub mod metrics;
pub mod middleware;
pub mod openapi;
pub mod operations;
pub mod problem;
pub mod router;

use std::sync::Arc;

pub use extract::{bytes_max as body_bytes_max, parse as parse_body};
use tokio_util::task::TaskTracker;
use wayfare_app::app::App;

use crate::metrics::RequestMetrics;

/// What every handler gets.
#[derive(Clone)]
pub struct Http {
    /// The product.
    pub app: Arc<App>,
    /// Requests that change something run here, to their end, even when the client leaves; and live
    /// feeds, which end with the server.
    pub writes: TaskTracker,
    /// What is counted of requests.
    pub(crate) requests: Arc<RequestMetrics>,
}

impl Http {
    /// Answers for a product. What is served of it by several routers is counted together.
    #[must_use]
    pub fn new(app: Arc<App>, writes: TaskTracker) -> Self {
        Self { app, writes, requests: Arc::new(RequestMetrics::new(&router::measured())) }
    }
}

/// In the extensions of a request that came over TLS: cookies are then for TLS only.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;
