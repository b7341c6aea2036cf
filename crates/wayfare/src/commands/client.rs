//! `wayfare client`.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};
use wayfare_model::id::ClientId;
use wayfare_model::organisation::{ALL_PERMISSIONS, Grant};

use super::{OutputArguments, print_json, say};
use crate::api::Api;
use crate::table::table;

const PATH: &str = "/api/wayfare/v1/clients";
/// Permissions that a row of the table shows; the rest is counted.
const PERMISSIONS_SHOWN_MAX: usize = 4;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a client, and print its secret, this once
    Create(CreateArguments),
    /// List the clients
    List(OutputArguments),
    /// Revoke a client: its tokens are of no use from now on
    Revoke(RevokeArguments),
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// A name for people
    name: String,

    /// What the client may do, like journey:segment:view, journey:*:* or *; repeat it for more
    /// [default: *, or nothing for a client through which people sign in]
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,

    /// How the client gets its tokens: client_credentials, code (people sign in, PKCE) or token
    /// (people sign in, implicit grant); repeat it for more [default: client_credentials]
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<String>,

    /// Where a browser may be sent after sign-in, to the last character; repeat it for more
    #[arg(long = "redirect-uri", value_name = "URL")]
    redirect_uris: Vec<String>,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct RevokeArguments {
    /// The client's id, a UUID
    id: ClientId,

    #[command(flatten)]
    output: OutputArguments,
}

/// A client, as far as it is shown to people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    id: String,
    name: String,
    permissions: Vec<String>,
    created_date: String,
    secret: Option<String>,
}

#[derive(Deserialize)]
struct Listing {
    entities: Vec<Client>,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(arguments) => {
            let output = arguments.output.clone();
            output.with_api(async move |api| create(api, &arguments).await).await
        }
        Command::List(output) => {
            let is_json = output.json;
            output.with_api(async move |api| list(api, is_json).await).await
        }
        Command::Revoke(arguments) => {
            let output = arguments.output.clone();
            output.with_api(async move |api| revoke(api, &arguments).await).await
        }
    }
}

async fn create(api: &Api, arguments: &CreateArguments) -> anyhow::Result<()> {
    let mut body = json!({
        "name": arguments.name,
        "permissions": permissions(arguments),
        "redirectUris": arguments.redirect_uris,
    });
    if !arguments.grants.is_empty() {
        body["grants"] = arguments.grants.clone().into();
    }
    let answer: Value = api.post(PATH, &body).await?;
    if arguments.output.json {
        return print_json(&answer);
    }
    let client: Client = serde_json::from_value(answer)?;
    say(&format!("Made the client {}.", client.name));
    say(&format!("  client id      {}", client.id));
    if let Some(secret) = &client.secret {
        say(&format!("  client secret  {secret}   (shown this once: keep it)"));
    }
    say(&format!("  permissions    {}", client.permissions.join(", ")));
    Ok(())
}

/// What the client may do by itself: everything unless something is said, or it never acts by
/// itself.
fn permissions(arguments: &CreateArguments) -> Vec<String> {
    let own = Grant::ClientCredentials.as_str();
    let acts = arguments.grants.is_empty() || arguments.grants.iter().any(|grant| grant == own);
    if arguments.permissions.is_empty() && acts {
        return vec![ALL_PERMISSIONS.to_owned()];
    }
    arguments.permissions.clone()
}

async fn list(api: &Api, is_json: bool) -> anyhow::Result<()> {
    let answer: Value = api.get(PATH).await?;
    if is_json {
        return print_json(&answer);
    }
    let listing: Listing = serde_json::from_value(answer)?;
    let row = |client: &Client| {
        let permissions = shortened(&client.permissions);
        [client.id.clone(), client.name.clone(), permissions, client.created_date.clone()]
    };
    let header = ["Id", "Name", "Permissions", "Created"];
    say(&table(header, &[], listing.entities.iter().map(row)));
    Ok(())
}

async fn revoke(api: &Api, arguments: &RevokeArguments) -> anyhow::Result<()> {
    let id = arguments.id.to_string();
    api.delete(&format!("{PATH}/{id}")).await?;
    if arguments.output.json {
        return print_json(&json!({ "id": id, "revoked": true }));
    }
    say(&format!("Revoked the client {id}."));
    Ok(())
}

fn shortened(permissions: &[String]) -> String {
    let (shown, rest) = permissions.split_at(permissions.len().min(PERMISSIONS_SHOWN_MAX));
    let mut text = shown.join("\n");
    if !rest.is_empty() {
        text += &format!("\nand {} more", rest.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_permissions_are_counted() {
        let permissions = |count: usize| (0..count).map(|n| format!("p{n}")).collect::<Vec<_>>();
        assert_eq!(shortened(&permissions(2)), "p0\np1");
        assert_eq!(shortened(&permissions(4)), "p0\np1\np2\np3");
        assert_eq!(shortened(&permissions(6)), "p0\np1\np2\np3\nand 2 more");
    }
}
