//! Webhooks: messages about changes of assignments, to whoever wants to be told.

mod attempts;
mod document;
mod message;
mod reading;
mod runner;
pub mod sender;
mod signature;
mod window;

use std::collections::BTreeSet;

pub use attempts::{Attempt, Result as AttemptResult};
pub use document::{KINDS, Webhook};
use url::Url;
use uuid::Uuid;
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::{
    WEBHOOK_ATTEMPTS_KEPT_MAX, WEBHOOK_OLD_SECRET_MS, WEBHOOK_SEGMENTS_MAX,
    WEBHOOK_URL_CHARACTERS_MAX, WEBHOOKS_MAX,
};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_store::Error as StoreError;
use wayfare_store::documents::Kind;

use crate::access::Caller;
use crate::app::App;
use crate::error::{Error, Result};
use crate::feed::position::{Position, Standing, places};
use crate::paging::read_all;
use window::{Stored, Window};

/// What a webhook is called in errors.
const ENTITY: &str = "webhook";

/// What somebody wants of a webhook: of a new one all that is not given is as widest, of a known one
/// it stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookWish {
    /// Where messages go.
    pub url: Option<String>,
    /// Kinds of changes.
    pub kinds: Option<Vec<String>>,
    /// Segments.
    pub segments: Option<Vec<String>>,
    /// Whether messages are sent.
    pub enabled: Option<bool>,
}

/// A webhook and how its receiver is.
#[derive(Debug, Clone)]
pub struct WebhookStatus {
    /// The webhook.
    pub webhook: Webhook,
    /// Changes that wait for another attempt.
    pub waiting: usize,
    /// Changes in the log that have not been looked at.
    pub unread: u64,
    /// The place in the log up to which they have.
    pub place: String,
    /// Since when nothing could be delivered.
    pub failing_since: Option<Moment>,
    /// When something was delivered last.
    pub delivered: Option<Moment>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// What came of a message that was sent to try an address.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What the receiver answered.
    pub status: Option<u16>,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl App {
    /// Makes a webhook, which begins with what happens from now on. Gives its secret, which is shown
    /// nowhere else.
    ///
    /// # Errors
    /// All faults of the wish; [`WEBHOOKS_MAX`] is reached.
    pub async fn create_webhook(
        &self,
        caller: &Caller,
        wish: &WebhookWish,
    ) -> Result<(WebhookStatus, String)> {
        let mut faults = Vec::new();
        if wish.url.is_none() {
            faults.push(Fault::missing("url"));
        }
        let now = self.now();
        let span = self.stores.changes.changes(caller.organisation, 0, 0).await?.span;
        let mut webhook = Webhook {
            id: self.entropy.uuid(),
            version: 1,
            url: String::new(),
            kinds: BTreeSet::new(),
            segments: BTreeSet::new(),
            enabled: true,
            disabled_reason: None,
            created: now,
            modified: now,
            generation: 1,
            after: span.last,
            secret: signature::new_secret(&*self.entropy),
            old_secret: None,
        };
        self.grant(wish, &mut webhook, faults)?;
        let documents = &self.stores.documents;
        let organisation = caller.organisation;
        let known = documents.list(organisation, Kind::Webhook, None, WEBHOOKS_MAX).await?;
        if known.len() >= WEBHOOKS_MAX {
            return Err(Problem::limit_exceeded("webhooks", WEBHOOKS_MAX).into());
        }
        documents.insert(organisation, Kind::Webhook, document::to_document(&webhook)?).await?;
        self.tell_webhooks();
        let secret = webhook.secret.clone();
        Ok((self.webhook_status(organisation, webhook).await?, secret))
    }

    /// The organisation's webhooks, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_webhooks(&self, caller: &Caller) -> Result<Vec<WebhookStatus>> {
        let all = read_all(&*self.stores.documents, caller.organisation, Kind::Webhook).await?;
        let mut webhooks =
            all.iter().map(document::from_document).collect::<Result<Vec<_>, _>>()?;
        webhooks.sort_by_key(|webhook| (webhook.created, webhook.id));
        let mut statuses = Vec::with_capacity(webhooks.len());
        for webhook in webhooks {
            statuses.push(self.webhook_status(caller.organisation, webhook).await?);
        }
        Ok(statuses)
    }

    /// A webhook.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_webhook(&self, caller: &Caller, id: &str) -> Result<WebhookStatus> {
        let webhook = self.find_webhook(caller.organisation, webhook_id(id)?).await?;
        self.webhook_status(caller.organisation, webhook).await
    }

    /// Changes a webhook. One that is switched on goes on where it was.
    ///
    /// # Errors
    /// Not found; all faults of the wish.
    pub async fn update_webhook(
        &self,
        caller: &Caller,
        id: &str,
        wish: &WebhookWish,
    ) -> Result<WebhookStatus> {
        let organisation = caller.organisation;
        let id = webhook_id(id)?;
        let mut checked = self.find_webhook(organisation, id).await?;
        self.grant(wish, &mut checked, Vec::new())?;
        let change = |webhook: &mut Webhook| {
            // It was granted above.
            let _ = self.grant(wish, webhook, Vec::new());
            if wish.enabled == Some(true) {
                webhook.disabled_reason = None;
            }
        };
        let changed = self.change_webhook(organisation, id, change).await?;
        self.webhook_status(organisation, changed).await
    }

    /// Deletes a webhook. What is under way may still arrive.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete_webhook(&self, caller: &Caller, id: &str) -> Result<()> {
        let webhook = webhook_id(id)?;
        match self.stores.deliveries.remove_webhook(caller.organisation, webhook).await {
            Err(StoreError::NotFound) => return Err(Problem::not_found(ENTITY, id).into()),
            removed => removed?,
        }
        self.tell_webhooks();
        Ok(())
    }

    /// Exchanges a webhook's secret; the old one signs too for [`WEBHOOK_OLD_SECRET_MS`]. Gives the
    /// new one.
    ///
    /// # Errors
    /// Not found.
    pub async fn exchange_webhook_secret(&self, caller: &Caller, id: &str) -> Result<String> {
        let secret = signature::new_secret(&*self.entropy);
        let until = self.now().plus_ms(WEBHOOK_OLD_SECRET_MS);
        let change = |webhook: &mut Webhook| {
            let old = std::mem::replace(&mut webhook.secret, secret.clone());
            webhook.old_secret = Some((old, until));
        };
        self.change_webhook(caller.organisation, webhook_id(id)?, change).await?;
        Ok(secret)
    }

    /// Sends a message that tells of nothing, at once and once.
    ///
    /// # Errors
    /// Not found; [`ProblemKind::ServiceUnavailable`] where nobody delivers.
    pub async fn test_webhook(&self, caller: &Caller, id: &str) -> Result<Tried> {
        let webhook = self.find_webhook(caller.organisation, webhook_id(id)?).await?;
        let sender = self.webhook_sender.get().ok_or_else(|| {
            let message = "messages are delivered by a running server only";
            Problem::new(ProblemKind::ServiceUnavailable, message)
        })?;
        let now = self.now();
        let sent = sender.send(message::of_test(&webhook, self.entropy.uuid(), now)).await;
        let (came, _) = message::came(&sent, now);
        let error = match came {
            window::Came::Delivered => None,
            window::Came::Failed { error, .. } => Some(error),
        };
        Ok(Tried { status: sent.ok().map(|answer| answer.status), error })
    }

    /// The latest attempts of a webhook, the latest first.
    ///
    /// # Errors
    /// Not found.
    pub async fn list_deliveries(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Vec<(Attempt, String)>> {
        let organisation = caller.organisation;
        let webhook = self.find_webhook(organisation, webhook_id(id)?).await?;
        let limit = WEBHOOK_ATTEMPTS_KEPT_MAX;
        let deliveries = &self.stores.deliveries;
        let stored = deliveries.delivery_attempts(organisation, webhook.id, None, limit).await?;
        let places = places(&self.organisation(organisation)?.ids);
        let read = |stored| -> wayfare_store::Result<_> {
            let attempt = Attempt::read(stored)?;
            // A replay after this place begins with this message.
            let before = Position::after_number(attempt.sequence.saturating_sub(1));
            Ok((attempt, before.write(&places)))
        };
        Ok(stored.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Begins anew after a place of the change log, or with the oldest change that is in it; what waits
    /// is forgotten, and comes again if it lies behind that place.
    ///
    /// # Errors
    /// Not found; a place that this organisation never gave, or that has left the log.
    pub async fn replay_webhook(
        &self,
        caller: &Caller,
        id: &str,
        after: Option<&str>,
    ) -> Result<WebhookStatus> {
        let organisation = caller.organisation;
        let places = places(&self.organisation(organisation)?.ids);
        let place = places.read_parameter("after", after)?.map(Position::read);
        let page = self.page_at(organisation, place).await?;
        let begin = place.unwrap_or(Position::after_number(page.span.trimmed));
        if begin.standing(&page) != Standing::Good {
            let rule = "is a place that has left the change log, or is ahead of it";
            return Err(Problem::from_faults(vec![Fault::constraint("after", rule)]).into());
        }
        let change = |webhook: &mut Webhook| {
            webhook.generation = webhook.generation.saturating_add(1);
            webhook.after = begin.sequence;
        };
        let changed = self.change_webhook(organisation, webhook_id(id)?, change).await?;
        self.webhook_status(organisation, changed).await
    }

    /// Changes a webhook, on whatever version it has.
    pub(crate) async fn change_webhook(
        &self,
        organisation: OrganisationId,
        id: Uuid,
        change: impl Fn(&mut Webhook),
    ) -> Result<Webhook> {
        loop {
            let stored = self.find_webhook(organisation, id).await?;
            let mut changed = stored.clone();
            change(&mut changed);
            if changed == stored {
                return Ok(stored);
            }
            changed.version = stored.version.saturating_add(1);
            changed.modified = self.now().max(stored.modified);
            let document = document::to_document(&changed)?;
            let documents = &self.stores.documents;
            let kind = Kind::Webhook;
            match documents.replace(organisation, kind, stored.version, document).await {
                // Somebody else was faster.
                Err(StoreError::Conflict { .. }) => {}
                replaced => {
                    replaced?;
                    self.tell_webhooks();
                    return Ok(changed);
                }
            }
        }
    }

    async fn find_webhook(&self, organisation: OrganisationId, id: Uuid) -> Result<Webhook> {
        let found = self.stores.documents.fetch(organisation, Kind::Webhook, id).await?;
        let found = found.ok_or_else(|| Problem::not_found(ENTITY, id))?;
        Ok(document::from_document(&found)?)
    }

    async fn webhook_status(
        &self,
        organisation: OrganisationId,
        webhook: Webhook,
    ) -> Result<WebhookStatus> {
        let text = self.stores.deliveries.delivery_state(organisation, webhook.id).await?;
        let stored = text.as_deref().map(serde_json::from_str::<Stored>).transpose();
        let stored = stored.map_err(|error| {
            let context = format!("deliveries of webhook {}: {error}", webhook.id);
            Error::Store(StoreError::Corrupt { context })
        })?;
        let stored = stored
            .filter(|stored| stored.generation == webhook.generation)
            .unwrap_or_else(|| Window::begin(webhook.generation, webhook.after).to_stored());
        let span = self.stores.changes.changes(organisation, 0, 0).await?.span;
        let places = places(&self.organisation(organisation)?.ids);
        Ok(WebhookStatus {
            waiting: stored.waiting.len(),
            unread: span.last.saturating_sub(stored.read),
            place: Position::after_number(stored.read).write(&places),
            failing_since: stored.health.failing_since.map(Moment::from_ms),
            delivered: stored.health.succeeded.map(Moment::from_ms),
            last_error: stored.health.last_error,
            webhook,
        })
    }

    fn tell_webhooks(&self) {
        self.webhooks_changed.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// Puts a wish on a webhook.
    fn grant(
        &self,
        wish: &WebhookWish,
        webhook: &mut Webhook,
        mut faults: Vec<Fault>,
    ) -> Result<(), Problem> {
        if let Some(url) = &wish.url {
            faults.extend(self.fault_of_url(url));
            webhook.url.clone_from(url);
        }
        if let Some(kinds) = &wish.kinds {
            let allowed = KINDS.map(|kind| kind.as_str()).join(", ");
            let mut read = |(place, text): (usize, &String)| {
                let kind = text.parse().ok().filter(|kind| KINDS.contains(kind));
                if kind.is_none() {
                    faults.push(Fault::invalid_value(format!("types[{place}]"), text, &allowed));
                }
                kind
            };
            webhook.kinds = kinds.iter().enumerate().filter_map(&mut read).collect();
        }
        if let Some(segments) = &wish.segments {
            if segments.len() > WEBHOOK_SEGMENTS_MAX {
                let rule = format!("must hold at most {WEBHOOK_SEGMENTS_MAX} ids");
                faults.push(Fault::constraint("segmentIds", rule));
            }
            let mut read = |(place, text): (usize, &String)| {
                let field = || format!("segmentIds[{place}]");
                text.parse()
                    .map_err(|_| faults.push(Fault::invalid_value(field(), text, "UUIDs")))
                    .ok()
            };
            let segments = segments.iter().take(WEBHOOK_SEGMENTS_MAX).enumerate();
            webhook.segments = segments.filter_map(&mut read).collect();
        }
        if let Some(enabled) = wish.enabled {
            webhook.enabled = enabled;
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::from_faults(faults)) }
    }

    fn fault_of_url(&self, text: &str) -> Option<Fault> {
        let constraint = |rule: String| Some(Fault::constraint("url", rule));
        if text.chars().count() > WEBHOOK_URL_CHARACTERS_MAX {
            return constraint(format!(
                "must have at most {WEBHOOK_URL_CHARACTERS_MAX} characters"
            ));
        }
        // What reads addresses passes over some of them in silence.
        if text.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
            return constraint("must not hold white space or control characters".to_owned());
        }
        let allows_http = self.webhook_sender.get().is_none_or(|sender| sender.allows_http());
        let schemes = if allows_http { "https://, http://" } else { "https://" };
        let allowed = format!("addresses that begin with one of: {schemes}");
        let is_legal = |url: &Url| match url.scheme() {
            "https" => url.has_host(),
            "http" => url.has_host() && allows_http,
            _ => false,
        };
        match Url::parse(text) {
            Ok(url) if is_legal(&url) => {
                let has_user = !url.username().is_empty() || url.password().is_some();
                has_user.then(|| Fault::constraint("url", "must not hold a name or a password"))
            }
            _ => Some(Fault::invalid_value("url", text, allowed)),
        }
    }
}

fn webhook_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found(ENTITY, text))
}
