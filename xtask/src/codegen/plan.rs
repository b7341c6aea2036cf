//! What will be written: the generations united, names chosen, every choice checked.
//!
//! - An operation is the same in two generations when method and path are. Its permissions are
//!   the union.
//! - A model of several generations becomes one struct with the fields of all, the oldest first.
//! - Where an operation's body is a different model in an older generation, the fields of the
//!   older model join the newest one, so that one struct reads the bodies of all generations.
//! - Where generations disagree about a field's type, the newest wins, provided that its model
//!   has all that the older one has.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use super::choices;
use super::contract::{Contract, Parameter, Type};
use super::names;

pub(crate) struct Plan {
    pub(crate) files: Vec<File>,
    pub(crate) vocabularies: Vec<Vocabulary>,
    pub(crate) operations: Vec<Operation>,
}

pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) models: Vec<Model>,
}

#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) generations: BTreeSet<u16>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) wire_name: String,
    pub(crate) value_type: Type,
    pub(crate) generations: BTreeSet<u16>,
    /// The values of all generations; empty when the contract does not limit them.
    pub(crate) values: Vec<String>,
    /// The name of the vocabulary with these values.
    pub(crate) vocabulary: Option<String>,
    /// An explicit `null` means something else than an absent field.
    pub(crate) tells_null: bool,
}

/// A closed set of words.
pub(crate) struct Vocabulary {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    /// `Model.field`, each that is limited to these values.
    pub(crate) used_by: Vec<String>,
}

pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) permissions_any_of: BTreeSet<String>,
    pub(crate) generations: BTreeSet<u16>,
    /// Those of the newest generation, the body among them.
    pub(crate) parameters: Vec<Parameter>,
    /// The answer's type in the newest generation, or `empty`.
    pub(crate) response: String,
    /// Names of the body and answer models, in any generation.
    models: BTreeSet<String>,
    /// The body model of each generation, oldest first.
    bodies: Vec<(u16, String)>,
}

type Models = BTreeMap<String, Model>;

pub(crate) fn make(contracts: &[Contract]) -> Result<Plan> {
    let operations = unite_operations(contracts)?;
    let mut models = unite_models(contracts)?;
    unite_bodies(&operations, &mut models)?;
    drop_read_only_fields(&mut models)?;
    mark_patch_fields(&mut models)?;
    add_own_fields(&mut models)?;

    let reachable = reachable_models(&operations, &models)?;
    models.retain(|name, _| reachable.contains(name));
    let vocabularies = name_vocabularies(&mut models)?;
    let files = place(models)?;
    Ok(Plan { files, vocabularies, operations })
}

fn unite_operations(contracts: &[Contract]) -> Result<Vec<Operation>> {
    let mut united: BTreeMap<(String, String), Operation> = BTreeMap::new();
    for contract in contracts {
        for source in &contract.operations {
            let operation = united
                .entry((source.path.clone(), source.method.clone()))
                .or_insert_with(|| Operation {
                    name: source.name.clone(),
                    method: source.method.clone(),
                    path: source.path.clone(),
                    permissions_any_of: BTreeSet::new(),
                    generations: BTreeSet::new(),
                    parameters: Vec::new(),
                    response: String::new(),
                    models: BTreeSet::new(),
                    bodies: Vec::new(),
                });
            ensure!(
                operation.name == source.name,
                "{} {} is called {} and {}",
                source.method,
                source.path,
                operation.name,
                source.name
            );
            operation.generations.insert(contract.generation);
            operation.parameters = source.parameters.clone();
            operation.response = source.response.clone();
            operation.permissions_any_of.extend(source.permissions_any_of.iter().cloned());
            if source.response != "empty" {
                operation.models.extend(Type::parse(&source.response)?.model().map(str::to_owned));
            }
            for parameter in source.parameters.iter().filter(|parameter| parameter.place == "body")
            {
                let Some(body) = Type::parse(&parameter.value_type)?.model().map(str::to_owned)
                else {
                    continue;
                };
                operation.bodies.push((contract.generation, body));
            }
        }
    }
    let operations: Vec<Operation> = united.into_values().collect();
    let names: BTreeSet<&str> = operations.iter().map(|operation| &*operation.name).collect();
    ensure!(names.len() == operations.len(), "two operations have one name");
    Ok(operations)
}

fn unite_models(contracts: &[Contract]) -> Result<Models> {
    let mut united = Models::new();
    for contract in contracts {
        for source in &contract.models {
            let model = united.entry(source.name.clone()).or_insert_with(|| Model {
                name: source.name.clone(),
                generations: BTreeSet::new(),
                fields: Vec::new(),
            });
            model.generations.insert(contract.generation);
            for field in &source.fields {
                let field = Field {
                    wire_name: field.wire_name.clone(),
                    value_type: field.value_type.clone(),
                    generations: BTreeSet::from([contract.generation]),
                    values: field.values.clone(),
                    vocabulary: None,
                    tells_null: false,
                };
                // The newer type is taken here and checked when all models are complete.
                add_field(model, &field, Newer::Added);
            }
        }
    }
    check_replaced_types(contracts, &united)?;
    Ok(united)
}

/// Which of two descriptions of one field is the newer one, and so decides the type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Newer {
    Added,
    Existing,
}

fn add_field(model: &mut Model, added: &Field, newer: Newer) {
    let existing = model.fields.iter_mut().find(|field| field.wire_name == added.wire_name);
    let Some(existing) = existing else {
        model.fields.push(added.clone());
        return;
    };
    if newer == Newer::Added {
        existing.value_type = added.value_type.clone();
    }
    existing.generations.extend(&added.generations);
    for value in &added.values {
        if !existing.values.contains(value) {
            existing.values.push(value.clone());
        }
    }
}

/// Fails where the united type of a field cannot hold what a generation puts there.
fn check_replaced_types(contracts: &[Contract], united: &Models) -> Result<()> {
    for contract in contracts {
        for model in &contract.models {
            for field in &model.fields {
                let chosen = &find_field(united, &model.name, &field.wire_name)?.value_type;
                ensure!(
                    covers(chosen, &field.value_type, united),
                    "{}.{} is {:?} in {}, which {chosen:?} does not cover",
                    model.name,
                    field.wire_name,
                    field.value_type,
                    contract.generation
                );
            }
        }
    }
    Ok(())
}

/// Whether a value of the type `old` can be read as `new` without losing a field.
fn covers(new: &Type, old: &Type, models: &Models) -> bool {
    match (new, old) {
        (Type::List(new), Type::List(old)) | (Type::Dictionary(new), Type::Dictionary(old)) => {
            covers(new, old, models)
        }
        (Type::Model(new), Type::Model(old)) if new != old => {
            let (Some(new), Some(old)) = (models.get(new), models.get(old)) else {
                return false;
            };
            old.fields.iter().all(|old| {
                let twin = new.fields.iter().find(|field| field.wire_name == old.wire_name);
                twin.is_some_and(|new| covers(&new.value_type, &old.value_type, models))
            })
        }
        (new, old) => new == old,
    }
}

/// Adds the fields of older body models to the newest body model of each served operation.
fn unite_bodies(operations: &[Operation], models: &mut Models) -> Result<()> {
    for operation in operations.iter().filter(|operation| is_served(&operation.name)) {
        let Some((_, newest)) = operation.bodies.last() else { continue };
        for (generation, older) in &operation.bodies {
            if older == newest {
                continue;
            }
            let mut fields = find_model(models, older)?.fields.clone();
            fields.retain(|field| field.generations.contains(generation));
            let model = models.get_mut(newest).with_context(|| format!("no model {newest}"))?;
            for field in &mut fields {
                field.generations = BTreeSet::from([*generation]);
                add_field(model, field, Newer::Existing);
            }
            model.generations.insert(*generation);
            for field in &fields {
                let chosen = &find_field(models, newest, &field.wire_name)?.value_type;
                ensure!(
                    covers(chosen, &field.value_type, models),
                    "{newest}.{} cannot read what {generation} sends",
                    field.wire_name
                );
            }
        }
    }
    Ok(())
}

fn drop_read_only_fields(models: &mut Models) -> Result<()> {
    for name in choices::BODY_MODELS {
        let model = models.get_mut(*name).with_context(|| format!("no body model {name}"))?;
        model.fields.retain(|field| !choices::READ_ONLY_FIELDS.contains(&&*field.wire_name));
    }
    Ok(())
}

fn mark_patch_fields(models: &mut Models) -> Result<()> {
    for (name, wire_name) in choices::PATCH_FIELDS {
        let model = models.get_mut(*name).with_context(|| format!("no patch model {name}"))?;
        let field = model.fields.iter_mut().find(|field| field.wire_name == *wire_name);
        field.with_context(|| format!("no patch field {name}.{wire_name}"))?.tells_null = true;
    }
    Ok(())
}

fn add_own_fields(models: &mut Models) -> Result<()> {
    for (names, wire_name, value_type) in choices::OWN_FIELDS {
        for name in *names {
            let model = models.get_mut(*name).with_context(|| format!("no model {name}"))?;
            let is_taken = model.fields.iter().any(|field| field.wire_name == *wire_name);
            ensure!(!is_taken, "the contract has {name}.{wire_name} itself");
            model.fields.push(Field {
                wire_name: (*wire_name).to_owned(),
                value_type: Type::parse(value_type)?,
                generations: BTreeSet::new(),
                values: Vec::new(),
                vocabulary: None,
                tells_null: false,
            });
        }
    }
    Ok(())
}

pub(crate) fn is_served(operation: &str) -> bool {
    choices::SERVED_OPERATIONS.contains(&operation)
}

fn reachable_models(operations: &[Operation], models: &Models) -> Result<BTreeSet<String>> {
    for name in choices::SERVED_OPERATIONS {
        let known = operations.iter().any(|operation| operation.name == *name);
        ensure!(known, "the served operation {name} is in no contract file");
    }
    let mut open: Vec<String> = Vec::new();
    for operation in operations.iter().filter(|operation| is_served(&operation.name)) {
        open.extend(operation.models.iter().cloned());
        open.extend(operation.bodies.last().map(|(_, newest)| newest.clone()));
    }
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        let fields = &find_model(models, &name)?.fields;
        if reached.insert(name) {
            open.extend(
                fields.iter().filter_map(|field| field.value_type.model()).map(str::to_owned),
            );
        }
    }
    Ok(reached)
}

/// Finds the distinct sets of values, names them, and tells each field its vocabulary.
fn name_vocabularies(models: &mut Models) -> Result<Vec<Vocabulary>> {
    let mut by_values: BTreeMap<BTreeSet<String>, Vec<(String, Field)>> = BTreeMap::new();
    for model in models.values() {
        for field in model.fields.iter().filter(|field| !field.values.is_empty()) {
            let users = by_values.entry(field.values.iter().cloned().collect()).or_default();
            users.push((model.name.clone(), field.clone()));
        }
    }
    let mut vocabularies = Vec::new();
    for users in by_values.into_values() {
        let name = vocabulary_name(&users)?;
        ensure!(!models.contains_key(&name), "{name} is a model and a vocabulary");
        for (model, user) in &users {
            let fields = models.get_mut(model).map(|model| &mut model.fields);
            for field in fields.into_iter().flatten() {
                if field.wire_name == user.wire_name {
                    field.vocabulary = Some(name.clone());
                }
            }
        }
        let values = users.first().map(|(_, field)| field.values.clone()).unwrap_or_default();
        let used_by =
            users.iter().map(|(model, field)| format!("{model}.{}", field.wire_name)).collect();
        vocabularies.push(Vocabulary { name, values, used_by });
    }
    vocabularies.sort_by(|left, right| left.name.cmp(&right.name));
    let twins = vocabularies.windows(2).find(|pair| pair[0].name == pair[1].name);
    if let Some(pair) = twins {
        bail!("two sets of values are called {}", pair[0].name);
    }
    Ok(vocabularies)
}

fn vocabulary_name(users: &[(String, Field)]) -> Result<String> {
    let chosen = choices::VOCABULARY_NAMES.iter().find(|(model, wire_name, _)| {
        users.iter().any(|(user, field)| user == model && field.wire_name == *wire_name)
    });
    if let Some((_, _, name)) = chosen {
        return Ok((*name).to_owned());
    }
    let (model, field) = users.first().context("a set of values that nothing uses")?;
    Ok(format!("{model}{}", names::pascal_case(&field.wire_name)))
}

/// Puts every model into its file; fails when a model has no place or a place no model.
fn place(mut models: Models) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for file in choices::WIRE_FILES {
        let mut placed = Vec::new();
        for name in file.models {
            let model = models.remove(*name);
            placed.push(model.with_context(|| {
                format!("choices place {name} in {}, but nothing served reaches it", file.name)
            })?);
        }
        files.push(File { name: file.name, about: file.about, models: placed });
    }
    let homeless: Vec<String> = models.into_keys().collect();
    ensure!(homeless.is_empty(), "no file is chosen for the models {}", homeless.join(", "));
    Ok(files)
}

fn find_model<'models>(models: &'models Models, name: &str) -> Result<&'models Model> {
    models.get(name).with_context(|| format!("no contract file has the model {name}"))
}

fn find_field<'models>(models: &'models Models, model: &str, wire: &str) -> Result<&'models Field> {
    let mut fields = find_model(models, model)?.fields.iter();
    fields.find(|field| field.wire_name == wire).with_context(|| format!("no field {model}.{wire}"))
}

#[cfg(test)]
mod tests;
