//! Messages of webhooks by what became of them, and what waits to be delivered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wayfare_model::id::OrganisationId;
use wayfare_model::metrics::Family;
use wayfare_model::time::Moment;

use super::Queue;

/// What became of an attempt to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Delivery {
    /// The receiver took the message.
    Delivered,
    /// It did not, and is asked again.
    Retried,
    /// It did not, for as long as is promised.
    GivenUp,
    /// Changes had left the log before; counted once, however many they were.
    Lost,
}

impl Delivery {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::GivenUp => "given_up",
            Self::Lost => "lost",
        }
    }
}

/// What is counted of webhooks.
#[derive(Debug, Default)]
pub(crate) struct WebhookMetrics(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    deliveries: BTreeMap<(OrganisationId, Delivery), u64>,
    /// Webhooks that the server itself switched off.
    switched_off: BTreeMap<OrganisationId, u64>,
    couriers: BTreeMap<u64, Courier>,
    next: u64,
}

/// What waits for one receiver.
#[derive(Debug)]
struct Courier {
    organisation: OrganisationId,
    waiting: usize,
    /// When the first of it was written into the log.
    oldest: Option<Moment>,
}

/// What waits of an organisation.
#[derive(Debug, Clone, Copy, Default)]
struct Waits {
    webhooks: usize,
    waiting: usize,
    oldest_s: f64,
}

/// What is told of one courier; nothing any more when this is dropped.
#[derive(Debug)]
pub(crate) struct CourierPlace {
    counts: Arc<Mutex<Counts>>,
    number: u64,
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WebhookMetrics {
    /// An attempt has ended.
    pub(crate) fn count(&self, organisation: OrganisationId, delivery: Delivery) {
        *lock(&self.0).deliveries.entry((organisation, delivery)).or_default() += 1;
    }

    /// The server switched a webhook off.
    pub(crate) fn count_switched_off(&self, organisation: OrganisationId) {
        *lock(&self.0).switched_off.entry(organisation).or_default() += 1;
    }

    /// Somebody delivers from now on.
    pub(crate) fn begin(&self, organisation: OrganisationId) -> CourierPlace {
        let mut counts = lock(&self.0);
        let number = counts.next;
        counts.next += 1;
        counts.couriers.insert(number, Courier { organisation, waiting: 0, oldest: None });
        CourierPlace { counts: Arc::clone(&self.0), number }
    }

    /// What waits for all receivers together.
    pub(super) fn queue(&self, now: Moment) -> Queue {
        let waits = lock(&self.0).waits(now);
        Queue {
            name: "webhooks",
            depth: waits.values().map(|waits| waits.waiting).sum(),
            capacity: None,
            oldest_s: waits.values().map(|waits| waits.oldest_s).fold(0.0, f64::max),
        }
    }

    pub(super) fn families(&self, now: Moment) -> Vec<Family> {
        let counts = lock(&self.0);
        let mut deliveries = Family::counter(
            "wayfare_webhook_deliveries",
            "Attempts to deliver messages of webhooks by what became of them",
        );
        for ((organisation, delivery), number) in &counts.deliveries {
            let organisation = organisation.to_string();
            let labels = [("organisation", organisation.as_str()), ("outcome", delivery.as_str())];
            deliveries = deliveries.labelled(labels, *number);
        }
        let mut switched_off = Family::counter(
            "wayfare_webhooks_switched_off",
            "Webhooks that were switched off because their receivers were gone",
        );
        for (organisation, number) in &counts.switched_off {
            let labels = [("organisation", &*organisation.to_string())];
            switched_off = switched_off.labelled(labels, *number);
        }
        let mut webhooks =
            Family::gauge("wayfare_webhooks_enabled", "Webhooks whose messages are delivered");
        let mut waiting = Family::gauge(
            "wayfare_webhook_waiting_changes",
            "Changes that were read from the log and are not delivered",
        );
        let mut oldest = Family::gauge(
            "wayfare_webhook_oldest_seconds",
            "Age of the oldest change that is not delivered",
        );
        for (organisation, waits) in counts.waits(now) {
            let organisation = organisation.to_string();
            let labels = [("organisation", organisation.as_str())];
            webhooks = webhooks.labelled(labels, waits.webhooks);
            waiting = waiting.labelled(labels, waits.waiting);
            oldest = oldest.labelled(labels, waits.oldest_s);
        }
        vec![deliveries, switched_off, webhooks, waiting, oldest]
    }
}

impl Counts {
    fn waits(&self, now: Moment) -> BTreeMap<OrganisationId, Waits> {
        let mut all = BTreeMap::<_, Waits>::new();
        for courier in self.couriers.values() {
            let waits = all.entry(courier.organisation).or_default();
            waits.webhooks += 1;
            waits.waiting += courier.waiting;
            waits.oldest_s = waits.oldest_s.max(courier.age_s(now));
        }
        all
    }
}

impl Courier {
    #[expect(clippy::cast_precision_loss, reason = "ages are far below 2^52 milliseconds")]
    fn age_s(&self, now: Moment) -> f64 {
        let age_ms = self.oldest.map_or(0, |since| now.ms_since(since)).max(0);
        age_ms as f64 / 1_000.0
    }
}

impl CourierPlace {
    /// So much waits, the first of it since then.
    pub(crate) fn set(&self, waiting: usize, oldest: Option<Moment>) {
        if let Some(courier) = lock(&self.counts).couriers.get_mut(&self.number) {
            (courier.waiting, courier.oldest) = (waiting, oldest);
        }
    }
}

impl Drop for CourierPlace {
    fn drop(&mut self) {
        lock(&self.counts).couriers.remove(&self.number);
    }
}
