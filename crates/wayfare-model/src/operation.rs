// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! Every operation of the contract, of all SDK generations, whether served yet or not.
//!
//! A unit struct per operation lets a handler name its permissions in its type; the tables serve
//! the coverage test and the compatibility page.

/// One operation of the contract, as a type.
pub trait Operation {
    /// The name in the SDKs, such as `get_journey_segment`.
    const NAME: &'static str;
    /// The HTTP method in capitals.
    const METHOD: &'static str;
    /// The path, with parameters in braces.
    const PATH: &'static str;
    /// One of these is enough; empty means that no permission is asked for.
    const PERMISSIONS_ANY_OF: &'static [&'static str];
}

/// One operation of the contract, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationInfo {
    /// The name in the SDKs, such as `get_journey_segment`.
    pub name: &'static str,
    /// The HTTP method in capitals.
    pub method: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// One of these is enough; empty means that no permission is asked for.
    pub permissions_any_of: &'static [&'static str],
    /// The releases of the Python SDK that have the operation, oldest first.
    pub generations: &'static [u16],
}

/// Name, method, path, permissions (any of), SDK generations.
macro_rules! operations {
    ($(
        $type_name:ident {
            $name:literal,
            $method:literal, $path:literal,
            [$($permission:literal),*], [$($generation:literal),+],
        }
    )+) => {
        $(
            #[doc = concat!(
                "`", $name, "`: `", $method, " ", $path, "` (SDK", $(" ", $generation,)+ ").",
            )]
            #[derive(Clone, Copy, Debug)]
            pub struct $type_name;

            impl Operation for $type_name {
                const NAME: &'static str = $name;
                const METHOD: &'static str = $method;
                const PATH: &'static str = $path;
                const PERMISSIONS_ANY_OF: &'static [&'static str] = &[$($permission),*];
            }
        )+

        /// Every operation, ordered by path and method.
        pub const ALL: &[OperationInfo] = &[$(
            OperationInfo {
                name: $name,
                method: $method,
                path: $path,
                permissions_any_of: &[$($permission),*],
                generations: &[$($generation),+],
            },
        )+];
    };
}

operations! {
    // analytics/journeys
    PostAnalyticsJourneysAggregatesJobs {
        "post_analytics_journeys_aggregates_jobs",
        "POST", "/api/v2/analytics/journeys/aggregates/jobs",
        ["analytics:journeyAggregate:view"], [269],
    }
    DeleteAnalyticsJourneysAggregatesJob {
        "delete_analytics_journeys_aggregates_job",
        "DELETE", "/api/v2/analytics/journeys/aggregates/jobs/{jobId}",
        ["analytics:journeyAggregate:view"], [269],
    }
    GetAnalyticsJourneysAggregatesJob {
        "get_analytics_journeys_aggregates_job",
        "GET", "/api/v2/analytics/journeys/aggregates/jobs/{jobId}",
        ["analytics:journeyAggregate:view"], [269],
    }
    GetAnalyticsJourneysAggregatesJobResults {
        "get_analytics_journeys_aggregates_job_results",
        "GET", "/api/v2/analytics/journeys/aggregates/jobs/{jobId}/results",
        ["analytics:journeyAggregate:view"], [269],
    }
    PostAnalyticsJourneysAggregatesQuery {
        "post_analytics_journeys_aggregates_query",
        "POST", "/api/v2/analytics/journeys/aggregates/query",
        ["analytics:journeyAggregate:view"], [102, 108, 269],
    }

    // externalcontacts/contacts
    GetExternalcontactsContactJourneySegments {
        "get_externalcontacts_contact_journey_segments",
        "GET", "/api/v2/externalcontacts/contacts/{contactId}/journey/segments",
        ["externalContacts:segmentAssignment:view"], [269],
    }
    PostExternalcontactsContactJourneySegments {
        "post_externalcontacts_contact_journey_segments",
        "POST", "/api/v2/externalcontacts/contacts/{contactId}/journey/segments",
        ["externalContacts:segmentAssignment:add", "externalContacts:segmentAssignment:delete"], [269],
    }
    GetExternalcontactsContactJourneySessions {
        "get_externalcontacts_contact_journey_sessions",
        "GET", "/api/v2/externalcontacts/contacts/{contactId}/journey/sessions",
        ["externalContacts:session:view"], [269],
    }

    // journey/actionmaps
    GetJourneyActionmaps {
        "get_journey_actionmaps",
        "GET", "/api/v2/journey/actionmaps",
        ["journey:actionmap:view"], [269],
    }
    PostJourneyActionmaps {
        "post_journey_actionmaps",
        "POST", "/api/v2/journey/actionmaps",
        ["journey:actionmap:add"], [269],
    }
    PostJourneyActionmapsEstimatesJobs {
        "post_journey_actionmaps_estimates_jobs",
        "POST", "/api/v2/journey/actionmaps/estimates/jobs",
        ["journey:actionmapEstimateJob:add"], [269],
    }
    GetJourneyActionmapsEstimatesJob {
        "get_journey_actionmaps_estimates_job",
        "GET", "/api/v2/journey/actionmaps/estimates/jobs/{jobId}",
        ["journey:actionmapEstimateJob:view"], [269],
    }
    GetJourneyActionmapsEstimatesJobResults {
        "get_journey_actionmaps_estimates_job_results",
        "GET", "/api/v2/journey/actionmaps/estimates/jobs/{jobId}/results",
        ["journey:actionmapEstimate:view"], [269],
    }
    DeleteJourneyActionmap {
        "delete_journey_actionmap",
        "DELETE", "/api/v2/journey/actionmaps/{actionMapId}",
        ["journey:actionmap:delete"], [269],
    }
    GetJourneyActionmap {
        "get_journey_actionmap",
        "GET", "/api/v2/journey/actionmaps/{actionMapId}",
        ["journey:actionmap:view"], [269],
    }
    PatchJourneyActionmap {
        "patch_journey_actionmap",
        "PATCH", "/api/v2/journey/actionmaps/{actionMapId}",
        ["journey:actionmap:edit"], [269],
    }

    // journey/actiontargets
    GetJourneyActiontargets {
        "get_journey_actiontargets",
        "GET", "/api/v2/journey/actiontargets",
        ["journey:actiontarget:view"], [102, 108, 269],
    }
    GetJourneyActiontarget {
        "get_journey_actiontarget",
        "GET", "/api/v2/journey/actiontargets/{actionTargetId}",
        ["journey:actiontarget:view"], [102, 108, 269],
    }
    PatchJourneyActiontarget {
        "patch_journey_actiontarget",
        "PATCH", "/api/v2/journey/actiontargets/{actionTargetId}",
        ["journey:actiontarget:edit"], [102, 108],
    }

    // journey/actiontemplates
    GetJourneyActiontemplates {
        "get_journey_actiontemplates",
        "GET", "/api/v2/journey/actiontemplates",
        ["journey:actiontemplate:view"], [269],
    }
    PostJourneyActiontemplates {
        "post_journey_actiontemplates",
        "POST", "/api/v2/journey/actiontemplates",
        ["journey:actiontemplate:add"], [269],
    }
    DeleteJourneyActiontemplate {
        "delete_journey_actiontemplate",
        "DELETE", "/api/v2/journey/actiontemplates/{actionTemplateId}",
        ["journey:actiontemplate:delete"], [269],
    }
    GetJourneyActiontemplate {
        "get_journey_actiontemplate",
        "GET", "/api/v2/journey/actiontemplates/{actionTemplateId}",
        ["journey:actiontemplate:view"], [269],
    }
    PatchJourneyActiontemplate {
        "patch_journey_actiontemplate",
        "PATCH", "/api/v2/journey/actiontemplates/{actionTemplateId}",
        ["journey:actiontemplate:edit"], [269],
    }

    // journey/customers
    GetJourneyCustomerCustomerIdSegments {
        "get_journey_customer_customer_id_segments",
        "GET", "/api/v2/journey/customers/{customerIdType}/{customerId}/segments",
        ["journey:segmentassignment:view"], [102],
    }

    // journey/deployments
    PostJourneyDeploymentActionevent {
        "post_journey_deployment_actionevent",
        "POST", "/api/v2/journey/deployments/{deploymentId}/actionevent",
        [], [269],
    }
    PostJourneyDeploymentAppevents {
        "post_journey_deployment_appevents",
        "POST", "/api/v2/journey/deployments/{deploymentId}/appevents",
        [], [269],
    }
    GetJourneyDeploymentCustomerPing {
        "get_journey_deployment_customer_ping",
        "GET", "/api/v2/journey/deployments/{deploymentId}/customers/{customerCookieId}/ping",
        [], [269],
    }
    PostJourneyDeploymentWebevents {
        "post_journey_deployment_webevents",
        "POST", "/api/v2/journey/deployments/{deploymentId}/webevents",
        [], [269],
    }

    // journey/externalcontacts
    GetJourneyExternalcontactSegments {
        "get_journey_externalcontact_segments",
        "GET", "/api/v2/journey/externalcontacts/{externalContactId}/segments",
        ["journey:segmentassignment:view"], [102],
    }
    PostJourneyExternalcontactSegments {
        "post_journey_externalcontact_segments",
        "POST", "/api/v2/journey/externalcontacts/{externalContactId}/segments",
        ["journey:segmentassignment:add", "journey:segmentassignment:delete"], [102],
    }

    // journey/externalevents
    GetJourneyExternaleventsConfigurations {
        "get_journey_externalevents_configurations",
        "GET", "/api/v2/journey/externalevents/configurations",
        ["journey:externalEventsConfiguration:view"], [269],
    }
    PostJourneyExternaleventsConfigurations {
        "post_journey_externalevents_configurations",
        "POST", "/api/v2/journey/externalevents/configurations",
        ["journey:externalEventsConfiguration:add"], [269],
    }
    DeleteJourneyExternaleventsConfiguration {
        "delete_journey_externalevents_configuration",
        "DELETE", "/api/v2/journey/externalevents/configurations/{configId}",
        ["journey:externalEventsConfiguration:delete"], [269],
    }
    GetJourneyExternaleventsConfiguration {
        "get_journey_externalevents_configuration",
        "GET", "/api/v2/journey/externalevents/configurations/{configId}",
        ["journey:externalEventsConfiguration:view"], [269],
    }
    PatchJourneyExternaleventsConfiguration {
        "patch_journey_externalevents_configuration",
        "PATCH", "/api/v2/journey/externalevents/configurations/{configId}",
        ["journey:externalEventsConfiguration:edit"], [269],
    }
    PostJourneyExternaleventsConfigurationEvents {
        "post_journey_externalevents_configuration_events",
        "POST", "/api/v2/journey/externalevents/configurations/{configurationId}/events",
        ["journey:externalEventsEvent:add"], [269],
    }
    GetJourneyExternaleventsSchemas {
        "get_journey_externalevents_schemas",
        "GET", "/api/v2/journey/externalevents/schemas",
        ["journey:externalEventsSchema:view"], [269],
    }
    PostJourneyExternaleventsSchemas {
        "post_journey_externalevents_schemas",
        "POST", "/api/v2/journey/externalevents/schemas",
        ["journey:externalEventsSchema:add"], [269],
    }
    GetJourneyExternaleventsSchemasCoretypes {
        "get_journey_externalevents_schemas_coretypes",
        "GET", "/api/v2/journey/externalevents/schemas/coretypes",
        ["journey:externalEventsSchema:view"], [269],
    }
    GetJourneyExternaleventsSchemasCoretype {
        "get_journey_externalevents_schemas_coretype",
        "GET", "/api/v2/journey/externalevents/schemas/coretypes/{coreTypeName}",
        ["journey:externalEventsSchema:view"], [269],
    }
    GetJourneyExternaleventsSchemasLimits {
        "get_journey_externalevents_schemas_limits",
        "GET", "/api/v2/journey/externalevents/schemas/limits",
        ["journey:externalEventsSchema:view"], [269],
    }
    DeleteJourneyExternaleventsSchema {
        "delete_journey_externalevents_schema",
        "DELETE", "/api/v2/journey/externalevents/schemas/{schemaId}",
        ["journey:externalEventsSchema:delete"], [269],
    }
    GetJourneyExternaleventsSchema {
        "get_journey_externalevents_schema",
        "GET", "/api/v2/journey/externalevents/schemas/{schemaId}",
        ["journey:externalEventsSchema:view"], [269],
    }
    PutJourneyExternaleventsSchema {
        "put_journey_externalevents_schema",
        "PUT", "/api/v2/journey/externalevents/schemas/{schemaId}",
        ["journey:externalEventsSchema:edit"], [269],
    }
    GetJourneyExternaleventsSchemaVersions {
        "get_journey_externalevents_schema_versions",
        "GET", "/api/v2/journey/externalevents/schemas/{schemaId}/versions",
        ["journey:externalEventsSchema:view"], [269],
    }
    GetJourneyExternaleventsSchemaVersion {
        "get_journey_externalevents_schema_version",
        "GET", "/api/v2/journey/externalevents/schemas/{schemaId}/versions/{versionId}",
        ["journey:externalEventsSchema:view"], [269],
    }

    // journey/flows
    PostJourneyFlowsPathsQuery {
        "post_journey_flows_paths_query",
        "POST", "/api/v2/journey/flows/paths/query",
        ["journey:flowpaths:view"], [269],
    }

    // journey/outcomes
    GetJourneyOutcomes {
        "get_journey_outcomes",
        "GET", "/api/v2/journey/outcomes",
        ["journey:outcome:view"], [269],
    }
    PostJourneyOutcomes {
        "post_journey_outcomes",
        "POST", "/api/v2/journey/outcomes",
        ["journey:outcome:add"], [269],
    }
    PostJourneyOutcomesAttributionsJobs {
        "post_journey_outcomes_attributions_jobs",
        "POST", "/api/v2/journey/outcomes/attributions/jobs",
        ["journey:outcomeAttributionJob:add"], [269],
    }
    GetJourneyOutcomesAttributionsJob {
        "get_journey_outcomes_attributions_job",
        "GET", "/api/v2/journey/outcomes/attributions/jobs/{jobId}",
        ["journey:outcomeAttributionJob:view"], [269],
    }
    GetJourneyOutcomesAttributionsJobResults {
        "get_journey_outcomes_attributions_job_results",
        "GET", "/api/v2/journey/outcomes/attributions/jobs/{jobId}/results",
        ["journey:outcomeAttribution:view"], [269],
    }
    GetJourneyOutcomesPredictors {
        "get_journey_outcomes_predictors",
        "GET", "/api/v2/journey/outcomes/predictors",
        ["journey:outcomepredictor:view"], [269],
    }
    PostJourneyOutcomesPredictors {
        "post_journey_outcomes_predictors",
        "POST", "/api/v2/journey/outcomes/predictors",
        ["journey:outcomepredictor:add"], [269],
    }
    DeleteJourneyOutcomesPredictor {
        "delete_journey_outcomes_predictor",
        "DELETE", "/api/v2/journey/outcomes/predictors/{predictorId}",
        ["journey:outcomepredictor:delete"], [269],
    }
    GetJourneyOutcomesPredictor {
        "get_journey_outcomes_predictor",
        "GET", "/api/v2/journey/outcomes/predictors/{predictorId}",
        ["journey:outcomepredictor:view"], [269],
    }
    DeleteJourneyOutcome {
        "delete_journey_outcome",
        "DELETE", "/api/v2/journey/outcomes/{outcomeId}",
        ["journey:outcome:delete"], [269],
    }
    GetJourneyOutcome {
        "get_journey_outcome",
        "GET", "/api/v2/journey/outcomes/{outcomeId}",
        ["journey:outcome:view"], [269],
    }
    PatchJourneyOutcome {
        "patch_journey_outcome",
        "PATCH", "/api/v2/journey/outcomes/{outcomeId}",
        ["journey:outcome:edit"], [269],
    }

    // journey/segments
    GetJourneySegments {
        "get_journey_segments",
        "GET", "/api/v2/journey/segments",
        ["journey:segment:view"], [108, 269],
    }
    PostJourneySegments {
        "post_journey_segments",
        "POST", "/api/v2/journey/segments",
        ["journey:segment:add"], [108, 269],
    }
    DeleteJourneySegment {
        "delete_journey_segment",
        "DELETE", "/api/v2/journey/segments/{segmentId}",
        ["journey:segment:delete"], [108, 269],
    }
    GetJourneySegment {
        "get_journey_segment",
        "GET", "/api/v2/journey/segments/{segmentId}",
        ["journey:segment:view"], [108, 269],
    }
    PatchJourneySegment {
        "patch_journey_segment",
        "PATCH", "/api/v2/journey/segments/{segmentId}",
        ["journey:segment:edit"], [108, 269],
    }

    // journey/sessions
    GetJourneySession {
        "get_journey_session",
        "GET", "/api/v2/journey/sessions/{sessionId}",
        ["externalContacts:session:view", "journey:session:view"], [269],
    }
    GetJourneySessionEvents {
        "get_journey_session_events",
        "GET", "/api/v2/journey/sessions/{sessionId}/events",
        ["journey:event:view"], [269],
    }
    GetJourneySessionOutcomescores {
        "get_journey_session_outcomescores",
        "GET", "/api/v2/journey/sessions/{sessionId}/outcomescores",
        ["journey:outcomescores:view"], [269],
    }
    GetJourneySessionSegments {
        "get_journey_session_segments",
        "GET", "/api/v2/journey/sessions/{sessionId}/segments",
        ["journey:segmentassignment:view"], [102],
    }

    // journey/views
    GetJourneyViews {
        "get_journey_views",
        "GET", "/api/v2/journey/views",
        ["journey:views:view"], [269],
    }
    PostJourneyViews {
        "post_journey_views",
        "POST", "/api/v2/journey/views",
        ["journey:views:add"], [269],
    }
    GetJourneyViewsDataDetails {
        "get_journey_views_data_details",
        "GET", "/api/v2/journey/views/data/details",
        ["journey:dataDetails:view"], [269],
    }
    PostJourneyViewsEncodingsValidate {
        "post_journey_views_encodings_validate",
        "POST", "/api/v2/journey/views/encodings/validate",
        ["journey:viewsEncodings:view"], [269],
    }
    GetJourneyViewsEventdefinitions {
        "get_journey_views_eventdefinitions",
        "GET", "/api/v2/journey/views/eventdefinitions",
        ["journey:eventDefinition:view"], [269],
    }
    GetJourneyViewsEventdefinitionsExternal {
        "get_journey_views_eventdefinitions_external",
        "GET", "/api/v2/journey/views/eventdefinitions/external",
        [], [269],
    }
    GetJourneyViewsEventdefinitionsExternalChanges {
        "get_journey_views_eventdefinitions_external_changes",
        "GET", "/api/v2/journey/views/eventdefinitions/external/changes",
        [], [269],
    }
    GetJourneyViewsEventdefinition {
        "get_journey_views_eventdefinition",
        "GET", "/api/v2/journey/views/eventdefinitions/{eventDefinitionId}",
        ["journey:eventDefinition:view"], [269],
    }
    PutJourneyViewsEventdefinition {
        "put_journey_views_eventdefinition",
        "PUT", "/api/v2/journey/views/eventdefinitions/{eventDefinitionId}",
        [], [269],
    }
    PutJourneyViewsEventdefinitionActivate {
        "put_journey_views_eventdefinition_activate",
        "PUT", "/api/v2/journey/views/eventdefinitions/{eventDefinitionId}/activate",
        [], [269],
    }
    GetJourneyViewsJobs {
        "get_journey_views_jobs",
        "GET", "/api/v2/journey/views/jobs",
        ["journey:viewsJobs:view"], [269],
    }
    GetJourneyViewsJobsMe {
        "get_journey_views_jobs_me",
        "GET", "/api/v2/journey/views/jobs/me",
        ["journey:viewsJobs:view"], [269],
    }
    GetJourneyViewsSchedules {
        "get_journey_views_schedules",
        "GET", "/api/v2/journey/views/schedules",
        ["journey:viewsSchedule:view"], [269],
    }
    DeleteJourneyView {
        "delete_journey_view",
        "DELETE", "/api/v2/journey/views/{viewId}",
        ["journey:views:delete"], [269],
    }
    GetJourneyView {
        "get_journey_view",
        "GET", "/api/v2/journey/views/{viewId}",
        ["journey:views:view"], [269],
    }
    DeleteJourneyViewSchedules {
        "delete_journey_view_schedules",
        "DELETE", "/api/v2/journey/views/{viewId}/schedules",
        ["journey:viewsSchedule:delete"], [269],
    }
    GetJourneyViewSchedules {
        "get_journey_view_schedules",
        "GET", "/api/v2/journey/views/{viewId}/schedules",
        ["journey:viewsSchedule:view"], [269],
    }
    PostJourneyViewSchedules {
        "post_journey_view_schedules",
        "POST", "/api/v2/journey/views/{viewId}/schedules",
        ["journey:viewsSchedule:add"], [269],
    }
    PutJourneyViewSchedules {
        "put_journey_view_schedules",
        "PUT", "/api/v2/journey/views/{viewId}/schedules",
        ["journey:viewsSchedule:edit"], [269],
    }
    PostJourneyViewVersions {
        "post_journey_view_versions",
        "POST", "/api/v2/journey/views/{viewId}/versions",
        ["journey:views:edit"], [269],
    }
    PostJourneyViewVersionJobs {
        "post_journey_view_version_jobs",
        "POST", "/api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs",
        ["journey:viewsJobs:add"], [269],
    }
    GetJourneyViewVersionJobsLatest {
        "get_journey_view_version_jobs_latest",
        "GET", "/api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs/latest",
        ["journey:viewsJobs:view"], [269],
    }
    GetJourneyViewVersionJob {
        "get_journey_view_version_job",
        "GET", "/api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs/{jobId}",
        ["journey:viewsJobs:view"], [269],
    }
    PatchJourneyViewVersionJob {
        "patch_journey_view_version_job",
        "PATCH", "/api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs/{jobId}",
        ["journey:viewsJobs:edit"], [269],
    }
    GetJourneyViewVersionJobResultsChart {
        "get_journey_view_version_job_results_chart",
        "GET", "/api/v2/journey/views/{viewId}/versions/{journeyVersionId}/jobs/{jobId}/results/charts/{chartId}",
        ["journey:viewsResults:view"], [269],
    }
    GetJourneyViewVersionChart {
        "get_journey_view_version_chart",
        "GET", "/api/v2/journey/views/{viewId}/versions/{journeyViewVersion}/charts/{chartId}",
        ["journey:views:view"], [269],
    }
    GetJourneyViewVersionChartVersion {
        "get_journey_view_version_chart_version",
        "GET", "/api/v2/journey/views/{viewId}/versions/{journeyViewVersion}/charts/{chartId}/versions/{chartVersion}",
        ["journey:views:view"], [269],
    }
    GetJourneyViewVersionJobResults {
        "get_journey_view_version_job_results",
        "GET", "/api/v2/journey/views/{viewId}/versions/{journeyViewVersion}/jobs/{jobId}/results",
        ["journey:viewsResults:view"], [269],
    }
    GetJourneyViewVersion {
        "get_journey_view_version",
        "GET", "/api/v2/journey/views/{viewId}/versions/{versionId}",
        ["journey:views:view"], [269],
    }
    PutJourneyViewVersion {
        "put_journey_view_version",
        "PUT", "/api/v2/journey/views/{viewId}/versions/{versionId}",
        ["journey:views:edit"], [269],
    }
}

/// Every permission that some operation asks for, sorted.
pub const KNOWN_PERMISSIONS: &[&str] = &[
    "analytics:journeyAggregate:view",
    "externalContacts:segmentAssignment:add",
    "externalContacts:segmentAssignment:delete",
    "externalContacts:segmentAssignment:view",
    "externalContacts:session:view",
    "journey:actionmap:add",
    "journey:actionmap:delete",
    "journey:actionmap:edit",
    "journey:actionmap:view",
    "journey:actionmapEstimate:view",
    "journey:actionmapEstimateJob:add",
    "journey:actionmapEstimateJob:view",
    "journey:actiontarget:edit",
    "journey:actiontarget:view",
    "journey:actiontemplate:add",
    "journey:actiontemplate:delete",
    "journey:actiontemplate:edit",
    "journey:actiontemplate:view",
    "journey:dataDetails:view",
    "journey:event:view",
    "journey:eventDefinition:view",
    "journey:externalEventsConfiguration:add",
    "journey:externalEventsConfiguration:delete",
    "journey:externalEventsConfiguration:edit",
    "journey:externalEventsConfiguration:view",
    "journey:externalEventsEvent:add",
    "journey:externalEventsSchema:add",
    "journey:externalEventsSchema:delete",
    "journey:externalEventsSchema:edit",
    "journey:externalEventsSchema:view",
    "journey:flowpaths:view",
    "journey:outcome:add",
    "journey:outcome:delete",
    "journey:outcome:edit",
    "journey:outcome:view",
    "journey:outcomeAttribution:view",
    "journey:outcomeAttributionJob:add",
    "journey:outcomeAttributionJob:view",
    "journey:outcomepredictor:add",
    "journey:outcomepredictor:delete",
    "journey:outcomepredictor:view",
    "journey:outcomescores:view",
    "journey:segment:add",
    "journey:segment:delete",
    "journey:segment:edit",
    "journey:segment:view",
    "journey:segmentassignment:add",
    "journey:segmentassignment:delete",
    "journey:segmentassignment:view",
    "journey:session:view",
    "journey:views:add",
    "journey:views:delete",
    "journey:views:edit",
    "journey:views:view",
    "journey:viewsEncodings:view",
    "journey:viewsJobs:add",
    "journey:viewsJobs:edit",
    "journey:viewsJobs:view",
    "journey:viewsResults:view",
    "journey:viewsSchedule:add",
    "journey:viewsSchedule:delete",
    "journey:viewsSchedule:edit",
    "journey:viewsSchedule:view",
];
