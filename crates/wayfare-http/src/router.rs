//! The whole API on one page.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use wayfare_model::operation::{
    DeleteAnalyticsJourneysAggregatesJob, DeleteJourneySegment, GetAnalyticsJourneysAggregatesJob,
    GetAnalyticsJourneysAggregatesJobResults, GetExternalcontactsContactJourneySegments,
    GetExternalcontactsContactJourneySessions, GetJourneyActiontarget, GetJourneyActiontargets,
    GetJourneyCustomerCustomerIdSegments, GetJourneyExternalcontactSegments, GetJourneySegment,
    GetJourneySegments, GetJourneySession, GetJourneySessionEvents, GetJourneySessionSegments,
    Operation, PatchJourneyActiontarget, PatchJourneySegment, PostAnalyticsJourneysAggregatesJobs,
    PostAnalyticsJourneysAggregatesQuery, PostExternalcontactsContactJourneySegments,
    PostJourneyDeploymentAppevents, PostJourneyDeploymentWebevents,
    PostJourneyExternalcontactSegments, PostJourneySegments,
};

use crate::api::{
    aggregate_jobs, aggregates, assignments, backtests, backups, clients, contacts, customers,
    deployments, events, explain, health, imports, live, metrics, oauth, oauth_sign_in, roles,
    segments, sessions, targets, tokens, users, webhooks,
};
use crate::middleware::Origins;
use crate::operations::{
    CancelBacktest, ChangeActionTarget, CountSegments, CreateActionTarget, CreateBacktest,
    CreateBackup, CreateClient, CreateDeployment, CreateRole, CreateUser, CreateWebhook,
    DeleteCustomer, DeleteRole, DeleteUser, DeleteWebhook, ExchangeWebhookSecret,
    ExplainCustomerSegment, ExplainSessionSegment, GetBacktest, GetBackup, GetContact,
    GetCustomerDeletion, GetWebhook, Import, ImportActionTargets, ListClients, ListDeployments,
    ListRoles, ListSegmentVersions, ListUsers, ListWebhookDeliveries, ListWebhooks, ReplayWebhook,
    RevokeClient, TestWebhook, UnmergeContact, UpdateUser, UpdateWebhook, WatchChanges,
};
use crate::{Http, middleware, openapi};

/// A route that is served: the operation's name, method and path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The operation's name.
    pub name: &'static str,
    /// Its method, in capitals.
    pub method: &'static str,
    /// Its path, as the contract has it.
    pub path: &'static str,
    /// One of these is enough; empty means that no token is asked for.
    pub permissions_any_of: &'static [&'static str],
}

/// Routes as they are added, and the lists of them.
struct Routes {
    router: Router<Http>,
    served: Vec<Route>,
    plain: Vec<(&'static str, &'static [&'static str])>,
}

fn routes() -> Routes {
    Routes { router: Router::new(), served: Vec::new(), plain: Vec::new() }
        // Segments
        .route(PostJourneySegments, segments::create_segment)
        .route(GetJourneySegments, segments::list_segments)
        .route(GetJourneySegment, segments::get_segment)
        .route(PatchJourneySegment, segments::update_segment)
        .route(DeleteJourneySegment, segments::delete_segment)
        .route(CountSegments, segments::count_segments)
        .route(ListSegmentVersions, segments::list_versions)
        .route(ExplainSessionSegment, explain::in_session)
        .route(ExplainCustomerSegment, explain::for_customer)
        .route(CreateBacktest, backtests::create)
        .route(GetBacktest, backtests::get)
        .route(CancelBacktest, backtests::cancel)
        // Action targets
        .route(GetJourneyActiontargets, targets::list_targets)
        .route(GetJourneyActiontarget, targets::get_target)
        .route(PatchJourneyActiontarget, targets::update_target)
        .route(CreateActionTarget, targets::create_target)
        .route(ImportActionTargets, targets::import_targets)
        .route(ChangeActionTarget, targets::change_target)
        // Events and sessions
        .route(PostJourneyDeploymentWebevents, events::record_web_event)
        .route(PostJourneyDeploymentAppevents, events::record_app_event)
        .route(Import, imports::import)
        .route(GetJourneySession, sessions::get_session)
        .route(GetJourneySessionEvents, sessions::list_events)
        // Segment assignments
        .route(GetJourneySessionSegments, assignments::list_by_session)
        .route(GetJourneyCustomerCustomerIdSegments, assignments::list_by_customer)
        .route(GetJourneyExternalcontactSegments, assignments::list_by_contact)
        .route(PostJourneyExternalcontactSegments, assignments::update_contact)
        // External contacts
        .route(GetExternalcontactsContactJourneySegments, contacts::list_segments)
        .route(PostExternalcontactsContactJourneySegments, contacts::update_segments)
        .route(GetExternalcontactsContactJourneySessions, contacts::list_sessions)
        .route(GetContact, contacts::get_contact)
        .route(UnmergeContact, contacts::unmerge)
        // Customers
        .route(DeleteCustomer, customers::delete_customer)
        .route(GetCustomerDeletion, customers::get_deletion)
        // Aggregates
        .route(PostAnalyticsJourneysAggregatesQuery, aggregates::query_aggregates)
        .route(PostAnalyticsJourneysAggregatesJobs, aggregate_jobs::submit_job)
        .route(GetAnalyticsJourneysAggregatesJob, aggregate_jobs::get_job)
        .route(GetAnalyticsJourneysAggregatesJobResults, aggregate_jobs::get_results)
        .route(DeleteAnalyticsJourneysAggregatesJob, aggregate_jobs::delete_job)
        // Access
        .route(CreateClient, clients::create_client)
        .route(ListClients, clients::list_clients)
        .route(RevokeClient, clients::revoke_client)
        .route(CreateUser, users::create_user)
        .route(ListUsers, users::list_users)
        .route(UpdateUser, users::update_user)
        .route(DeleteUser, users::delete_user)
        .route(CreateRole, roles::create_role)
        .route(ListRoles, roles::list_roles)
        .route(DeleteRole, roles::delete_role)
        .route(CreateDeployment, deployments::create_deployment)
        .route(ListDeployments, deployments::list_deployments)
        // Those who run the server
        .route(CreateBackup, backups::create_backup)
        .route(GetBackup, backups::get_backup)
        // Signing in, and what the SDKs ask about their own token: no part of the contract of journeys
        .plain(
            oauth_sign_in::PATH,
            &["GET", "POST"],
            get(oauth_sign_in::show).post(oauth_sign_in::submit),
        )
        .plain(oauth::PATH, &["POST"], post(oauth::token))
        .plain("/logout", &["GET"], get(oauth_sign_in::sign_out))
        .plain("/api/v2/tokens/me", &["GET", "DELETE"], get(tokens::current).delete(tokens::revoke))
        .plain("/api/v2/users/me", &["GET"], get(users::current))
        .watching()
        // The server itself
        .plain("/health", &["GET"], get(health::readiness))
        .plain("/health/live", &["GET"], get(health::liveness))
        .plain("/metrics", &["GET"], get(metrics::get_metrics))
        .plain(openapi::PATH, &["GET"], get(openapi::get_document))
}

impl Routes {
    /// What changes, and who is told.
    fn watching(self) -> Self {
        self.route(WatchChanges, live::watch)
            .route(CreateWebhook, webhooks::create_webhook)
            .route(ListWebhooks, webhooks::list_webhooks)
            .route(GetWebhook, webhooks::get_webhook)
            .route(UpdateWebhook, webhooks::update_webhook)
            .route(DeleteWebhook, webhooks::delete_webhook)
            .route(ExchangeWebhookSecret, webhooks::exchange_secret)
            .route(TestWebhook, webhooks::test_webhook)
            .route(ListWebhookDeliveries, webhooks::list_deliveries)
            .route(ReplayWebhook, webhooks::replay_webhook)
    }

    /// Serves an operation where the contract says it is.
    fn route<O, H, T>(mut self, _: O, handler: H) -> Self
    where
        O: Operation,
        H: Handler<T, Http>,
        T: 'static,
    {
        self.router = self.router.route(&pattern(O::PATH), on(filter(O::METHOD), handler));
        self.served.push(Route {
            name: O::NAME,
            method: O::METHOD,
            path: O::PATH,
            permissions_any_of: O::PERMISSIONS_ANY_OF,
        });
        self
    }

    /// Serves what is no operation with permissions, with these methods.
    fn plain(
        mut self,
        path: &'static str,
        methods: &'static [&'static str],
        handlers: MethodRouter<Http>,
    ) -> Self {
        self.router = self.router.route(path, handlers);
        self.plain.push((path, methods));
        self
    }
}

/// The path as it is matched. A customer's id may hold slashes, so that it takes all that follows.
fn pattern(path: &str) -> String {
    match path.strip_suffix("{customerId}/segments") {
        Some(before) => format!("{before}{{*customerId}}"),
        None => path.to_owned(),
    }
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

/// The server.
pub fn router(http: Http) -> Router {
    let routes = routes()
        .router
        .fallback(health::unknown_path)
        .method_not_allowed_fallback(health::unknown_method);
    middleware::around(routes, &http, Origins::Any).with_state(http)
}

/// What may be asked without a token where only those who run the server come.
pub fn operators_router(http: Http) -> Router {
    let routes = Router::new()
        .route("/health", get(health::readiness))
        .route("/health/live", get(health::liveness))
        .route("/metrics", get(metrics::get_metrics_openly))
        .fallback(health::unknown_path)
        .method_not_allowed_fallback(health::unknown_method);
    middleware::around(routes, &http, Origins::None).with_state(http)
}

/// What requests are counted by: method, path as it is matched, and the operation's name; of what is
/// no operation, its path.
pub(crate) fn measured() -> Vec<(&'static str, String, &'static str)> {
    let Routes { served, plain, .. } = routes();
    let operations = served.iter().map(|route| (route.method, pattern(route.path), route.name));
    let others = plain.into_iter().flat_map(|(path, methods)| {
        methods.iter().map(move |method| (*method, path.to_owned(), path))
    });
    operations.chain(others).collect()
}

/// Every operation that is served.
#[must_use]
pub fn served() -> Vec<Route> {
    routes().served
}

/// What is served besides operations: paths, and the methods of each.
#[cfg(test)]
pub(crate) fn plain() -> Vec<(&'static str, &'static [&'static str])> {
    routes().plain
}
