//! A webhook, and its stored form.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::change_log::{Change, ChangeKind};
use wayfare_model::id::SegmentId;
use wayfare_model::time::Moment;
use wayfare_store::documents::Document;
use wayfare_store::{Error, Result};

/// Documents that end keep no history: so a secret is gone when it was exchanged, or its webhook
/// deleted. This one ends with the year 9999.
const END: Moment = Moment::from_ms(253_402_300_799_000);

/// Kinds of changes that webhooks tell of.
pub const KINDS: [ChangeKind; 5] = [
    ChangeKind::SegmentAssigned,
    ChangeKind::SegmentRenewed,
    ChangeKind::SegmentRestored,
    ChangeKind::SegmentUnassigned,
    ChangeKind::SegmentRetracted,
];

/// A webhook: who wants to be told of which changes.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: Uuid,
    /// Counts changes, from 1.
    pub version: u32,
    /// Where messages go.
    pub url: String,
    /// Kinds of changes; all of [`KINDS`], when empty.
    pub kinds: BTreeSet<ChangeKind>,
    /// Segments; all, when empty.
    pub segments: BTreeSet<SegmentId>,
    /// Whether messages are sent.
    pub enabled: bool,
    /// Why the server itself switched it off.
    pub disabled_reason: Option<String>,
    /// When it was made.
    pub created: Moment,
    /// When it was changed last.
    pub modified: Moment,
    /// Counts how often it was told where to begin, from 1.
    pub(crate) generation: u32,
    /// Where to begin: after this change.
    pub(crate) after: u64,
    /// What signs.
    pub(crate) secret: String,
    /// What signed before, and until when it does.
    pub(crate) old_secret: Option<(String, Moment)>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Webhook")
            .field("id", &self.id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// Whether it tells of a change.
    pub(crate) fn wants(&self, change: &Change) -> bool {
        let Some(made) = &change.assignment else { return false };
        (self.kinds.is_empty() || self.kinds.contains(&change.kind))
            && (self.segments.is_empty() || self.segments.contains(&made.segment))
    }

    /// The secrets that sign at a moment, the newest first.
    pub(crate) fn secrets(&self, now: Moment) -> impl Iterator<Item = &str> {
        let old = self.old_secret.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(self.secret.as_str()).chain(old.map(|(secret, _)| secret.as_str()))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredWebhook {
    url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segments: Vec<Uuid>,
    enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<String>,
    created_ms: i64,
    generation: u32,
    after: u64,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old_secret: Option<(String, i64)>,
}

pub(crate) fn to_document(webhook: &Webhook) -> Result<Document> {
    let stored = StoredWebhook {
        url: webhook.url.clone(),
        kinds: webhook.kinds.iter().map(ToString::to_string).collect(),
        segments: webhook.segments.iter().map(|id| id.as_uuid()).collect(),
        enabled: webhook.enabled,
        disabled_reason: webhook.disabled_reason.clone(),
        created_ms: webhook.created.as_ms(),
        generation: webhook.generation,
        after: webhook.after,
        secret: webhook.secret.clone(),
        old_secret: webhook.old_secret.as_ref().map(|(old, until)| (old.clone(), until.as_ms())),
    };
    let id = webhook.id;
    let body = serde_json::to_string(&stored)
        .map_err(|error| Error::Corrupt { context: format!("webhook {id}: {error}") })?;
    let (version, written) = (webhook.version, webhook.modified);
    Ok(Document { id, version, written, expires: Some(END), body })
}

pub(crate) fn from_document(document: &Document) -> Result<Webhook> {
    let damaged = |error: &dyn std::fmt::Display| Error::Corrupt {
        context: format!("webhook {}: {error}", document.id),
    };
    let stored: StoredWebhook =
        serde_json::from_str(&document.body).map_err(|error| damaged(&error))?;
    let kind =
        |text: &String| text.parse().map_err(|()| damaged(&format!("unknown kind '{text}'")));
    Ok(Webhook {
        id: document.id,
        version: document.version,
        url: stored.url,
        kinds: stored.kinds.iter().map(kind).collect::<Result<_>>()?,
        segments: stored.segments.into_iter().map(SegmentId::from_uuid).collect(),
        enabled: stored.enabled,
        disabled_reason: stored.disabled_reason,
        created: Moment::from_ms(stored.created_ms),
        modified: document.written,
        generation: stored.generation,
        after: stored.after,
        secret: stored.secret,
        old_secret: stored.old_secret.map(|(old, until)| (old, Moment::from_ms(until))),
    })
}
