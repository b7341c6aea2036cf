//! Removing the jobs that name a customer who is deleted, and results.

use uuid::Uuid;
use wayfare_model::limits::AGGREGATE_JOBS_MAX;
use wayfare_store::Stores;
use wayfare_store::documents::Kind;

use super::document;
use crate::access::organisations::Served;
use crate::customers::naming::Names;
use crate::error::Result;

/// Removes the pages of a job's results, all at once; gives how many.
pub(super) async fn remove_pages(stores: &Stores, served: &Served, job: Uuid) -> Result<u64> {
    let mut pages = Vec::new();
    for number in 0.. {
        let page = document::page_id(&served.ids, job, number);
        let found = stores.documents.fetch(served.id, Kind::AggregateResult, page).await?;
        if found.is_none() {
            break;
        }
        pages.push((Kind::AggregateResult, page));
    }
    let number = pages.len() as u64;
    stores.documents.remove_all(served.id, pages).await?;
    Ok(number)
}

/// Removes jobs whose query or results name one of these customers, with their results; gives how
/// many documents.
///
/// # Errors
/// When the store fails; some may be removed then.
pub(crate) async fn remove_jobs_naming(
    stores: &Stores,
    served: &Served,
    names: &Names,
) -> Result<u64> {
    let (documents, kind) = (&stores.documents, Kind::AggregateJob);
    let mut removed = 0;
    for job in documents.list(served.id, kind, None, AGGREGATE_JOBS_MAX).await? {
        let mut is_named = names.are_in(&job.body);
        for number in 0.. {
            if is_named {
                break;
            }
            let page = document::page_id(&served.ids, job.id, number);
            let found = documents.fetch(served.id, Kind::AggregateResult, page).await?;
            let Some(found) = found else { break };
            is_named = names.are_in(&found.body);
        }
        if is_named {
            removed += remove_pages(stores, served, job.id).await?;
            documents.remove_all(served.id, vec![(kind, job.id)]).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
