//! Which changes a reader wants.

use std::collections::BTreeSet;
use std::str::FromStr;

use wayfare_model::change_log::{Change, ChangeKind};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{SegmentId, SessionId};
use wayfare_model::limits::FEED_FILTER_VALUES_MAX;
use wayfare_model::problem::{Fault, Problem};

use super::FeedRequest;
use crate::contacts::normal_form;
use crate::paging::bad_parameter;

/// What a reader wants: every list that is not empty must have the change's value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) kinds: BTreeSet<ChangeKind>,
    pub(crate) segments: BTreeSet<SegmentId>,
    pub(crate) sessions: BTreeSet<SessionId>,
    pub(crate) customers: BTreeSet<CustomerKey>,
}

impl Filter {
    /// Reads the parameters of a feed.
    ///
    /// # Errors
    /// What is no value of its parameter, and too many of them.
    pub(crate) fn read(request: &FeedRequest) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let kinds = ChangeKind::ALL.map(ChangeKind::as_str).join(", ");
        let id_type = request.customer_id_type.as_deref().unwrap_or(CustomerKey::COOKIE);
        too_many("customerIds", request.customers.len(), &mut faults);
        let customers = request.customers.iter();
        let customers = customers.map(|id| normal_form(CustomerKey::new(id_type, id.as_str())));
        let filter = Self {
            kinds: values("types", &request.kinds, &kinds, &mut faults),
            segments: values("segmentIds", &request.segments, "UUIDs", &mut faults),
            sessions: values("sessionIds", &request.sessions, "UUIDs", &mut faults),
            customers: customers.collect(),
        };
        if faults.is_empty() { Ok(filter) } else { Err(Problem::from_faults(faults)) }
    }

    /// Whether a change is wanted.
    pub(crate) fn admits(&self, change: &Change) -> bool {
        fn has<T: Ord>(wanted: &BTreeSet<T>, value: Option<&T>) -> bool {
            wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
        }
        has(&self.kinds, Some(&change.kind))
            && has(&self.segments, change.assignment.as_ref().map(|made| &made.segment))
            && has(&self.sessions, change.session.as_ref().map(|session| &session.id))
            && has(&self.customers, change.customer.as_ref())
    }
}

fn values<T: FromStr + Ord>(
    parameter: &'static str,
    texts: &[String],
    allowed: &str,
    faults: &mut Vec<Fault>,
) -> BTreeSet<T> {
    too_many(parameter, texts.len(), faults);
    let mut read = |text: &String| {
        let value = text.parse();
        value.map_err(|_| faults.push(bad_parameter(parameter, text, allowed))).ok()
    };
    texts.iter().take(FEED_FILTER_VALUES_MAX).filter_map(&mut read).collect()
}

fn too_many(parameter: &'static str, count: usize, faults: &mut Vec<Fault>) {
    if count > FEED_FILTER_VALUES_MAX {
        let rule = format!("takes at most {FEED_FILTER_VALUES_MAX} values");
        faults.push(Fault::constraint(parameter, rule));
    }
}
