//! What the product needs of whoever carries messages to receivers.

use async_trait::async_trait;

/// A message as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// Where it goes.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body, JSON text.
    pub body: String,
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverAnswer {
    /// The status.
    pub status: u16,
    /// What it said about when to try again, as it came.
    pub retry_after: Option<String>,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The address leads where messages may not go. Nothing was connected to.
    #[error("{0}")]
    Forbidden(String),
    /// Nobody answered, or nothing that can be read, or not in time.
    #[error("{0}")]
    NoAnswer(String),
}

/// Carries messages to receivers.
///
/// It resolves the name anew for each message, checks every address it leads to, and connects to what
/// it has checked; it follows no redirects, and gives up after
/// [`WEBHOOK_ANSWER_MS_MAX`](wayfare_model::limits::WEBHOOK_ANSWER_MS_MAX).
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Whether messages may go to addresses without TLS.
    fn allows_http(&self) -> bool;

    /// Carries a message.
    async fn send(&self, message: OutgoingMessage) -> Result<ReceiverAnswer, SendError>;
}
