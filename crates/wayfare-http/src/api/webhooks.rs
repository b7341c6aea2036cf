//! Webhooks (our own).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use wayfare_app::webhooks::{Attempt, AttemptResult, WebhookStatus, WebhookWish};
use wayfare_model::patch::Patch;
use wayfare_model::problem::Problem;
use wayfare_model::time::Moment;

use crate::Http;
use crate::extract::{Allowed, JsonBody, PathValues};
use crate::operations::{
    CreateWebhook, DeleteWebhook, ExchangeWebhookSecret, GetWebhook, ListWebhookDeliveries,
    ListWebhooks, ReplayWebhook, TestWebhook, UpdateWebhook,
};
use crate::problem::Answer;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookRequest {
    #[serde(default)]
    url: Patch<String>,
    #[serde(default)]
    types: Patch<Vec<String>>,
    #[serde(default)]
    segment_ids: Patch<Vec<String>>,
    #[serde(default)]
    enabled: Patch<bool>,
}

impl WebhookRequest {
    /// What is wanted. In a new webhook `null` is the same as absent; in a known one it clears a list.
    fn wish(self, is_new: bool) -> Result<WebhookWish, Problem> {
        let mut faults = Vec::new();
        let url = match self.url {
            Patch::Null if is_new => None,
            url => url.not_null("url", &mut faults),
        };
        let enabled = match self.enabled {
            Patch::Null if is_new => None,
            enabled => enabled.not_null("enabled", &mut faults),
        };
        let list = |list: Patch<Vec<String>>| match list {
            Patch::Absent => None,
            Patch::Null => Some(Vec::new()),
            Patch::Value(values) => Some(values),
        };
        let wish =
            WebhookWish { url, enabled, kinds: list(self.types), segments: list(self.segment_ids) };
        if faults.is_empty() { Ok(wish) } else { Err(Problem::from_faults(faults)) }
    }
}

#[derive(Deserialize)]
pub(crate) struct ReplayRequest {
    #[serde(default)]
    after: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookAnswer {
    id: String,
    url: String,
    types: Vec<&'static str>,
    segment_ids: Vec<String>,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<String>,
    created_date: String,
    modified_date: String,
    /// Changes that wait for another attempt, and changes that have not been looked at.
    waiting: usize,
    unread: u64,
    /// The place in the change log up to which they have.
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct WebhookListing {
    entities: Vec<WebhookAnswer>,
}

#[derive(Serialize)]
pub(crate) struct SecretAnswer {
    secret: String,
}

#[derive(Serialize)]
pub(crate) struct TestAnswer {
    delivered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    kind: Option<&'static str>,
    result: &'static str,
    attempt: u32,
    date: String,
    took_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_date: Option<String>,
    given_up: bool,
    /// A replay after this place begins with this message.
    after: String,
}

#[derive(Serialize)]
pub(crate) struct DeliveryListing {
    entities: Vec<DeliveryAnswer>,
}

fn answer(status: WebhookStatus, secret: Option<String>) -> WebhookAnswer {
    let date = |moment: Moment| moment.to_string();
    let webhook = status.webhook;
    WebhookAnswer {
        id: webhook.id.to_string(),
        url: webhook.url,
        types: webhook.kinds.iter().map(|kind| kind.as_str()).collect(),
        segment_ids: webhook.segments.iter().map(ToString::to_string).collect(),
        enabled: webhook.enabled,
        disabled_reason: webhook.disabled_reason,
        created_date: date(webhook.created),
        modified_date: date(webhook.modified),
        waiting: status.waiting,
        unread: status.unread,
        place: status.place,
        failing_since_date: status.failing_since.map(date),
        delivered_date: status.delivered.map(date),
        last_error: status.last_error,
        secret,
    }
}

fn delivery((attempt, after): (Attempt, String)) -> DeliveryAnswer {
    let (result, error) = match attempt.result {
        AttemptResult::Delivered => ("delivered", None),
        AttemptResult::Failed(error) => ("failed", Some(error)),
        AttemptResult::Lost => ("lost", Some("changes left the change log before".to_owned())),
    };
    DeliveryAnswer {
        id: attempt.message,
        kind: attempt.kind.map(|kind| kind.as_str()),
        result,
        attempt: attempt.attempt,
        date: attempt.began.to_string(),
        took_ms: attempt.took_ms,
        status: attempt.status,
        error,
        next_date: attempt.next.map(|next| next.to_string()),
        given_up: attempt.is_given_up,
        after,
    }
}

pub(crate) async fn create_webhook(
    State(http): State<Http>,
    caller: Allowed<CreateWebhook>,
    JsonBody(request): JsonBody<WebhookRequest>,
) -> Answer<(StatusCode, Json<WebhookAnswer>)> {
    let (status, secret) = http.app.create_webhook(&caller, &request.wish(true)?).await?;
    Ok((StatusCode::CREATED, Json(answer(status, Some(secret)))))
}

pub(crate) async fn list_webhooks(
    State(http): State<Http>,
    caller: Allowed<ListWebhooks>,
) -> Answer<Json<WebhookListing>> {
    let webhooks = http.app.list_webhooks(&caller).await?;
    let entities = webhooks.into_iter().map(|status| answer(status, None)).collect();
    Ok(Json(WebhookListing { entities }))
}

pub(crate) async fn get_webhook(
    State(http): State<Http>,
    caller: Allowed<GetWebhook>,
    path: PathValues,
) -> Answer<Json<WebhookAnswer>> {
    let status = http.app.get_webhook(&caller, path.get("webhookId")).await?;
    Ok(Json(answer(status, None)))
}

pub(crate) async fn update_webhook(
    State(http): State<Http>,
    caller: Allowed<UpdateWebhook>,
    path: PathValues,
    JsonBody(request): JsonBody<WebhookRequest>,
) -> Answer<Json<WebhookAnswer>> {
    let wish = request.wish(false)?;
    let status = http.app.update_webhook(&caller, path.get("webhookId"), &wish).await?;
    Ok(Json(answer(status, None)))
}

pub(crate) async fn delete_webhook(
    State(http): State<Http>,
    caller: Allowed<DeleteWebhook>,
    path: PathValues,
) -> Answer<StatusCode> {
    http.app.delete_webhook(&caller, path.get("webhookId")).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn exchange_secret(
    State(http): State<Http>,
    caller: Allowed<ExchangeWebhookSecret>,
    path: PathValues,
) -> Answer<Json<SecretAnswer>> {
    let secret = http.app.exchange_webhook_secret(&caller, path.get("webhookId")).await?;
    Ok(Json(SecretAnswer { secret }))
}

pub(crate) async fn test_webhook(
    State(http): State<Http>,
    caller: Allowed<TestWebhook>,
    path: PathValues,
) -> Answer<Json<TestAnswer>> {
    let tried = http.app.test_webhook(&caller, path.get("webhookId")).await?;
    let delivered = tried.error.is_none();
    Ok(Json(TestAnswer { delivered, status: tried.status, error: tried.error }))
}

pub(crate) async fn list_deliveries(
    State(http): State<Http>,
    caller: Allowed<ListWebhookDeliveries>,
    path: PathValues,
) -> Answer<Json<DeliveryListing>> {
    let attempts = http.app.list_deliveries(&caller, path.get("webhookId")).await?;
    Ok(Json(DeliveryListing { entities: attempts.into_iter().map(delivery).collect() }))
}

pub(crate) async fn replay_webhook(
    State(http): State<Http>,
    caller: Allowed<ReplayWebhook>,
    path: PathValues,
    JsonBody(request): JsonBody<ReplayRequest>,
) -> Answer<Json<WebhookAnswer>> {
    let after = request.after.as_deref();
    let status = http.app.replay_webhook(&caller, path.get("webhookId"), after).await?;
    Ok(Json(answer(status, None)))
}
