//! The live feed, as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant as StdInstant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::time::Instant;
use wayfare_app::app::App;
use wayfare_app::error::{Error, Result};
use wayfare_app::feed::document::to_json;
use wayfare_app::feed::{Feed, FeedEnd, FeedItem, FeedRequest};
use wayfare_app::paging::bad_parameter;
use wayfare_model::limits::{
    FEED_CHUNK_BYTES, FEED_CHUNKS_MAX, FEED_HEARTBEAT_S_DEFAULT, FEED_HEARTBEAT_S_MAX,
};
use wayfare_model::operation::Operation as _;
use wayfare_model::problem::Problem;

use crate::Http;
use crate::extract::{Allowed, Bearer, Query};
use crate::operations::WatchChanges;
use crate::problem::Answer;

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies that hold answers back not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Signs of life that a reader may leave lying before it is dropped.
const UNREAD_HEARTBEATS: u32 = 2;
/// Milliseconds after which a client that lost its connection should come back.
const RETRY_MS: u32 = 2_000;

pub(crate) async fn watch(
    State(http): State<Http>,
    caller: Allowed<WatchChanges>,
    bearer: Bearer,
    headers: HeaderMap,
    query: Query,
) -> Answer<Response> {
    let heartbeat = heartbeat(query.first("heartbeatSeconds"))?;
    // A client that comes back by itself repeats its first address, with the place in the header.
    let header = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let (after_name, after) = match header.filter(|id| !id.is_empty()) {
        Some(id) => ("Last-Event-ID", Some(id.to_owned())),
        None => ("after", query.text("after")),
    };
    let request = FeedRequest {
        after,
        after_name,
        kinds: query.all("types"),
        segments: query.all("segmentIds"),
        sessions: query.all("sessionIds"),
        customers: query.repeated("customerIds"),
        customer_id_type: query.text("customerIdType"),
    };
    let feed = http.app.open_feed(&caller, &request).await?;
    let (chunks, receiver) = mpsc::channel(FEED_CHUNKS_MAX + 1);
    let writer = Writer { app: http.app.clone(), token: bearer.0, heartbeat, chunks };
    http.writes.spawn(writer.run(feed));
    let mut response = Body::new(Chunks(receiver)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, EVENT_STREAM);
    response.headers_mut().insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

fn heartbeat(text: Option<&str>) -> Result<Duration, Problem> {
    let Some(text) = text else { return Ok(Duration::from_secs(FEED_HEARTBEAT_S_DEFAULT)) };
    let seconds = text.parse().ok().filter(|s| (1..=FEED_HEARTBEAT_S_MAX).contains(s));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let allowed = format!("whole numbers from 1 to {FEED_HEARTBEAT_S_MAX}");
        Problem::from_faults(vec![bad_parameter("heartbeatSeconds", text, &allowed)])
    })
}

/// The body of a feed.
struct Chunks(mpsc::Receiver<Bytes>);

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}

/// Writes a feed to its reader, which may be slow, for as long as its token is good.
struct Writer {
    app: Arc<App>,
    token: String,
    heartbeat: Duration,
    /// One place more than may wait: for the reason, when the feed ends.
    chunks: mpsc::Sender<Bytes>,
}

/// What the reader is told of an end, if there is one.
const fn reason(end: FeedEnd) -> Option<&'static str> {
    match end {
        FeedEnd::Left => None,
        FeedEnd::TooSlow => Some("the reader is too slow"),
        FeedEnd::Token => Some("the token does not allow it any more"),
        FeedEnd::Stopping => Some("the server is stopping"),
        FeedEnd::Failed => Some("the server failed"),
    }
}

impl Writer {
    async fn run(self, mut feed: Feed) {
        let Err(end) = self.write(&mut feed).await;
        self.app.note_feed_end(end);
        let Some(reason) = reason(end) else { return };
        tracing::info!(reason, "a live feed was closed");
        let data = serde_json::json!({ "reason": reason });
        let text = format!("event: closed\ndata: {data}\n\n");
        // There is a place for it; an error says that nobody reads any more.
        let _left = self.chunks.try_send(text.into());
    }

    async fn write(&self, feed: &mut Feed) -> Result<Infallible, FeedEnd> {
        let begin = format!("retry: {RETRY_MS}\nid: {}\n\n", feed.position());
        self.send(begin).await?;
        // A feed that is never silent looks at its token as often as one that is.
        let mut check = Instant::now() + self.heartbeat;
        loop {
            let beat = Instant::now() + self.heartbeat;
            tokio::select! {
                items = feed.next() => match items {
                    Ok(items) => {
                        if Instant::now() >= check {
                            self.check_token().await?;
                            check = Instant::now() + self.heartbeat;
                        }
                        self.send_items(&items).await?;
                    }
                    Err(Error::Stopping) => return Err(FeedEnd::Stopping),
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::error!(error, "a live feed cannot be read");
                        return Err(FeedEnd::Failed);
                    }
                },
                () = tokio::time::sleep_until(beat) => {
                    self.check_token().await?;
                    check = Instant::now() + self.heartbeat;
                    // Moves the reader's place on, though nothing it wants has come.
                    self.send(format!(":\nid: {}\n\n", feed.position())).await?;
                }
                () = self.chunks.closed() => return Err(FeedEnd::Left),
            }
        }
    }

    async fn send_items(&self, items: &[FeedItem]) -> Result<(), FeedEnd> {
        let mut text = String::new();
        for item in items {
            encode(item, &mut text);
            if text.len() >= FEED_CHUNK_BYTES {
                self.send(std::mem::take(&mut text)).await?;
            }
        }
        if text.is_empty() { Ok(()) } else { self.send(text).await }
    }

    /// Waits for a reader that is slow, but not for ever.
    async fn send(&self, text: String) -> Result<(), FeedEnd> {
        let _waiting =
            (self.chunks.capacity() < 2).then(|| self.app.wait_for_reader(StdInstant::now()));
        let places = self.chunks.reserve_many(2);
        let patience = self.heartbeat * UNREAD_HEARTBEATS;
        let waited = tokio::select! {
            biased;
            waited = tokio::time::timeout(patience, places) => waited,
            () = self.app.feeds_ended() => return Err(FeedEnd::Stopping),
        };
        match waited {
            Ok(Ok(mut places)) => {
                if let Some(place) = places.next() {
                    place.send(text.into());
                }
                Ok(())
            }
            Ok(Err(_)) => Err(FeedEnd::Left),
            Err(_) => Err(FeedEnd::TooSlow),
        }
    }

    async fn check_token(&self) -> Result<(), FeedEnd> {
        let allowed = match self.app.authenticate(&self.token).await {
            Ok(caller) => caller.require_any(WatchChanges::PERMISSIONS_ANY_OF).is_ok(),
            Err(Error::Problem(_)) => false,
            // What the store cannot tell now it tells the next time.
            Err(_) => true,
        };
        if allowed { Ok(()) } else { Err(FeedEnd::Token) }
    }
}

/// Writes an event. Texts are JSON and ids base64: neither holds the end of a line.
fn encode(item: &FeedItem, text: &mut String) {
    let (id, event, data) = match item {
        FeedItem::Change { id, change } => {
            (id, change.change.kind.as_str(), to_json(&change.change))
        }
        FeedItem::Reset { id, reason } => {
            (id, "reset", serde_json::json!({ "reason": reason }).to_string())
        }
    };
    for (name, value) in [("id", id.as_str()), ("event", event), ("data", &data)] {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push('\n');
    }
    text.push('\n');
}
