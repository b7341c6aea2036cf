//! Messages, and what their receivers answer.

use uuid::Uuid;
use wayfare_model::change_log::LoggedChange;
use wayfare_model::id::IdSource;
use wayfare_model::limits::WEBHOOK_ERROR_CHARACTERS_MAX;
use wayfare_model::time::Moment;

use super::document::Webhook;
use super::sender::{OutgoingMessage, ReceiverAnswer, SendError};
use super::signature;
use super::window::Came;
use crate::feed::document::to_json;

/// The id of the message of a change to a webhook: the same in each attempt, and after a replay. The
/// moment is part of it, since after a backup was restored numbers are given once more.
pub(crate) fn id_of(ids: &IdSource, webhook: Uuid, logged: &LoggedChange) -> String {
    let recorded = logged.change.recorded.as_ms();
    let parts: [&[u8]; 3] =
        [webhook.as_bytes(), &logged.sequence.to_be_bytes(), &recorded.to_be_bytes()];
    format!("msg_{}", ids.derive("webhook message", &parts).simple())
}

/// The message of a change.
pub(crate) fn of_change(
    ids: &IdSource,
    webhook: &Webhook,
    logged: &LoggedChange,
    now: Moment,
) -> OutgoingMessage {
    let id = id_of(ids, webhook.id, logged);
    signed(webhook, &id, to_json(&logged.change), now)
}

/// A message that tells of nothing, to try an address.
pub(crate) fn of_test(webhook: &Webhook, id: Uuid, now: Moment) -> OutgoingMessage {
    let body = serde_json::json!({
        "type": "webhook.test",
        "timestamp": now.to_string(),
        "data": { "webhook": { "id": webhook.id.to_string() } },
    });
    signed(webhook, &format!("msg_{}", id.simple()), body.to_string(), now)
}

fn signed(webhook: &Webhook, id: &str, body: String, now: Moment) -> OutgoingMessage {
    let timestamp = now.as_ms().div_euclid(1_000);
    let signature = signature::header(webhook.secrets(now), id, timestamp, &body);
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signature),
    ];
    OutgoingMessage { url: webhook.url.clone(), headers, body }
}

/// What came of an attempt, and whether the receiver wants no more messages.
pub(crate) fn came(answer: &Result<ReceiverAnswer, SendError>, now: Moment) -> (Came, bool) {
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => (Came::Delivered, false),
        Ok(answer) => {
            let wait_ms = answer.retry_after.as_deref().and_then(|text| wait_ms(text, now));
            let error = match answer.status {
                300..400 => format!("it answered {}; redirects are not followed", answer.status),
                status => format!("it answered {status}"),
            };
            (Came::Failed { wait_ms, error }, answer.status == 410)
        }
        Err(error) => {
            let error = error.to_string().chars().take(WEBHOOK_ERROR_CHARACTERS_MAX).collect();
            (Came::Failed { wait_ms: None, error }, false)
        }
    }
}

/// `Retry-After`: seconds, or a date.
fn wait_ms(text: &str, now: Moment) -> Option<i64> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(i64::from(seconds) * 1_000);
    }
    let date = http_date(text.trim())?;
    Some(date.ms_since(now).max(0))
}

/// A date as HTTP writes it, `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Moment> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Moment::parse(&format!("{year}-{month:02}-{day}T{time}Z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_says_when_to_come_back_in_seconds_or_by_a_date() {
        let now = Moment::parse("1994-11-06T08:49:07Z").unwrap();
        let check = |text, expected| assert_eq!(wait_ms(text, now), expected, "{text}");
        check("120", Some(120_000));
        check(" 0 ", Some(0));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(30_000));
        check("Sun, 06 Nov 1994 08:49:00 GMT", Some(0));
        check("Sun, 06 Nov 1994 08:49:37 CET", None);
        check("-1", None);
        check("soon", None);
    }

    #[test]
    fn only_2xx_is_taken_as_delivered() {
        let now = Moment::from_ms(0);
        let answered = |status| came(&Ok(ReceiverAnswer { status, retry_after: None }), now);
        assert_eq!(answered(200), (Came::Delivered, false));
        assert_eq!(answered(299), (Came::Delivered, false));
        let failed = |error: &str| Came::Failed { wait_ms: None, error: error.to_owned() };
        let moved = "it answered 307; redirects are not followed";
        assert_eq!(answered(307), (failed(moved), false));
        assert_eq!(answered(410), (failed("it answered 410"), true));
        assert_eq!(answered(199), (failed("it answered 199"), false));
        let nobody = Err(SendError::NoAnswer("é".repeat(400)));
        let (Came::Failed { error, .. }, false) = came(&nobody, now) else { panic!("delivered") };
        assert_eq!(error.chars().count(), WEBHOOK_ERROR_CHARACTERS_MAX);
    }
}
