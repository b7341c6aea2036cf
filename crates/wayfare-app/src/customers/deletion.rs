//! Asking for the deletion of a customer, and for what has become of it.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::CUSTOMER_DELETIONS_UNFINISHED_MAX;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_store::documents::Kind;

use super::document::{self, CustomerDeletion, DeletionState, Stage};
use super::runner::Begun;
use crate::access::Caller;
use crate::app::App;
use crate::contacts::normal_form;
use crate::error::Result;

/// What a deletion is called in errors.
const ENTITY: &str = "customer deletion";
/// Time that a request waits for a deletion to be done.
const WAIT_MAX: Duration = Duration::from_secs(10);

impl App {
    /// Deletes a customer and everything that is known of it. Durable when it answers, and goes on
    /// to its end whatever happens; mostly it is done then.
    ///
    /// Asking again while it is under way gives the same deletion; asking for a customer that nobody
    /// knows is no error.
    ///
    /// # Errors
    /// [`ProblemKind::BadRequest`] without a type or id, [`ProblemKind::TooManyRequests`] when too
    /// many deletions are under way.
    pub async fn delete_customer(
        &self,
        caller: &Caller,
        customer: CustomerKey,
    ) -> Result<CustomerDeletion> {
        if customer.id_type.is_empty() || customer.id.is_empty() {
            let message = "a customer has a type and an id, neither of which is empty";
            return Err(Problem::new(ProblemKind::BadRequest, message.to_owned()).into());
        }
        let customer = normal_form(as_stored(customer));
        let organisation = caller.organisation;
        let id = self.begin_deletion(organisation, customer).await?;
        self.await_deletion(organisation, id).await
    }

    /// Stores that a customer is to be deleted, unless it is already; gives the deletion's id.
    async fn begin_deletion(
        &self,
        organisation: OrganisationId,
        customer: CustomerKey,
    ) -> Result<Uuid> {
        let _beginning = self.deletions.beginning.lock().await;
        match self.deletions.begin(organisation, &customer, self.entropy.uuid()) {
            Begun::Known(id) => Ok(id),
            Begun::TooMany => Err(too_many().into()),
            Begun::New(id) => {
                let begun = CustomerDeletion {
                    id,
                    requested: self.now(),
                    completed: None,
                    removed: Removed::default(),
                    version: 1,
                    stage: Stage::Rows(Deletion {
                        id,
                        customer: customer.clone(),
                        seed: self.entropy.uuid(),
                    }),
                };
                let stored = document::to_document(&begun)?;
                let documents = &self.stores.documents;
                let kind = Kind::CustomerDeletion;
                if let Err(error) = documents.insert(organisation, kind, stored).await {
                    self.deletions.end(organisation, &customer);
                    return Err(error.into());
                }
                self.deletions.enqueue(organisation, id);
                Ok(id)
            }
        }
    }

    /// A deletion.
    ///
    /// # Errors
    /// Not found, also some weeks after it was done.
    pub async fn get_customer_deletion(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<CustomerDeletion> {
        let not_found = || Problem::not_found(ENTITY, id);
        let id: Uuid = id.parse().map_err(|_| not_found())?;
        let found = self.find_deletion(caller.organisation, id).await?;
        Ok(found.ok_or_else(not_found)?)
    }

    async fn find_deletion(
        &self,
        organisation: OrganisationId,
        id: Uuid,
    ) -> Result<Option<CustomerDeletion>> {
        let documents = &self.stores.documents;
        let found = documents.fetch(organisation, Kind::CustomerDeletion, id).await?;
        Ok(found.as_ref().map(document::from_document).transpose()?)
    }

    /// Waits until a deletion is done, but not for long.
    async fn await_deletion(
        &self,
        organisation: OrganisationId,
        id: Uuid,
    ) -> Result<CustomerDeletion> {
        let until = Instant::now() + WAIT_MAX;
        loop {
            let changed = self.deletions.changed();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let found = self.find_deletion(organisation, id).await?;
            let found = found.ok_or_else(|| Problem::not_found(ENTITY, id))?;
            if found.state() == DeletionState::Done
                || tokio::time::timeout_at(until, changed).await.is_err()
            {
                return Ok(found);
            }
        }
    }
}

/// A cookie's id as it is stored: a UUID in its usual form.
fn as_stored(customer: CustomerKey) -> CustomerKey {
    match (customer.id_type.as_str(), Uuid::parse_str(&customer.id)) {
        (CustomerKey::COOKIE, Ok(id)) => CustomerKey::cookie(id.to_string()),
        _ => customer,
    }
}

fn too_many() -> Problem {
    Problem {
        retry_after_s: Some(10),
        ..Problem::new(
            ProblemKind::TooManyRequests,
            format!(
                "{CUSTOMER_DELETIONS_UNFINISHED_MAX} deletions are under way; try again in 10 \
                 seconds"
            ),
        )
    }
}
