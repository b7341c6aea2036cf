//! Action targets: listing, reading, changing, and making them outside the Genesys API.

pub(crate) mod document;

use uuid::Uuid;
use wayfare_model::id::ActionTargetId;
use wayfare_model::limits::NAME_CHARACTERS_MAX;
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::target::{ActionTarget, ActionTargetState, MEDIA_TYPES, ServiceLevel};
use wayfare_model::time::Moment;
use wayfare_model::wire::{ActionTarget as WireTarget, PatchActionTarget};
use wayfare_store::documents::Kind;

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::paging::{Page, PageRequest, read_all};

/// What an action target is called in errors.
const ENTITY: &str = "action target";
/// The default service level: 80 % in 20 seconds (domain, 4.1).
const SERVICE_LEVEL_DEFAULT: ServiceLevel = ServiceLevel { percentage: 0.8, duration_ms: 20_000 };
/// The highest duration of a service level, in milliseconds: a week.
const DURATION_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;
/// The highest short abandon threshold.
const SHORT_ABANDON_MAX: i64 = 86_400;

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
    /// A page of the organisation's action targets, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_targets(
        &self,
        caller: &Caller,
        request: PageRequest,
    ) -> Result<Page<ActionTarget>> {
        let documents = &*self.stores.documents;
        let all = read_all(documents, caller.organisation, Kind::ActionTarget).await?;
        let mut targets = all.iter().map(document::from_document).collect::<Result<Vec<_>, _>>()?;
        targets.sort_by_key(|target| (target.created, target.id));
        Ok(Page::cut(targets, request))
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

    /// Changes an action target: its name, service level and short abandon threshold. The contract
    /// has no version here, so that the last write wins, field by field.
    ///
    /// # Errors
    /// Not found; all faults of the body.
    pub async fn update_target(
        &self,
        caller: &Caller,
        id: &str,
        patch: PatchActionTarget,
    ) -> Result<ActionTarget> {
        loop {
            let stored = self.get_target(caller, id).await?;
            let mut changed = patched(&stored, patch.clone())?;
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
    /// All faults of the body.
    pub async fn create_target(&self, caller: &Caller, wire: WireTarget) -> Result<ActionTarget> {
        let id = ActionTargetId::from_uuid(self.entropy.uuid());
        let target = new_target(id, wire, self.now())?;
        let document = document::to_document(&target)?;
        self.stores.documents.insert(caller.organisation, Kind::ActionTarget, document).await?;
        Ok(target)
    }
}

fn new_target(id: ActionTargetId, wire: WireTarget, now: Moment) -> Result<ActionTarget, Problem> {
    let mut faults = Vec::new();
    let name = wire.name.unwrap_or_default();
    check_name(&name, &mut faults);
    let mut user_data = Vec::new();
    for (place, pair) in wire.user_data.unwrap_or_default().into_iter().enumerate() {
        match (pair.key, pair.value) {
            (Some(key), Some(value)) => user_data.push((key, value)),
            (None, _) => faults.push(Fault::missing(format!("userData[{place}].key"))),
            (_, None) => faults.push(Fault::missing(format!("userData[{place}].value"))),
        }
    }
    let supported_media_types = wire.supported_media_types.unwrap_or_default();
    for (place, media_type) in supported_media_types.iter().enumerate() {
        if !MEDIA_TYPES.contains(&media_type.as_str()) {
            let field = format!("supportedMediaTypes[{place}]");
            faults.push(Fault::invalid_value(field, media_type, MEDIA_TYPES.join(", ")));
        }
    }
    let state = wire.state.as_deref().map_or(ActionTargetState::Active, |text| {
        let known = ActionTargetState::ALL.into_iter().find(|state| state.as_str() == text);
        known.unwrap_or_else(|| {
            faults.push(Fault::invalid_value("state", text, "active, inactive, deleted"));
            ActionTargetState::Active
        })
    });
    let service_level = wire.service_level.and_then(|wire| service_level(&wire, &mut faults));
    let short_abandon_threshold = wire.short_abandon_threshold;
    if let Some(seconds) = short_abandon_threshold {
        check_short_abandon(seconds, &mut faults);
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
        service_level: Some(service_level.unwrap_or(SERVICE_LEVEL_DEFAULT)),
        short_abandon_threshold,
        version: 1,
        created: now,
        modified: now,
    })
}

fn patched(stored: &ActionTarget, patch: PatchActionTarget) -> Result<ActionTarget, Problem> {
    let mut faults = Vec::new();
    let mut changed = stored.clone();
    if let Some(name) = patch.name {
        check_name(&name, &mut faults);
        changed.name = name;
    }
    if let Some(wire) = patch.service_level {
        changed.service_level = service_level(&wire, &mut faults);
    }
    if let Some(seconds) = patch.short_abandon_threshold {
        check_short_abandon(seconds, &mut faults);
        changed.short_abandon_threshold = Some(seconds);
    }
    if faults.is_empty() { Ok(changed) } else { Err(Problem::from_faults(faults)) }
}

fn check_name(name: &str, faults: &mut Vec<Fault>) {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
        let rule = format!("must have 1 to {NAME_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint("name", rule));
    }
}

fn check_short_abandon(seconds: i64, faults: &mut Vec<Fault>) {
    if !(0..=SHORT_ABANDON_MAX).contains(&seconds) {
        let allowed = format!("whole numbers from 0 to {SHORT_ABANDON_MAX}");
        faults.push(Fault::invalid_value("shortAbandonThreshold", seconds, allowed));
    }
}

fn service_level(
    wire: &wayfare_model::wire::ServiceLevel,
    faults: &mut Vec<Fault>,
) -> Option<ServiceLevel> {
    match wire.percentage {
        None => faults.push(Fault::missing("serviceLevel.percentage")),
        Some(share) if !(0.0..=1.0).contains(&share) => {
            let allowed = "numbers from 0 to 1";
            faults.push(Fault::invalid_value("serviceLevel.percentage", share, allowed));
        }
        Some(_) => {}
    }
    match wire.duration_ms {
        None => faults.push(Fault::missing("serviceLevel.durationMs")),
        Some(ms) if !(0..=DURATION_MS_MAX).contains(&ms) => {
            let allowed = format!("milliseconds from 0 to {DURATION_MS_MAX}");
            faults.push(Fault::invalid_value("serviceLevel.durationMs", ms, allowed));
        }
        Some(_) => {}
    }
    Some(ServiceLevel { percentage: wire.percentage?, duration_ms: wire.duration_ms? })
}
