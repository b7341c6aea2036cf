//! The conformance suite (feature `conformance`): what every backend's tests run.
//!
//! Each case is a function over the [`Stores`](crate::Stores) of an empty store; it fails by an
//! assertion or by the error it gives. A backend joins with one line in its tests:
//!
//! ```text
//! wayfare_store::conformance_suite!(make_store);
//! ```
//!
//! where `make_store` is an async function without arguments that gives the stores of a new, empty
//! store and something that keeps it open until it is dropped.

pub mod assignments;
pub mod changes;
pub mod commits;
pub mod deletions;
pub mod deliveries;
pub mod documents;
pub mod due;
pub mod facts;
pub mod lists;
pub mod loads;
pub mod maintenance;
pub mod merges;
pub mod retention;
pub mod samples;

use crate::error::Result;

/// What a case gives.
pub type Outcome = Result<()>;

/// Makes one test of every case of the suite.
#[macro_export]
macro_rules! conformance_suite {
    ($make_store:path) => {
        $crate::conformance_cases!(@tests $make_store);
    };
}

/// The cases by module: the one list of them.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    (@tests $make_store:path) => {
        $crate::conformance_cases!(@each [$make_store] conformance_tests);
    };
    (@names) => {
        $crate::conformance_cases!(@each [] conformance_names)
    };
    (@each [$($argument:tt)*] $callback:ident) => {
        $crate::$callback! {
            [$($argument)*]
            documents {
                documents_come_back_as_they_were
                a_taken_id_is_refused
                several_documents_go_in_together_or_not_at_all
                a_document_is_located_whatever_its_organisation
                documents_are_listed_in_the_order_of_their_ids
                organisations_are_listed_in_the_order_of_their_ids
                a_document_is_replaced_on_the_expected_version_only
                several_documents_are_removed_at_once
                a_removed_document_is_gone
                every_version_stays_in_the_history
                documents_that_expire_keep_no_history
                expired_documents_are_swept
                organisations_do_not_see_each_others_documents
            }
            loads {
                nothing_is_loaded_where_nothing_is
                known_events_come_with_their_sessions
                visitors_come_with_their_recent_sessions
                sessions_come_with_every_assignment_made_in_them
                customers_come_with_their_last_assignment_of_each_segment
                named_assignments_come_with_the_session_they_hold_in
                identifiers_come_for_customers_and_identifiers
                contacts_are_followed_to_the_end_of_their_merges
                circles_of_merges_come_to_an_end
                named_contacts_come_with_what_holds_on_them
                contacts_that_may_be_merged_come_with_what_holds_on_them
                nothing_is_loaded_twice
                only_the_organisation_is_loaded
            }
            commits {
                rows_come_back_as_they_were
                revisions_of_visitors_are_counted_and_compared
                revisions_of_contacts_are_counted_and_compared
                a_refused_batch_writes_nothing
                a_batch_committed_again_is_refused
                rows_written_again_change_nothing
                changed_rows_replace_the_older_ones
                assignments_are_taken_back
                removed_documents_go_with_the_batch
                one_of_several_commits_on_a_revision_wins
                commits_side_by_side_are_all_kept
                organisations_do_not_see_each_others_rows
            }
            merges {
                a_merge_rewrites_every_row
                merges_are_applied_in_order_and_first
                an_old_contact_goes_on_answering
                a_visitor_loaded_before_a_merge_is_refused
                a_merge_stays_in_its_organisation
                what_belonged_to_a_contact_goes_back
                a_visitor_loaded_before_a_merge_is_undone_is_refused
            }
            due {
                what_is_due_comes_in_the_order_of_its_ends
                what_ended_is_not_due
                the_limit_holds_for_sessions_and_assignments_each
                a_session_in_which_something_is_decided_is_due
                the_next_moment_is_the_earliest_of_all_organisations
            }
            assignments {
                assignments_of_a_session
                assignments_of_a_customer
                assignments_of_a_contact
                assignments_of_a_segment
                assignments_of_a_scope_or_in_a_state
                assignments_are_paged_in_the_order_they_were_made
                segments_count_their_sessions_and_customers
            }
            lists {
                what_is_not_there_is_absent
                events_are_paged_in_the_order_they_happened
                events_come_in_the_order_they_were_applied
                visitors_are_listed_in_the_order_of_their_customers
                sessions_are_paged_the_latest_first
                contacts_do_not_follow_merges
                visitors_are_found_by_their_customers
                identifiers_of_a_contact_are_paged
                contacts_merged_into_a_contact_are_found_down_to_the_last
            }
            changes {
                changes_come_back_in_their_order
                a_refused_batch_logs_nothing
                changes_that_are_too_old_or_too_many_leave
                numbers_are_not_used_again
                organisations_have_logs_of_their_own
                commits_side_by_side_are_numbered_without_a_gap
            }
            deliveries {
                what_was_written_last_is_read
                attempts_are_counted_and_the_latest_are_kept
                a_webhook_is_removed_with_its_deliveries
                nothing_is_written_of_a_webhook_that_is_not_there
                webhooks_and_organisations_have_deliveries_of_their_own
            }
            facts {
                facts_are_counted_in_their_buckets
                the_time_that_is_asked_for_decides
                a_fact_written_again_replaces_the_older_one
                removed_facts_are_not_counted
                groups_and_filters_see_every_value
                values_are_summed
                distinct_values_come_from_facts_of_any_metric
                too_many_cells_are_refused
                organisations_do_not_see_each_others_facts
            }
            maintenance {
                maintenance_changes_no_answer
                a_fact_replaced_after_maintenance_is_counted_once
                a_fact_removed_after_maintenance_is_gone
                organisations_supersede_their_own_facts
                answers_during_maintenance_are_of_one_moment
            }
            retention {
                events_are_forgotten_by_age
                events_are_forgotten_by_size
                a_forgotten_event_is_still_known
            }
            deletions {
                a_visitor_is_deleted_with_its_rows
                a_person_is_deleted_with_all_visitors
                facts_of_a_deleted_customer_are_counted_still
                what_the_log_tells_of_a_deleted_customer_goes
            }
        }
    };
}

/// Makes the tests of a list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ([$make_store:path] $($module:ident { $($case:ident)* })*) => {$(
        mod $module {
            use super::*;

            $(
                #[tokio::test]
                async fn $case() {
                    let (stores, _open) = $make_store().await;
                    let outcome = $crate::conformance::$module::$case(&stores).await;
                    assert!(outcome.is_ok(), "{outcome:?}");
                }
            )*
        }
    )*};
}

/// Names a list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_names {
    ([] $($module:ident { $($case:ident)* })*) => {
        [$((stringify!($module), [$(stringify!($case)),*].as_slice())),*]
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_case_is_left_out() {
        let sources = [
            ("documents", include_str!("conformance/documents.rs")),
            ("loads", include_str!("conformance/loads.rs")),
            ("commits", include_str!("conformance/commits.rs")),
            ("merges", include_str!("conformance/merges.rs")),
            ("due", include_str!("conformance/due.rs")),
            ("assignments", include_str!("conformance/assignments.rs")),
            ("lists", include_str!("conformance/lists.rs")),
            ("changes", include_str!("conformance/changes.rs")),
            ("deliveries", include_str!("conformance/deliveries.rs")),
            ("facts", include_str!("conformance/facts.rs")),
            ("maintenance", include_str!("conformance/maintenance.rs")),
            ("retention", include_str!("conformance/retention.rs")),
            ("deletions", include_str!("conformance/deletions.rs")),
        ];
        let listed = crate::conformance_cases!(@names);
        assert_eq!(sources.map(|(name, _)| name), listed.map(|(name, _)| name));
        for ((module, source), (_, cases)) in sources.into_iter().zip(listed) {
            let written: Vec<&str> = source
                .lines()
                .filter_map(|line| line.strip_prefix("pub async fn ")?.split_once('('))
                .map(|(name, _)| name)
                .collect();
            assert_eq!(written, cases, "{module}");
        }
    }
}
