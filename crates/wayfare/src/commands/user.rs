//! `wayfare user`.

use std::io::BufRead as _;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};
use wayfare_app::clock::Entropy as _;

use super::{OutputArguments, print_json, role, say};
use crate::api::Api;
use crate::clock::SystemEntropy;
use crate::table::table;

const PATH: &str = "/api/wayfare/v1/users";
/// Random bytes of a password that is made.
const PASSWORD_BYTES: usize = 15;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a user, and print the password, this once
    Create(CreateArguments),
    /// List the users
    List(OutputArguments),
    /// Give a user a new password: tokens given before are of no use from now on
    Password(PasswordArguments),
    /// Delete a user: their tokens are of no use from now on
    Delete(UserArguments),
}

#[derive(Args)]
pub(crate) struct CreateArguments {
    /// What the person signs in with: an e-mail address
    name: String,

    /// A role the user has, by name or id; repeat it for more
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,

    /// Read the password from the input's first line, instead of making one
    #[arg(long)]
    password_stdin: bool,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct PasswordArguments {
    /// The user's name or id
    user: String,

    /// Read the password from the input's first line, instead of making one
    #[arg(long)]
    password_stdin: bool,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct UserArguments {
    /// The user's name or id
    user: String,

    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    name: String,
    roles: Vec<String>,
    created_date: String,
}

#[derive(Deserialize)]
struct Listing {
    entities: Vec<User>,
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
        Command::Password(arguments) => {
            let output = arguments.output.clone();
            output.with_api(async move |api| set_password(api, &arguments).await).await
        }
        Command::Delete(arguments) => {
            let output = arguments.output.clone();
            output.with_api(async move |api| delete(api, &arguments).await).await
        }
    }
}

async fn create(api: &Api, arguments: &CreateArguments) -> anyhow::Result<()> {
    let known = role::all(api).await?;
    let roles = arguments.roles.iter().map(|wanted| role::id_of(&known, wanted));
    let roles = roles.collect::<anyhow::Result<Vec<_>>>()?;
    let password = password(arguments.password_stdin)?;
    let body = json!({ "name": arguments.name, "password": password, "roles": roles });
    let mut answer: Value = api.post(PATH, &body).await?;
    if arguments.output.json {
        if !arguments.password_stdin {
            answer["password"] = password.into();
        }
        return print_json(&answer);
    }
    let user: User = serde_json::from_value(answer)?;
    say(&format!("Made the user {}.", user.name));
    say(&format!("  user id   {}", user.id));
    show(&password, arguments.password_stdin);
    Ok(())
}

fn show(password: &str, was_given: bool) {
    if !was_given {
        say(&format!("  password  {password}   (shown this once: keep it)"));
    }
}

async fn list(api: &Api, is_json: bool) -> anyhow::Result<()> {
    let answer: Value = api.get(PATH).await?;
    if is_json {
        return print_json(&answer);
    }
    let known = role::all(api).await?;
    let listing: Listing = serde_json::from_value(answer)?;
    let row = |user: &User| {
        let roles: Vec<&str> = user.roles.iter().map(|id| role::name_of(&known, id)).collect();
        [user.id.clone(), user.name.clone(), roles.join("\n"), user.created_date.clone()]
    };
    say(&table(["Id", "Name", "Roles", "Created"], &[], listing.entities.iter().map(row)));
    Ok(())
}

async fn set_password(api: &Api, arguments: &PasswordArguments) -> anyhow::Result<()> {
    let user = find(api, &arguments.user).await?;
    let password = password(arguments.password_stdin)?;
    let path = format!("{PATH}/{}", user.id);
    let mut answer: Value = api.patch(&path, &json!({ "password": password })).await?;
    if arguments.output.json {
        if !arguments.password_stdin {
            answer["password"] = password.into();
        }
        return print_json(&answer);
    }
    say(&format!("The user {} has a new password.", user.name));
    show(&password, arguments.password_stdin);
    Ok(())
}

async fn delete(api: &Api, arguments: &UserArguments) -> anyhow::Result<()> {
    let user = find(api, &arguments.user).await?;
    api.delete(&format!("{PATH}/{}", user.id)).await?;
    if arguments.output.json {
        return print_json(&json!({ "id": user.id, "deleted": true }));
    }
    say(&format!("Deleted the user {}.", user.name));
    Ok(())
}

async fn find(api: &Api, wanted: &str) -> anyhow::Result<User> {
    let listing: Listing = api.get(PATH).await?;
    let name = wanted.to_lowercase();
    let found = listing.entities.into_iter().find(|user| user.id == wanted || user.name == name);
    found.with_context(|| format!("there is no user {wanted}"))
}

fn password(is_given: bool) -> anyhow::Result<String> {
    if !is_given {
        let mut bytes = [0; PASSWORD_BYTES];
        SystemEntropy.fill(&mut bytes);
        return Ok(URL_SAFE_NO_PAD.encode(bytes));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    let line = line.trim_end_matches(['\n', '\r']);
    if line.is_empty() {
        bail!("the input's first line is empty: it should hold the password");
    }
    Ok(line.to_owned())
}
