//! What the fields of an action target may be. One pass finds all faults of a body.

use serde::Deserialize;
use wayfare_model::limits::{
    ACTION_TARGET_USER_DATA_MAX, ACTION_TARGET_USER_DATA_TEXT_CHARACTERS_MAX, NAME_CHARACTERS_MAX,
};
use wayfare_model::patch::Patch;
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::target::{ActionTarget, ActionTargetState, MEDIA_TYPES, ServiceLevel};
use wayfare_model::wire::{KeyValue, PatchActionTarget, ServiceLevel as WireServiceLevel};

/// The highest duration of a service level, in milliseconds: a week.
const DURATION_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;
/// The highest short abandon threshold, in seconds: a day.
const SHORT_ABANDON_S_MAX: i64 = 86_400;
/// Characters of a description.
const DESCRIPTION_CHARACTERS_MAX: usize = 1_000;

/// A change of any field of an action target. Absent fields stay; `null` clears `description` and
/// `shortAbandonThreshold`, and no other field can be cleared.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetPatch {
    /// Its name.
    pub name: Patch<String>,
    /// Pairs of key and value; they replace the stored ones.
    pub user_data: Patch<Vec<KeyValue>>,
    /// Media types; they replace the stored ones.
    pub supported_media_types: Patch<Vec<String>>,
    /// Its state: `inactive` takes it out of use, `deleted` out of the list, `active` brings it back.
    pub state: Patch<String>,
    /// What it is for.
    pub description: Patch<String>,
    /// The service level below which offers are held back.
    pub service_level: Patch<WireServiceLevel>,
    /// Abandons shorter than this many seconds do not count.
    pub short_abandon_threshold: Patch<i64>,
}

impl From<PatchActionTarget> for TargetPatch {
    fn from(wire: PatchActionTarget) -> Self {
        Self {
            name: wire.name,
            service_level: wire.service_level,
            short_abandon_threshold: wire.short_abandon_threshold,
            ..Self::default()
        }
    }
}

impl TargetPatch {
    /// The target with these changes.
    ///
    /// # Errors
    /// All faults of the body.
    pub(super) fn apply(self, stored: &ActionTarget) -> Result<ActionTarget, Problem> {
        let mut faults = Vec::new();
        let mut changed = stored.clone();
        if let Some(name) = self.name.not_null("name", &mut faults) {
            changed.name = checked_name(name, &mut faults);
        }
        if let Some(pairs) = self.user_data.not_null("userData", &mut faults) {
            changed.user_data = user_data(pairs, &mut faults);
        }
        let media_types = self.supported_media_types;
        if let Some(types) = media_types.not_null("supportedMediaTypes", &mut faults) {
            changed.supported_media_types = checked_media_types(types, &mut faults);
        }
        if let Some(text) = self.state.not_null("state", &mut faults) {
            changed.state = state(&text, &mut faults);
        }
        if let Some(text) = self.description.value() {
            check_description(text, &mut faults);
        }
        self.description.apply_to_option(&mut changed.description);
        if let Some(wire) = self.service_level.not_null("serviceLevel", &mut faults) {
            changed.service_level = service_level(&wire, &mut faults);
        }
        if let Some(seconds) = self.short_abandon_threshold.value() {
            check_short_abandon(*seconds, &mut faults);
        }
        self.short_abandon_threshold.apply_to_option(&mut changed.short_abandon_threshold);
        if faults.is_empty() { Ok(changed) } else { Err(Problem::from_faults(faults)) }
    }
}

pub(super) fn checked_name(name: String, faults: &mut Vec<Fault>) -> String {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
        let rule = format!("must have 1 to {NAME_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint("name", rule));
    }
    name
}

pub(super) fn user_data(pairs: Vec<KeyValue>, faults: &mut Vec<Fault>) -> Vec<(String, String)> {
    if pairs.len() > ACTION_TARGET_USER_DATA_MAX {
        let rule = format!("may have {ACTION_TARGET_USER_DATA_MAX} pairs, not {}", pairs.len());
        faults.push(Fault::constraint("userData", rule));
    }
    let mut known = Vec::new();
    for (place, pair) in pairs.into_iter().enumerate() {
        let mut text = |field: &str, text: Option<String>| {
            let field = format!("userData[{place}].{field}");
            let Some(text) = text else {
                faults.push(Fault::missing(field));
                return String::new();
            };
            if text.chars().count() > ACTION_TARGET_USER_DATA_TEXT_CHARACTERS_MAX {
                let most = ACTION_TARGET_USER_DATA_TEXT_CHARACTERS_MAX;
                faults
                    .push(Fault::constraint(field, format!("must have at most {most} characters")));
            }
            text
        };
        known.push((text("key", pair.key), text("value", pair.value)));
    }
    known
}

pub(super) fn checked_media_types(types: Vec<String>, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for (place, media_type) in types.into_iter().enumerate() {
        let field = format!("supportedMediaTypes[{place}]");
        if !MEDIA_TYPES.contains(&media_type.as_str()) {
            faults.push(Fault::invalid_value(field, &media_type, MEDIA_TYPES.join(", ")));
        } else if known.contains(&media_type) {
            faults.push(Fault::constraint(field, format!("repeats '{media_type}'")));
        }
        known.push(media_type);
    }
    known
}

pub(super) fn state(text: &str, faults: &mut Vec<Fault>) -> ActionTargetState {
    let known = ActionTargetState::ALL.into_iter().find(|state| state.as_str() == text);
    known.unwrap_or_else(|| {
        let allowed = ActionTargetState::ALL.map(ActionTargetState::as_str).join(", ");
        faults.push(Fault::invalid_value("state", text, allowed));
        ActionTargetState::Active
    })
}

pub(super) fn check_description(text: &str, faults: &mut Vec<Fault>) {
    if text.chars().count() > DESCRIPTION_CHARACTERS_MAX {
        let rule = format!("must have at most {DESCRIPTION_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint("description", rule));
    }
}

pub(super) fn check_short_abandon(seconds: i64, faults: &mut Vec<Fault>) {
    if !(0..=SHORT_ABANDON_S_MAX).contains(&seconds) {
        let allowed = format!("whole numbers from 0 to {SHORT_ABANDON_S_MAX}");
        faults.push(Fault::invalid_value("shortAbandonThreshold", seconds, allowed));
    }
}

pub(super) fn service_level(
    wire: &WireServiceLevel,
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
