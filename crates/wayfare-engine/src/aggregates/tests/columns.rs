//! Folds over columns against the fold over facts.

use proptest::prelude::*;
use proptest::sample::Index;
use wayfare_model::cells::Cells;
use wayfare_model::fact::Fact;
use wayfare_model::query::Plan;

use super::properties::{facts, fold, plan};
use crate::aggregates::Stop;
use crate::aggregates::columns::{Cancel, ColumnFold, FactColumns, Never, Prepared};

fn columns(facts: &[Fact], is_dead: impl Fn(usize) -> bool) -> FactColumns {
    let mut columns = FactColumns::new();
    for (index, fact) in facts.iter().enumerate() {
        let row = columns.push(fact).expect("room");
        assert_eq!(row, index);
        if is_dead(index) {
            assert!(columns.kill(row), "alive before");
            assert!(!columns.kill(row), "dead before");
        }
    }
    columns
}

/// Folds the facts in two halves, each by its own fold, and merges them.
fn folded(plan: &Plan, columns: &FactColumns, cut: Index) -> Result<Cells, Stop> {
    let block = columns.block().expect("a block");
    let prepared = Prepared::new(plan, &block, &Never)?;
    let cut = cut.index(columns.rows() + 1);
    let mut whole = ColumnFold::new(plan);
    whole.add(&prepared, &block, 0..cut, &Never)?;
    let mut part = ColumnFold::new(plan);
    part.add(&prepared, &block, cut..columns.rows(), &Never)?;
    whole.merge(part)?;
    whole.finish()
}

proptest! {
    #[test]
    fn columns_give_what_facts_give(
        plan in plan(),
        facts in facts(),
        is_sorted in any::<bool>(),
        cut in any::<Index>(),
        dead in proptest::collection::vec(any::<bool>(), 40),
        cells_max in prop_oneof![Just(10_000_usize), 0_usize..30],
    ) {
        let plan = Plan { cells_max, ..plan };
        let mut facts = facts;
        if is_sorted {
            facts.sort_by_key(|fact| fact.emitted);
        }
        let columns = columns(&facts, |row| dead[row]);
        let alive: Vec<_> = (facts.iter().zip(&dead))
            .filter(|(_, dead)| !**dead)
            .map(|(fact, _)| fact.clone())
            .collect();
        prop_assert_eq!(columns.dead_rows(), facts.len() - alive.len());
        prop_assert_eq!(folded(&plan, &columns, cut), fold(&plan, &alive));
    }
}

#[test]
fn a_cancelled_fold_stops() {
    struct Now;
    impl Cancel for Now {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let fact = super::fact("nJourneySessions", "2020-11-02", "");
    let columns = columns(&[fact], |_| false);
    let query = super::query(&serde_json::json!({
        "interval": "2020-11-01/P30D", "metrics": ["nJourneySessions"],
    }));
    let plan = crate::aggregates::validate(&query).expect("a plan");
    let block = columns.block().expect("a block");
    assert!(matches!(Prepared::new(&plan, &block, &Now), Err(Stop::Cancelled)));
    let prepared = Prepared::new(&plan, &block, &Never).expect("not cancelled");
    let mut fold = ColumnFold::new(&plan);
    assert_eq!(fold.add(&prepared, &block, 0..1, &Now), Err(Stop::Cancelled));
}
