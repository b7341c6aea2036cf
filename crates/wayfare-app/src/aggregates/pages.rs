//! The documents of jobs: all of them, and the pages of results.
//!
//! Pages are written and removed some at a time: whoever sends an event meanwhile waits for one part.

use uuid::Uuid;
use wayfare_model::id::OrganisationId;
use wayfare_store::Stores;
use wayfare_store::documents::{Document, Kind};

use super::document;
use crate::access::organisations::Served;
use crate::error::Result;

/// Jobs that are read at once.
const JOBS_AT_ONCE: usize = 100;
/// Pages that are written or removed at once.
const PAGES_AT_ONCE: u32 = 64;
/// Bytes of pages that are written at once, beyond which a page has the write for itself.
const BYTES_AT_ONCE: usize = 1 << 20;

/// The documents of all jobs of an organisation, in the order of their ids.
pub(super) async fn every_job(
    stores: &Stores,
    organisation: OrganisationId,
) -> Result<Vec<Document>> {
    let mut all: Vec<Document> = Vec::new();
    loop {
        let after = all.last().map(|last| last.id);
        let (kind, documents) = (Kind::AggregateJob, &stores.documents);
        let some = documents.list(organisation, kind, after, JOBS_AT_ONCE).await?;
        let is_last = some.len() < JOBS_AT_ONCE;
        all.extend(some);
        if is_last {
            return Ok(all);
        }
    }
}

/// Stores pages of results, the first one first.
pub(super) async fn store_pages(
    stores: &Stores,
    organisation: OrganisationId,
    pages: Vec<Document>,
) -> Result<()> {
    let mut part = Vec::new();
    let mut bytes = 0;
    for page in pages {
        if part.len() >= PAGES_AT_ONCE as usize || bytes >= BYTES_AT_ONCE {
            stores.documents.insert_all(organisation, std::mem::take(&mut part)).await?;
            bytes = 0;
        }
        bytes += page.body.len();
        part.push((Kind::AggregateResult, page));
    }
    Ok(stores.documents.insert_all(organisation, part).await?)
}

/// Removes the pages of a job's results, of which the first ones may be there; gives how many.
pub(super) async fn remove_pages(stores: &Stores, served: &Served, job: Uuid) -> Result<u64> {
    let mut number = 0;
    loop {
        let page = document::page_id(&served.ids, job, number);
        if stores.documents.fetch(served.id, Kind::AggregateResult, page).await?.is_none() {
            break;
        }
        number += 1;
    }
    remove_first_pages(stores, served, job, number).await?;
    Ok(u64::from(number))
}

/// Removes so many pages of a job's results, the last one first: whoever is interrupted leaves the first
/// ones, by which the next one finds them.
pub(super) async fn remove_first_pages(
    stores: &Stores,
    served: &Served,
    job: Uuid,
    mut number: u32,
) -> Result<()> {
    while number > 0 {
        let first = number.saturating_sub(PAGES_AT_ONCE);
        let pages = (first..number).rev().map(|page| document::page_id(&served.ids, job, page));
        let pages = pages.map(|page| (Kind::AggregateResult, page)).collect();
        stores.documents.remove_all(served.id, pages).await?;
        number = first;
    }
    Ok(())
}
