//! Attempts to deliver, as they are kept for people to read.

use serde::{Deserialize, Serialize};
use wayfare_model::change_log::ChangeKind;
use wayfare_model::time::Moment;
use wayfare_store::Error;
use wayfare_store::deliveries::DeliveryAttempt;

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Result {
    /// The receiver took it.
    Delivered,
    /// It did not, for this reason.
    Failed(String),
    /// Nothing was tried: the changes up to this one had left the log.
    Lost,
}

/// An attempt to deliver a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The message's id; absent when changes were lost.
    pub message: Option<String>,
    /// The change, by its number; the last one that was lost.
    pub sequence: u64,
    /// What the message tells.
    pub kind: Option<ChangeKind>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// When it began.
    pub began: Moment,
    /// Milliseconds it took.
    pub took_ms: i64,
    /// What the receiver answered.
    pub status: Option<u16>,
    /// What came of it.
    pub result: Result,
    /// When the next one is made.
    pub next: Option<Moment>,
    /// Whether no other is made, though it failed.
    pub is_given_up: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredAttempt {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    sequence: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default)]
    attempt: u32,
    began_ms: i64,
    #[serde(default)]
    took_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    result: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    given_up: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Delivered,
    Failed,
    Lost,
}

impl Attempt {
    /// Changes up to a number left the log before they were delivered.
    pub(crate) fn lost(until: u64, now: Moment) -> Self {
        Self {
            message: None,
            sequence: until,
            kind: None,
            attempt: 0,
            began: now,
            took_ms: 0,
            status: None,
            result: Result::Lost,
            next: None,
            is_given_up: true,
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let (result, error) = match &self.result {
            Result::Delivered => (Word::Delivered, None),
            Result::Failed(error) => (Word::Failed, Some(error.clone())),
            Result::Lost => (Word::Lost, None),
        };
        let stored = StoredAttempt {
            message: self.message.clone(),
            sequence: self.sequence,
            kind: self.kind.map(|kind| kind.to_string()),
            attempt: self.attempt,
            began_ms: self.began.as_ms(),
            took_ms: self.took_ms,
            status: self.status,
            result,
            error,
            next_ms: self.next.map(Moment::as_ms),
            given_up: self.is_given_up,
        };
        // Texts and numbers under names of our own: nothing in it can fail to be written.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    pub(crate) fn read(stored: &DeliveryAttempt) -> wayfare_store::Result<Self> {
        let number = stored.number;
        let stored: StoredAttempt = serde_json::from_str(&stored.body).map_err(|error| {
            Error::Corrupt { context: format!("attempt {number} of a webhook: {error}") }
        })?;
        Ok(Self {
            message: stored.message,
            sequence: stored.sequence,
            kind: stored.kind.and_then(|kind| kind.parse().ok()),
            attempt: stored.attempt,
            began: Moment::from_ms(stored.began_ms),
            took_ms: stored.took_ms,
            status: stored.status,
            result: match stored.result {
                Word::Delivered => Result::Delivered,
                Word::Failed => Result::Failed(stored.error.unwrap_or_default()),
                Word::Lost => Result::Lost,
            },
            next: stored.next_ms.map(Moment::from_ms),
            is_given_up: stored.given_up,
        })
    }
}
