//! The whole product in this process: a real data directory, a clock that tests set, randomness
//! that is the same every time, and the router called without a socket.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::ConnectInfo;
use rand::rngs::StdRng;
use rand::{RngCore as _, SeedableRng as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use wayfare_app::access::AccessSettings;
use wayfare_app::access::organisations::{FirstKeys, WantedKeys};
use wayfare_app::access::passwords::PasswordCost;
use wayfare_app::app::{App, Parts};
use wayfare_app::clock::{Clock, Entropy};
use wayfare_app::health::Trouble;
use wayfare_app::host::{BackupDone, Host, Later, Tell};
use wayfare_app::ingest::normalise::GeolocationSource;
use wayfare_http::Http;
use wayfare_model::limits::{AGGREGATE_CELLS_MAX, SESSION_SILENCE_MS_DEFAULT};
use wayfare_model::metrics::Family;
use wayfare_model::time::Moment;
use wayfare_store::Stores;
use wayfare_store_embedded::{EmbeddedStore, FactOptions, Observer, Options, REQUEST_FILE};
use wayfare_webhooks::{HttpSender, SenderOptions};

use super::answer::RawAnswer;
use super::client::{Request, TestClient, Transport};
use super::process::{CLIENT_ID, CLIENT_SECRET, DEPLOYMENT_ID};

/// When tests begin, unless they set the clock.
const BEGIN: &str = "2026-11-22T09:00:00.000Z";
/// Answers that tests read are smaller.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Calls of what the product is handed, and what a test does in the middle of one of them.
#[derive(Default)]
pub(crate) struct Calls {
    count: AtomicU64,
    interruption: Mutex<Option<Interruption>>,
}

struct Interruption {
    at: u64,
    act: Box<dyn FnOnce() + Send>,
}

impl Calls {
    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Does something in the `number`th call from now.
    pub(crate) fn interrupt_at(&self, number: u64, act: impl FnOnce() + Send + 'static) {
        let interruption = Interruption { at: self.count() + number, act: Box::new(act) };
        *self.interruption.lock().expect("the interruption") = Some(interruption);
    }

    /// Does it no more, if it has not been done.
    pub(crate) fn forget(&self) {
        self.interruption.lock().expect("the interruption").take();
    }

    fn come(&self) {
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        let mut waiting = self.interruption.lock().expect("the interruption");
        let due = waiting.take_if(|interruption| interruption.at == number);
        drop(waiting);
        if let Some(Interruption { act, .. }) = due {
            act();
        }
    }
}

/// A clock that stands still until a test moves it.
pub(crate) struct TestClock {
    ms: AtomicI64,
    /// Every time that the product looks at it.
    pub(crate) looks: Arc<Calls>,
}

impl TestClock {
    /// Moves the clock on.
    pub(crate) fn advance_ms(&self, ms: i64) {
        self.ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub(crate) fn advance_minutes(&self, minutes: i64) {
        self.advance_ms(minutes * 60_000);
    }

    /// Moves the clock on.
    pub(crate) fn advance_days(&self, days: i64) {
        self.advance_minutes(days * 24 * 60);
    }

    /// Sets the clock.
    pub(crate) fn set(&self, moment: &str) {
        let moment = Moment::parse(moment).expect("a moment");
        self.ms.store(moment.as_ms(), Ordering::SeqCst);
    }

    /// The time in so many milliseconds, as the wire writes it.
    pub(crate) fn text(&self, ms_from_now: i64) -> String {
        self.read().plus_ms(ms_from_now).to_string()
    }

    fn read(&self) -> Moment {
        Moment::from_ms(self.ms.load(Ordering::SeqCst))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        self.looks.come();
        self.read()
    }
}

/// How often the product was opened on a directory, this time included.
fn openings(directory: &Path) -> u64 {
    let counter = directory.join("openings");
    let before =
        std::fs::read_to_string(&counter).map_or(0, |text| text.parse().expect("a number"));
    std::fs::write(&counter, (before + 1).to_string()).expect("a directory that can be written");
    before + 1
}

/// Randomness that begins the same way in every test, and another way each time that the product is
/// opened on the same directory: what it made before is taken.
struct TestEntropy {
    generator: Mutex<StdRng>,
    draws: Arc<Calls>,
}

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.draws.come();
        self.generator.lock().expect("the generator").fill_bytes(bytes);
    }
}

/// What the product runs on in tests: the store, and no machine.
struct TestHost(Observer);

impl Host for TestHost {
    fn metrics(&self) -> Vec<Family> {
        self.0.metrics()
    }

    fn troubles(&self) -> Vec<Trouble> {
        Vec::new()
    }

    fn is_requested(&self, directory: &Path, request: &str) -> bool {
        std::fs::read_to_string(directory.join(REQUEST_FILE)).is_ok_and(|text| text == request)
    }

    fn backup(
        &self,
        directory: PathBuf,
        as_of: Moment,
        _: Tell,
    ) -> Later<'_, Result<BackupDone, String>> {
        Box::pin(async move {
            let taken = self.0.backup(directory, as_of, Box::new(|_| ())).await;
            let taken = taken.map_err(|error| error.to_string())?;
            Ok(BackupDone {
                bytes: taken.manifest.bytes(),
                fact_files: taken.manifest.facts.len() as u64,
                files_added: taken.files_added,
                bytes_added: taken.bytes_added,
                schema_version: taken.manifest.schema_version(),
            })
        })
    }
}

/// The product on a data directory.
pub(crate) struct TestServer {
    /// Its clock.
    pub(crate) clock: Arc<TestClock>,
    /// Every time that it draws randomness.
    pub(crate) draws: Arc<Calls>,
    /// What it does, for what the API has no way to ask.
    pub(crate) app: Arc<App>,
    /// What it has stored, likewise.
    pub(crate) stores: Stores,
    /// The keys of its first organisation.
    pub(crate) keys: FirstKeys,
    /// Where its requests come from.
    peer: [u8; 4],
    router: Router,
    tasks: TaskTracker,
    store: EmbeddedStore,
    runtime: Runtime,
    directory: PathBuf,
    _own_directory: Option<TempDir>,
}

/// Facts that are old enough go into a file however few they are.
fn options() -> Options {
    let facts = FactOptions { ship_rows_min: 1, ..FactOptions::default() };
    Options { facts, ..Options::default() }
}

impl TestServer {
    /// The product on an empty directory, which goes with it.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// As [`TestServer::start`], with something put before its stores.
    pub(crate) fn start_with(change: impl FnOnce(&mut Stores)) -> Self {
        let own = tempfile::tempdir().expect("a temporary directory");
        let mut server = Self::open_with(own.path(), change);
        server._own_directory = Some(own);
        server
    }

    /// The same with the databases of places and organisations in `testdata/geolocation`, asked from
    /// an address that is in both.
    pub(crate) fn start_with_geolocation() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/geolocation");
        let places = folder.join("GeoIP2-City-Test.mmdb");
        let organizations = folder.join("GeoLite2-ASN-Test.mmdb");
        let source = GeolocationSource::open(Some(&places), Some(&organizations));
        let own = tempfile::tempdir().expect("a temporary directory");
        let source = Some(source.expect("the databases"));
        let mut server = Self::open_as(own.path(), source, options(), |_| {});
        server._own_directory = Some(own);
        server.peer = [216, 160, 83, 56];
        server
    }

    /// The product on a directory that may have been used before, here or by a [`super::Process`].
    pub(crate) fn open(directory: &Path) -> Self {
        Self::open_as(directory, None, options(), |_| {})
    }

    /// As [`TestServer::open_with`], and facts go into files as soon as somebody has them kept in
    /// order, however few they are.
    pub(crate) fn open_shipping(directory: &Path, change: impl FnOnce(&mut Stores)) -> Self {
        let facts = FactOptions { ship_after_ms: 0, ship_rows_min: 1, ..FactOptions::default() };
        Self::open_as(directory, None, Options { facts, ..Options::default() }, change)
    }

    /// As [`TestServer::open`], with something put before its stores.
    pub(crate) fn open_with(directory: &Path, change: impl FnOnce(&mut Stores)) -> Self {
        Self::open_as(directory, None, options(), change)
    }

    /// As [`TestServer::open`], unless the directory is damaged.
    pub(crate) fn try_open(directory: &Path) -> Option<Self> {
        Self::try_open_as(directory, None, options(), |_| {}).ok()
    }

    fn open_as(
        directory: &Path,
        geolocation: Option<GeolocationSource>,
        options: Options,
        change: impl FnOnce(&mut Stores),
    ) -> Self {
        Self::try_open_as(directory, geolocation, options, change).expect("the product")
    }

    fn try_open_as(
        directory: &Path,
        geolocation: Option<GeolocationSource>,
        options: Options,
        change: impl FnOnce(&mut Stores),
    ) -> Result<Self, Box<dyn std::error::Error>> {
        // One may wait in an interruption, while another works on what interrupts.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let store = EmbeddedStore::open(directory, options)?;
        let begin = Moment::parse(BEGIN).expect("a moment");
        let mut stores = store.stores();
        change(&mut stores);
        let clock =
            Arc::new(TestClock { ms: AtomicI64::new(begin.as_ms()), looks: Arc::default() });
        let generator = Mutex::new(StdRng::seed_from_u64(openings(directory)));
        let draws = Arc::<Calls>::default();
        let parts = Parts {
            stores,
            clock: clock.clone(),
            entropy: Arc::new(TestEntropy { generator, draws: draws.clone() }),
            geolocation,
            session_silence_ms: SESSION_SILENCE_MS_DEFAULT,
            aggregate_cells_max: AGGREGATE_CELLS_MAX,
            host: Arc::new(TestHost(store.observer())),
        };
        let access =
            AccessSettings { password_cost: PasswordCost::LEAST, ..AccessSettings::default() };
        let tasks = TaskTracker::new();
        let (app, keys) = runtime.block_on(async {
            let (app, background) = App::open_with(parts, access).await?;
            tasks.spawn(background.run());
            app.first_keys(&wanted_keys()).await?;
            Ok::<_, Box<dyn std::error::Error>>((app, first_keys()))
        })?;
        let http = Http::new(app.clone(), TaskTracker::new());
        Ok(Self {
            clock,
            draws,
            app,
            stores: store.stores(),
            keys,
            peer: [127, 0, 0, 1],
            router: wayfare_http::router::router(http),
            tasks,
            store,
            runtime,
            directory: directory.to_owned(),
            _own_directory: None,
        })
    }

    /// A client with every permission.
    pub(crate) fn client(&self) -> TestClient<'_> {
        self.client_of(&self.keys)
    }

    /// As [`TestServer::client`], unless nobody can log in.
    pub(crate) fn try_client(&self) -> Option<TestClient<'_>> {
        let anonymous = self.anonymous();
        let answer = anonymous.token_by_basic(CLIENT_ID, CLIENT_SECRET);
        Some(anonymous.with_token(answer.json["access_token"].as_str()?))
    }

    /// A client of the organisation whose keys these are.
    pub(crate) fn client_of(&self, keys: &FirstKeys) -> TestClient<'_> {
        TestClient::log_in(self, &keys.client.to_string(), &keys.secret)
    }

    /// A client without a token.
    pub(crate) fn anonymous(&self) -> TestClient<'_> {
        TestClient::anonymous(self)
    }

    /// A client with these permissions only.
    pub(crate) fn client_with(&self, permissions: &[&str]) -> TestClient<'_> {
        let body = serde_json::json!({ "name": "limited", "permissions": permissions });
        let made = self.client().post("/api/wayfare/v1/clients", &body).with(201);
        let text = |field: &str| made[field].as_str().expect(field).to_owned();
        TestClient::log_in(self, &text("id"), &text("secret"))
    }

    /// A second organisation; gives its keys.
    pub(crate) fn create_organisation(&self, name: &str) -> FirstKeys {
        let wanted = WantedKeys::default();
        self.runtime.block_on(self.app.create_organisation(name, &wanted)).expect("an organisation")
    }

    /// Delivers the messages of webhooks from now on, to receivers on this machine.
    pub(crate) fn deliver_webhooks(&self) {
        let allowed = vec!["127.0.0.0/8".parse().expect("a network")];
        let sender = HttpSender::new(SenderOptions { allowed, allows_http: true });
        let delivering = Arc::clone(&self.app).deliver_webhooks(Arc::new(sender));
        self.runtime.spawn(self.tasks.track_future(delivering));
    }

    /// Runs what the API has no way to ask.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Its data directory, opened.
    pub(crate) const fn store(&self) -> &EmbeddedStore {
        &self.store
    }

    /// Puts facts that are old enough into files, as a timer does.
    pub(crate) fn ship_facts(&self) {
        let now = self.clock.read();
        self.runtime.block_on(self.stores.facts.maintain(now)).expect("facts in order");
    }

    /// Whoever asks from now on has this address.
    pub(crate) fn ask_from(&mut self, peer: [u8; 4]) {
        self.peer = peer;
    }

    /// Its data directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Closes the data directory, as a server does that is asked to stop.
    pub(crate) fn close(self) {
        self.app.end_feeds();
        drop((self.router, self.app, self.stores));
        self.tasks.close();
        self.runtime.block_on(async {
            self.tasks.wait().await;
            self.store.close().await;
        });
    }
}

impl Transport for TestServer {
    fn send(&self, request: &Request) -> std::io::Result<RawAnswer> {
        let peer = std::net::SocketAddr::from((self.peer, 40_000));
        let mut builder = axum::http::Request::builder()
            .method(request.method.as_str())
            .uri(&request.path)
            .extension(ConnectInfo(peer));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let built =
            builder.body(Body::from(request.body.clone())).map_err(std::io::Error::other)?;
        let router = self.router.clone();
        self.runtime.block_on(async {
            let Ok(response) = router.oneshot(built).await;
            let (parts, body) = response.into_parts();
            let is_endless =
                parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
            // Of a stream that has no end, the beginning is enough.
            let bytes = match is_endless {
                true => first_chunk(body).await?,
                false => to_bytes(body, ANSWER_BYTES_MAX).await.map_err(std::io::Error::other)?,
            };
            let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or("").to_owned();
            let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
            Ok(RawAnswer {
                status: parts.status.as_u16(),
                headers: headers.collect(),
                body: bytes.to_vec(),
            })
        })
    }
}

async fn first_chunk(mut body: Body) -> std::io::Result<Bytes> {
    let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
    let frame = frame.transpose().map_err(std::io::Error::other)?;
    Ok(frame.and_then(|frame| frame.into_data().ok()).unwrap_or_default())
}

fn wanted_keys() -> WantedKeys {
    let keys = first_keys();
    WantedKeys {
        client: Some(keys.client),
        secret: Some(keys.secret),
        deployment: Some(keys.deployment),
    }
}

fn first_keys() -> FirstKeys {
    FirstKeys {
        client: CLIENT_ID.parse().expect("an id"),
        secret: CLIENT_SECRET.to_owned(),
        deployment: DEPLOYMENT_ID.parse().expect("an id"),
    }
}
