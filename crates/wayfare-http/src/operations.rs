//! Our own operations: what no SDK generation has lives under `/api/wayfare/v1/`.

use wayfare_model::operation::Operation;

macro_rules! own_operations {
    ($($(#[$doc:meta])* $type:ident { $name:literal, $method:literal, $path:literal, [$($permission:literal),*] })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $type;

        impl Operation for $type {
            const NAME: &'static str = $name;
            const METHOD: &'static str = $method;
            const PATH: &'static str = $path;
            const PERMISSIONS_ANY_OF: &'static [&'static str] = &[$($permission),*];
        }
    )*};
}

own_operations! {
    /// Makes a client.
    CreateClient { "create_client", "POST", "/api/wayfare/v1/clients", ["wayfare:client:add"] }
    /// Lists clients.
    ListClients { "list_clients", "GET", "/api/wayfare/v1/clients", ["wayfare:client:view"] }
    /// Revokes a client.
    RevokeClient {
        "revoke_client", "DELETE", "/api/wayfare/v1/clients/{clientId}", ["wayfare:client:delete"]
    }
    /// Makes a user.
    CreateUser { "create_user", "POST", "/api/wayfare/v1/users", ["wayfare:user:add"] }
    /// Lists users.
    ListUsers { "list_users", "GET", "/api/wayfare/v1/users", ["wayfare:user:view"] }
    /// Changes a user's password or roles.
    UpdateUser {
        "update_user", "PATCH", "/api/wayfare/v1/users/{userId}", ["wayfare:user:edit"]
    }
    /// Deletes a user.
    DeleteUser {
        "delete_user", "DELETE", "/api/wayfare/v1/users/{userId}", ["wayfare:user:delete"]
    }
    /// Makes a role.
    CreateRole { "create_role", "POST", "/api/wayfare/v1/roles", ["wayfare:role:add"] }
    /// Lists roles.
    ListRoles { "list_roles", "GET", "/api/wayfare/v1/roles", ["wayfare:role:view"] }
    /// Deletes a role.
    DeleteRole {
        "delete_role", "DELETE", "/api/wayfare/v1/roles/{roleId}", ["wayfare:role:delete"]
    }
    /// Makes an action target.
    CreateActionTarget {
        "create_action_target", "POST", "/api/wayfare/v1/actiontargets", ["wayfare:actionTarget:add"]
    }
    /// Changes any field of an action target.
    ChangeActionTarget {
        "change_action_target", "PATCH", "/api/wayfare/v1/actiontargets/{actionTargetId}",
        ["wayfare:actionTarget:edit"]
    }
    /// Makes the action targets of a file.
    ImportActionTargets {
        "import_action_targets", "POST", "/api/wayfare/v1/actiontargets/imports",
        ["wayfare:actionTarget:add"]
    }
    /// Tells who a contact is.
    GetContact {
        "get_contact", "GET", "/api/wayfare/v1/contacts/{contactId}", ["wayfare:contact:view"]
    }
    /// Undoes the merge of a contact.
    UnmergeContact {
        "unmerge_contact", "POST", "/api/wayfare/v1/contacts/{contactId}/unmerge",
        ["wayfare:contact:edit"]
    }
    /// Deletes a customer and everything that is known of it.
    DeleteCustomer {
        "delete_customer", "DELETE", "/api/wayfare/v1/customers/{customerIdType}/{customerId}",
        ["wayfare:customer:delete"]
    }
    /// Tells what has become of the deletion of a customer.
    GetCustomerDeletion {
        "get_customer_deletion", "GET", "/api/wayfare/v1/customerdeletions/{deletionId}",
        ["wayfare:customer:view"]
    }
    /// Makes a deployment.
    CreateDeployment {
        "create_deployment", "POST", "/api/wayfare/v1/deployments", ["wayfare:deployment:add"]
    }
    /// Lists deployments.
    ListDeployments {
        "list_deployments", "GET", "/api/wayfare/v1/deployments", ["wayfare:deployment:view"]
    }
    /// Imports history.
    Import { "import", "POST", "/api/wayfare/v1/imports", ["wayfare:import:add"] }
    /// Begins a backup.
    CreateBackup { "create_backup", "POST", "/api/wayfare/v1/backups", ["wayfare:backup:add"] }
    /// Tells how far a backup is.
    GetBackup {
        "get_backup", "GET", "/api/wayfare/v1/backups/{backupId}", ["wayfare:backup:view"]
    }
    /// Tells what is measured.
    GetMetrics { "get_metrics", "GET", "/metrics", ["wayfare:metrics:view"] }
    /// Tells of changes as they happen.
    WatchChanges { "watch_changes", "GET", "/api/wayfare/v1/live", ["wayfare:change:view"] }
    /// Lists the versions of a segment.
    ListSegmentVersions {
        "list_segment_versions", "GET", "/api/wayfare/v1/segments/{segmentId}/versions",
        ["journey:segment:view"]
    }
    /// Tells why a segment is assigned in a session, or is not.
    ExplainSessionSegment {
        "explain_session_segment", "GET",
        "/api/wayfare/v1/sessions/{sessionId}/segments/{segmentId}/explain",
        ["journey:segmentassignment:view"]
    }
    /// Tells why a segment is assigned to a customer, or is not.
    ExplainCustomerSegment {
        "explain_customer_segment", "GET",
        "/api/wayfare/v1/customers/{customerIdType}/{customerId}/segments/{segmentId}/explain",
        ["journey:segmentassignment:view"]
    }
    /// Takes a draft of a segment, to tell what it would have matched.
    CreateBacktest {
        "create_backtest", "POST", "/api/wayfare/v1/segments/backtest",
        ["wayfare:segmentBacktest:add"]
    }
    /// Tells how far a back-test is, and what came of it.
    GetBacktest {
        "get_backtest", "GET", "/api/wayfare/v1/segments/backtest/{backtestId}",
        ["wayfare:segmentBacktest:view"]
    }
    /// Stops a back-test, and forgets it.
    CancelBacktest {
        "cancel_backtest", "DELETE", "/api/wayfare/v1/segments/backtest/{backtestId}",
        ["wayfare:segmentBacktest:delete"]
    }
    /// Tells how many each segment has matched.
    CountSegments {
        "count_segments", "GET", "/api/wayfare/v1/segments/counts", ["wayfare:segmentCount:view"]
    }
    /// Makes a webhook.
    CreateWebhook { "create_webhook", "POST", "/api/wayfare/v1/webhooks", ["wayfare:webhook:add"] }
    /// Lists webhooks.
    ListWebhooks { "list_webhooks", "GET", "/api/wayfare/v1/webhooks", ["wayfare:webhook:view"] }
    /// Shows a webhook.
    GetWebhook {
        "get_webhook", "GET", "/api/wayfare/v1/webhooks/{webhookId}", ["wayfare:webhook:view"]
    }
    /// Changes a webhook.
    UpdateWebhook {
        "update_webhook", "PATCH", "/api/wayfare/v1/webhooks/{webhookId}", ["wayfare:webhook:edit"]
    }
    /// Deletes a webhook.
    DeleteWebhook {
        "delete_webhook", "DELETE", "/api/wayfare/v1/webhooks/{webhookId}",
        ["wayfare:webhook:delete"]
    }
    /// Exchanges a webhook's secret.
    ExchangeWebhookSecret {
        "exchange_webhook_secret", "POST", "/api/wayfare/v1/webhooks/{webhookId}/secret",
        ["wayfare:webhook:edit"]
    }
    /// Sends a message to try an address.
    TestWebhook {
        "test_webhook", "POST", "/api/wayfare/v1/webhooks/{webhookId}/test",
        ["wayfare:webhook:edit"]
    }
    /// Lists the latest attempts to deliver.
    ListWebhookDeliveries {
        "list_webhook_deliveries", "GET", "/api/wayfare/v1/webhooks/{webhookId}/deliveries",
        ["wayfare:webhook:view"]
    }
    /// Delivers again from a place of the change log on.
    ReplayWebhook {
        "replay_webhook", "POST", "/api/wayfare/v1/webhooks/{webhookId}/replay",
        ["wayfare:webhook:edit"]
    }
}
