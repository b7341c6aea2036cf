//! The aggregates query.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    Body::new(Written { pieces: answer.into_pieces(PIECE_BYTES), spare: Spare::default() })
}

/// A body that is written when the connection has room for it.
struct Written {
    pieces: Pieces,
    spare: Spare,
}

/// Memory of pieces that were sent: new memory would have to be cleared for each.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

fn lock(spare: &Spare) -> MutexGuard<'_, Vec<Vec<u8>>> {
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A piece that is being sent.
struct Piece {
    json: Vec<u8>,
    spare: Spare,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        lock(&self.spare).push(std::mem::take(&mut self.json));
    }
}

impl HttpBody for Written {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let memory = lock(&self.spare).pop().unwrap_or_default();
        let piece = self.pieces.next_in(memory).map(|json| {
            let spare = Arc::clone(&self.spare);
            Ok(Frame::data(Bytes::from_owner(Piece { json, spare })))
        });
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_over()
    }
}
