//! An organisation's segments in memory: as they are, and compiled for matching.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use wayfare_engine::segments::Rules;
use wayfare_model::id::{OrganisationId, SegmentId};
use wayfare_model::segment::Segment;
use wayfare_store::documents::{Documents, Kind};
use wayfare_store::{Error, Result};

use super::document;
use crate::paging::read_all;

/// One state of the segments; never changed, only replaced.
pub(crate) struct Edition {
    /// All segments.
    pub(crate) by_id: HashMap<SegmentId, Arc<Segment>>,
    /// The active ones, compiled.
    pub(crate) rules: Rules,
}

/// The segments of an organisation. Readers take the present edition and keep it as long as they
/// like; writers come one at a time.
pub(crate) struct Book {
    edition: RwLock<Arc<Edition>>,
    /// Held over a whole change: store first, then the new edition.
    pub(super) writing: tokio::sync::Mutex<()>,
}

impl Book {
    /// Reads all segments of an organisation.
    pub(crate) async fn read(
        documents: &dyn Documents,
        organisation: OrganisationId,
    ) -> Result<Self> {
        let stored = read_all(documents, organisation, Kind::Segment).await?;
        let mut by_id = HashMap::with_capacity(stored.len());
        for found in &stored {
            let segment = document::from_document(found)?;
            by_id.insert(segment.id, Arc::new(segment));
        }
        let edition = RwLock::new(edition(by_id)?);
        Ok(Self { edition, writing: tokio::sync::Mutex::new(()) })
    }

    /// The present edition.
    pub(crate) fn edition(&self) -> Arc<Edition> {
        self.edition.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Compiles an edition with one segment put in, or in the place of its older version. Events are
    /// judged by the present one meanwhile.
    pub(super) async fn with(&self, segment: Segment) -> Result<Arc<Edition>> {
        let present = self.edition();
        aside(move || {
            let segment = Arc::new(segment);
            let rules = present.rules.with(segment.clone()).map_err(|error| damaged(&error))?;
            let mut by_id = present.by_id.clone();
            by_id.insert(segment.id, segment);
            gathered(by_id, rules)
        })
        .await
    }

    /// Compiles an edition without one segment.
    pub(super) async fn without(&self, id: SegmentId) -> Result<Arc<Edition>> {
        let present = self.edition();
        aside(move || {
            let rules = present.rules.without(id).map_err(|error| damaged(&error))?;
            let mut by_id = present.by_id.clone();
            by_id.remove(&id);
            gathered(by_id, rules)
        })
        .await
    }

    /// Makes an edition the present one: the next event is judged by it.
    pub(super) fn publish(&self, edition: Arc<Edition>) {
        *self.edition.write().unwrap_or_else(PoisonError::into_inner) = edition;
    }
}

/// Compiles on a thread where nothing else waits: a hundred thousand segments take a quarter of a
/// second.
async fn aside(
    compile: impl FnOnce() -> Result<Arc<Edition>> + Send + 'static,
) -> Result<Arc<Edition>> {
    let compiled = tokio::task::spawn_blocking(compile).await;
    compiled.map_err(|error| Error::Unavailable {
        context: "segments were not compiled".to_owned(),
        source: Box::new(error),
    })?
}

/// An edition with rules that were changed piece by piece; compiled anew when that were too many.
fn gathered(by_id: HashMap<SegmentId, Arc<Segment>>, rules: Rules) -> Result<Arc<Edition>> {
    if rules.is_scattered() { edition(by_id) } else { Ok(Arc::new(Edition { by_id, rules })) }
}

fn edition(by_id: HashMap<SegmentId, Arc<Segment>>) -> Result<Arc<Edition>> {
    let active = by_id.values().filter(|segment| segment.is_active).map(|segment| &**segment);
    let rules = Rules::compile(active).map_err(|error| damaged(&error))?;
    Ok(Arc::new(Edition { by_id, rules }))
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::Corrupt { context: format!("a segment's conditions: {error}") }
}
