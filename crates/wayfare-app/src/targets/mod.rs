//! Action targets: listing, reading, changing, and making them outside the Genesys API.

pub(crate) mod document;
mod fields;
mod import;

pub use fields::TargetPatch;
pub use import::{ImportItem, ImportedTargets};

use uuid::Uuid;
use wayfare_model::id::{ActionTargetId, OrganisationId};
use wayfare_model::limits::ACTION_TARGETS_MAX;
use wayfare_model::problem::Problem;
use wayfare_model::target::{ActionTarget, ActionTargetState, ServiceLevel};
use wayfare_model::time::Moment;
use wayfare_model::wire::ActionTarget as WireTarget;
use wayfare_store::documents::Kind;

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::order;
use crate::paging::cursor::{Cursors, Place};
use crate::paging::{Page, PageRequest, read_all};

/// What an action target is called in errors.
const ENTITY: &str = "action target";
/// The default service level: 80 % in 20 seconds (domain, 4.1).
const SERVICE_LEVEL_DEFAULT: ServiceLevel = ServiceLevel { percentage: 0.8, duration_ms: 20_000 };

/// The action target that every organisation begins with.
pub(crate) fn default_target(id: ActionTargetId, queue: Uuid, now: Moment) -> ActionTarget {
    ActionTarget {
        id,
        name: "Default".to_owned(),
        user_data: vec![("queueId".to_owned(), queue.to_string())],
        supported_media_types: vec!["webchat".to_owned()],
        state: ActionTargetState::Active,
        description: None,
        service_level: Some(SERVICE_LEVEL_DEFAULT),
        short_abandon_threshold: None,
        version: 1,
        created: now,
        modified: now,
    }
}

impl App {
    /// A page of the organisation's action targets, the oldest first: the page of that number, or what
    /// comes after a cursor. Deleted ones are not listed,
    /// but go on answering under their ids, as what happened with them does.
    ///
    /// # Errors
    /// A cursor of another list; when the store fails.
    pub async fn list_targets(
        &self,
        caller: &Caller,
        request: PageRequest,
        after: Option<&str>,
    ) -> Result<Page<ActionTarget>> {
        let ids = self.organisation(caller.organisation)?.ids;
        let cursors = Cursors::of(&ids, "action targets", &[]);
        let place = |target: &ActionTarget| (target.created, target.id.as_uuid());
        let last = cursors.read(after)?.map(|last| (last.moment, last.id));
        let mut targets = self.read_targets(caller.organisation).await?;
        targets.retain(|target| target.state != ActionTargetState::Deleted);
        targets.sort_by_key(place);
        let skipped = last.map(|last| targets.partition_point(|target| place(target) <= last));
        let cursor = |target: &ActionTarget| {
            let (moment, id) = place(target);
            cursors.write(Place { moment, kind: 0, id })
        };
        Ok(Page::cut_after(targets, request, skipped, cursor))
    }

    /// All action targets, the deleted ones too.
    async fn read_targets(&self, organisation: OrganisationId) -> Result<Vec<ActionTarget>> {
        let all = read_all(&*self.stores.documents, organisation, Kind::ActionTarget).await?;
        Ok(all.iter().map(document::from_document).collect::<Result<_, _>>()?)
    }

    /// An action target.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_target(&self, caller: &Caller, id: &str) -> Result<ActionTarget> {
        let not_found = || Problem::not_found(ENTITY, id);
        let target: ActionTargetId = id.parse().map_err(|_| not_found())?;
        let documents = &self.stores.documents;
        let found =
            documents.fetch(caller.organisation, Kind::ActionTarget, target.as_uuid()).await?;
        Ok(document::from_document(&found.ok_or_else(not_found)?)?)
    }

    /// Changes an action target. The contract has no version here, so that the last write wins,
    /// field by field.
    ///
    /// # Errors
    /// Not found; all faults of the body.
    pub async fn update_target(
        &self,
        caller: &Caller,
        id: &str,
        patch: TargetPatch,
    ) -> Result<ActionTarget> {
        loop {
            let stored = self.get_target(caller, id).await?;
            let mut changed = patch.clone().apply(&stored)?;
            if changed == stored {
                return Ok(stored);
            }
            changed.version = stored.version.saturating_add(1);
            changed.modified = self.now().max(stored.modified);
            let replacement = document::to_document(&changed)?;
            let documents = &self.stores.documents;
            let replaced = documents
                .replace(caller.organisation, Kind::ActionTarget, stored.version, replacement)
                .await;
            match replaced {
                // Somebody else was faster: the patch is put on what is stored now.
                Err(wayfare_store::Error::Conflict { .. }) => {}
                other => {
                    other?;
                    return Ok(changed);
                }
            }
        }
    }

    /// Makes an action target. The Genesys API has no such operation (design, 5).
    ///
    /// # Errors
    /// All faults of the body; [`ACTION_TARGETS_MAX`] is reached.
    pub async fn create_target(&self, caller: &Caller, wire: WireTarget) -> Result<ActionTarget> {
        let served = self.organisation(caller.organisation)?;
        let _writing = served.targets_writing.lock().await;
        let stored = self.read_targets(caller.organisation).await?;
        let last = stored.iter().map(|target| (target.created, target.id.as_uuid())).max();
        let (now, id) = order::next(last, self.now(), &*self.entropy);
        let target = new_target(ActionTargetId::from_uuid(id), wire, now)?;
        if stored.len() >= ACTION_TARGETS_MAX {
            return Err(import::too_many().into());
        }
        let document = document::to_document(&target)?;
        self.stores.documents.insert(caller.organisation, Kind::ActionTarget, document).await?;
        Ok(target)
    }
}

fn new_target(id: ActionTargetId, wire: WireTarget, now: Moment) -> Result<ActionTarget, Problem> {
    let mut faults = Vec::new();
    let name = fields::checked_name(wire.name.unwrap_or_default(), &mut faults);
    let user_data = fields::user_data(wire.user_data.unwrap_or_default(), &mut faults);
    let media_types = wire.supported_media_types.unwrap_or_default();
    let supported_media_types = fields::checked_media_types(media_types, &mut faults);
    let state = wire.state.as_deref();
    let state = state.map_or(ActionTargetState::Active, |text| fields::state(text, &mut faults));
    if let Some(text) = &wire.description {
        fields::check_description(text, &mut faults);
    }
    let service_level = wire
        .service_level
        .map_or(Some(SERVICE_LEVEL_DEFAULT), |wire| fields::service_level(&wire, &mut faults));
    if let Some(seconds) = wire.short_abandon_threshold {
        fields::check_short_abandon(seconds, &mut faults);
    }
    if !faults.is_empty() {
        return Err(Problem::from_faults(faults));
    }
    Ok(ActionTarget {
        id,
        name,
        user_data,
        supported_media_types,
        state,
        description: wire.description,
        service_level,
        short_abandon_threshold: wire.short_abandon_threshold,
        version: 1,
        created: now,
        modified: now,
    })
}
