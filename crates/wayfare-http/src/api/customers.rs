//! Deleting customers (our own).

use axum::Json;
use axum::extract::State;
use wayfare_model::customer::CustomerKey;

use crate::Http;
use crate::answer::customers::{DeletionAnswer, deletion};
use crate::extract::{Allowed, PathValues};
use crate::operations::{DeleteCustomer, GetCustomerDeletion};
use crate::problem::Answer;

pub(crate) async fn delete_customer(
    State(http): State<Http>,
    caller: Allowed<DeleteCustomer>,
    path: PathValues,
) -> Answer<Json<DeletionAnswer>> {
    let customer = CustomerKey::new(path.get("customerIdType"), path.get("customerId"));
    Ok(Json(deletion(&http.app.delete_customer(&caller, customer).await?)))
}

pub(crate) async fn get_deletion(
    State(http): State<Http>,
    caller: Allowed<GetCustomerDeletion>,
    path: PathValues,
) -> Answer<Json<DeletionAnswer>> {
    let found = http.app.get_customer_deletion(&caller, path.get("deletionId")).await?;
    Ok(Json(deletion(&found)))
}
