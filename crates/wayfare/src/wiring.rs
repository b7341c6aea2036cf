//! Putting the product together: store, clock, app, pipeline, HTTP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wayfare_app::access::AccessSettings;
use wayfare_app::access::organisations::{FirstKeys, WantedKeys};
use wayfare_app::app::{App, Parts};
use wayfare_app::clock::Clock as _;
use wayfare_app::ingest::normalise::GeolocationSource;
use wayfare_app::tasks::Tasks;
use wayfare_http::Http;
use wayfare_model::limits::SESSION_SILENCE_MS_DEFAULT;
use wayfare_store::facts::Facts;
use wayfare_store::journeys::{EventRetention, Journeys};
use wayfare_store_embedded::{EmbeddedStore, Options};
use wayfare_webhooks::{HttpSender, SenderOptions};

use crate::clock::{SystemClock, SystemEntropy};
use crate::config::{FactArguments, OperatorArguments, VisitArguments};
use crate::connections::Connections;
use crate::host::SystemHost;
use crate::serving::{self, Limits};
use crate::tls::{self, TlsListener};

/// Time that requests under way get when the server stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
/// Time that those who look at a server that has stopped get to have their answer.
const OPERATORS_TIME_MAX: Duration = Duration::from_secs(1);
/// Time between two looks at what facts and events need.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(5);
/// Time between two looks at the length of the change log.
const TRIM_INTERVAL: Duration = Duration::from_secs(60);
/// Tells commands on the same data directory where its server is.
const ADDRESS_FILE: &str = "server.json";

/// The product on a data directory.
pub(crate) struct Product {
    /// What it does.
    pub(crate) app: Arc<App>,
    /// The keys made for an empty directory.
    pub(crate) first_keys: Option<FirstKeys>,
    store: EmbeddedStore,
    tasks: TaskTracker,
    closing: CancellationToken,
    connections: Arc<Connections>,
}

impl Product {
    /// Opens a data directory, and makes it when it is not there.
    ///
    /// # Errors
    /// When the directory is in use, newer than this program, or not readable and writable.
    pub(crate) async fn open(
        data: &Path,
        visits: Option<&VisitArguments>,
        wanted: &WantedKeys,
    ) -> anyhow::Result<Self> {
        let access = AccessSettings::default();
        let operators = OperatorArguments::default();
        Self::open_with(data, visits, wanted, access, &FactArguments::default(), &operators).await
    }

    /// As [`Product::open`], with settings of access, of facts and for those who run it.
    ///
    /// # Errors
    /// As [`Product::open`].
    pub(crate) async fn open_with(
        data: &Path,
        visits: Option<&VisitArguments>,
        wanted: &WantedKeys,
        access: AccessSettings,
        facts: &FactArguments,
        operators: &OperatorArguments,
    ) -> anyhow::Result<Self> {
        let directory = data.to_owned();
        let options = Options { facts: facts.options(), ..Options::default() };
        let opening = tokio::task::spawn_blocking(move || EmbeddedStore::open(&directory, options));
        let store = opening.await??;
        let silence_ms = visits
            .map_or(SESSION_SILENCE_MS_DEFAULT, |visits| visits.session_silence_minutes * 60_000);
        let connections = Arc::<Connections>::default();
        let free_bytes_min = operators.free_bytes_min();
        let host = SystemHost::new(&store, data, free_bytes_min, Arc::clone(&connections));
        let parts = Parts {
            stores: store.stores(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            geolocation: visits.and_then(geolocation).transpose()?,
            session_silence_ms: silence_ms,
            aggregate_cells_max: facts.cells_max(),
            host: Arc::new(host),
        };
        let opened = App::open_with(parts, access).await;
        let (app, background) = opened.context("cannot read the data directory")?;
        let tasks = TaskTracker::new();
        work_in_background(tasks.track_future(background.run()))?;
        let closing = CancellationToken::new();
        tasks.spawn(maintain(store.stores().facts, app.tasks(), closing.clone()));
        tasks.spawn(trim_changes(Arc::clone(&app), closing.clone()));
        let first_keys = app.first_keys(wanted).await.context("cannot make the first keys")?;
        Ok(Self { app, first_keys, store, tasks, closing, connections })
    }

    /// Forgets events that are to be kept no longer, from now on until it closes.
    pub(crate) fn keep_events(&self, retention: EventRetention) {
        if retention != EventRetention::default() {
            let (journeys, told) = (self.store.stores().journeys, self.app.tasks());
            self.tasks.spawn(retain(journeys, retention, told, self.closing.clone()));
        }
    }

    /// The store it works on.
    pub(crate) const fn store(&self) -> &EmbeddedStore {
        &self.store
    }

    /// Finishes what is under way and closes the data directory.
    pub(crate) async fn close(self) {
        self.closing.cancel();
        // What works in the background ends when nobody can ask for it any more.
        drop(self.app);
        self.tasks.close();
        if tokio::time::timeout(DRAIN_TIME_MAX, self.tasks.wait()).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
        self.store.close().await;
    }
}

/// Runs what works behind the answers on a thread of its own. On those of the requests it would wait for
/// its turn after every step, and all of them wait for it.
fn work_in_background(work: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
    let runtime = Handle::current();
    let thread = std::thread::Builder::new().name("wayfare-ingest".to_owned());
    thread.spawn(move || runtime.block_on(work)).context("cannot start a thread")?;
    Ok(())
}

/// Keeps facts in good order until the product closes.
async fn maintain(facts: Arc<dyn Facts>, tasks: Arc<Tasks>, closing: CancellationToken) {
    while closing.run_until_cancelled(tokio::time::sleep(MAINTENANCE_INTERVAL)).await.is_some() {
        let maintained = tasks.turn("facts", facts.maintain(SystemClock.now())).await;
        if let Some(Err(error)) = maintained {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "facts could not be kept in order");
        }
    }
}

/// Forgets events that are to be kept no longer until the product closes.
async fn retain(
    journeys: Arc<dyn Journeys>,
    retention: EventRetention,
    tasks: Arc<Tasks>,
    closing: CancellationToken,
) {
    while closing.run_until_cancelled(tokio::time::sleep(MAINTENANCE_INTERVAL)).await.is_some() {
        let retaining = journeys.retain_events(SystemClock.now(), retention);
        match tasks.turn("events_retention", retaining).await {
            None | Some(Ok(0)) => {}
            Some(Ok(forgotten)) => tracing::info!(forgotten, "events were forgotten"),
            Some(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "events could not be forgotten");
            }
        }
    }
}

/// Lets old changes leave the change log until the product closes.
async fn trim_changes(app: Arc<App>, closing: CancellationToken) {
    while closing.run_until_cancelled(tokio::time::sleep(TRIM_INTERVAL)).await.is_some() {
        let trimmed = app.tasks().turn("change_log", app.trim_changes()).await;
        if let Some(Err(error)) = trimmed {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "the change log could not be trimmed");
        }
    }
}

fn geolocation(visits: &VisitArguments) -> Option<anyhow::Result<GeolocationSource>> {
    let place = visits.geolocation_database.as_deref();
    let organization = visits.organization_database.as_deref();
    if place.is_none() && organization.is_none() {
        return None;
    }
    Some(GeolocationSource::open(place, organization).map_err(anyhow::Error::from))
}

/// Where those who run the server look at it.
struct Operators {
    url: String,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

/// A server that listens.
pub(crate) struct Server {
    url: String,
    product: Product,
    writes: TaskTracker,
    address_file: PathBuf,
    stop: CancellationToken,
    http: Http,
    operators: Option<Operators>,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Binds the address and serves the product there.
    ///
    /// # Errors
    /// When the address is taken.
    pub(crate) fn start(
        product: Product,
        data: &Path,
        listener: TcpListener,
    ) -> anyhow::Result<Self> {
        Self::start_with(product, data, listener, None)
    }

    /// As [`Server::start`], over TLS if there is something to speak it with.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub(crate) fn start_with(
        product: Product,
        data: &Path,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = url_of(scheme, address);
        let writes = TaskTracker::new();
        let http = Http::new(product.app.clone(), writes.clone());
        let router = wayfare_http::router::router(http.clone());
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let limits = Limits::default();
        let connections = Arc::clone(&product.connections);
        let serving = product.tasks.spawn(async move {
            let open = Arc::clone(&connections.open);
            match tls {
                None => {
                    let listener = listener.tap_io(no_delay);
                    serving::serve(listener, router, limits, open, stopping).await;
                }
                Some(acceptor) => {
                    let router = router.layer(axum::middleware::from_fn(tls::tell));
                    let handshakes = Arc::clone(&connections.handshakes);
                    let listener = TlsListener::new(listener, acceptor, handshakes);
                    serving::serve(listener, router, limits, open, stopping).await;
                }
            }
        });
        let app = product.app.clone();
        drop(tokio::task::spawn_blocking(move || app.warm_up()));
        let address_file = data.join(ADDRESS_FILE);
        let text = serde_json::json!({ "url": url }).to_string();
        std::fs::write(&address_file, text)
            .with_context(|| format!("cannot write {}", address_file.display()))?;
        Ok(Self { url, product, writes, address_file, stop, http, operators: None, serving })
    }

    /// Tells those who run the server how it is, on an address of their own, without a token.
    ///
    /// # Errors
    /// When the address is not known.
    pub(crate) fn serve_operators(&mut self, listener: TcpListener) -> anyhow::Result<()> {
        let url = url_of("http", listener.local_addr()?);
        let router = wayfare_http::router::operators_router(self.http.clone());
        let stop = CancellationToken::new();
        let (limits, open) = (Limits::default(), Arc::default());
        let serving = serving::serve(listener, router, limits, open, stop.clone());
        let serving = self.product.tasks.spawn(serving);
        self.operators = Some(Operators { url, stop, serving });
        Ok(())
    }

    /// Where those who run the server look at it, if anywhere.
    pub(crate) fn operators_url(&self) -> Option<&str> {
        self.operators.as_ref().map(|operators| operators.url.as_str())
    }

    /// Delivers messages of webhooks from now on.
    pub(crate) fn deliver_webhooks(&self, options: SenderOptions) {
        let sender = Arc::new(HttpSender::new(options));
        self.product.tasks.spawn(Arc::clone(&self.product.app).deliver_webhooks(sender));
    }

    /// The product it serves.
    pub(crate) fn product(&self) -> &Product {
        &self.product
    }

    /// Where it is reached from this machine.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Tells load balancers from now on that nothing more should be sent.
    pub(crate) fn begin_draining(&self) {
        self.product.app.begin_draining();
    }

    /// Stops listening, finishes what is under way and closes the data directory.
    ///
    /// # Errors
    /// When serving had failed.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.begin_draining();
        self.stop.cancel();
        // Live feeds would never end by themselves.
        self.product.app.end_feeds();
        let serving = self.serving;
        let abort = serving.abort_handle();
        let ended = tokio::time::timeout(DRAIN_TIME_MAX, serving).await;
        if ended.is_err() {
            abort.abort();
            tracing::warn!("some connections did not end in time");
        }
        self.writes.close();
        if tokio::time::timeout(DRAIN_TIME_MAX, self.writes.wait()).await.is_err() {
            tracing::warn!("some writes did not end in time");
        }
        // Until here one could see how it went.
        if let Some(Operators { stop, mut serving, .. }) = self.operators {
            stop.cancel();
            if tokio::time::timeout(OPERATORS_TIME_MAX, &mut serving).await.is_err() {
                serving.abort();
            }
        }
        drop(self.http);
        if let Err(error) = std::fs::remove_file(&self.address_file) {
            tracing::debug!(%error, "the address file was gone");
        }
        self.product.close().await;
        match ended {
            Ok(Err(broken)) => Err(broken.into()),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}

/// Small answers go out at once, whatever went before them.
fn no_delay(stream: &mut TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection may delay answers");
    }
}

/// Where a server that listens on an address is reached from this machine.
fn url_of(scheme: &str, mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(all) if all.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(all) if all.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    format!("{scheme}://{address}")
}

/// Where the server of a data directory is, if one says so.
pub(crate) fn address_of(data: &Path) -> Option<String> {
    let text = std::fs::read_to_string(data.join(ADDRESS_FILE)).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(value.get("url")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_reached_on_the_loopback() {
        let check = |listen: &str, url: &str| {
            let (scheme, _) = url.split_once(':').unwrap();
            assert_eq!(url_of(scheme, listen.parse().unwrap()), url, "{listen}");
        };
        check("127.0.0.1:8080", "http://127.0.0.1:8080");
        check("0.0.0.0:8080", "http://127.0.0.1:8080");
        check("[::]:8080", "http://[::1]:8080");
        check("0.0.0.0:8443", "https://127.0.0.1:8443");
        check("192.0.2.1:80", "http://192.0.2.1:80");
    }

    #[test]
    fn only_a_running_server_says_where_it_is() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(address_of(data.path()), None);
        std::fs::write(data.path().join(ADDRESS_FILE), r#"{"url":"http://here"}"#).unwrap();
        assert_eq!(address_of(data.path()).as_deref(), Some("http://here"));
        std::fs::write(data.path().join(ADDRESS_FILE), "{").unwrap();
        assert_eq!(address_of(data.path()), None);
    }
}
