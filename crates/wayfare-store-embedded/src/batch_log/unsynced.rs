//! Facts as they were before batches that are not durable yet: what a query counts meanwhile.

use std::collections::{HashMap, VecDeque};

use wayfare_model::id::{FactId, OrganisationId};

use super::batch::Prepared;
use super::pending::Overlay;
use crate::facts::FactChange;

/// Batches that were appended and may not be durable yet.
#[derive(Debug, Default)]
pub(super) struct Unsynced(VecDeque<Batch>);

#[derive(Debug)]
struct Batch {
    /// Of the commit.
    number: u64,
    organisation: OrganisationId,
    /// What waited of its facts before it came, if anything did.
    before: Vec<(FactId, Option<FactChange>)>,
}

impl Unsynced {
    /// Notes a batch that is about to be added to what waits.
    pub(super) fn add(&mut self, number: u64, prepared: &Prepared, waiting: Overlay<'_>) {
        let models = prepared.models();
        let written = models.facts.iter().map(|fact| fact.id);
        let facts = written.chain(models.removed_facts.iter().copied());
        let before: Vec<_> = facts.map(|id| (id, waiting.fact(id).cloned())).collect();
        if !before.is_empty() {
            let organisation = prepared.organisation();
            self.0.push_back(Batch { number, organisation, before });
        }
    }

    /// Forgets batches that are durable: those up to a number.
    pub(super) fn forget(&mut self, durable: u64) {
        while self.0.front().is_some_and(|batch| batch.number <= durable) {
            self.0.pop_front();
        }
    }

    /// Of an organisation's facts those that batches after a number have changed, each as it waited
    /// before the first of them, if it did.
    pub(super) fn before(
        &self,
        organisation: OrganisationId,
        durable: u64,
    ) -> HashMap<FactId, Option<&FactChange>> {
        let mut before = HashMap::new();
        let batches = self.0.iter().filter(|batch| batch.number > durable);
        for batch in batches.filter(|batch| batch.organisation == organisation) {
            for (id, change) in &batch.before {
                before.entry(*id).or_insert(change.as_ref());
            }
        }
        before
    }
}
