//! The aggregates query.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse};
use http_body::{Frame, SizeHint};
use wayfare_app::aggregates::Answer as Aggregates;
use wayfare_model::operation::PostAnalyticsJourneysAggregatesQuery;
use wayfare_model::wire::JourneyAggregationQuery;

use crate::Http;
use crate::extract::{Allowed, JsonBody};
use crate::problem::Answer;

/// The header that tells the moment up to which everything is counted: what was answered before it
/// is in the answer.
const AS_OF: HeaderName = HeaderName::from_static("wayfare-as-of");

/// Groups times buckets from which on two threads write the answer: some milliseconds of one.
const CELLS_OF_TWO_PARTS: usize = 16_384;

pub(crate) async fn query_aggregates(
    State(http): State<Http>,
    caller: Allowed<PostAnalyticsJourneysAggregatesQuery>,
    JsonBody(query): JsonBody<JourneyAggregationQuery>,
) -> Answer<impl IntoResponse> {
    let as_of = http.app.now();
    let answer = http.app.query_aggregates(&caller, &query).await?;
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((AppendHeaders([(AS_OF, as_of.to_string())]), json, write(answer).await))
}

/// Writes an answer as JSON, a large one on two threads.
async fn write(answer: Aggregates) -> Body {
    if answer.cells() < CELLS_OF_TWO_PARTS {
        return Body::from(answer.to_json());
    }
    let answer = Arc::new(answer);
    let parts = [0, 1].map(|part| {
        let answer = Arc::clone(&answer);
        tokio::task::spawn_blocking(move || Bytes::from(answer.part(part, 2)))
    });
    let mut written = VecDeque::new();
    for part in parts {
        match part.await {
            Ok(part) => written.push_back(part),
            // The runtime is ending.
            Err(_) => return Body::from(answer.to_json()),
        }
    }
    Body::new(Parts(written))
}

/// A body that lies in several pieces. Its length is known.
struct Parts(VecDeque<Bytes>);

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|part| part.len() as u64).sum())
    }
}
