//! Users: people who sign in with a name and a password.

use std::collections::BTreeSet;

use wayfare_model::id::{OrganisationId, RoleId, UserId};
use wayfare_model::limits::{
    PASSWORD_BYTES_MAX, PASSWORD_CHARACTERS_MIN, USER_NAME_CHARACTERS_MAX, USER_ROLES_MAX,
    USERS_MAX,
};
use wayfare_model::organisation::{Role, User};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_store::documents::{Document, Kind};

use super::failures::Whose;
use super::{Caller, documents, permissions, roles};
use crate::app::App;
use crate::error::Result;
use crate::paging::read_all;

/// A user that somebody wants.
#[derive(Clone)]
pub struct NewUser {
    /// An e-mail address, in any case.
    pub name: String,
    /// The password.
    pub password: String,
    /// Ids of roles.
    pub roles: Vec<String>,
}

/// What is to change about a user; what is absent stays.
#[derive(Clone, Default)]
pub struct UserChange {
    /// A new password. Tokens given before are of no use from now on.
    pub password: Option<String>,
    /// Ids of all roles it has from now on.
    pub roles: Option<Vec<String>>,
}

/// The form in which names are compared and kept.
pub(super) fn normal_name(name: &str) -> String {
    name.trim().to_lowercase()
}

impl App {
    /// Makes a user.
    ///
    /// # Errors
    /// Faults of any field, [`ProblemKind::RequestConflict`] when the name is taken,
    /// [`ProblemKind::LimitExceeded`].
    pub async fn create_user(&self, caller: &Caller, wanted: &NewUser) -> Result<User> {
        let name = normal_name(&wanted.name);
        let mut faults = name_faults(&name);
        faults.extend(password_faults(&wanted.password, &name));
        let (roles, role_faults) = self.read_roles(caller, &wanted.roles).await?;
        faults.extend(role_faults);
        if !faults.is_empty() {
            return Err(Problem::from_faults(faults).into());
        }
        if self.list_users(caller).await?.len() >= USERS_MAX {
            return Err(Problem::limit_exceeded("users", USERS_MAX).into());
        }
        let password_hash = self.hash_password(&wanted.password).await?;
        let now = self.now();
        let user = User {
            id: UserId::from_uuid(self.entropy.uuid()),
            name,
            password_hash,
            password_set: now,
            roles,
            created: now,
        };
        let both = vec![
            (Kind::UserName, documents::user_name_document(&user)?),
            (Kind::User, documents::user_document(&user, now, 1)?),
        ];
        match self.stores.documents.insert_all(caller.organisation, both).await {
            Err(wayfare_store::Error::AlreadyExists) => {
                let message = format!("there is a user called [{}] already", user.name);
                Err(Problem::new(ProblemKind::RequestConflict, message).into())
            }
            other => {
                other?;
                Ok(user)
            }
        }
    }

    /// The users of the caller's organisation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_users(&self, caller: &Caller) -> Result<Vec<User>> {
        let all = read_all(&*self.stores.documents, caller.organisation, Kind::User).await?;
        let mut users = all.iter().map(documents::user).collect::<Result<Vec<_>, _>>()?;
        users.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(users)
    }

    /// Changes a user's password or roles. Whoever does it must have every permission of the user:
    /// they could sign in as that user afterwards.
    ///
    /// # Errors
    /// Not found, faults of any field, [`ProblemKind::MissingAnyPermissions`],
    /// [`ProblemKind::RequestConflict`] when somebody else changed the user meanwhile.
    pub async fn update_user(
        &self,
        caller: &Caller,
        id: &str,
        change: &UserChange,
    ) -> Result<User> {
        let (mut user, version) = self.stored_user(caller.organisation, id).await?;
        let held = roles::union(&self.roles(caller.organisation, &user.roles).await?);
        if let Some(beyond) = permissions::first_beyond(caller, &held) {
            let message = format!("user [{}] has [{beyond}], which the caller has not", user.name);
            return Err(Problem::new(ProblemKind::MissingAnyPermissions, message).into());
        }
        let mut faults = Vec::new();
        if let Some(password) = &change.password {
            faults.extend(password_faults(password, &user.name));
        }
        if let Some(wanted) = &change.roles {
            let (roles, role_faults) = self.read_roles(caller, wanted).await?;
            faults.extend(role_faults);
            user.roles = roles;
        }
        if !faults.is_empty() {
            return Err(Problem::from_faults(faults).into());
        }
        if let Some(password) = &change.password {
            user.password_hash = self.hash_password(password).await?;
            user.password_set = self.now();
        }
        let document = documents::user_document(&user, self.now(), version + 1)?;
        let documents = &self.stores.documents;
        match documents.replace(caller.organisation, Kind::User, version, document).await {
            Err(wayfare_store::Error::NotFound) => {
                return Err(Problem::not_found("user", id).into());
            }
            Err(wayfare_store::Error::Conflict { .. }) => {
                let message = format!("user [{}] was changed meanwhile", user.name);
                return Err(Problem::new(ProblemKind::RequestConflict, message).into());
            }
            other => other?,
        }
        self.forget_user(user.id);
        Ok(user)
    }

    /// Deletes a user: their tokens are of no use from now on.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete_user(&self, caller: &Caller, id: &str) -> Result<()> {
        let (user, _) = self.stored_user(caller.organisation, id).await?;
        let documents = &self.stores.documents;
        let organisation = caller.organisation;
        // The name goes first, if it is still this user's: should the second step fail, the user is
        // listed, cannot sign in, and can be deleted again.
        let name = documents::user_name_document_id(&user.name);
        let holder = documents.fetch(organisation, Kind::UserName, name).await?;
        let holder = holder.as_ref().map(documents::user_of_name).transpose()?;
        if holder == Some(user.id) {
            match documents.remove(organisation, Kind::UserName, name).await {
                Err(wayfare_store::Error::NotFound) => {}
                other => other?,
            }
        }
        let removed = documents.remove(organisation, Kind::User, user.id.as_uuid()).await;
        self.forget_user(user.id);
        match removed {
            Err(wayfare_store::Error::NotFound) => Err(Problem::not_found("user", id).into()),
            other => Ok(other?),
        }
    }

    /// The roles of a user that exist.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn roles_of_user(&self, caller: &Caller, user: &User) -> Result<Vec<Role>> {
        self.roles(caller.organisation, &user.roles).await
    }

    /// The person who asks.
    ///
    /// # Errors
    /// [`ProblemKind::BadRequest`] when a client asks for itself.
    pub async fn current_user(&self, caller: &Caller) -> Result<User> {
        let Some(person) = caller.person else {
            let message = "this needs a person: the token is a client's own";
            return Err(Problem::new(ProblemKind::BadRequest, message).into());
        };
        let (user, _) = self.stored_user(caller.organisation, &person.user.to_string()).await?;
        Ok(user)
    }

    /// The user with this name and password. Takes as long when there is none of that name.
    /// Failures in a row slow the name down, those of each address apart: a name is known to many, and
    /// none of them may shut the person out.
    ///
    /// # Errors
    /// [`ProblemKind::BadCredentials`], the same for an unknown name and for a wrong password;
    /// [`ProblemKind::TooManyRequests`].
    pub(super) async fn prove_user(
        &self,
        organisation: OrganisationId,
        name: &str,
        password: &str,
        address: Option<&str>,
    ) -> Result<User> {
        let name = normal_name(name);
        let whose = Whose::of(organisation.as_uuid().as_bytes(), &name, address);
        let refused = || Problem::new(ProblemKind::BadCredentials, "name or password is not right");
        // Those who wait for their turn are judged when it comes: many attempts at once do not get
        // past the limit together.
        let turn = self.access.passwords.turn().await?;
        self.access.user_failures.may_try(whose, self.now())?;
        let known = self.user_of_name(organisation, &name).await?;
        let stored = known.as_ref().map(|user| user.password_hash.as_str());
        let is_short = password.len() <= PASSWORD_BYTES_MAX;
        let attempt = if is_short { password } else { "" };
        let is_right = turn.verify(attempt, stored).await? && is_short;
        match known.filter(|_| is_right) {
            Some(user) => {
                self.access.user_failures.succeeded(whose);
                Ok(user)
            }
            None => {
                self.access.user_failures.failed(whose, self.now());
                Err(refused().into())
            }
        }
    }

    async fn user_of_name(&self, organisation: OrganisationId, name: &str) -> Result<Option<User>> {
        let documents = &self.stores.documents;
        let id = documents::user_name_document_id(name);
        let Some(found) = documents.fetch(organisation, Kind::UserName, id).await? else {
            return Ok(None);
        };
        let user = documents::user_of_name(&found)?;
        let found = documents.fetch(organisation, Kind::User, user.as_uuid()).await?;
        let user = found.as_ref().map(documents::user).transpose()?;
        Ok(user.filter(|user| user.name == name))
    }

    async fn stored_user(&self, organisation: OrganisationId, id: &str) -> Result<(User, u32)> {
        let not_found = || Problem::not_found("user", id);
        let user: UserId = id.parse().map_err(|_| not_found())?;
        let found = self.stores.documents.fetch(organisation, Kind::User, user.as_uuid()).await?;
        let document: Document = found.ok_or_else(not_found)?;
        Ok((documents::user(&document)?, document.version))
    }

    async fn hash_password(&self, password: &str) -> Result<String> {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        self.access.passwords.turn().await?.hash(password, salt).await
    }

    fn forget_user(&self, user: UserId) {
        self.tokens.forget(|known| known.person.is_some_and(|person| person.user == user));
    }

    /// Reads the roles that `caller` wants to give.
    async fn read_roles(
        &self,
        caller: &Caller,
        wanted: &[String],
    ) -> Result<(BTreeSet<RoleId>, Vec<Fault>)> {
        let mut faults = Vec::new();
        let mut ids = BTreeSet::new();
        if wanted.len() > USER_ROLES_MAX {
            let rule = format!("must hold {USER_ROLES_MAX} roles at most");
            return Ok((ids, vec![Fault::constraint("roles", rule)]));
        }
        for (place, text) in wanted.iter().enumerate() {
            let field = format!("roles[{place}]");
            let id = text.parse::<RoleId>().ok();
            let found = match id {
                Some(id) => self.roles(caller.organisation, &[id].into()).await?.pop(),
                None => None,
            };
            let Some(role) = found else {
                faults.push(Fault::invalid_value(field, text, "ids of roles"));
                continue;
            };
            if let Some(beyond) = permissions::first_beyond(caller, &role.permissions) {
                let rule = format!("may not hold [{beyond}]: the caller does not have it");
                faults.push(Fault::constraint(field, rule));
            }
            ids.insert(role.id);
        }
        Ok((ids, faults))
    }
}

fn name_faults(name: &str) -> Vec<Fault> {
    if name.is_empty() {
        return vec![Fault::missing("name")];
    }
    let is_short = name.chars().count() <= USER_NAME_CHARACTERS_MAX;
    let is_plain = !name.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    let has_sides = name
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if is_short && is_plain && has_sides {
        return Vec::new();
    }
    let allowed = format!(
        "e-mail addresses like ann@example.com of at most {USER_NAME_CHARACTERS_MAX} characters"
    );
    vec![Fault::invalid_value("name", name, allowed)]
}

/// The password itself is never repeated.
fn password_faults(password: &str, name: &str) -> Vec<Fault> {
    let fault = |rule: String| vec![Fault::constraint("password", rule)];
    if password.is_empty() {
        return vec![Fault::missing("password")];
    }
    if password.chars().count() < PASSWORD_CHARACTERS_MIN {
        return fault(format!("must have {PASSWORD_CHARACTERS_MIN} characters at least"));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return fault(format!("must have {PASSWORD_BYTES_MAX} bytes at most"));
    }
    if normal_name(password) == name {
        return fault("must not be the name".to_owned());
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_form_of_an_e_mail_address() {
        let check = |name: &str, is_good| {
            assert_eq!(name_faults(&normal_name(name)).is_empty(), is_good, "{name}")
        };
        check("ann@example.com", true);
        check("  Ann@Example.COM ", true);
        check("ann+x@localhost", true);
        check("ann", false);
        check("@example.com", false);
        check("ann@", false);
        check("ann@b@c", false);
        check("an n@example.com", false);
        check("ann@exam\u{0}ple.com", false);
        check(&format!("{}@example.com", "a".repeat(250)), false);
        check("", false);
        assert_eq!(name_faults("")[0].message, "field [name] is required");
    }

    #[test]
    fn a_password_is_long_and_not_the_name_and_is_not_repeated_in_the_fault() {
        let check = |password: &str, expected: Option<&str>| {
            let faults = password_faults(password, "ann@example.com");
            let message = faults.first().map(|fault| fault.message.as_str());
            assert_eq!(message.is_some(), expected.is_some(), "{password}");
            assert!(message.unwrap_or_default().contains(expected.unwrap_or_default()));
        };
        check("twelve chars", None);
        check("short passw", Some("12 characters"));
        check("", Some("is required"));
        check("ANN@example.com", Some("must not be the name"));
        check(&"x".repeat(1_024), None);
        check(&"x".repeat(1_025), Some("1024 bytes"));
    }
}
