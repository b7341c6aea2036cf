//! What [`Deliveries`](crate::deliveries::Deliveries) promises.

use wayfare_model::id::OrganisationId;

use super::Outcome;
use super::samples::{HERE, THERE, at, uuid};
use crate::Stores;
use crate::documents::{Document, Kind};
use crate::error::{Error, Result};

/// Makes webhooks, of which one can write.
async fn make(stores: &Stores, webhooks: &[(OrganisationId, u8)]) -> Outcome {
    for (organisation, webhook) in webhooks {
        let webhook = Document {
            id: uuid(*webhook),
            version: 1,
            written: at(0),
            expires: None,
            body: "{}".to_owned(),
        };
        stores.documents.insert(*organisation, Kind::Webhook, webhook).await?;
    }
    Ok(())
}

async fn write(
    stores: &Stores,
    organisation: OrganisationId,
    webhook: u8,
    state: &str,
    attempts: &[&str],
) -> Outcome {
    let attempts = attempts.iter().map(|text| (*text).to_owned()).collect();
    let (webhook, state) = (uuid(webhook), state.to_owned());
    stores.deliveries.write_deliveries(organisation, webhook, state, attempts, 3).await
}

/// The attempts, the latest first.
async fn attempts(
    stores: &Stores,
    organisation: OrganisationId,
    webhook: u8,
) -> Result<Vec<(u64, String)>> {
    let found = stores.deliveries.delivery_attempts(organisation, uuid(webhook), None, 100).await?;
    Ok(found.into_iter().map(|attempt| (attempt.number, attempt.body)).collect())
}

/// The state is what was written last.
pub async fn what_was_written_last_is_read(stores: &Stores) -> Outcome {
    let state = async || stores.deliveries.delivery_state(HERE, uuid(1)).await;
    make(stores, &[(HERE, 1)]).await?;
    assert_eq!(state().await?, None);
    write(stores, HERE, 1, r#"{"read":1}"#, &[]).await?;
    write(stores, HERE, 1, r#"{"read":2}"#, &["{}"]).await?;
    assert_eq!(state().await?.as_deref(), Some(r#"{"read":2}"#));
    Ok(())
}

/// Attempts are numbered, and so many of the latest are kept.
pub async fn attempts_are_counted_and_the_latest_are_kept(stores: &Stores) -> Outcome {
    make(stores, &[(HERE, 1)]).await?;
    assert_eq!(attempts(stores, HERE, 1).await?, []);
    write(stores, HERE, 1, "{}", &["1", "2"]).await?;
    write(stores, HERE, 1, "{}", &[]).await?;
    write(stores, HERE, 1, "{}", &["3", "4", "5"]).await?;
    let expected = [5, 4, 3].map(|number: u64| (number, number.to_string()));
    assert_eq!(attempts(stores, HERE, 1).await?, expected);
    let deliveries = &stores.deliveries;
    let page = deliveries.delivery_attempts(HERE, uuid(1), Some(5), 1).await?;
    assert_eq!(page.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [4]);
    Ok(())
}

/// Nothing stays of a webhook that is removed, neither its document nor its deliveries; another one's
/// stay. What is not a webhook is not removed.
pub async fn a_webhook_is_removed_with_its_deliveries(stores: &Stores) -> Outcome {
    make(stores, &[(HERE, 1), (HERE, 2), (THERE, 1)]).await?;
    let segment =
        Document { id: uuid(3), version: 1, written: at(0), expires: None, body: "{}".to_owned() };
    stores.documents.insert(HERE, Kind::Segment, segment).await?;
    let all = [(HERE, 1), (HERE, 2), (THERE, 1)];
    for (organisation, webhook) in all {
        write(stores, organisation, webhook, "{}", &["1"]).await?;
    }
    stores.deliveries.remove_webhook(HERE, uuid(1)).await?;
    for (organisation, webhook) in all {
        let is_left = (organisation, webhook) != (HERE, 1);
        let id = uuid(webhook);
        let document = stores.documents.fetch(organisation, Kind::Webhook, id).await?;
        let state = stores.deliveries.delivery_state(organisation, id).await?;
        let attempts = attempts(stores, organisation, webhook).await?;
        assert_eq!(document.is_some(), is_left);
        assert_eq!(state.is_some(), is_left);
        assert_eq!(attempts.len(), usize::from(is_left));
    }
    for other in [1, 3, 4] {
        let removed = stores.deliveries.remove_webhook(HERE, uuid(other)).await;
        assert!(matches!(removed, Err(Error::NotFound)), "{removed:?}");
    }
    assert!(stores.documents.fetch(HERE, Kind::Segment, uuid(3)).await?.is_some());
    Ok(())
}

/// Of a webhook that is not there nothing is written, be it that it was removed while somebody
/// delivered, that it is another organisation's, or that the id is one of something else.
pub async fn nothing_is_written_of_a_webhook_that_is_not_there(stores: &Stores) -> Outcome {
    make(stores, &[(HERE, 1), (THERE, 2)]).await?;
    let other =
        Document { id: uuid(3), version: 1, written: at(0), expires: None, body: "{}".to_owned() };
    stores.documents.insert(HERE, Kind::Segment, other).await?;
    write(stores, HERE, 1, "{}", &["1"]).await?;
    stores.deliveries.remove_webhook(HERE, uuid(1)).await?;
    for webhook in [1, 2, 3, 4] {
        write(stores, HERE, webhook, "{}", &["2"]).await?;
        assert_eq!(stores.deliveries.delivery_state(HERE, uuid(webhook)).await?, None);
        assert_eq!(attempts(stores, HERE, webhook).await?, []);
    }
    Ok(())
}

/// What is one's is not the other's.
pub async fn webhooks_and_organisations_have_deliveries_of_their_own(stores: &Stores) -> Outcome {
    make(stores, &[(HERE, 1), (HERE, 2), (THERE, 1)]).await?;
    write(stores, HERE, 1, "1", &["a"]).await?;
    write(stores, HERE, 2, "2", &["b"]).await?;
    write(stores, THERE, 1, "3", &["c"]).await?;
    stores.deliveries.remove_webhook(HERE, uuid(2)).await?;
    assert_eq!(attempts(stores, HERE, 1).await?, [(1, "a".to_owned())]);
    assert_eq!(attempts(stores, THERE, 1).await?, [(1, "c".to_owned())]);
    let state = stores.deliveries.delivery_state(THERE, uuid(1)).await?;
    assert_eq!(state.as_deref(), Some("3"));
    Ok(())
}
