//! Telling the keys that an empty data directory got.

use serde_json::{Map, Value};
use wayfare_app::access::organisations::FirstKeys;

use super::say;

/// Tells a person the keys. A secret set from outside is known there and not shown.
pub(super) fn introduce(keys: &FirstKeys, has_own_secret: bool) {
    say("First start: made an organisation, an administrator client and a deployment.");
    say(&format!("  client id      {}", keys.client));
    if has_own_secret {
        say("  client secret  as set from outside");
    } else {
        say(&format!("  client secret  {}   (shown this once: keep it)", keys.secret));
    }
    say(&format!("  deployment id  {}", keys.deployment));
}

/// Tells a program the keys.
pub(super) fn insert(object: &mut Map<String, Value>, keys: &FirstKeys, has_own_secret: bool) {
    object.insert("clientId".to_owned(), keys.client.to_string().into());
    object.insert("deploymentId".to_owned(), keys.deployment.to_string().into());
    if !has_own_secret {
        object.insert("clientSecret".to_owned(), keys.secret.clone().into());
    }
}
