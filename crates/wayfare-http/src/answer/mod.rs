//! Answers: what the app gives, in the contract's shapes. Fields without a value are left out.

pub(crate) mod assignments;
pub(crate) mod contacts;
pub(crate) mod customers;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod pages;
pub(crate) mod segments;
pub(crate) mod session_events;
pub(crate) mod sessions;
pub(crate) mod targets;
pub(crate) mod visit;

use wayfare_model::time::Moment;

/// A date as the wire has it.
pub(crate) fn date(moment: Moment) -> Option<String> {
    Some(moment.to_string())
}

/// A count as the wire has it.
pub(crate) fn number<T: TryInto<i64>>(value: T) -> Option<i64> {
    Some(value.try_into().unwrap_or(i64::MAX))
}
