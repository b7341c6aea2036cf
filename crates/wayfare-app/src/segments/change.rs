//! Making, reading, changing and deleting a segment.

use std::sync::Arc;

use wayfare_model::id::SegmentId;
use wayfare_model::limits::SEGMENTS_MAX;
use wayfare_model::patch::Patch;
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::segment::Segment;
use wayfare_model::wire::{JourneySegmentRequest, PatchSegment};
use wayfare_store::documents::Kind;

use super::{document, validate, validate_timing};
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::order;

/// The colour of a segment whose maker gave none (U18).
const COLOR_DEFAULT: &str = "#444A52";
/// What a segment is called in errors.
pub(super) const ENTITY: &str = "segment";

impl App {
    /// Makes a segment.
    ///
    /// # Errors
    /// All faults of the body; [`ProblemKind::LimitExceeded`] at [`SEGMENTS_MAX`].
    pub async fn create_segment(
        &self,
        caller: &Caller,
        request: JourneySegmentRequest,
    ) -> Result<Arc<Segment>> {
        let organisation = self.organisation(caller.organisation)?;
        let _writing = organisation.segments.writing.lock().await;
        let present = organisation.segments.edition();
        let last = present.by_id.values().map(|known| (known.created, known.id.as_uuid())).max();
        let (now, id) = order::next(last, self.now(), &*self.entropy);
        let segment = new_segment(SegmentId::from_uuid(id), request, now)?;
        if present.by_id.len() >= SEGMENTS_MAX {
            return Err(Problem::limit_exceeded("segments", SEGMENTS_MAX).into());
        }
        let edition = organisation.segments.with(segment.clone()).await?;
        let stored = document::to_document(&segment)?;
        self.stores.documents.insert(caller.organisation, Kind::Segment, stored).await?;
        organisation.segments.publish(edition);
        Ok(Arc::new(segment))
    }

    /// A segment.
    ///
    /// # Errors
    /// Not found.
    pub fn get_segment(&self, caller: &Caller, id: &str) -> Result<Arc<Segment>> {
        let organisation = self.organisation(caller.organisation)?;
        let edition = organisation.segments.edition();
        let found = id.parse().ok().and_then(|id: SegmentId| edition.by_id.get(&id).cloned());
        Ok(found.ok_or_else(|| Problem::not_found(ENTITY, id))?)
    }

    /// Changes a segment. A change that changes nothing keeps the version (U14).
    ///
    /// # Errors
    /// Not found; all faults of the body; [`ProblemKind::RequestConflict`] when the body's version
    /// is not the stored one.
    pub async fn update_segment(
        &self,
        caller: &Caller,
        id: &str,
        patch: PatchSegment,
    ) -> Result<Arc<Segment>> {
        let organisation = self.organisation(caller.organisation)?;
        let _writing = organisation.segments.writing.lock().await;
        // What the present conditions have decided by now stays decided.
        self.ingest.settle(caller.organisation, self.now()).await?;
        let stored = self.get_segment(caller, id)?;
        check_version(&stored, patch.version.value().copied())?;
        let mut changed = patched(&stored, patch)?;
        if changed == *stored {
            return Ok(stored);
        }
        changed.version = stored.version.saturating_add(1);
        if changed.conditions != stored.conditions {
            changed.conditions_version = changed.version;
        }
        changed.modified = self.now().max(stored.modified);
        let edition = organisation.segments.with(changed.clone()).await?;
        let replacement = document::to_document(&changed)?;
        let documents = &self.stores.documents;
        documents.replace(caller.organisation, Kind::Segment, stored.version, replacement).await?;
        organisation.segments.publish(edition);
        Ok(Arc::new(changed))
    }

    /// Deletes a segment: its members are unassigned, their history is kept.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete_segment(&self, caller: &Caller, id: &str) -> Result<()> {
        let organisation = self.organisation(caller.organisation)?;
        let _writing = organisation.segments.writing.lock().await;
        let segment = self.get_segment(caller, id)?;
        self.ingest.settle(caller.organisation, self.now()).await?;
        let before = organisation.segments.edition();
        // From here on no event is matched with it; whoever is in it leaves through the pipeline,
        // together with the document.
        organisation.segments.publish(organisation.segments.without(segment.id).await?);
        let deleted = self.ingest.delete_segment(caller.organisation, segment.id).await;
        if deleted.is_err() {
            organisation.segments.publish(before);
        }
        deleted
    }
}

pub(super) fn new_segment(
    id: SegmentId,
    request: JourneySegmentRequest,
    now: wayfare_model::time::Moment,
) -> Result<Segment> {
    let mut faults = Vec::new();
    match &request.display_name {
        None => faults.push(Fault::missing("displayName")),
        Some(name) => validate::display_name(name, &mut faults),
    }
    if let Some(text) = &request.description {
        validate::description(text, &mut faults);
    }
    if let Some(text) = &request.color {
        validate::color(text, &mut faults);
    }
    let scope = validate::scope(request.scope.as_deref(), &mut faults);
    let days = request.assignment_expiration_days;
    let assignment_expiration_days = days.map(|days| validate::expiration_days(days, &mut faults));
    let external = request.external_segment;
    let external_segment = external.map(|wire| validate::external_segment(wire, &mut faults));
    let context = request.context.map(Into::into).unwrap_or_default();
    let journey = request.journey.map(Into::into).unwrap_or_default();
    let conditions = validate::conditions(context, journey, &mut faults);
    validate_timing::check(&conditions, scope, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::from_faults(faults).into());
    }
    Ok(Segment {
        id,
        display_name: request.display_name.unwrap_or_default(),
        description: request.description,
        is_active: request.is_active.unwrap_or(true),
        version: 1,
        conditions_version: 1,
        color: request.color.unwrap_or_else(|| COLOR_DEFAULT.to_owned()),
        scope,
        should_display_to_agent: request.should_display_to_agent.unwrap_or(true),
        conditions,
        external_segment,
        assignment_expiration_days,
        created: now,
        modified: now,
    })
}

fn check_version(stored: &Segment, given: Option<i64>) -> Result<(), Problem> {
    match given {
        Some(given) if given != i64::from(stored.version) => Err(Problem {
            entity: Some(Box::new((ENTITY, stored.id.to_string()))),
            ..Problem::new(
                ProblemKind::RequestConflict,
                format!(
                    "version [{given}] does not match the current version [{}] of segment '{}'",
                    stored.version, stored.id
                ),
            )
        }),
        _ => Ok(()),
    }
}

fn patched(stored: &Segment, patch: PatchSegment) -> Result<Segment> {
    let mut faults = Vec::new();
    let mut changed = stored.clone();
    patch.version.not_null("version", &mut faults);
    if let Some(name) = patch.display_name.not_null("displayName", &mut faults) {
        validate::display_name(&name, &mut faults);
        changed.display_name = name;
    }
    if let Some(text) = patch.description.value() {
        validate::description(text, &mut faults);
    }
    patch.description.apply_to_option(&mut changed.description);
    if let Some(color) = patch.color.not_null("color", &mut faults) {
        validate::color(&color, &mut faults);
        changed.color = color;
    }
    if let Some(is_active) = patch.is_active.not_null("isActive", &mut faults) {
        changed.is_active = is_active;
    }
    let shown = patch.should_display_to_agent;
    if let Some(shown) = shown.not_null("shouldDisplayToAgent", &mut faults) {
        changed.should_display_to_agent = shown;
    }
    match patch.assignment_expiration_days {
        Patch::Absent => {}
        Patch::Null => changed.assignment_expiration_days = None,
        Patch::Value(days) => {
            let days = validate::expiration_days(days, &mut faults);
            changed.assignment_expiration_days = Some(days);
        }
    }
    patch_external(&mut changed, patch.external_segment, &mut faults);
    let context = patch.context.not_null("context", &mut faults);
    let journey = patch.journey.not_null("journey", &mut faults);
    let replaced = (context.is_some(), journey.is_some());
    let context = context.map(Into::into).unwrap_or_default();
    let journey = journey.map(Into::into).unwrap_or_default();
    let conditions = validate::conditions(context, journey, &mut faults);
    validate_timing::check(&conditions, stored.scope, &mut faults);
    if replaced.0 {
        changed.conditions.context = conditions.context;
    }
    if replaced.1 {
        changed.conditions.journey = conditions.journey;
        changed.conditions.ordered = conditions.ordered;
    }
    if faults.is_empty() { Ok(changed) } else { Err(Problem::from_faults(faults).into()) }
}

/// Only the name of an external segment can change, and the whole can be cleared (domain, 1.2).
fn patch_external(
    changed: &mut Segment,
    patch: Patch<wayfare_model::wire::PatchExternalSegment>,
    faults: &mut Vec<Fault>,
) {
    match patch {
        Patch::Absent => {}
        Patch::Null => changed.external_segment = None,
        Patch::Value(patch) => match (&mut changed.external_segment, patch.name) {
            (_, Patch::Absent) => {}
            (_, Patch::Null) => faults.push(Fault::not_null("externalSegment.name")),
            (Some(external), Patch::Value(name)) => {
                external.name = validate::external_name(name, faults);
            }
            (None, Patch::Value(_)) => faults.push(Fault::constraint(
                "externalSegment",
                "cannot be added to a segment that was created without one",
            )),
        },
    }
}
