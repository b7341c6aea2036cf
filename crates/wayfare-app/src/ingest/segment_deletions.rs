//! Deletions of segments that are under way.
//!
//! A segment may have had millions of visitors. They leave it some at a time, between which the
//! requests that came meanwhile are worked on.

use std::collections::VecDeque;

use tokio::sync::oneshot;
use wayfare_engine::journey::Command;
use wayfare_model::assignment::AssignmentState;
use wayfare_model::id::{AssignmentId, OrganisationId, SegmentId};
use wayfare_model::limits::DUE_BATCH_MAX;
use wayfare_store::Error as StoreError;
use wayfare_store::documents::Kind;
use wayfare_store::journeys::{AssignmentQuery, AssignmentSubject, Durable};

use super::pipeline::Pipeline;
use super::settle;
use crate::error::{Error, Result};

/// Those under way, in the order in which they were asked for.
pub(super) type SegmentDeletions = VecDeque<SegmentDeletion>;

/// One that is under way.
pub(super) struct SegmentDeletion {
    organisation: OrganisationId,
    segment: SegmentId,
    /// Some that are still in it.
    members: Vec<AssignmentId>,
    /// Whether there are no others.
    are_last: bool,
    reply: oneshot::Sender<Result<()>>,
}

/// What a part of a deletion has left.
enum Left {
    /// There are more members.
    Members,
    /// Nothing, once it is durable.
    Nothing(Durable),
}

impl SegmentDeletion {
    /// The deletion of a segment that no event is matched with any more.
    pub(super) const fn new(
        organisation: OrganisationId,
        segment: SegmentId,
        reply: oneshot::Sender<Result<()>>,
    ) -> Self {
        Self { organisation, segment, members: Vec::new(), are_last: false, reply }
    }
}

impl Pipeline {
    /// Goes on with the deletion that was asked for first: at most `limit` members leave its segment,
    /// the document together with the last of them. When that fails, the segment is still there and
    /// can be deleted again.
    pub(super) async fn delete_some_members(&mut self, limit: usize) {
        let Some(mut deletion) = self.segment_deletions.pop_front() else { return };
        let durable = match self.delete_members_of(&mut deletion, limit).await {
            Ok(Left::Members) => return self.segment_deletions.push_front(deletion),
            Ok(Left::Nothing(durable)) => Ok(durable),
            Err(error) => Err(error),
        };
        settle::refresh_next_due(self).await;
        self.metrics.segments.forget(deletion.organisation, deletion.segment);
        self.answer_once_durable(durable, deletion.reply);
    }

    async fn delete_members_of(
        &self,
        deletion: &mut SegmentDeletion,
        limit: usize,
    ) -> Result<Left> {
        let SegmentDeletion { organisation, segment, members, are_last, .. } = deletion;
        let served =
            self.organisations.get(*organisation).ok_or(Error::Store(StoreError::NotFound))?;
        if members.is_empty() && !*are_last {
            let query = AssignmentQuery {
                subject: AssignmentSubject::Segment(*segment),
                scope: None,
                state: Some(AssignmentState::Assigned),
            };
            let journeys = &self.stores.journeys;
            let found = journeys.assignments(*organisation, &query, None, DUE_BATCH_MAX).await?;
            *are_last = found.len() < DUE_BATCH_MAX;
            members.extend(found.iter().map(|member| member.id));
        }
        let assignments = members.drain(..limit.min(members.len())).collect();
        let is_over = *are_last && members.is_empty();
        let removed = is_over.then_some((Kind::Segment, segment.as_uuid()));
        let command = Command::SegmentDeleted { assignments };
        let durable = settle::apply(self, &served, command, removed.into_iter().collect()).await?;
        Ok(match durable {
            Some(durable) if is_over => Left::Nothing(durable),
            None if is_over => Left::Nothing(Durable::now()),
            _ => Left::Members,
        })
    }
}
