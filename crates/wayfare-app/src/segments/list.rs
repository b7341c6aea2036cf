//! Listing segments: sorted, filtered, paged.

use std::cmp::Ordering;
use std::sync::Arc;

use wayfare_model::id::SegmentId;
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::segment::Segment;
use wayfare_model::time::Moment;
use wayfare_store::documents::Kind;

use super::document;
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::paging::cursor::{Cursors, Place};
use crate::paging::{Page, PageRequest, bad_parameter};

/// What a list of segments is asked for.
#[derive(Debug, Clone, Default)]
pub struct SegmentListRequest {
    /// `sortBy`: first-level properties separated by commas, `-` in front for descending.
    pub sort_by: Option<String>,
    /// `isActive`: only active ones, or only inactive ones (U23).
    pub is_active: Option<bool>,
    /// `segmentIds`: exactly these, in this order; unknown ones are left out. Goes with neither
    /// paging, sorting nor a query (U26).
    pub segment_ids: Vec<String>,
    /// `queryFields`: where `queryValue` is looked for.
    pub query_fields: Vec<String>,
    /// `queryValue`: a part of a text, whatever the case of its letters (U24).
    pub query_value: Option<String>,
    /// `after`: the cursor of the last segment seen, which goes before the number of the page.
    pub after: Option<String>,
    /// `pageNumber`.
    pub page_number: Option<String>,
    /// `pageSize`.
    pub page_size: Option<String>,
}

type Compare = fn(&Segment, &Segment) -> Ordering;

/// First-level properties with an order; `context`, `journey` and `externalSegment` have none. What
/// is absent comes first.
const SORTABLE: [(&str, Compare); 12] = [
    ("displayName", |a, b| a.display_name.cmp(&b.display_name)),
    ("createdDate", |a, b| a.created.cmp(&b.created)),
    ("modifiedDate", |a, b| a.modified.cmp(&b.modified)),
    ("version", |a, b| a.version.cmp(&b.version)),
    ("isActive", |a, b| a.is_active.cmp(&b.is_active)),
    ("scope", |a, b| a.scope.as_str().cmp(b.scope.as_str())),
    ("color", |a, b| a.color.cmp(&b.color)),
    ("description", |a, b| a.description.cmp(&b.description)),
    ("id", |a, b| a.id.cmp(&b.id)),
    ("selfUri", |a, b| a.id.cmp(&b.id)),
    ("shouldDisplayToAgent", |a, b| a.should_display_to_agent.cmp(&b.should_display_to_agent)),
    ("assignmentExpirationDays", |a, b| {
        a.assignment_expiration_days.cmp(&b.assignment_expiration_days)
    }),
];

type Text = fn(&Segment) -> Option<&str>;

/// First-level properties that hold text for people.
const SEARCHABLE: [(&str, Text); 2] = [
    ("displayName", |segment| Some(&segment.display_name)),
    ("description", |segment| segment.description.as_deref()),
];

/// Ids asked for at once (domain, 1.10).
const SEGMENT_IDS_MAX: usize = 100;

impl App {
    /// A page of the organisation's segments. Without `sortBy`, the oldest first.
    ///
    /// # Errors
    /// All faults of the parameters; a cursor of another list.
    pub async fn list_segments(
        &self,
        caller: &Caller,
        request: &SegmentListRequest,
    ) -> Result<Page<Arc<Segment>>> {
        let organisation = self.organisation(caller.organisation)?;
        let edition = organisation.segments.edition();
        let is_wanted = |segment: &Arc<Segment>| {
            request.is_active.is_none_or(|is_active| segment.is_active == is_active)
        };
        if !request.segment_ids.is_empty() {
            check_ids(request)?;
            let ids = request.segment_ids.iter().filter_map(|id| id.parse().ok());
            let found = ids.filter_map(|id: SegmentId| edition.by_id.get(&id).cloned());
            return Ok(Page::whole(found.filter(is_wanted).collect()));
        }
        let page =
            PageRequest::parse(request.page_number.as_deref(), request.page_size.as_deref())?;
        let order = order(request.sort_by.as_deref())?;
        let texts = texts(request)?;
        let wanted_text = request.query_value.as_deref().unwrap_or_default().to_lowercase();
        let is_found = |segment: &Arc<Segment>| {
            let has_text = |text: &str| text.to_lowercase().contains(&wanted_text);
            texts.is_empty() || texts.iter().any(|text| text(segment).is_some_and(has_text))
        };
        let all = edition.by_id.values().cloned();
        let mut all: Vec<_> = all.filter(is_wanted).filter(is_found).collect();
        all.sort_by(|a, b| compare(&order, a, b));
        let sort_by = request.sort_by.as_deref().unwrap_or_default();
        let cursors = Cursors::of(&organisation.ids, "segments", &[sort_by]);
        let last = match cursors.read(request.after.as_deref())? {
            Some(place) => Some(self.segment_at(caller, place).await?),
            None => None,
        };
        let skipped = last.map(|last| {
            all.partition_point(|segment| compare(&order, segment, &last) != Ordering::Greater)
        });
        let cursor = |last: &Arc<Segment>| cursors.write(place(last));
        Ok(Page::cut_after(all, page, skipped, cursor))
    }

    /// The segment of a cursor as it was then: where the list goes on does not depend on what became
    /// of it, since every version is kept.
    async fn segment_at(&self, caller: &Caller, place: Place) -> Result<Segment> {
        let version = u32::try_from(place.moment.as_ms()).unwrap_or_default();
        let documents = &self.stores.documents;
        let before = version.saturating_sub(1);
        let found = documents
            .history(caller.organisation, Kind::Segment, place.id, before, 1)
            .await?
            .into_iter()
            .find(|found| found.version == version)
            .ok_or(wayfare_store::Error::NotFound)?;
        Ok(document::from_document(&found)?)
    }
}

/// The place of a segment in any order: what it was, as its id and its version.
fn place(segment: &Segment) -> Place {
    let version = Moment::from_ms(i64::from(segment.version));
    Place { moment: version, kind: 0, id: segment.id.as_uuid() }
}

fn check_ids(request: &SegmentListRequest) -> Result<(), Problem> {
    let mut faults = Vec::new();
    let count = request.segment_ids.len();
    if count > SEGMENT_IDS_MAX {
        let allowed = format!("at most {SEGMENT_IDS_MAX} ids");
        faults.push(bad_parameter("segmentIds", &format!("{count} ids"), &allowed));
    }
    let others = [
        ("after", request.after.is_some()),
        ("pageNumber", request.page_number.is_some()),
        ("pageSize", request.page_size.is_some()),
        ("sortBy", request.sort_by.is_some()),
        ("queryFields", !request.query_fields.is_empty()),
        ("queryValue", request.query_value.is_some()),
    ];
    for (name, _) in others.into_iter().filter(|(_, is_given)| *is_given) {
        let message = format!("query parameter [{name}] does not go with [segmentIds]");
        faults.push(Fault::new(ProblemKind::BadRequest, name, message));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::from_faults(faults)) }
}

/// Where `queryValue` is looked for; each of the two parameters needs the other.
fn texts(request: &SegmentListRequest) -> Result<Vec<Text>, Problem> {
    let mut faults = Vec::new();
    let missing = match (request.query_fields.is_empty(), request.query_value.is_none()) {
        (true, false) => Some(("queryFields", "queryValue")),
        (false, true) => Some(("queryValue", "queryFields")),
        _ => None,
    };
    if let Some((missing, given)) = missing {
        let message = format!("query parameter [{given}] needs [{missing}]");
        faults.push(Fault::new(ProblemKind::BadRequest, missing, message));
    }
    let mut texts = Vec::new();
    for field in &request.query_fields {
        match SEARCHABLE.iter().find(|(known, _)| known == field) {
            Some((_, text)) => texts.push(*text),
            None => {
                let names = SEARCHABLE.map(|(known, _)| known).join(", ");
                faults.push(bad_parameter("queryFields", field, &names));
            }
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(Problem::from_faults(faults)) }
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
