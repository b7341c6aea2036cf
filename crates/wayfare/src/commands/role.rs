//! `wayfare role`.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{OutputArguments, print_json, say};
use crate::api::Api;
use crate::table::table;

const PATH: &str = "/api/wayfare/v1/roles";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a role
    Create(CreateArguments),
    /// List the roles
    List(OutputArguments),
    /// Delete a role: who has it loses its permissions at once
    Delete(RoleArguments),
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// A name for people
    name: String,

    /// What the role permits, like journey:segment:view, journey:*:* or *; repeat it for more
    #[arg(long = "permission", value_name = "PERMISSION", required = true)]
    permissions: Vec<String>,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct RoleArguments {
    /// The role's name or id
    role: String,

    #[command(flatten)]
    output: OutputArguments,
}

/// A role, as far as it is shown to people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Role {
    id: String,
    name: String,
    permissions: Vec<String>,
    created_date: String,
}

#[derive(Deserialize)]
struct Listing {
    entities: Vec<Role>,
}

/// All roles.
///
/// # Errors
/// When the API refuses.
pub(super) async fn all(api: &Api) -> anyhow::Result<Vec<Role>> {
    let listing: Listing = api.get(PATH).await?;
    Ok(listing.entities)
}

/// The id of the role with this id or name.
///
/// # Errors
/// When there is none, or several have the name.
pub(super) fn id_of(roles: &[Role], wanted: &str) -> anyhow::Result<String> {
    if let Some(role) = roles.iter().find(|role| role.id == wanted) {
        return Ok(role.id.clone());
    }
    let mut found = roles.iter().filter(|role| role.name == wanted);
    let first = found.next().with_context(|| format!("there is no role {wanted}"))?;
    anyhow::ensure!(found.next().is_none(), "several roles are called {wanted}: name it by its id");
    Ok(first.id.clone())
}

/// The name of a role, or its id when it is gone.
pub(super) fn name_of<'a>(roles: &'a [Role], id: &'a str) -> &'a str {
    roles.iter().find(|role| role.id == id).map_or(id, |role| &role.name)
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
        Command::Delete(arguments) => {
            let output = arguments.output.clone();
            output.with_api(async move |api| delete(api, &arguments).await).await
        }
    }
}

async fn create(api: &Api, arguments: &CreateArguments) -> anyhow::Result<()> {
    let body = json!({ "name": arguments.name, "permissions": arguments.permissions });
    let answer: Value = api.post(PATH, &body).await?;
    if arguments.output.json {
        return print_json(&answer);
    }
    let role: Role = serde_json::from_value(answer)?;
    say(&format!("Made the role {}.", role.name));
    say(&format!("  role id      {}", role.id));
    say(&format!("  permissions  {}", role.permissions.join(", ")));
    Ok(())
}

async fn list(api: &Api, is_json: bool) -> anyhow::Result<()> {
    let answer: Value = api.get(PATH).await?;
    if is_json {
        return print_json(&answer);
    }
    let listing: Listing = serde_json::from_value(answer)?;
    let row = |role: &Role| {
        let permissions = role.permissions.join("\n");
        [role.id.clone(), role.name.clone(), permissions, role.created_date.clone()]
    };
    say(&table(["Id", "Name", "Permissions", "Created"], &[], listing.entities.iter().map(row)));
    Ok(())
}

async fn delete(api: &Api, arguments: &RoleArguments) -> anyhow::Result<()> {
    let id = id_of(&all(api).await?, &arguments.role)?;
    api.delete(&format!("{PATH}/{id}")).await?;
    if arguments.output.json {
        return print_json(&json!({ "id": id, "deleted": true }));
    }
    say(&format!("Deleted the role {id}."));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_by_its_id_or_by_a_name_that_one_has() {
        let role = |id: &str, name: &str| Role {
            id: id.to_owned(),
            name: name.to_owned(),
            permissions: Vec::new(),
            created_date: String::new(),
        };
        let roles = [role("1", "viewer"), role("2", "editor"), role("3", "editor")];
        let check = |wanted, expected: Option<&str>| {
            assert_eq!(id_of(&roles, wanted).ok().as_deref(), expected, "{wanted}");
        };
        check("viewer", Some("1"));
        check("1", Some("1"));
        check("3", Some("3"));
        check("editor", None);
        check("nobody", None);
        assert_eq!((name_of(&roles, "2"), name_of(&roles, "9")), ("editor", "9"));
    }
}
