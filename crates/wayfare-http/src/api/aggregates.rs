//! The aggregates query.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse};
use http_body::Frame;
use wayfare_app::aggregates::{Answer as Aggregates, Pieces};
use wayfare_model::operation::PostAnalyticsJourneysAggregatesQuery;
use wayfare_model::wire::JourneyAggregationQuery;

use crate::Http;
use crate::extract::{Allowed, JsonBody};
use crate::problem::Answer;

/// The header that tells the moment up to which everything is counted: what was answered before it
/// is in the answer.
const AS_OF: HeaderName = HeaderName::from_static("wayfare-as-of");

/// Groups times buckets from which on an answer is written while it is sent, without its length being
/// known before.
const CELLS_OF_PIECES: usize = 1_024;
/// Bytes of such a piece: it is still in the processor's cache when it is sent, and written within a
/// tenth of a millisecond.
const PIECE_BYTES: usize = 1 << 18;

pub(crate) async fn query_aggregates(
    State(http): State<Http>,
    caller: Allowed<PostAnalyticsJourneysAggregatesQuery>,
    JsonBody(query): JsonBody<JourneyAggregationQuery>,
) -> Answer<impl IntoResponse> {
    let as_of = http.app.now();
    let answer = http.app.query_aggregates(&caller, &query).await?;
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((AppendHeaders([(AS_OF, as_of.to_string())]), json, write(answer)))
}

/// Writes an answer as JSON, a large one piece by piece.
fn write(answer: Aggregates) -> Body {
    if answer.cells() < CELLS_OF_PIECES {
        return Body::from(answer.to_json());
    }
    Body::new(Written(answer.into_pieces(PIECE_BYTES)))
}

/// A body that is written when the connection has room for it.
struct Written(Pieces);

impl HttpBody for Written {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(Bytes::from(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_over()
    }
}
