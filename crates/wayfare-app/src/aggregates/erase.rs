//! Removing the jobs that name a customer who is deleted.

use wayfare_store::Stores;
use wayfare_store::documents::Kind;

use super::document;
use super::pages::{every_job, remove_pages};
use crate::access::organisations::Served;
use crate::customers::naming::Names;
use crate::error::Result;

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
    for job in every_job(stores, served.id).await? {
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
