//! What a courier reads in the log of changes: where it goes on, what is new, and what it has to let go.

use std::collections::BTreeMap;

use tokio::sync::watch;
use wayfare_model::change_log::LoggedChange;
use wayfare_model::limits::CHANGE_LOG_PAGE_MAX;

use super::attempts::Attempt;
use super::document::Webhook;
use super::runner::{Courier, Trip, UNWRITTEN_MAX};
use super::window::{Stored, Window};
use crate::error::Result;
use crate::metrics::Delivery;

impl Courier {
    /// Goes on where it was written down, or begins where the webhook says.
    /// Gives the last change that waited and is in the log no more, too.
    pub(super) async fn open(&self, webhook: &Webhook) -> Result<(Window, Option<u64>)> {
        let anew = || (Window::begin(webhook.generation, webhook.after), None);
        let text = self.app.stores.deliveries.delivery_state(self.served.id, webhook.id).await?;
        let Some(text) = text else { return Ok(anew()) };
        let stored: Stored = serde_json::from_str(&text).map_err(|error| {
            let context = format!("deliveries of webhook {}: {error}", webhook.id);
            wayfare_store::Error::Corrupt { context }
        })?;
        if stored.generation != webhook.generation {
            return Ok(anew());
        }
        let wanted: Vec<u64> = stored.waiting.iter().map(|wait| wait.sequence).collect();
        let (found, trimmed) = self.look_up(&wanted).await?;
        // What is missing behind them was deleted with its customer: nobody is to know of it.
        let lost = wanted
            .into_iter()
            .filter(|sequence| *sequence <= trimmed && !found.contains_key(sequence))
            .max();
        Ok((Window::restore(stored, found), lost))
    }

    /// Changes as the log has them, by their numbers, with others beside them; and the number up to which
    /// it was trimmed.
    async fn look_up(&self, wanted: &[u64]) -> Result<(BTreeMap<u64, LoggedChange>, u64)> {
        let (mut found, mut trimmed) = (BTreeMap::new(), 0);
        let mut looked = 0;
        for sequence in wanted {
            // Pages overlap nowhere, also when what is wanted is gone.
            if *sequence <= looked {
                continue;
            }
            let changes = &self.app.stores.changes;
            let after = sequence.saturating_sub(1);
            let page = changes.changes(self.served.id, after, CHANGE_LOG_PAGE_MAX).await?;
            let last = page.changes.last().map_or(page.span.last, |logged| logged.sequence);
            looked = last.max(*sequence);
            trimmed = page.span.trimmed;
            found.extend(page.changes.into_iter().map(|logged| (logged.sequence, logged)));
        }
        Ok((found, trimmed))
    }

    /// Lets go of what was removed from the log with its customer, also where it is under way.
    pub(super) async fn let_go(&self, trip: &mut Trip) -> Result<()> {
        let waiting = trip.window.sequences();
        let (found, trimmed) = self.look_up(&waiting).await?;
        let mut broken_off = 0;
        let mut lost = None;
        for sequence in waiting.into_iter().filter(|sequence| !found.contains_key(sequence)) {
            // What the log has trimmed may have been removed, or not: it is not told.
            lost = lost.max((sequence <= trimmed).then_some(sequence));
            trip.is_dirty = true;
            if trip.window.remove(sequence)
                && let Some(flight) = trip.breaks.remove(&sequence)
            {
                flight.abort();
                broken_off += 1;
            }
        }
        if let Some(until) = lost {
            self.lose(trip, until.saturating_sub(1), until);
        }
        // Until none of them is on its way any more.
        while broken_off > 0
            && let Some(landed) = trip.flights.join_next().await
        {
            broken_off -= usize::from(!self.land(trip, landed));
        }
        Ok(())
    }

    /// Reads on in the log. Whether there is more that has no room.
    pub(super) async fn fill(
        &self,
        trip: &mut Trip,
        version: &mut watch::Receiver<u64>,
    ) -> Result<bool> {
        while trip.window.has_room() {
            let told = *version.borrow_and_update();
            let tail = &self.served.changes;
            let after = trip.window.read();
            let changes = &*self.app.stores.changes;
            let read = tail.read(changes, self.served.id, after, told).await?;
            let span = read.page.span;
            if after < span.trimmed {
                self.lose(trip, after, span.trimmed);
                trip.window.go_to(span.trimmed);
                continue;
            }
            if after > span.last {
                // A backup that was restored is older than what was delivered.
                trip.window.go_to(span.last);
                trip.is_dirty = true;
                continue;
            }
            let new = read.page.changes.iter().filter(|logged| logged.sequence > after);
            let wanted: Vec<LoggedChange> =
                new.filter(|logged| trip.webhook.wants(&logged.change)).cloned().collect();
            let last = read.page.changes.last().map_or(after, |logged| logged.sequence);
            let end = if read.is_full { last } else { span.last };
            trip.is_dirty |= !wanted.is_empty() || end.abs_diff(trip.written) >= UNWRITTEN_MAX;
            trip.window.take_in(wanted, end);
            if !read.is_full {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Says that changes up to a number are in the log no more.
    pub(super) fn lose(&self, trip: &mut Trip, after: u64, until: u64) {
        let (organisation, webhook) = (self.served.id, trip.webhook.id);
        tracing::warn!(organisation.id = %organisation, webhook.id = %webhook, after, until,
            "changes left the log before they were delivered");
        self.count(Delivery::Lost);
        trip.attempts.push(Attempt::lost(until, self.app.now()));
        trip.is_dirty = true;
    }
}
