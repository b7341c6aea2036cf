//! The one state of the product: everything a use case needs, built once at the start.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use wayfare_engine::sessions::Settings as SessionSettings;
use wayfare_model::id::OrganisationId;
use wayfare_model::time::Moment;
use wayfare_store::Stores;

use crate::access::deployments::KnownDeployments;
use crate::access::organisations::{FirstKeys, Organisations, Served, WantedKeys};
use crate::access::tokens::KnownTokens;
use crate::access::{AccessSettings, AccessState};
use crate::aggregates::runner::{AggregateJobs, JobRunner};
use crate::clock::{Clock, Entropy};
use crate::error::{Error, Result};
use crate::ingest::normalise::{GeolocationSource, UserAgentParser};
use crate::ingest::pipeline::{Ingest, Pipeline};
use crate::segments::backtest_runner::{BacktestRunner, Backtests};
use crate::webhooks::sender::WebhookSender;

/// What the product is built from.
pub struct Parts {
    /// Where everything is kept.
    pub stores: Stores,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Tells where an address is, when a database is configured.
    pub geolocation: Option<GeolocationSource>,
    /// Milliseconds of silence that end a session.
    pub session_silence_ms: i64,
    /// Groups times buckets of an aggregates answer.
    pub aggregate_cells_max: usize,
}

/// The product. Cheap to share behind an [`Arc`].
pub struct App {
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) geolocation: Option<GeolocationSource>,
    pub(crate) user_agents: UserAgentParser,
    pub(crate) organisations: Arc<Organisations>,
    pub(crate) access: AccessState,
    pub(crate) tokens: KnownTokens,
    pub(crate) deployments: KnownDeployments,
    pub(crate) ingest: Ingest,
    pub(crate) aggregate_jobs: AggregateJobs,
    pub(crate) aggregate_cells_max: usize,
    pub(crate) backtests: Backtests,
    pub(crate) sessions: SessionSettings,
    pub(crate) feeds_end: watch::Sender<bool>,
    /// Counts changes of webhooks.
    pub(crate) webhooks_changed: watch::Sender<u64>,
    /// Absent where nobody delivers.
    pub(crate) webhook_sender: OnceLock<Arc<dyn WebhookSender>>,
}

/// What works behind the answers: the pipeline of every write, and the jobs.
pub struct Background {
    pipeline: Pipeline,
    jobs: JobRunner,
    backtests: BacktestRunner,
}

impl Background {
    /// Works until the app is dropped. What waited for the pipeline is answered then; jobs and
    /// back-tests that run are left to the next start.
    pub async fn run(self) {
        tokio::join!(self.pipeline.run(), self.jobs.run(), self.backtests.run());
    }
}

impl App {
    /// Builds the product and reads the organisations. Nothing is ingested, and no job runs, until
    /// [`Background::run`] does.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(parts: Parts) -> Result<(Arc<Self>, Background)> {
        Self::open_with(parts, AccessSettings::default()).await
    }

    /// As [`App::open`], with settings of access.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open_with(
        parts: Parts,
        access: AccessSettings,
    ) -> Result<(Arc<Self>, Background)> {
        let organisations = Arc::new(Organisations::default());
        let sessions = SessionSettings { session_silence_ms: parts.session_silence_ms };
        let (ingest, pipeline) = Pipeline::new(
            parts.stores.clone(),
            parts.clock.clone(),
            organisations.clone(),
            sessions,
        );
        let (backtests, mut backtest_runner) = BacktestRunner::new(
            parts.stores.clone(),
            parts.clock.clone(),
            organisations.clone(),
            sessions,
        );
        let (aggregate_jobs, mut jobs) =
            JobRunner::new(parts.stores.clone(), parts.clock.clone(), organisations.clone());
        let app = Arc::new(Self {
            stores: parts.stores,
            clock: parts.clock,
            entropy: parts.entropy,
            geolocation: parts.geolocation,
            user_agents: UserAgentParser::default(),
            organisations,
            access: AccessState::new(access),
            tokens: KnownTokens::default(),
            deployments: KnownDeployments::default(),
            ingest,
            aggregate_jobs,
            aggregate_cells_max: parts.aggregate_cells_max,
            backtests,
            sessions,
            feeds_end: watch::Sender::new(false),
            webhooks_changed: watch::Sender::new(0),
            webhook_sender: OnceLock::new(),
        });
        app.serve_organisations().await?;
        app.stores.documents.sweep_expired(app.now()).await?;
        jobs.recover().await?;
        backtest_runner.recover().await?;
        Ok((app, Background { pipeline, jobs, backtests: backtest_runner }))
    }

    /// Makes the first organisation on an empty store, and gives its keys; on any other, makes sure
    /// of the wanted ones.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn first_keys(&self, wanted: &WantedKeys) -> Result<Option<FirstKeys>> {
        if self.organisations.first().is_some() {
            self.ensure_keys(wanted).await?;
            return Ok(None);
        }
        Ok(Some(self.create_organisation("default", wanted).await?))
    }

    /// Makes ready what the first event would otherwise wait for. Takes a tenth of a second of CPU.
    pub fn warm_up(&self) {
        if let Err(error) = self.user_agents.prepare() {
            tracing::error!(error = &error as &dyn std::error::Error, "user agents are not read");
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A random UUID, for instance to correlate a request with its log.
    #[must_use]
    pub fn correlation_id(&self) -> uuid::Uuid {
        self.entropy.uuid()
    }

    /// The organisation with the lowest id: the one a tool on the data directory works in.
    #[must_use]
    pub fn first_organisation(&self) -> Option<OrganisationId> {
        self.organisations.first().map(|served| served.id)
    }

    pub(crate) fn organisation(&self, id: OrganisationId) -> Result<Arc<Served>> {
        self.organisations.get(id).ok_or(Error::Store(wayfare_store::Error::NotFound))
    }
}
