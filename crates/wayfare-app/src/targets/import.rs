//! Importing action targets: all of a file or nothing, and nothing twice.

use std::collections::HashMap;

use uuid::Uuid;
use wayfare_model::id::ActionTargetId;
use wayfare_model::limits::{ACTION_TARGETS_IMPORT_MAX, ACTION_TARGETS_MAX};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::target::{ActionTarget, ActionTargetState};
use wayfare_model::wire::ActionTarget as WireTarget;
use wayfare_store::documents::Kind;

use super::{document, new_target};
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::order;

/// An action target of a file, and where it stands.
#[derive(Debug)]
pub struct ImportItem {
    /// Its line or its place in the list, in words for a person.
    pub place: String,
    /// The action target, or why it cannot be read.
    pub target: Result<WireTarget, Problem>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedTargets {
    /// The action targets in the order of the file, those made now and those that were there.
    pub targets: Vec<ActionTarget>,
    /// How many were made now.
    pub created: usize,
}

/// What names an action target within an organisation: its id, or its name when it has none.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Id(Uuid),
    Name(String),
}

impl App {
    /// Makes the action targets of a file, in one durable transaction. One that is there already,
    /// with the same values, is left alone.
    ///
    /// An item with an id is made under it, and is there already when that id is; one without an id
    /// is when one of its name is, which was not deleted.
    ///
    /// # Errors
    /// All faults of all items, each with its place, and then nothing is made: also when one is there
    /// already with other values, or stands in the file twice. [`ProblemKind::RequestTooLarge`] above
    /// [`ACTION_TARGETS_IMPORT_MAX`] items, [`ProblemKind::LimitExceeded`] above
    /// [`ACTION_TARGETS_MAX`] action targets.
    pub async fn import_targets(
        &self,
        caller: &Caller,
        items: Vec<ImportItem>,
    ) -> Result<ImportedTargets> {
        if items.len() > ACTION_TARGETS_IMPORT_MAX {
            let message = format!(
                "a file may have {ACTION_TARGETS_IMPORT_MAX} action targets, not {}",
                items.len()
            );
            return Err(Problem::new(ProblemKind::RequestTooLarge, message).into());
        }
        let served = self.organisation(caller.organisation)?;
        let _writing = served.targets_writing.lock().await;
        let stored = self.read_targets(caller.organisation).await?;
        let mut last = stored.iter().map(|target| (target.created, target.id.as_uuid())).max();
        let mut places: HashMap<Key, String> = HashMap::new();
        let mut faults = Vec::new();
        let mut targets = Vec::with_capacity(items.len());
        let mut documents = Vec::new();
        for ImportItem { place, target } in items {
            let (made_at, made_id) = order::next(last, self.now(), &*self.entropy);
            let read = target.and_then(|wire| {
                let key = key(&wire)?;
                let id = match key {
                    Key::Id(id) => id,
                    Key::Name(_) => made_id,
                };
                let target = new_target(ActionTargetId::from_uuid(id), wire, made_at)?;
                if let Some(before) = places.insert(key.clone(), place.clone()) {
                    return Err(repeated(&key, &before));
                }
                found(&stored, &key, target)
            });
            match read {
                Err(problem) => faults.extend(placed(&place, problem)),
                Ok((target, is_new)) => {
                    if is_new {
                        last = last.max(Some((target.created, target.id.as_uuid())));
                        documents.push((Kind::ActionTarget, document::to_document(&target)?));
                    }
                    targets.push(target);
                }
            }
        }
        if !faults.is_empty() {
            return Err(Problem::from_faults(faults).into());
        }
        if stored.len() + documents.len() > ACTION_TARGETS_MAX {
            return Err(too_many().into());
        }
        let created = documents.len();
        if created > 0 {
            self.stores.documents.insert_all(caller.organisation, documents).await?;
        }
        Ok(ImportedTargets { targets, created })
    }
}

/// That an organisation has as many action targets as it may.
pub(super) fn too_many() -> Problem {
    let message = format!("the limit of {ACTION_TARGETS_MAX} action targets is reached");
    Problem::new(ProblemKind::LimitExceeded, message)
}

fn key(wire: &WireTarget) -> Result<Key, Problem> {
    match wire.id.as_deref().filter(|id| !id.is_empty()) {
        None => Ok(Key::Name(wire.name.clone().unwrap_or_default())),
        Some(id) => id.parse().map(Key::Id).map_err(|_| {
            Problem::from_faults(vec![Fault::invalid_value("id", id, "UUIDs, or no id")])
        }),
    }
}

const fn field(key: &Key) -> &'static str {
    match key {
        Key::Id(_) => "id",
        Key::Name(_) => "name",
    }
}

fn repeated(key: &Key, before: &str) -> Problem {
    let rule = format!("is that of {before} too");
    Problem::from_faults(vec![Fault::constraint(field(key), rule)])
}

/// The stored action target that this one is, or this one and that it is new.
fn found(
    stored: &[ActionTarget],
    key: &Key,
    target: ActionTarget,
) -> Result<(ActionTarget, bool), Problem> {
    let is_it = |known: &&ActionTarget| match key {
        Key::Id(id) => known.id.as_uuid() == *id,
        Key::Name(name) => known.name == *name && known.state != ActionTargetState::Deleted,
    };
    let Some(known) = stored.iter().find(is_it) else { return Ok((target, true)) };
    let ActionTarget { id, version, created, modified, .. } = *known;
    if (ActionTarget { id, version, created, modified, ..target }) == *known {
        return Ok((known.clone(), false));
    }
    let rule = format!(
        "is that of action target '{id}', which has other values; an import changes none that is there"
    );
    Err(Problem::from_faults(vec![Fault::constraint(field(key), rule)]))
}

/// The faults of an item, with its place.
fn placed(place: &str, problem: Problem) -> Vec<Fault> {
    if problem.faults.is_empty() {
        return vec![Fault::new(problem.kind, place, format!("{place}: {}", problem.message))];
    }
    let with_place = |fault: Fault| Fault {
        // A dot stands for the whole item.
        field: if ["", "."].contains(&fault.field.as_str()) {
            place.to_owned()
        } else {
            format!("{place}.{}", fault.field)
        },
        message: format!("{place}: {}", fault.message),
        ..fault
    };
    problem.faults.into_iter().map(with_place).collect()
}
