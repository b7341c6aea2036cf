//! The live feed: what becomes different, as soon as it is durable, from any place in the change log.
//!
//! A reader pulls. Whoever does not pull falls behind in the log and costs nothing but a place; what
//! it missed it finds there, for as long as the log goes back.

pub mod document;
pub(crate) mod filter;
pub(crate) mod holders;
pub(crate) mod position;
pub(crate) mod tail;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, watch};
use wayfare_model::change_log::{ChangePage, LoggedChange};
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::{
    CHANGE_LOG_AGE_MS_MAX, CHANGE_LOG_CHANGES_MAX, CHANGE_LOG_TRIM_BATCH_MAX, FEEDS_MAX,
};
use wayfare_model::metrics;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_store::changes::{ChangeBounds, Changes};

use crate::access::Caller;
use crate::access::organisations::Served;
use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::Metrics;
use crate::paging::cursor::Cursors;
use filter::Filter;
use position::{Position, Standing, places};

/// What a reader asks for, as it came.
#[derive(Debug, Clone, Default)]
pub struct FeedRequest {
    /// The id of the last event seen.
    pub after: Option<String>,
    /// Where that was given: the name of a header or a parameter, for messages.
    pub after_name: &'static str,
    /// `types`.
    pub kinds: Vec<String>,
    /// `segmentIds`.
    pub segments: Vec<String>,
    /// `sessionIds`.
    pub sessions: Vec<String>,
    /// `customerIds`.
    pub customers: Vec<String>,
    /// `customerIdType`; a cookie, if not given.
    pub customer_id_type: Option<String>,
}

/// What a reader gets.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedItem {
    /// A change.
    Change {
        /// The place right after it.
        id: String,
        /// The change.
        change: LoggedChange,
    },
    /// What came after the reader's place is not all in the log any more. It goes on with what comes
    /// from now on.
    Reset {
        /// The place at which it goes on.
        id: String,
        /// Why.
        reason: &'static str,
    },
}

/// Why a feed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEnd {
    /// Nobody read any more.
    Left,
    /// The reader took too long to take what was written.
    TooSlow,
    /// The token did not allow it any more.
    Token,
    /// The server was stopping.
    Stopping,
    /// The log could not be read.
    Failed,
}

impl FeedEnd {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Left, Self::TooSlow, Self::Token, Self::Stopping, Self::Failed];

    /// A word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::TooSlow => "too_slow",
            Self::Token => "token",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }
}

/// A feed that is open.
pub struct Feed {
    served: Arc<Served>,
    metrics: Arc<Metrics>,
    changes: Arc<dyn Changes>,
    filter: Filter,
    places: Cursors,
    position: Position,
    /// Why the reader's place is not good, if it is not.
    reset: Option<&'static str>,
    version: watch::Receiver<u64>,
    /// Whether everything that `version` told of has been read.
    is_at_end: bool,
    end: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

const LEFT_THE_LOG: &str = "changes after the given id have left the change log";
const NOT_IN_THE_LOG: &str = "the given id is ahead of the change log";

impl App {
    /// Opens a feed: from the place of an id, or from now on.
    ///
    /// # Errors
    /// [`ProblemKind::BadRequest`] for an id that this organisation's feeds never gave; bad filters;
    /// [`ProblemKind::TooManyRequests`] when as many feeds are open as may be.
    pub async fn open_feed(&self, caller: &Caller, request: &FeedRequest) -> Result<Feed> {
        let filter = Filter::read(request)?;
        let served = self.organisation(caller.organisation)?;
        let places = places(&served.ids);
        let place = places.read_parameter(request.after_name, request.after.as_deref())?;
        let permit = Arc::clone(&served.changes.places).try_acquire_owned();
        let permit = permit.map_err(|_| Problem {
            retry_after_s: Some(10),
            ..Problem::new(
                ProblemKind::TooManyRequests,
                format!("{FEEDS_MAX} live feeds are open; try again in 10 seconds"),
            )
        })?;
        let version = served.changes.subscribe();
        let (position, reset) = self.begin(served.id, place.map(Position::read)).await?;
        let changes = Arc::clone(&self.stores.changes);
        let end = self.feeds_end.subscribe();
        let is_at_end = false;
        Ok(Feed {
            served,
            metrics: Arc::clone(&self.metrics),
            changes,
            filter,
            places,
            position,
            reset,
            version,
            is_at_end,
            end,
            _place: permit,
        })
    }

    /// Where a feed begins, and why not where the reader wanted it.
    async fn begin(
        &self,
        organisation: OrganisationId,
        wanted: Option<Position>,
    ) -> Result<(Position, Option<&'static str>)> {
        let page = self.page_at(organisation, wanted).await?;
        let Some(wanted) = wanted else { return Ok((Position::end_of_log(&page), None)) };
        let reason = match wanted.standing(&page) {
            Standing::Good => return Ok((wanted, None)),
            Standing::LeftTheLog => LEFT_THE_LOG,
            Standing::NotInTheLog => NOT_IN_THE_LOG,
        };
        let page = self.page_at(organisation, None).await?;
        Ok((Position::end_of_log(&page), Some(reason)))
    }

    /// The change before a place, or the last one, and what the log holds.
    pub(crate) async fn page_at(
        &self,
        organisation: OrganisationId,
        position: Option<Position>,
    ) -> Result<ChangePage> {
        let changes = &self.stores.changes;
        let sequence = match position {
            Some(position) => position.sequence,
            None => changes.changes(organisation, 0, 0).await?.span.last,
        };
        Ok(changes.changes(organisation, sequence.saturating_sub(1), 1).await?)
    }

    /// Notes why a feed has ended.
    pub fn note_feed_end(&self, end: FeedEnd) {
        self.metrics.feeds.ended(end);
    }

    /// Notes that a feed waits for its reader, until what is given is dropped.
    #[must_use]
    pub fn wait_for_reader(&self, now: Instant) -> metrics::Place {
        self.metrics.feeds.waiting.enter(now)
    }

    /// Feeds that are open, by organisation.
    pub(crate) fn open_feeds(&self) -> Vec<(OrganisationId, usize)> {
        let open = |served: Arc<Served>| (served.id, served.changes.feeds());
        self.organisations.all().into_iter().map(open).collect()
    }

    /// Resolves when feeds end.
    pub async fn feeds_ended(&self) {
        // An error says that the app is gone, and with it every feed.
        drop(self.feeds_end.subscribe().wait_for(|ended| *ended).await);
    }

    /// Ends every feed, and the delivery of webhooks: the server stops.
    pub fn end_feeds(&self) {
        self.feeds_end.send_replace(true);
    }

    /// Lets changes leave the logs that are too old, or too many, a bounded number at a time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn trim_changes(&self) -> Result<()> {
        let bounds = ChangeBounds {
            recorded_from: self.now().plus_ms(-CHANGE_LOG_AGE_MS_MAX),
            changes_max: CHANGE_LOG_CHANGES_MAX,
            batch_max: CHANGE_LOG_TRIM_BATCH_MAX,
        };
        for served in self.organisations.all() {
            while self.stores.changes.trim_changes(served.id, bounds).await? >= bounds.batch_max {}
        }
        Ok(())
    }
}

impl Feed {
    /// The place up to which everything has been given.
    #[must_use]
    pub fn position(&self) -> String {
        self.position.write(&self.places)
    }

    fn tell_reset(&self, reason: &'static str) -> FeedItem {
        self.metrics.feeds.resets.increment();
        FeedItem::Reset { id: self.position(), reason }
    }

    /// Waits for what comes next. Dropping it before it answers loses nothing.
    ///
    /// # Errors
    /// [`Error::Stopping`] when the server stops; a store error.
    pub async fn next(&mut self) -> Result<Vec<FeedItem>> {
        loop {
            if *self.end.borrow() {
                return Err(Error::Stopping);
            }
            if let Some(reason) = self.reset.take() {
                return Ok(vec![self.tell_reset(reason)]);
            }
            if self.is_at_end {
                tokio::select! {
                    told = self.version.changed() => told.map_err(|_| Error::Stopping)?,
                    ended = self.end.changed() => ended.map_err(|_| Error::Stopping)?,
                }
                self.is_at_end = false;
                continue;
            }
            let items = self.read().await?;
            if !items.is_empty() {
                return Ok(items);
            }
        }
    }

    /// Reads on. Gives nothing when nothing that was read is wanted.
    async fn read(&mut self) -> Result<Vec<FeedItem>> {
        let version = *self.version.borrow_and_update();
        let (tail, after) = (&self.served.changes, self.position.sequence);
        let read = tail.read(&*self.changes, self.served.id, after, version).await?;
        // From here on nothing waits: a reader that leaves has either all of it or nothing.
        let span = read.page.span;
        if span.trimmed > after {
            self.position = Position::end_of_log(&read.page);
            return Ok(vec![self.tell_reset(LEFT_THE_LOG)]);
        }
        let new = read.page.changes.iter().filter(|logged| logged.sequence > after);
        let wanted = new.filter(|logged| self.filter.admits(&logged.change));
        let items = wanted
            .map(|logged| FeedItem::Change {
                id: Position::after(logged).write(&self.places),
                change: logged.clone(),
            })
            .collect();
        let end = match read.page.changes.last() {
            Some(last) if read.is_full => Position::after(last),
            _ => Position::end_of_log(&read.page),
        };
        if end.sequence > after {
            self.position = end;
        }
        self.is_at_end = !read.is_full;
        Ok(items)
    }
}
