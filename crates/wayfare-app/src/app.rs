//! The one state of the product: everything a use case needs, built once at the start.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use wayfare_engine::sessions::Settings as SessionSettings;
use wayfare_model::id::{IdSource, OrganisationId};
use wayfare_model::limits::BODIES_BYTES_MAX;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_store::Stores;

use crate::access::deployments::KnownDeployments;
use crate::access::organisations::{FirstKeys, Organisations, Served, WantedKeys};
use crate::access::tokens::KnownTokens;
use crate::access::{AccessSettings, AccessState, Caller};
use crate::aggregates::runner::{AggregateJobs, JobRunner};
use crate::backups::{BackupRunner, Backups};
use crate::clock::{Clock, Entropy};
use crate::customers::runner::{CustomerDeletions, DeletionRunner};
use crate::error::{Error, Result};
use crate::health::Draining;
use crate::host::Host;
use crate::ingest::accept::Reader;
use crate::ingest::normalise::GeolocationSource;
use crate::ingest::pipeline::{Ingest, Pipeline};
use crate::metrics::Metrics;
use crate::segments::backtest_runner::{BacktestRunner, Backtests};
use crate::tasks::Tasks;
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
    /// What lies under it all, for those who run it.
    pub host: Arc<dyn Host>,
}

/// The product. Cheap to share behind an [`Arc`].
pub struct App {
    pub(crate) stores: Stores,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) reader: Reader,
    pub(crate) organisations: Arc<Organisations>,
    pub(crate) access: AccessState,
    pub(crate) tokens: KnownTokens,
    pub(crate) deployments: KnownDeployments,
    pub(crate) ingest: Ingest,
    pub(crate) aggregate_jobs: AggregateJobs,
    pub(crate) deletions: CustomerDeletions,
    pub(crate) aggregate_cells_max: usize,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) draining: Draining,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) backups: Backups,
    pub(crate) backtests: Backtests,
    pub(crate) sessions: SessionSettings,
    /// A permit for each byte of the bodies that may be under way.
    bodies: Arc<Semaphore>,
    pub(crate) feeds_end: watch::Sender<bool>,
    /// Counts changes of webhooks.
    pub(crate) webhooks_changed: watch::Sender<u64>,
    /// Absent where nobody delivers.
    pub(crate) webhook_sender: OnceLock<Arc<dyn WebhookSender>>,
}

/// Room for the body of a request: free again when this is dropped.
#[derive(Debug)]
pub struct BodyRoom {
    _bytes: OwnedSemaphorePermit,
}

/// What works behind the answers: the pipeline of every write, the jobs, backups, and deletions.
pub struct Background {
    tasks: Arc<Tasks>,
    pipeline: Pipeline,
    jobs: JobRunner,
    backups: BackupRunner,
    backtests: BacktestRunner,
    deletions: DeletionRunner,
}

impl Background {
    /// Takes up what the last run of the server left unfinished.
    async fn recover(&mut self) -> Result<()> {
        self.jobs.recover().await?;
        self.backtests.recover().await?;
        self.deletions.recover().await
    }

    /// Works until the app is dropped. What waited for the pipeline is answered then; jobs and
    /// back-tests that run are left to the next start. One that breaks down does not end the others:
    /// [`App::health`] tells of it.
    pub async fn run(self) {
        let tasks = &self.tasks;
        tokio::join!(
            tasks.run("ingest", self.pipeline.run()),
            tasks.run("aggregates_jobs", self.jobs.run()),
            tasks.run("backtests", self.backtests.run()),
            tasks.run("backups", self.backups.run()),
            tasks.run("customer_deletions", self.deletions.run())
        );
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
        let organisations = Arc::<Organisations>::default();
        let (metrics, tasks) = (Arc::<Metrics>::default(), Arc::<Tasks>::default());
        let sessions = SessionSettings { session_silence_ms: parts.session_silence_ms };
        let (ingest, pipeline) = Pipeline::new(
            parts.stores.clone(),
            parts.clock.clone(),
            organisations.clone(),
            sessions,
            metrics.clone(),
        );
        let erased = Arc::<AtomicU64>::default();
        let (backtests, backtest_runner) = BacktestRunner::new(
            parts.stores.clone(),
            parts.clock.clone(),
            organisations.clone(),
            sessions,
            erased.clone(),
        );
        let (aggregate_jobs, jobs) = JobRunner::new(
            parts.stores.clone(),
            parts.clock.clone(),
            organisations.clone(),
            erased.clone(),
        );
        let (deletions, deletion_runner) = DeletionRunner::new(
            parts.stores.clone(),
            parts.clock.clone(),
            organisations.clone(),
            ingest.clone(),
            erased,
        );
        let (backups, backup_runner) = BackupRunner::new(parts.host.clone(), parts.clock.clone());
        let app = Arc::new(Self {
            stores: parts.stores,
            clock: parts.clock,
            entropy: parts.entropy,
            reader: Reader::new(parts.geolocation),
            organisations,
            access: AccessState::new(access),
            tokens: KnownTokens::default(),
            deployments: KnownDeployments::default(),
            ingest,
            aggregate_jobs,
            deletions,
            aggregate_cells_max: parts.aggregate_cells_max,
            host: parts.host,
            metrics,
            draining: Draining::default(),
            tasks,
            backups,
            backtests,
            sessions,
            bodies: Arc::new(Semaphore::new(BODIES_BYTES_MAX)),
            feeds_end: watch::Sender::new(false),
            webhooks_changed: watch::Sender::new(0),
            webhook_sender: OnceLock::new(),
        });
        app.serve_organisations().await?;
        app.stores.documents.sweep_expired(app.now()).await?;
        let (backtests, backups, deletions) = (backtest_runner, backup_runner, deletion_runner);
        let tasks = app.tasks();
        let mut background = Background { tasks, pipeline, jobs, backups, backtests, deletions };
        background.recover().await?;
        Ok((app, background))
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
        if let Err(error) = self.reader.user_agents.prepare() {
            tracing::error!(error = &error as &dyn std::error::Error, "user agents are not read");
        }
    }

    /// What works in the background, of which [`App::health`] tells when it breaks down.
    #[must_use]
    pub fn tasks(&self) -> Arc<Tasks> {
        Arc::clone(&self.tasks)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Room for a body of so many bytes, to be kept until the request is answered: so the requests
    /// that are read, wait and are worked on have a limit together.
    ///
    /// # Errors
    /// [`ProblemKind::TooManyRequests`] when there is none now.
    pub fn room_for_body(&self, bytes: usize) -> Result<BodyRoom, Problem> {
        let permits = u32::try_from(bytes.min(BODIES_BYTES_MAX)).unwrap_or(u32::MAX);
        match Arc::clone(&self.bodies).try_acquire_many_owned(permits) {
            Ok(bytes) => Ok(BodyRoom { _bytes: bytes }),
            Err(_) => Err(Problem {
                retry_after_s: Some(1),
                ..Problem::new(
                    ProblemKind::TooManyRequests,
                    format!(
                        "requests of {BODIES_BYTES_MAX} bytes are under way; try again in 1 second"
                    ),
                )
            }),
        }
    }

    /// A random UUID, for instance to correlate a request with its log.
    #[must_use]
    pub fn correlation_id(&self) -> uuid::Uuid {
        self.entropy.uuid()
    }

    /// The organisation that was made first: that of whoever runs the server, in which a tool on the
    /// data directory works.
    #[must_use]
    pub fn first_organisation(&self) -> Option<OrganisationId> {
        self.organisations.first().map(|served| served.id)
    }

    /// How an organisation's ids are made; nothing when there is no such organisation.
    #[must_use]
    pub fn id_source(&self, organisation: OrganisationId) -> Option<IdSource> {
        self.organisations.get(organisation).map(|served| served.ids)
    }

    /// Whether a caller may ask about the server as a whole: one of the first organisation, which is
    /// that of whoever set the server up. Other organisations may not learn of each other.
    ///
    /// # Errors
    /// [`ProblemKind::MissingAnyPermissions`] for others.
    pub fn require_operator(&self, caller: &Caller) -> Result<()> {
        if self.first_organisation() == Some(caller.organisation) {
            return Ok(());
        }
        let message = "only clients of the organisation that runs the server may do this";
        Err(Problem::new(ProblemKind::MissingAnyPermissions, message).into())
    }

    pub(crate) fn organisation(&self, id: OrganisationId) -> Result<Arc<Served>> {
        self.organisations.get(id).ok_or(Error::Store(wayfare_store::Error::NotFound))
    }
}
