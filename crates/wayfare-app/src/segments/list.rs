//! Listing segments: sorted, filtered, paged.

use std::cmp::Ordering;
use std::sync::Arc;

use wayfare_model::problem::{Fault, Problem};
use wayfare_model::segment::Segment;

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::paging::{Page, PageRequest, bad_parameter};

/// What a list of segments is asked for.
#[derive(Debug, Clone, Default)]
pub struct SegmentListRequest {
    /// `sortBy`: first-level properties separated by commas, `-` in front for descending.
    pub sort_by: Option<String>,
    /// `isActive`: only active ones, or only inactive ones (U23).
    pub is_active: Option<bool>,
    /// Which page.
    pub page: PageRequest,
}

type Compare = fn(&Segment, &Segment) -> Ordering;

/// First-level properties with an order.
const SORTABLE: [(&str, Compare); 9] = [
    ("displayName", |a, b| a.display_name.cmp(&b.display_name)),
    ("createdDate", |a, b| a.created.cmp(&b.created)),
    ("modifiedDate", |a, b| a.modified.cmp(&b.modified)),
    ("version", |a, b| a.version.cmp(&b.version)),
    ("isActive", |a, b| a.is_active.cmp(&b.is_active)),
    ("scope", |a, b| a.scope.as_str().cmp(b.scope.as_str())),
    ("color", |a, b| a.color.cmp(&b.color)),
    ("description", |a, b| a.description.cmp(&b.description)),
    ("id", |a, b| a.id.cmp(&b.id)),
];

impl App {
    /// A page of the organisation's segments. Without `sortBy`, the oldest first.
    ///
    /// # Errors
    /// A `sortBy` that is no property.
    pub fn list_segments(
        &self,
        caller: &Caller,
        request: &SegmentListRequest,
    ) -> Result<Page<Arc<Segment>>> {
        let order = order(request.sort_by.as_deref())?;
        let organisation = self.organisation(caller.organisation)?;
        let edition = organisation.segments.edition();
        let is_wanted = |segment: &&Arc<Segment>| {
            request.is_active.is_none_or(|is_active| segment.is_active == is_active)
        };
        let mut all: Vec<_> = edition.by_id.values().filter(is_wanted).cloned().collect();
        all.sort_by(|a, b| compare(&order, a, b));
        Ok(Page::cut(all, request.page))
    }
}

fn order(sort_by: Option<&str>) -> Result<Vec<(Compare, bool)>, Problem> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut order = Vec::new();
    for word in sort_by.unwrap_or_default().split(',').map(str::trim) {
        // SDKs of 2020 write the word None for a parameter that was not given.
        if word.is_empty() || word == "None" {
            continue;
        }
        let (name, is_descending) = match word.strip_prefix('-') {
            Some(name) => (name, true),
            None => (word, false),
        };
        match SORTABLE.iter().find(|(known, _)| *known == name) {
            Some((_, compare)) => order.push((*compare, is_descending)),
            None => {
                let names = SORTABLE.map(|(known, _)| known).join(", ");
                faults.push(bad_parameter("sortBy", word, &names));
            }
        }
    }
    if faults.is_empty() { Ok(order) } else { Err(Problem::from_faults(faults)) }
}

/// Ties are broken by age and id, so that pages fit together.
fn compare(order: &[(Compare, bool)], a: &Segment, b: &Segment) -> Ordering {
    for (compare, is_descending) in order {
        let ordering = if *is_descending { compare(b, a) } else { compare(a, b) };
        if ordering.is_ne() {
            return ordering;
        }
    }
    (a.created, a.id).cmp(&(b.created, b.id))
}
