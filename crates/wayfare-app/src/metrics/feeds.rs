//! Live feeds: how many are open, who waits for slow readers, and why feeds ended.

use std::sync::Arc;
use std::time::Instant;

use wayfare_model::id::OrganisationId;
use wayfare_model::metrics::{Counter, Family, Waiting};

use super::Queue;
use crate::feed::FeedEnd;

/// What is counted of live feeds.
#[derive(Debug, Default)]
pub(crate) struct FeedMetrics {
    /// Feeds that wait for their reader to take what was written.
    pub(crate) waiting: Arc<Waiting>,
    ended: [Counter; FeedEnd::ALL.len()],
    /// Readers that were told that they missed changes.
    pub(crate) resets: Counter,
}

impl FeedMetrics {
    /// A feed has ended.
    pub(crate) fn ended(&self, end: FeedEnd) {
        for (known, counter) in FeedEnd::ALL.iter().zip(&self.ended) {
            if *known == end {
                counter.increment();
            }
        }
    }

    /// Feeds whose readers are slow.
    pub(super) fn queue(&self, now: Instant) -> Queue {
        Queue {
            name: "live_feeds",
            depth: self.waiting.depth(),
            capacity: None,
            oldest_s: self.waiting.oldest(now).as_secs_f64(),
        }
    }

    pub(super) fn families(&self, open: &[(OrganisationId, usize)]) -> Vec<Family> {
        let mut feeds = Family::gauge("wayfare_live_feeds", "Live feeds that are open");
        for (organisation, number) in open {
            feeds = feeds.labelled([("organisation", &*organisation.to_string())], *number);
        }
        let ended = Family::counter("wayfare_live_feeds_ended", "Live feeds that ended, by why");
        let counts = FeedEnd::ALL.iter().zip(&self.ended);
        let ended = counts.fold(ended, |family, (end, counter)| {
            family.labelled([("reason", end.as_str())], counter.get())
        });
        let resets = Family::counter(
            "wayfare_live_feed_resets",
            "Readers that were told that they had missed changes",
        );
        vec![feeds, ended, resets.with(self.resets.get())]
    }
}
