//! Action targets.

use wayfare_app::paging::Page;
use wayfare_model::target;
use wayfare_model::wire::{ActionTarget, ActionTargetListing, KeyValue, ServiceLevel};

use super::pages::PageUris;
use super::{date, number};

/// An action target.
pub(crate) fn target(target: &target::ActionTarget) -> ActionTarget {
    let pair = |(key, value): &(String, String)| KeyValue {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    ActionTarget {
        id: Some(target.id.to_string()),
        name: Some(target.name.clone()),
        user_data: Some(target.user_data.iter().map(pair).collect()),
        supported_media_types: Some(target.supported_media_types.clone()),
        state: Some(target.state.as_str().to_owned()),
        description: target.description.clone(),
        service_level: target.service_level.map(|level| ServiceLevel {
            percentage: Some(level.percentage),
            duration_ms: Some(level.duration_ms),
        }),
        short_abandon_threshold: target.short_abandon_threshold,
        self_uri: Some(format!("/api/v2/journey/actiontargets/{}", target.id)),
        created_date: date(target.created),
        modified_date: date(target.modified),
    }
}

/// A page of action targets.
pub(crate) fn listing(
    path: &str,
    after: Option<&str>,
    page: &Page<target::ActionTarget>,
) -> ActionTargetListing {
    let uris = PageUris::of(path, &[], after, page);
    ActionTargetListing {
        entities: Some(page.entities.iter().map(target).collect()),
        page_size: number(page.request.size),
        page_number: number(page.request.number),
        total: number(page.total),
        page_count: number(page.page_count()),
        first_uri: uris.first,
        self_uri: uris.itself,
        next_uri: uris.next,
        previous_uri: uris.previous,
        last_uri: uris.last,
    }
}
