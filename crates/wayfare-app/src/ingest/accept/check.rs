//! The checks of single fields. Each adds its faults to a list and gives what is left.

use std::collections::BTreeMap;

use uuid::Uuid;
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::limits::{
    ATTRIBUTE_NAME_CHARACTERS_MAX, ATTRIBUTE_VALUE_CHARACTERS_MAX, EVENT_AGE_MS_MAX,
    EVENT_AHEAD_MS_MAX, EVENT_ATTRIBUTES_MAX, EVENT_NAME_CHARACTERS_MAX, EVENT_TEXT_CHARACTERS_MAX,
};
use wayfare_model::problem::{Fault, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_model::wire::CustomEventAttribute;

/// A text that may be missing, no longer than its limit. Empty is missing.
pub(super) fn text(field: &str, text: Option<String>, faults: &mut Vec<Fault>) -> Option<String> {
    let text = text.filter(|text| !text.is_empty())?;
    if text.chars().count() > EVENT_TEXT_CHARACTERS_MAX {
        let rule = format!("must have at most {EVENT_TEXT_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint(field, rule));
        return None;
    }
    Some(text)
}

/// A text that must be there.
pub(super) fn required(field: &str, value: Option<String>, faults: &mut Vec<Fault>) -> String {
    if value.as_deref().is_none_or(str::is_empty) {
        faults.push(Fault::missing(field));
        return String::new();
    }
    text(field, value, faults).unwrap_or_default()
}

/// The visitor's cookie id: a UUID (domain, 2.3), in its usual form.
pub(super) fn cookie(value: Option<String>, faults: &mut Vec<Fault>) -> String {
    let field = "customerCookieId";
    let text = required(field, value, faults);
    match Uuid::parse_str(&text) {
        Ok(uuid) => uuid.to_string(),
        Err(_) => {
            if !text.is_empty() {
                faults.push(Fault::invalid_value(field, text, "a UUID"));
            }
            String::new()
        }
    }
}

/// An event's name: letters, digits and underscores (domain, 2.3).
pub(super) fn event_name(value: Option<String>, faults: &mut Vec<Fault>) -> String {
    let field = "eventName";
    let name = required(field, value, faults);
    let is_legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.len() > EVENT_NAME_CHARACTERS_MAX || !name.chars().all(is_legal) {
        let allowed = format!("1 to {EVENT_NAME_CHARACTERS_MAX} letters, digits and underscores");
        faults.push(Fault::invalid_value(field, &name, allowed));
    }
    name
}

/// A date that must be there.
pub(super) fn created(value: Option<String>, faults: &mut Vec<Fault>) -> Moment {
    let field = "createdDate";
    let Some(text) = value.filter(|text| !text.is_empty()) else {
        faults.push(Fault::missing(field));
        return Moment::default();
    };
    Moment::parse(&text).unwrap_or_else(|error| {
        faults.push(Fault::new(ProblemKind::InvalidDate, field, format!("[{field}]: {error}")));
        Moment::default()
    })
}

/// A live event is neither old nor ahead (U48).
pub(super) fn recent(created: Moment, now: Moment, faults: &mut Vec<Fault>) {
    let age_ms = now.ms_since(created);
    if !(-EVENT_AHEAD_MS_MAX..=EVENT_AGE_MS_MAX).contains(&age_ms) {
        faults.push(Fault::new(
            ProblemKind::BadRequest,
            "createdDate",
            format!(
                "[createdDate]: {created} is not within an hour before and five minutes after \
                 {now}; history goes in by import"
            ),
        ));
    }
}

/// Attributes or traits.
pub(super) fn attributes(
    field: &str,
    wire: Option<BTreeMap<String, CustomEventAttribute>>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Attribute> {
    let wire = wire.unwrap_or_default();
    let mut attributes = BTreeMap::new();
    if wire.len() > EVENT_ATTRIBUTES_MAX {
        let rule = format!("may have {EVENT_ATTRIBUTES_MAX} entries, not {}", wire.len());
        faults.push(Fault::constraint(field, rule));
        return attributes;
    }
    for (name, wire) in wire {
        let path = format!("{field}.{name}");
        if name.is_empty() || name.chars().count() > ATTRIBUTE_NAME_CHARACTERS_MAX {
            let rule =
                format!("must have a name of 1 to {ATTRIBUTE_NAME_CHARACTERS_MAX} characters");
            faults.push(Fault::constraint(path, rule));
            continue;
        }
        if let Some(attribute) = attribute(&path, wire, faults) {
            attributes.insert(name, attribute);
        }
    }
    attributes
}

fn attribute(path: &str, wire: CustomEventAttribute, faults: &mut Vec<Fault>) -> Option<Attribute> {
    let data_type = match wire.data_type.as_deref().map(str::parse::<AttributeType>) {
        None => {
            faults.push(Fault::missing(format!("{path}.dataType")));
            None
        }
        Some(Err(())) => {
            let allowed = AttributeType::ALL.map(AttributeType::as_str).join(", ");
            let text = wire.data_type.unwrap_or_default();
            faults.push(Fault::invalid_value(format!("{path}.dataType"), text, allowed));
            None
        }
        Some(Ok(data_type)) => Some(data_type),
    };
    let field = format!("{path}.value");
    let Some(value) = wire.value else {
        faults.push(Fault::missing(field));
        return None;
    };
    if value.chars().count() > ATTRIBUTE_VALUE_CHARACTERS_MAX {
        let rule = format!("must have at most {ATTRIBUTE_VALUE_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint(field, rule));
        return None;
    }
    let data_type = data_type?;
    let is_legal = match data_type {
        AttributeType::Text => true,
        AttributeType::Integer => value.trim().parse::<i64>().is_ok(),
        AttributeType::Number => value.trim().parse::<f64>().is_ok_and(f64::is_finite),
        AttributeType::Boolean => {
            value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
        }
    };
    if !is_legal {
        let allowed = format!("a value of type {data_type}");
        faults.push(Fault::invalid_value(field, value, allowed));
        return None;
    }
    Some(Attribute { data_type, value })
}
