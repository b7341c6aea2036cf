//! What [`Documents`](crate::documents::Documents) promises.

use uuid::Uuid;
use wayfare_model::id::OrganisationId;

use super::Outcome;
use super::samples::{HERE, THERE, at, uuid};
use crate::documents::{Document, Kind};
use crate::{Error, Stores};

/// Sizes of a page that the cases try.
const LIMITS: [usize; 3] = [1, 2, 10];

fn document(number: u8, version: u32) -> Document {
    Document {
        id: uuid(number),
        version,
        written: at(i64::from(version)),
        expires: None,
        body: format!("{{\"version\": {version}}}"),
    }
}

/// A document is fetched just as it was inserted, under its organisation, kind and id only.
pub async fn documents_come_back_as_they_were(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    let odd = Document {
        expires: Some(at(-5)),
        body: "{ \"é\" : [1.0, 1e400, \"\\u0000 🛒\"] }".to_owned(),
        ..document(200, u32::MAX)
    };
    for (kind, stored) in [(Kind::Segment, document(1, 1)), (Kind::Token, odd)] {
        documents.insert(HERE, kind, stored.clone()).await?;
        assert_eq!(documents.fetch(HERE, kind, stored.id).await?, Some(stored));
    }
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(200)).await?, None);
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(3)).await?, None);
    assert_eq!(documents.fetch(THERE, Kind::Segment, uuid(1)).await?, None);
    Ok(())
}

/// An id is taken within its organisation and kind.
pub async fn a_taken_id_is_refused(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    documents.insert(HERE, Kind::Segment, document(1, 1)).await?;
    let again = documents.insert(HERE, Kind::Segment, document(1, 2)).await;
    assert!(matches!(again, Err(Error::AlreadyExists)), "{again:?}");
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, Some(document(1, 1)));

    documents.insert(HERE, Kind::Client, document(1, 3)).await?;
    documents.insert(THERE, Kind::Segment, document(1, 4)).await?;
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, Some(document(1, 1)));
    Ok(())
}

/// Of several documents, all are stored or none.
pub async fn several_documents_go_in_together_or_not_at_all(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    documents.insert_all(HERE, Vec::new()).await?;
    let both = vec![(Kind::Organisation, document(1, 1)), (Kind::Client, document(1, 1))];
    documents.insert_all(HERE, both).await?;
    assert_eq!(documents.fetch(HERE, Kind::Organisation, uuid(1)).await?, Some(document(1, 1)));
    assert_eq!(documents.fetch(HERE, Kind::Client, uuid(1)).await?, Some(document(1, 1)));

    let one_taken = vec![(Kind::Client, document(2, 1)), (Kind::Client, document(1, 1))];
    let twice = vec![(Kind::Client, document(2, 1)), (Kind::Client, document(2, 1))];
    for refused in [one_taken, twice] {
        let answer = documents.insert_all(HERE, refused).await;
        assert!(matches!(answer, Err(Error::AlreadyExists)), "{answer:?}");
        assert_eq!(documents.fetch(HERE, Kind::Client, uuid(2)).await?, None);
        let history = documents.history(HERE, Kind::Client, uuid(2), 0, 10).await?;
        assert_eq!(history, Vec::new());
    }
    Ok(())
}

/// A document is found by kind and id alone, with its organisation.
pub async fn a_document_is_located_whatever_its_organisation(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    documents.insert(THERE, Kind::Token, document(1, 1)).await?;
    documents.insert(HERE, Kind::Token, document(2, 1)).await?;
    let found = documents.locate(Kind::Token, uuid(1)).await?;
    assert_eq!(found, Some((THERE, document(1, 1))));
    let found = documents.locate(Kind::Token, uuid(2)).await?;
    assert_eq!(found, Some((HERE, document(2, 1))));
    assert_eq!(documents.locate(Kind::Client, uuid(1)).await?, None);
    assert_eq!(documents.locate(Kind::Token, uuid(3)).await?, None);
    documents.remove(THERE, Kind::Token, uuid(1)).await?;
    assert_eq!(documents.locate(Kind::Token, uuid(1)).await?, None);
    Ok(())
}

/// A list has the documents of one kind in the order of their ids, page by page.
pub async fn documents_are_listed_in_the_order_of_their_ids(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    for number in [200, 3, 130, 1] {
        documents.insert(HERE, Kind::Segment, document(number, 1)).await?;
    }
    documents.insert(HERE, Kind::Client, document(2, 1)).await?;
    documents.insert(THERE, Kind::Segment, document(4, 1)).await?;
    for limit in LIMITS {
        let mut listed: Vec<Document> = Vec::new();
        loop {
            let after = listed.last().map(|last| last.id);
            let page = documents.list(HERE, Kind::Segment, after, limit).await?;
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed, [1, 3, 130, 200].map(|number| document(number, 1)), "{limit}");
    }
    // The place need not be a document's.
    let after_removed = documents.list(HERE, Kind::Segment, Some(uuid(2)), 1).await?;
    assert_eq!(after_removed, [document(3, 1)]);
    assert_eq!(documents.list(HERE, Kind::Token, None, 10).await?, Vec::new());
    assert_eq!(documents.list(HERE, Kind::Segment, None, 0).await?, Vec::new());
    Ok(())
}

/// Organisations are known by their documents.
pub async fn organisations_are_listed_in_the_order_of_their_ids(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    assert_eq!(documents.organisations(None, 10).await?, Vec::new());
    let organisation = |number| OrganisationId::from_uuid(uuid(number));
    for number in [200, 3, 1] {
        let its_own = document(number, 1);
        documents.insert(organisation(number), Kind::Organisation, its_own).await?;
        documents.insert(organisation(number), Kind::Client, document(9, 1)).await?;
    }
    for limit in LIMITS {
        let mut listed: Vec<OrganisationId> = Vec::new();
        loop {
            let page = documents.organisations(listed.last().copied(), limit).await?;
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed, [1, 3, 200].map(organisation), "{limit}");
    }
    Ok(())
}

/// Only who knows the stored version replaces it.
pub async fn a_document_is_replaced_on_the_expected_version_only(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    let missing = documents.replace(HERE, Kind::Segment, 0, document(1, 1)).await;
    assert!(matches!(missing, Err(Error::NotFound)), "{missing:?}");
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, None);

    documents.insert(HERE, Kind::Segment, document(1, 1)).await?;
    documents.replace(HERE, Kind::Segment, 1, document(1, 2)).await?;
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, Some(document(1, 2)));

    for expected in [0, 1, 3] {
        let refused = documents.replace(HERE, Kind::Segment, expected, document(1, 4)).await;
        let named = matches!(refused, Err(Error::Conflict { stored: 2, expected: named })
            if named == u64::from(expected));
        assert!(named, "{refused:?}");
    }
    for (organisation, kind) in [(THERE, Kind::Segment), (HERE, Kind::Client)] {
        let elsewhere = documents.replace(organisation, kind, 2, document(1, 3)).await;
        assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");
    }
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, Some(document(1, 2)));
    Ok(())
}

/// Several documents are removed at once; what is not there, or is another's, is passed over.
pub async fn several_documents_are_removed_at_once(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    for number in 1..=4 {
        documents.insert(HERE, Kind::AggregateResult, document(number, 1)).await?;
    }
    documents.insert(HERE, Kind::Segment, document(1, 1)).await?;
    documents.insert(THERE, Kind::AggregateResult, document(1, 1)).await?;
    let gone = [1, 9, 3].map(|number| (Kind::AggregateResult, uuid(number)));
    documents.remove_all(HERE, gone.to_vec()).await?;
    documents.remove_all(HERE, Vec::new()).await?;
    let left = documents.list(HERE, Kind::AggregateResult, None, 10).await?;
    assert_eq!(left, [document(2, 1), document(4, 1)]);
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, Some(document(1, 1)));
    let elsewhere = documents.fetch(THERE, Kind::AggregateResult, uuid(1)).await?;
    assert_eq!(elsewhere, Some(document(1, 1)));
    Ok(())
}

/// A removed document is gone, and its id is free again.
pub async fn a_removed_document_is_gone(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    documents.insert(HERE, Kind::Segment, document(1, 1)).await?;
    for (organisation, kind) in [(THERE, Kind::Segment), (HERE, Kind::Client)] {
        let elsewhere = documents.remove(organisation, kind, uuid(1)).await;
        assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");
    }
    documents.remove(HERE, Kind::Segment, uuid(1)).await?;
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, None);
    assert_eq!(documents.list(HERE, Kind::Segment, None, 10).await?, Vec::new());
    let again = documents.remove(HERE, Kind::Segment, uuid(1)).await;
    assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
    documents.insert(HERE, Kind::Segment, document(1, 2)).await?;
    assert_eq!(documents.fetch(HERE, Kind::Segment, uuid(1)).await?, Some(document(1, 2)));
    Ok(())
}

/// The history has every version that was inserted or replaced, the oldest first, and outlives the
/// document.
pub async fn every_version_stays_in_the_history(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    let history = |after, limit| documents.history(HERE, Kind::Segment, uuid(1), after, limit);
    assert_eq!(history(0, 10).await?, Vec::new());
    documents.insert(HERE, Kind::Segment, document(1, 1)).await?;
    for version in 2..=12 {
        documents.replace(HERE, Kind::Segment, version - 1, document(1, version)).await?;
    }
    let refused = documents.replace(HERE, Kind::Segment, 1, document(1, 99)).await;
    assert!(refused.is_err());
    documents.insert(HERE, Kind::Segment, document(2, 1)).await?;
    documents.insert(THERE, Kind::Segment, document(1, 1)).await?;
    documents.remove(HERE, Kind::Segment, uuid(1)).await?;

    let all: Vec<Document> = (1..=12).map(|version| document(1, version)).collect();
    assert_eq!(history(0, 100).await?, all);
    assert_eq!(history(0, 2).await?, all.get(..2).unwrap_or_default());
    assert_eq!(history(9, 100).await?, all.get(9..).unwrap_or_default());
    assert_eq!(history(12, 100).await?, Vec::new());
    Ok(())
}

/// Tokens come and go by the million: what expires leaves nothing behind.
pub async fn documents_that_expire_keep_no_history(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    let expiring = |version| Document { expires: Some(at(9)), ..document(1, version) };
    documents.insert(HERE, Kind::Token, expiring(1)).await?;
    documents.replace(HERE, Kind::Token, 1, expiring(2)).await?;
    assert_eq!(documents.fetch(HERE, Kind::Token, uuid(1)).await?, Some(expiring(2)));
    assert_eq!(documents.history(HERE, Kind::Token, uuid(1), 0, 10).await?, Vec::new());
    Ok(())
}

/// A sweep removes from every organisation what has expired, and counts it.
pub async fn expired_documents_are_swept(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    let expiring = |number, ms| Document { expires: Some(at(ms)), ..document(number, 1) };
    documents.insert(HERE, Kind::Token, expiring(1, 10)).await?;
    documents.insert(HERE, Kind::Token, expiring(2, 11)).await?;
    documents.insert(THERE, Kind::Token, expiring(3, 9)).await?;
    documents.insert(HERE, Kind::Token, document(4, 1)).await?;

    assert_eq!(documents.sweep_expired(at(8)).await?, 0);
    assert_eq!(documents.sweep_expired(at(10)).await?, 2);
    assert_eq!(documents.sweep_expired(at(10)).await?, 0);
    let left = documents.list(HERE, Kind::Token, None, 10).await?;
    assert_eq!(left, [expiring(2, 11), document(4, 1)]);
    assert_eq!(documents.list(THERE, Kind::Token, None, 10).await?, Vec::new());
    Ok(())
}

/// The same ids in two organisations are two documents each.
pub async fn organisations_do_not_see_each_others_documents(stores: &Stores) -> Outcome {
    let documents = &stores.documents;
    let id: Uuid = uuid(1);
    for kind in Kind::ALL {
        documents.insert(HERE, kind, document(1, 1)).await?;
        documents.insert(THERE, kind, document(1, 5)).await?;
        documents.replace(HERE, kind, 1, document(1, 2)).await?;
        assert_eq!(documents.fetch(THERE, kind, id).await?, Some(document(1, 5)));
        documents.remove(HERE, kind, id).await?;
        assert_eq!(documents.fetch(THERE, kind, id).await?, Some(document(1, 5)));
        assert_eq!(documents.list(THERE, kind, None, 10).await?, [document(1, 5)]);
        assert_eq!(documents.history(THERE, kind, id, 0, 10).await?, [document(1, 5)]);
    }
    Ok(())
}
