//! The shapes of our own bodies and answers.

use serde_json::{Map, Value, json};
use wayfare_app::webhooks::KINDS;
use wayfare_model::change_log::ChangeKind;
use wayfare_model::limits::{
    CLIENT_PERMISSIONS_MAX, EVENT_TEXT_CHARACTERS_MAX, NAME_CHARACTERS_MAX, PASSWORD_BYTES_MAX,
    PASSWORD_CHARACTERS_MIN, REDIRECT_CHARACTERS_MAX, REDIRECT_URIS_MAX, USER_NAME_CHARACTERS_MAX,
    USER_ROLES_MAX, WEBHOOK_SEGMENTS_MAX, WEBHOOK_URL_CHARACTERS_MAX,
};
use wayfare_model::organisation::Grant;
use wayfare_model::target::MEDIA_TYPES;

use super::own::of;
use crate::problem::TABLE;

/// Our schemas, by name.
pub(super) fn schemas() -> Value {
    let mut schemas = Map::new();
    for part in [signing_in(), clients(), people(), contacts(), customers(), journeys(), webhooks()]
    {
        if let Value::Object(part) = part {
            schemas.extend(part);
        }
    }
    schemas.extend(super::own_trials::schemas());
    schemas.insert("ErrorBody".to_owned(), error_body());
    Value::Object(schemas)
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

pub(super) fn date() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn count() -> Value {
    json!({ "type": "integer", "format": "int64", "minimum": 0 })
}

pub(super) fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": NAME_CHARACTERS_MAX })
}

/// Permissions in a body.
fn wanted() -> Value {
    json!({
        "type": "array", "minItems": 1, "maxItems": CLIENT_PERMISSIONS_MAX,
        "items": { "type": "string", "example": "journey:segment:view" },
    })
}

fn signing_in() -> Value {
    let text = text();
    json!({
        "Health": object(&["status", "version"], json!({
            "status": { "type": "string", "enum": ["ok", "degraded", "failing", "draining"] },
            "version": text,
            "reasons": { "type": "array", "items": object(&["code", "message"], json!({
                "code": text, "message": text,
            })) },
        })),
        "TokenRequest": object(&["grant_type"], json!({
            "grant_type": { "type": "string", "enum": ["client_credentials", "authorization_code"] },
            "client_id": text, "client_secret": text,
            "code": text, "redirect_uri": text, "code_verifier": text,
        })),
        "Token": object(&["access_token", "token_type", "expires_in"], json!({
            "access_token": text, "token_type": text, "expires_in": count(),
        })),
        "Named": object(&["id", "name"], json!({ "id": id(), "name": text })),
        "TokenInfo": object(&["organization", "homeOrganization", "authorizedScope"], json!({
            "organization": of("Named"), "homeOrganization": of("Named"),
            "authorizedScope": list(text.clone()),
            "OAuthClient": object(&["id", "name", "organization"], json!({
                "id": id(), "name": text, "organization": of("Named"),
            })),
        })),
    })
}

fn clients() -> Value {
    let grant = json!({ "type": "string", "enum": Grant::ALL.map(Grant::as_str) });
    let place = json!({
        "type": "string", "format": "uri", "minLength": 1, "maxLength": REDIRECT_CHARACTERS_MAX,
    });
    let client = json!({
        "id": id(), "name": text(), "permissions": list(text()), "createdDate": date(),
        "grants": list(grant.clone()), "redirectUris": list(text()),
    });
    let mut created = client.clone();
    created["secret"] = text();
    json!({
        "ClientRequest": object(&["name", "permissions"], json!({
            "name": name(),
            "permissions": wanted(),
            "grants": { "type": "array", "minItems": 1, "items": grant },
            "redirectUris": { "type": "array", "maxItems": REDIRECT_URIS_MAX, "items": place },
        })),
        "Client": object(&["id", "name", "permissions", "createdDate"], client),
        "CreatedClient": object(&["id", "name", "permissions", "createdDate", "secret"], created),
        "BackupRequest": object(&["directory", "request"], json!({
            "directory": text(), "request": text(),
        })),
        "Backup": object(&["id", "directory", "asOf", "state"], json!({
            "id": id(), "directory": text(), "asOf": date(),
            "state": { "type": "string", "enum": ["Running", "Done", "Failed"] },
            "bytesDone": count(), "bytesTotal": count(), "bytes": count(), "bytesAdded": count(),
            "factFiles": count(), "factFilesAdded": count(), "schemaVersion": count(),
            "errorMessage": text(),
        })),
        "DeploymentRequest": object(&["name"], json!({ "name": name() })),
        "Deployment": object(&["id", "name", "createdDate"], json!({
            "id": id(), "name": text(), "createdDate": date(),
        })),
    })
}

fn webhooks() -> Value {
    let kinds = KINDS.map(ChangeKind::as_str);
    let types = list(json!({ "type": "string", "enum": kinds }));
    let segments = json!({
        "type": "array", "maxItems": WEBHOOK_SEGMENTS_MAX, "items": id(),
    });
    let url = json!({
        "type": "string", "format": "uri", "maxLength": WEBHOOK_URL_CHARACTERS_MAX,
    });
    let wanted = json!({
        "url": url, "types": types, "segmentIds": segments, "enabled": { "type": "boolean" },
    });
    let webhook = json!({
        "id": id(), "url": text(), "types": types, "segmentIds": list(id()),
        "enabled": { "type": "boolean" }, "disabledReason": text(),
        "createdDate": date(), "modifiedDate": date(), "waiting": count(), "unread": count(),
        "place": text(), "failingSinceDate": date(), "deliveredDate": date(), "lastError": text(),
    });
    let mut created = webhook.clone();
    created["secret"] = text();
    let always = [
        "id",
        "url",
        "types",
        "segmentIds",
        "enabled",
        "createdDate",
        "modifiedDate",
        "waiting",
        "unread",
        "place",
    ];
    let status = json!({ "type": "integer", "minimum": 100, "maximum": 999 });
    json!({
        "WebhookRequest": object(&["url"], wanted.clone()),
        "WebhookChange": object(&[], wanted),
        "Webhook": object(&always, webhook),
        "CreatedWebhook": object(&[&always[..], &["secret"]].concat(), created),
        "WebhookSecret": object(&["secret"], json!({ "secret": text() })),
        "WebhookTest": object(&["delivered"], json!({
            "delivered": { "type": "boolean" }, "status": status, "error": text(),
        })),
        "WebhookReplay": object(&[], json!({ "after": text() })),
        "WebhookDelivery": object(&["result", "attempt", "date", "tookMs", "givenUp", "after"], json!({
            "id": text(), "type": text(),
            "result": { "type": "string", "enum": ["delivered", "failed", "lost"] },
            "attempt": count(), "date": date(), "tookMs": count(), "status": status,
            "error": text(), "nextDate": date(), "givenUp": { "type": "boolean" }, "after": text(),
        })),
    })
}

fn people() -> Value {
    let text = text();
    let password = json!({
        "type": "string", "minLength": PASSWORD_CHARACTERS_MIN, "maxLength": PASSWORD_BYTES_MAX,
    });
    let roles = json!({ "type": "array", "maxItems": USER_ROLES_MAX, "items": id() });
    json!({
        "UserRequest": object(&["name", "password"], json!({
            "name": { "type": "string", "minLength": 1, "maxLength": USER_NAME_CHARACTERS_MAX },
            "password": password, "roles": roles,
        })),
        "UserChange": object(&[], json!({ "password": password, "roles": roles })),
        "User": object(&["id", "name", "roles", "createdDate"], json!({
            "id": id(), "name": text, "roles": list(id()), "createdDate": date(),
        })),
        "CurrentUser": object(&["id", "name", "email", "username", "state", "selfUri"], json!({
            "id": id(), "name": text, "email": text, "username": text, "state": text,
            "selfUri": text,
            "authorization": object(&["roles", "permissions"], json!({
                "roles": list(of("Named")), "permissions": list(text.clone()),
            })),
        })),
        "RoleRequest":
            object(&["name", "permissions"], json!({ "name": name(), "permissions": wanted() })),
        "Role": object(&["id", "name", "permissions", "createdDate"], json!({
            "id": id(), "name": text, "permissions": list(text.clone()), "createdDate": date(),
        })),
    })
}

fn contacts() -> Value {
    let reference = of("AddressableEntityRef");
    let identifier = json!({ "type": text(), "value": text(), "belongsTo": reference });
    let merged = json!({
        "id": id(), "createdDate": date(), "mergedInto": reference, "selfUri": text(),
    });
    let mut contact = merged.clone();
    contact["identifiers"] = list(object(&["type", "value", "belongsTo"], identifier));
    contact["mergedContacts"] = list(object(&["id", "createdDate", "selfUri"], merged));
    contact["keptApartFrom"] = list(reference);
    let lists = ["identifiers", "mergedContacts", "keptApartFrom"];
    let required = [&["id", "createdDate", "selfUri"][..], &lists].concat();
    json!({ "Contact": object(&required, contact) })
}

fn customers() -> Value {
    let kinds = [
        "events",
        "sessions",
        "assignments",
        "visitors",
        "identifiers",
        "contacts",
        "facts",
        "factFiles",
        "documents",
        "changes",
    ];
    let numbers: Map<String, Value> =
        kinds.into_iter().map(|kind| (kind.to_owned(), count())).collect();
    json!({
        "CustomerDeletion": object(&["id", "state", "dateRequested", "selfUri"], json!({
            "id": id(), "state": { "type": "string", "enum": ["Running", "Done"] },
            "dateRequested": date(), "dateCompleted": date(),
            "removed": object(&kinds, Value::Object(numbers)), "selfUri": text(),
        })),
    })
}

fn journeys() -> Value {
    let long = json!({ "type": "string", "minLength": 1, "maxLength": EVENT_TEXT_CHARACTERS_MAX });
    let target = json!({
        "name": name(),
        "userData": list(of("KeyValue")),
        "supportedMediaTypes": list(json!({ "type": "string", "enum": MEDIA_TYPES })),
        "state": { "type": "string", "enum": ["active", "inactive", "deleted"] },
        "description": text(),
        "serviceLevel": of("ServiceLevel"),
        "shortAbandonThreshold": count(),
    });
    let rejected = object(&["line", "reason"], json!({ "line": count(), "reason": text() }));
    json!({
        "ActionTargetRequest": object(&["name"], target.clone()),
        "ActionTargetChange": object(&[], target),
        "RequestApp": object(&["name", "namespace", "version", "buildNumber"], json!({
            "name": long, "namespace": long, "version": long, "buildNumber": long,
        })),
        "ImportedActionTargets": object(&["created", "unchanged", "entities"], json!({
            "created": count(), "unchanged": count(), "entities": list(of("ActionTarget")),
        })),
        "ImportAnswer": object(&["applied", "duplicates", "rejected"], json!({
            "applied": count(), "duplicates": count(), "rejected": list(rejected),
        })),
        "SegmentCount": object(&["segmentId", "sessions", "customers"], json!({
            "segmentId": id(), "sessions": count(), "customers": count(),
        })),
    })
}

pub(super) fn object(required: &[&str], properties: Value) -> Value {
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn error_body() -> Value {
    let text = json!({ "type": "string" });
    let mut codes: Vec<&str> = TABLE.iter().map(|row| row.kind.code()).collect();
    codes.sort_unstable();
    let code = json!({ "type": "string", "enum": codes });
    let detail = object(
        &["errorCode", "fieldName", "message"],
        json!({
            "errorCode": code, "fieldName": text, "entityId": text, "entityName": text, "message": text,
        }),
    );
    let limit = object(
        &["key", "namespace", "value"],
        json!({
            "key": text, "namespace": text, "value": { "type": "integer", "format": "int64" },
        }),
    );
    object(
        &["message", "code", "status", "contextId", "details", "errors"],
        json!({
            "message": text,
            "code": code,
            "status": { "type": "integer", "format": "int32", "minimum": 400, "maximum": 599 },
            "entityId": text,
            "entityName": text,
            "messageWithParams": text,
            "error": text,
            "error_description": text,
            "messageParams": { "type": "object", "additionalProperties": text },
            "contextId": { "type": "string", "format": "uuid" },
            "details": { "type": "array", "items": detail },
            "errors": { "type": "array", "maxItems": 0, "items": of("ErrorBody") },
            "limit": limit,
        }),
    )
}
