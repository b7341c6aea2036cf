//! What a use case can fail with.

use wayfare_model::id::SegmentId;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_store as store;

/// An error of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something the client can do something about.
    #[error("{}", .0.message)]
    Problem(Problem),
    /// The store failed. The client learns only that much.
    #[error("the store failed")]
    Store(#[source] store::Error),
    /// A segment was deleted while the request waited; nothing of the request was done.
    #[error("segment '{0}' was deleted meanwhile")]
    SegmentGone(SegmentId),
    /// What was to be done in the background panicked, with this text.
    #[error("the work broke down: {0}")]
    BrokeDown(String),
    /// The server is stopping; nothing was done.
    #[error("the server is stopping")]
    Stopping,
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Error {
    /// What the client is told.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => problem,
            Self::SegmentGone(segment) => Problem::not_found("segment", segment),
            Self::Store(store::Error::TooManyCells { limit }) => Problem::new(
                ProblemKind::ResponseTooLarge,
                format!(
                    "the answer would have more than {limit} groups times buckets: \
                     shorten the interval, coarsen the granularity, or group by fewer dimensions"
                ),
            ),
            Self::Store(store::Error::TooManyDistinctValues { limit }) => Problem::new(
                ProblemKind::ResponseTooLarge,
                format!(
                    "the answer would count more than {limit} different values: \
                     shorten the interval, coarsen the granularity, or group by fewer dimensions"
                ),
            ),
            Self::Store(store::Error::DeadlineExceeded { deadline }) => Problem::new(
                ProblemKind::RequestTimeout,
                format!(
                    "the query took longer than {} s: shorten the interval, or group and filter \
                     by fewer dimensions",
                    deadline.as_secs_f64()
                ),
            ),
            Self::Store(store::Error::Busy { limit }) => Problem {
                retry_after_s: Some(1),
                ..Problem::new(
                    ProblemKind::TooManyRequests,
                    format!("{limit} queries are under way; try again"),
                )
            },
            // Whoever is not told that it is done asks again, which does it once.
            Self::Store(store::Error::Unavailable { .. } | store::Error::Uncertain { .. })
            | Self::Stopping => Problem {
                retry_after_s: Some(1),
                ..Problem::new(ProblemKind::ServiceUnavailable, "the server cannot do it now")
            },
            Self::Store(_) | Self::BrokeDown(_) => {
                Problem::new(ProblemKind::Internal, "the server failed; its log says why")
            }
        }
    }
}

/// A use case's answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;
