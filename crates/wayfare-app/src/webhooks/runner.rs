//! Delivering: one task watches which webhooks there are, and one for each of them carries its messages.
//!
//! How far a receiver is, is written down after its answers, several at a time. What was delivered and not
//! written down when the server goes down is delivered again: at least once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use uuid::Uuid;
use wayfare_model::change_log::LoggedChange;
use wayfare_model::limits::{WEBHOOK_ALL_REQUESTS_MAX, WEBHOOK_ATTEMPTS_KEPT_MAX};
use wayfare_model::time::Moment;
use wayfare_store::documents::Kind;

use super::attempts::{Attempt, Result as AttemptResult};
use super::document::{self, Webhook};
use super::message;
use super::sender::{ReceiverAnswer, SendError, WebhookSender};
use super::window::{Came, Follows, Window};
use crate::access::organisations::Served;
use crate::app::App;
use crate::error::Result;
use crate::feed::holders::Holding;
use crate::metrics::{CourierPlace, Delivery};
use crate::paging::read_all;
use crate::tasks::piece;

/// The clock is looked at so often while something waits for its time: the clock may be set.
const SLEEP_MAX: Duration = Duration::from_secs(1);
/// The list of webhooks is read again so often, should the store have failed before.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After the store failed, nothing is tried for so long.
const STORE_REST: Duration = Duration::from_secs(5);
/// Changes that nobody wants are looked at again after a restart, at most so many.
pub(super) const UNWRITTEN_MAX: u64 = 1_000;
/// What is under way when the server stops gets so long.
const FINISH_MAX: Duration = Duration::from_secs(5);

impl App {
    /// Delivers messages to the receivers of webhooks until [`App::end_feeds`] is called.
    pub fn deliver_webhooks(
        self: Arc<Self>,
        sender: Arc<dyn WebhookSender>,
    ) -> impl Future<Output = ()> + Send {
        // Known before anybody can ask. The first one stays: there is one server.
        drop(self.webhook_sender.set(Arc::clone(&sender)));
        self.watch_webhooks(sender)
    }

    async fn watch_webhooks(self: Arc<Self>, sender: Arc<dyn WebhookSender>) {
        let requests = Arc::new(Semaphore::new(WEBHOOK_ALL_REQUESTS_MAX));
        let mut changed = self.webhooks_changed.subscribe();
        let mut end = self.feeds_end.subscribe();
        let mut couriers: HashMap<Uuid, watch::Sender<Arc<Webhook>>> = HashMap::new();
        let mut tasks = JoinSet::new();
        while !*end.borrow() {
            changed.borrow_and_update();
            // Where it breaks down in the middle, a courier that is not on its way begins the next time.
            let looking = self.look_after_webhooks(&sender, &requests, &mut couriers, &mut tasks);
            self.tasks.turn("webhooks", looking).await;
            tokio::select! {
                _ = changed.changed() => {}
                _ = end.changed() => {}
                Some(_) = tasks.join_next() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        drop(couriers);
        while tasks.join_next().await.is_some() {}
    }

    /// Sends couriers for the webhooks that have none, and tells the others what has changed.
    async fn look_after_webhooks(
        self: &Arc<Self>,
        sender: &Arc<dyn WebhookSender>,
        requests: &Arc<Semaphore>,
        couriers: &mut HashMap<Uuid, watch::Sender<Arc<Webhook>>>,
        tasks: &mut JoinSet<()>,
    ) {
        match self.enabled_webhooks().await {
            Ok(webhooks) => {
                couriers.retain(|id, courier| {
                    !courier.is_closed() && webhooks.iter().any(|(_, known)| known.id == *id)
                });
                for (served, webhook) in webhooks {
                    let webhook = Arc::new(webhook);
                    if let Some(courier) = couriers.get(&webhook.id) {
                        courier.send_if_modified(|known| {
                            let is_new = known.version != webhook.version;
                            known.clone_from(&webhook);
                            is_new
                        });
                        continue;
                    }
                    let (sender_of_changes, webhook_changes) = watch::channel(Arc::clone(&webhook));
                    couriers.insert(webhook.id, sender_of_changes);
                    let courier = Courier {
                        app: Arc::clone(self),
                        served,
                        sender: Arc::clone(sender),
                        requests: Arc::clone(requests),
                    };
                    tasks.spawn(courier.run(webhook_changes));
                }
            }
            Err(error) => tell("webhooks cannot be read", &error),
        }
    }

    async fn enabled_webhooks(&self) -> Result<Vec<(Arc<Served>, Webhook)>> {
        let mut found = Vec::new();
        for served in self.organisations.all() {
            for document in read_all(&*self.stores.documents, served.id, Kind::Webhook).await? {
                let webhook = document::from_document(&document)?;
                if webhook.enabled {
                    found.push((Arc::clone(&served), webhook));
                }
            }
        }
        Ok(found)
    }
}

/// Carries the messages of one webhook.
pub(super) struct Courier {
    pub(super) app: Arc<App>,
    pub(super) served: Arc<Served>,
    sender: Arc<dyn WebhookSender>,
    requests: Arc<Semaphore>,
}

/// An attempt that has ended.
pub(super) struct Landed {
    logged: LoggedChange,
    attempt: u32,
    message_id: String,
    began: Moment,
    answer: Result<ReceiverAnswer, SendError>,
}

/// What a courier has and is about to write down.
pub(super) struct Trip {
    pub(super) webhook: Arc<Webhook>,
    pub(super) window: Window,
    pub(super) flights: JoinSet<Landed>,
    /// To break off those under way, by what they carry.
    pub(super) breaks: HashMap<u64, AbortHandle>,
    pub(super) attempts: Vec<Attempt>,
    /// Whether something is to be written down.
    pub(super) is_dirty: bool,
    /// Up to which place of the log what was read is written down.
    pub(super) written: u64,
    /// Why the webhook is to be switched off.
    disable: Option<String>,
}

impl Trip {
    fn new(webhook: Arc<Webhook>, window: Window) -> Self {
        Self {
            webhook,
            written: window.read(),
            window,
            flights: JoinSet::new(),
            breaks: HashMap::new(),
            attempts: Vec::new(),
            is_dirty: false,
            disable: None,
        }
    }
}

impl Courier {
    async fn run(self, mut changes: watch::Receiver<Arc<Webhook>>) {
        let mut end = self.app.feeds_end.subscribe();
        let place = self.app.metrics.webhooks.begin(self.served.id);
        while !*end.borrow() {
            match piece(self.work(&mut changes, &mut end, &place)).await {
                Ok(()) => return,
                Err(error) => tell("messages of a webhook cannot be delivered now", &error),
            }
            tokio::select! {
                _ = end.changed() => {}
                () = tokio::time::sleep(STORE_REST) => {}
            }
        }
    }

    /// Works until the webhook is gone or switched off, the server stops, or the store fails.
    async fn work(
        &self,
        changes: &mut watch::Receiver<Arc<Webhook>>,
        end: &mut watch::Receiver<bool>,
        place: &CourierPlace,
    ) -> Result<()> {
        let webhook = changes.borrow_and_update().clone();
        // Before anything is read: what is removed from then on is told.
        let mut holding = self.served.changes.holders.register();
        let (window, lost) = self.open(&webhook).await?;
        let mut trip = Trip::new(webhook, window);
        if let Some(until) = lost {
            self.lose(&mut trip, until.saturating_sub(1), until);
        }
        let ended = self.carry(&mut trip, &mut holding, changes, end, place).await;
        // Nothing is on its way any more when it is said that nothing is kept.
        trip.flights.shutdown().await;
        ended
    }

    async fn carry(
        &self,
        trip: &mut Trip,
        holding: &mut Holding,
        changes: &mut watch::Receiver<Arc<Webhook>>,
        end: &mut watch::Receiver<bool>,
        place: &CourierPlace,
    ) -> Result<()> {
        let mut version = self.served.changes.subscribe();
        loop {
            if let Some(removal) = holding.removal() {
                self.let_go(trip).await?;
                holding.has_looked(removal);
            }
            let is_behind = self.fill(trip, &mut version).await?;
            self.start(trip);
            let (waiting, oldest) = trip.window.waits();
            place.set(waiting, oldest);
            if trip.is_dirty {
                self.write(trip).await?;
            }
            if let Some(reason) = trip.disable.take() {
                return self.disable(&trip.webhook, reason).await;
            }
            let sleep = self.sleep(trip, is_behind);
            tokio::select! {
                Some(landed) = trip.flights.join_next() => {
                    self.land(trip, landed);
                    while let Some(landed) = trip.flights.try_join_next() {
                        self.land(trip, landed);
                    }
                }
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    trip.webhook = changes.borrow_and_update().clone();
                    if trip.webhook.generation != trip.window.generation() {
                        trip.flights.shutdown().await;
                        trip.breaks.clear();
                        trip.window = Window::begin(trip.webhook.generation, trip.webhook.after);
                        trip.is_dirty = true;
                    }
                }
                told = version.changed(), if trip.window.has_room() => {
                    if told.is_err() {
                        return Ok(());
                    }
                }
                () = holding.removed() => {}
                _ = end.changed() => return self.finish(trip).await,
                () = tokio::time::sleep(sleep) => {
                    // Also that nothing was wanted is to be known after a restart.
                    trip.is_dirty |= trip.window.read() != trip.written;
                }
            }
        }
    }

    /// Waits for what is under way, so that it need not be delivered again.
    async fn finish(&self, trip: &mut Trip) -> Result<()> {
        let until = tokio::time::Instant::now() + FINISH_MAX;
        while let Ok(Some(landed)) = tokio::time::timeout_at(until, trip.flights.join_next()).await
        {
            self.land(trip, landed);
        }
        let is_read_on = trip.window.read() != trip.written;
        if trip.is_dirty || is_read_on { self.write(trip).await } else { Ok(()) }
    }

    /// Starts what can be started.
    fn start(&self, trip: &mut Trip) {
        let now = self.app.now();
        while let Some((logged, attempt)) = trip.window.start_next(now) {
            let message = message::of_change(&self.served.ids, &trip.webhook, &logged, now);
            let message_id = message::id_of(&self.served.ids, trip.webhook.id, &logged);
            let (sender, requests) = (Arc::clone(&self.sender), Arc::clone(&self.requests));
            let sequence = logged.sequence;
            let flight = trip.flights.spawn(async move {
                let _request = requests.acquire_owned().await;
                let answer = sender.send(message).await;
                Landed { logged, attempt, message_id, began: now, answer }
            });
            trip.breaks.insert(sequence, flight);
        }
    }

    /// Takes down what came of an attempt; whether its change is still one to be told.
    pub(super) fn land(
        &self,
        trip: &mut Trip,
        landed: Result<Landed, tokio::task::JoinError>,
    ) -> bool {
        let landed = match landed {
            Ok(landed) if trip.window.holds(landed.logged.sequence) => landed,
            Ok(_) => return false,
            Err(error) if error.is_cancelled() => return false,
            Err(error) => {
                // It stays under way for ever: only a restart tries it again.
                tracing::error!(%error, "an attempt to deliver broke down");
                return true;
            }
        };
        trip.breaks.remove(&landed.logged.sequence);
        let now = self.app.now();
        let (came, is_unwanted) = message::came(&landed.answer, now);
        let result = match &came {
            Came::Delivered => AttemptResult::Delivered,
            Came::Failed { error, .. } => AttemptResult::Failed(error.clone()),
        };
        let follows = trip.window.finish(landed.logged.sequence, came, now, self.random());
        self.count(match (&result, follows) {
            (AttemptResult::Delivered, _) => Delivery::Delivered,
            (_, Follows::GivenUp) => Delivery::GivenUp,
            _ => Delivery::Retried,
        });
        let status = landed.answer.as_ref().ok().map(|answer| answer.status);
        trip.attempts.push(Attempt {
            message: Some(landed.message_id),
            sequence: landed.logged.sequence,
            kind: Some(landed.logged.change.kind),
            attempt: landed.attempt,
            began: landed.began,
            took_ms: now.ms_since(landed.began).max(0),
            status,
            result,
            next: match follows {
                Follows::Again(next) => Some(next),
                _ => None,
            },
            is_given_up: follows == Follows::GivenUp,
        });
        trip.is_dirty = true;
        if is_unwanted {
            trip.disable = Some("the receiver answered 410: it wants no more messages".to_owned());
        } else if follows == Follows::Dead {
            let error = trip.window.health.last_error.as_deref().unwrap_or("nobody answered");
            trip.disable = Some(format!("nothing could be delivered for 3 days; at last: {error}"));
        }
        if trip.disable.is_some() {
            // Whoever switches it on again says that the receiver is there.
            trip.window.forgive();
        }
        true
    }

    async fn write(&self, trip: &mut Trip) -> Result<()> {
        let state = serde_json::to_string(&trip.window.to_stored()).map_err(|error| {
            let context = format!("writing the deliveries of webhook {}", trip.webhook.id);
            wayfare_store::Error::Unavailable { context, source: Box::new(error) }
        })?;
        let attempts = trip.attempts.iter().map(Attempt::to_json).collect();
        let deliveries = &self.app.stores.deliveries;
        let (organisation, webhook) = (self.served.id, trip.webhook.id);
        let kept_max = WEBHOOK_ATTEMPTS_KEPT_MAX;
        deliveries.write_deliveries(organisation, webhook, state, attempts, kept_max).await?;
        trip.attempts.clear();
        trip.written = trip.window.read();
        trip.is_dirty = false;
        Ok(())
    }

    pub(super) fn count(&self, delivery: Delivery) {
        self.app.metrics.webhooks.count(self.served.id, delivery);
    }

    async fn disable(&self, webhook: &Webhook, reason: String) -> Result<()> {
        tracing::warn!(webhook.id = %webhook.id, "a webhook was switched off");
        self.app.metrics.webhooks.count_switched_off(self.served.id);
        let change = |webhook: &mut Webhook| {
            webhook.enabled = false;
            webhook.disabled_reason = Some(reason.clone());
        };
        let changed = self.app.change_webhook(self.served.id, webhook.id, change).await;
        match changed {
            Err(crate::error::Error::Problem(_)) => Ok(()),
            other => other.map(drop),
        }
    }

    /// How long nothing happens by itself.
    fn sleep(&self, trip: &Trip, is_behind: bool) -> Duration {
        let Some(next) = trip.window.next_attempt() else {
            // Only an answer, or news, can change anything.
            return if is_behind { SLEEP_MAX } else { LOOK_EVERY };
        };
        let ms = next.ms_since(self.app.now()).max(1).unsigned_abs();
        Duration::from_millis(ms).min(SLEEP_MAX)
    }

    /// A number from 0 to 1.
    fn random(&self) -> f64 {
        let mut bytes = [0; 4];
        self.app.entropy.fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    }
}

fn tell(what: &str, error: &crate::error::Error) {
    tracing::error!(error = error as &dyn std::error::Error, "{what}");
}
