//! The versions a segment has had, also after it was deleted.

use uuid::Uuid;
use wayfare_model::id::SegmentId;
use wayfare_model::problem::Problem;
use wayfare_model::segment::Segment;
use wayfare_store::documents::Kind;

use super::change::ENTITY;
use super::document;
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::paging::{Page, PageRequest};

/// Versions counted at once.
const PAGE: usize = 1_000;

impl App {
    /// A page of a segment's versions, the first version first. A deleted segment keeps its own.
    ///
    /// # Errors
    /// Not found, for an id that no segment ever had.
    pub async fn list_segment_versions(
        &self,
        caller: &Caller,
        id: &str,
        request: PageRequest,
    ) -> Result<Page<Segment>> {
        let not_found = || Problem::not_found(ENTITY, id);
        let segment: SegmentId = id.parse().map_err(|_| not_found())?;
        let total = self.count_versions(caller, segment.as_uuid()).await?;
        if total == 0 {
            return Err(not_found().into());
        }
        let skipped = request.skipped();
        let mut entities = Vec::new();
        // Versions count up from 1 without a gap, so that those before a page are as many.
        if let Some(after) = u32::try_from(skipped).ok().filter(|_| skipped < total) {
            let documents = &self.stores.documents;
            let found = documents
                .history(caller.organisation, Kind::Segment, segment.as_uuid(), after, request.size)
                .await?;
            entities = found.iter().map(document::from_document).collect::<Result<_, _>>()?;
        }
        Ok(Page::numbered(entities, request, total))
    }

    /// How many versions there are.
    async fn count_versions(&self, caller: &Caller, id: Uuid) -> Result<usize> {
        let documents = &self.stores.documents;
        let mut last = 0;
        loop {
            let page =
                documents.history(caller.organisation, Kind::Segment, id, last, PAGE).await?;
            last = page.last().map_or(last, |document| document.version);
            if page.len() < PAGE {
                return Ok(usize::try_from(last).unwrap_or(usize::MAX));
            }
        }
    }
}
