//! A server in trouble: facts that fail or never answer, a queue that nobody works on, bodies that
//! break off.

use std::any::Any;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use wayfare_app::access::organisations::WantedKeys;
use wayfare_app::app::{App, Parts};
use wayfare_app::clock::{Clock, Entropy};
use wayfare_app::host::NoHost;
use wayfare_http::Http;
use wayfare_model::cells::Cells;
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::{AGGREGATE_CELLS_MAX, SESSION_SILENCE_MS_DEFAULT};
use wayfare_model::query::Plan;
use wayfare_model::time::Moment;
use wayfare_store::{Error, Stores};
use wayfare_store_embedded::{EmbeddedStore, Options};

use crate::harness::{
    Answer, CLIENT_ID, CLIENT_SECRET, DEPLOYMENT_ID, RawAnswer, Request, TestClient, Transport,
};

/// What becomes of a question to the facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facts {
    /// They are damaged.
    Damaged,
    /// They cannot answer now.
    Unavailable,
    /// They never answer.
    Stalled,
}

struct BrokenFacts(Mutex<Facts>);

#[async_trait]
impl wayfare_store::facts::Facts for BrokenFacts {
    async fn run(&self, _: OrganisationId, _: &Plan) -> wayfare_store::Result<Cells> {
        let state = *self.0.lock().expect("the state");
        match state {
            Facts::Damaged => Err(Error::Corrupt { context: "a fact".to_owned() }),
            Facts::Unavailable => Err(Error::Unavailable {
                context: "reading facts".to_owned(),
                source: "the disk is away".into(),
            }),
            Facts::Stalled => std::future::pending().await,
        }
    }

    async fn maintain(&self, _: Moment) -> wayfare_store::Result<()> {
        Ok(())
    }
}

struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now(&self) -> Moment {
        Moment::from_ms(self.0.load(Ordering::SeqCst))
    }
}

/// Different bytes each time, which is all that is needed here.
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = count[place % count.len()];
        }
    }
}

/// A server in trouble, with time that can be made to run.
pub(super) struct BrokenServer {
    facts: Arc<BrokenFacts>,
    clock: Arc<StandingClock>,
    router: Router,
    runtime: Runtime,
    /// Kept, so that its queue is not closed.
    _idle_pipeline: Option<Box<dyn Any + Send + Sync>>,
    _store: EmbeddedStore,
    _directory: TempDir,
}

impl BrokenServer {
    /// Starts one. With `works`, its queue is worked on.
    pub(super) fn start(works: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = EmbeddedStore::open(directory.path(), Options::default()).expect("a store");
        let facts = Arc::new(BrokenFacts(Mutex::new(Facts::Unavailable)));
        let begin = Moment::parse("2026-11-22T09:00:00Z").expect("a moment");
        let clock = Arc::new(StandingClock(AtomicI64::new(begin.as_ms())));
        let parts = Parts {
            stores: Stores { facts: facts.clone(), ..store.stores() },
            clock: clock.clone(),
            entropy: Arc::new(Counter(AtomicU64::new(1))),
            geolocation: None,
            session_silence_ms: SESSION_SILENCE_MS_DEFAULT,
            aggregate_cells_max: AGGREGATE_CELLS_MAX,
            host: Arc::new(NoHost),
        };
        let keys = WantedKeys {
            client: Some(CLIENT_ID.parse().expect("an id")),
            secret: Some(CLIENT_SECRET.to_owned()),
            deployment: Some(DEPLOYMENT_ID.parse().expect("an id")),
        };
        let tasks = TaskTracker::new();
        let (app, idle_pipeline) = runtime.block_on(async {
            let (app, pipeline) = App::open(parts).await.expect("the product");
            app.first_keys(&keys).await.expect("the first keys");
            if works {
                tasks.spawn(pipeline.run());
                return (app, None);
            }
            let idle: Box<dyn Any + Send + Sync> = Box::new(pipeline);
            (app, Some(idle))
        });
        let http = Http::new(app, TaskTracker::new());
        Self {
            facts,
            clock,
            router: wayfare_http::router::router(http),
            runtime,
            _idle_pipeline: idle_pipeline,
            _store: store,
            _directory: directory,
        }
    }

    /// A client with every permission.
    pub(super) fn client(&self) -> TestClient<'_> {
        TestClient::log_in(self, CLIENT_ID, CLIENT_SECRET)
    }

    /// What becomes of questions to the facts from now on.
    pub(super) fn facts(&self, state: Facts) {
        *self.facts.0.lock().expect("the state") = state;
    }

    /// From now on, waiting takes no time: when all wait, the clock jumps to whoever waits least.
    pub(super) fn pause_time(&self) {
        self.runtime.block_on(async { tokio::time::pause() });
    }

    /// Now, as the wire writes it.
    pub(super) fn now(&self) -> String {
        self.clock.now().to_string()
    }

    /// The answer to a body that breaks off.
    pub(super) fn with_broken_body(&self, path: &str, token: &str) -> Answer {
        self.post(path, token, Body::new(Broken { is_over: true }))
    }

    /// The answer to a body of which nothing ever comes.
    pub(super) fn with_body_that_never_comes(&self, path: &str, token: &str) -> Answer {
        self.post(path, token, Body::new(Broken { is_over: false }))
    }

    /// The first answer to many requests at once.
    pub(super) fn first_answer(&self, path: &str, bodies: &[String]) -> Answer {
        let first = self.runtime.block_on(async {
            let mut requests = JoinSet::new();
            for body in bodies {
                let request = axum::http::Request::post(path).body(Body::from(body.clone()));
                requests.spawn(answer(self.router.clone(), request.expect("a request")));
            }
            requests.join_next().await.expect("an answer").expect("an answer")
        });
        first.expect("an answer").checked("many requests")
    }

    fn post(&self, path: &str, token: &str, body: Body) -> Answer {
        let request = axum::http::Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .body(body)
            .expect("a request");
        let answer = self.runtime.block_on(answer(self.router.clone(), request));
        answer.expect("an answer").checked(path)
    }
}

impl Transport for BrokenServer {
    fn send(&self, request: &Request) -> std::io::Result<RawAnswer> {
        let mut builder =
            axum::http::Request::builder().method(request.method.as_str()).uri(&request.path);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let built =
            builder.body(Body::from(request.body.clone())).map_err(std::io::Error::other)?;
        self.runtime.block_on(answer(self.router.clone(), built))
    }
}

async fn answer(router: Router, request: axum::http::Request<Body>) -> std::io::Result<RawAnswer> {
    let Ok(response) = router.oneshot(request).await;
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(std::io::Error::other)?;
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or("").to_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    Ok(RawAnswer {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: bytes.to_vec(),
    })
}

/// A body that breaks off, or of which nothing ever comes.
struct Broken {
    is_over: bool,
}

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        if self.is_over {
            return Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())));
        }
        Poll::Pending
    }
}
