//! Facts are counted as they are, before, while and after a store keeps them in order.
//!
//! A store whose maintenance moves nothing passes these too; one that moves facts should be made so
//! that it moves even a few of them.

use wayfare_model::cells::Cells;
use wayfare_model::change::Changes;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::query::{Plan, TimeDimension};

use super::Outcome;
use super::facts::{count, plan};
use super::samples::{HERE, THERE, at, commit, fact, fact_id, full_fact, side_by_side};
use crate::Stores;

/// Long after all facts.
const LATER_MS: i64 = 1_000_000_000_000;

async fn maintain(stores: &Stores) -> Outcome {
    stores.facts.maintain(at(LATER_MS)).await
}

async fn store(stores: &Stores, facts: Vec<Fact>) -> Outcome {
    commit(stores, HERE, Changes { facts, ..Changes::default() }).await
}

async fn remove(stores: &Stores, number: u8) -> Outcome {
    let removed_facts = vec![fact_id(number)];
    commit(stores, HERE, Changes { removed_facts, ..Changes::default() }).await
}

/// The n-th fact, emitted then, in that session.
fn emitted(number: u8, ms: i64, session: &str) -> Fact {
    let session = vec![session.to_owned()];
    let dimensions = [(Dimension::JourneySessionId, session)].into();
    Fact { emitted: at(ms), happened: at(ms), dimensions, ..fact(number) }
}

fn by_session() -> Plan {
    let group_by = vec![Dimension::JourneySessionId];
    Plan { group_by, edges: vec![at(0), at(10), at(20)], ..plan(Metric::JourneySessions) }
}

async fn answer(stores: &Stores, plan: &Plan) -> crate::Result<Cells> {
    stores.facts.run(HERE, plan).await
}

/// Whatever facts have is answered as before.
pub async fn maintenance_changes_no_answer(stores: &Stores) -> Outcome {
    let value = Fact { metric: Metric::JourneyOutcomeValue, value: Some(0.1 + 0.2), ..fact(3) };
    let late = Fact { happened: at(-400), ..emitted(4, 15, "b") };
    store(stores, vec![full_fact(1), emitted(2, 5, "a"), value, late]).await?;
    commit(stores, THERE, Changes { facts: vec![fact(5)], ..Changes::default() }).await?;
    let mut plans = Vec::new();
    for time in [TimeDimension::Emitted, TimeDimension::Happened] {
        for metric in [
            Metric::JourneySessions,
            Metric::JourneySegmentsAssigned,
            Metric::JourneyOutcomeValue,
            Metric::DistinctJourneySessions,
        ] {
            let all = plan(metric);
            plans.push(Plan { time, ..all.clone() });
            for dimension in Dimension::ALL {
                plans.push(Plan { time, group_by: vec![*dimension], ..all.clone() });
            }
        }
    }
    let mut before = Vec::new();
    for plan in &plans {
        before.push(answer(stores, plan).await?);
    }
    for _ in 0..2 {
        maintain(stores).await?;
        for (plan, before) in plans.iter().zip(&before) {
            assert_eq!(&answer(stores, plan).await?, before, "{plan:?}");
        }
    }
    Ok(())
}

/// A fact that is written again after maintenance is counted as it was written last.
pub async fn a_fact_replaced_after_maintenance_is_counted_once(stores: &Stores) -> Outcome {
    store(stores, vec![emitted(1, 5, "a"), emitted(2, 5, "a")]).await?;
    for (session, ms) in [("b", 15), ("c", 16), ("a", 4), ("d", 17)] {
        maintain(stores).await?;
        store(stores, vec![emitted(1, ms, session)]).await?;
        for _ in 0..2 {
            let answer = answer(stores, &by_session()).await?;
            let groups: Vec<_> = answer.texts.iter().flat_map(|texts| texts.iter()).collect();
            let mut expected = vec!["a", session];
            expected.dedup();
            assert_eq!(groups, expected);
            assert_eq!(count(stores, HERE, &by_session()).await?, 2, "{session}");
            maintain(stores).await?;
        }
    }
    let other = Fact { metric: Metric::JourneySegmentsAssigned, ..emitted(1, 5, "a") };
    store(stores, vec![other]).await?;
    assert_eq!(count(stores, HERE, &by_session()).await?, 1);
    Ok(())
}

/// A fact that is taken back after maintenance is not counted, and is again when it is written again.
pub async fn a_fact_removed_after_maintenance_is_gone(stores: &Stores) -> Outcome {
    let facts = (1..=3).map(|number| emitted(number, 5, "a")).collect();
    store(stores, facts).await?;
    maintain(stores).await?;
    remove(stores, 1).await?;
    remove(stores, 9).await?;
    assert_eq!(count(stores, HERE, &by_session()).await?, 2);
    maintain(stores).await?;
    remove(stores, 1).await?;
    assert_eq!(count(stores, HERE, &by_session()).await?, 2);
    store(stores, vec![emitted(1, 6, "a")]).await?;
    maintain(stores).await?;
    assert_eq!(count(stores, HERE, &by_session()).await?, 3);
    remove(stores, 1).await?;
    remove(stores, 2).await?;
    maintain(stores).await?;
    assert_eq!(count(stores, HERE, &by_session()).await?, 1);
    Ok(())
}

/// One organisation's facts do not supersede another's of the same id.
pub async fn organisations_supersede_their_own_facts(stores: &Stores) -> Outcome {
    for organisation in [HERE, THERE] {
        let facts = vec![emitted(1, 5, "a")];
        commit(stores, organisation, Changes { facts, ..Changes::default() }).await?;
    }
    maintain(stores).await?;
    remove(stores, 1).await?;
    assert_eq!(count(stores, HERE, &by_session()).await?, 0);
    assert_eq!(count(stores, THERE, &by_session()).await?, 1);
    Ok(())
}

/// Answers that are made while facts are written, replaced and moved are those of some moment: no
/// fact is missing, none is there twice.
pub async fn answers_during_maintenance_are_of_one_moment(stores: &Stores) -> Outcome {
    const FACTS: u8 = 40;
    store(stores, (0..FACTS).map(|number| emitted(number, 5, "a")).collect()).await?;
    let writing = async {
        for round in 0..30_i64 {
            let number = (round % i64::from(FACTS)) as u8;
            store(stores, vec![emitted(number, 5 + round % 7, "b")]).await?;
        }
        Ok(())
    };
    let maintaining = async {
        for _ in 0..15 {
            maintain(stores).await?;
        }
        Ok(())
    };
    let asking = async {
        for _ in 0..60 {
            assert_eq!(count(stores, HERE, &by_session()).await?, u64::from(FACTS));
        }
        Ok(())
    };
    let outcomes: Vec<Outcome> =
        side_by_side(vec![Box::pin(writing), Box::pin(maintaining), Box::pin(asking)]).await;
    outcomes.into_iter().collect::<Result<Vec<()>, _>>()?;
    maintain(stores).await?;
    assert_eq!(count(stores, HERE, &by_session()).await?, u64::from(FACTS));
    Ok(())
}
