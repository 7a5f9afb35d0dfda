//! The id of a grant: `psa_…/WORD WORD`, a word being a scope or `role=TYPE/ID/ROLE`.

use std::{collections::BTreeSet, fmt};

use pangea_client::Role;
use tf_framework::{Diagnostic, Value};

use super::{ClientGrant, ClientGrantIdentity};
use crate::{
    access::Holding,
    ids,
    resources::{role::to_model, scopes::is_scope},
};

/// What a word begins with that is a role.
const ROLE: &str = "role=";

/// What an id says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) client_id: String,
    pub(super) holding: Holding,
}

impl Words {
    /// Reads an import id.
    pub(super) fn parse(id: &str) -> Result<Words, Diagnostic> {
        let (client_id, words) = id.split_once('/').ok_or_else(|| wrong(id, "It has no `/` after the client's id."))?;
        if !client_id.starts_with(ids::CLIENT) {
            return Err(wrong(id, "It does not begin with the id of a client, `psa_…`."));
        }
        if let Some(problem) = ids::unusable(client_id, ids::CLIENT) {
            return Err(wrong(id, &format!("The client's id {problem}.")));
        }
        let words: Vec<_> = words.split_whitespace().collect();
        let holding = parse_words(&words).map_err(|why| wrong(id, &why))?;
        Ok(Words { client_id: client_id.to_owned(), holding })
    }

    /// Reads an identity.
    pub(super) fn from_identity(identity: ClientGrantIdentity) -> Result<Words, Diagnostic> {
        let client_id = identity.client_id.unwrap_or_default();
        let roles = identity.roles.unwrap_or_default().into_iter().map(|role| format!("{ROLE}{role}"));
        let words: Vec<_> = identity.scopes.unwrap_or_default().into_iter().chain(roles).collect();
        match parse_words(&words) {
            Ok(holding) => Ok(Words { client_id, holding }),
            Err(why) => {
                Err(Diagnostic::error("Wrong identity", format!("A client grant can't have this identity. {why}")))
            }
        }
    }

    /// The identity of the grant.
    pub(super) fn into_identity(self) -> ClientGrantIdentity {
        let list = |words: Vec<String>| Value::from(Some(words).filter(|words| !words.is_empty()));
        ClientGrantIdentity {
            client_id: self.client_id.into(),
            scopes: list(self.holding.scopes.into_iter().collect()),
            roles: list(self.holding.roles.iter().map(role_word).collect()),
        }
    }

    /// The state of an imported grant: all that it names counts as added.
    pub(super) fn into_state(self) -> ClientGrant {
        let scopes = Some(self.holding.scopes.clone()).filter(|scopes| !scopes.is_empty());
        let roles = Some(to_model(self.holding.roles.iter().cloned())).filter(|roles| !roles.is_empty());
        let mut state = ClientGrant {
            id: self.to_string().into(),
            client_id: Value::Known(self.client_id),
            scopes: scopes.into(),
            roles: roles.into(),
            added_scopes: BTreeSet::new().into(),
            added_roles: BTreeSet::new().into(),
            timeouts: Value::Null,
        };
        state.set_added(&self.holding);
        state
    }
}

/// Scopes first, then roles, each sorted.
impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes = self.holding.scopes.iter().cloned();
        let roles = self.holding.roles.iter().map(|role| format!("{ROLE}{}", role_word(role)));
        write!(f, "{}/{}", self.client_id, scopes.chain(roles).collect::<Vec<_>>().join(" "))
    }
}

/// Scopes and roles; the error says which word is neither, or that there is none.
fn parse_words(words: &[impl AsRef<str>]) -> Result<Holding, String> {
    let mut holding = Holding::default();
    for word in words.iter().map(AsRef::as_ref) {
        match word.strip_prefix(ROLE) {
            Some(role) => {
                holding.roles.insert(parse_role(role).ok_or_else(|| format!("{word:?} is not a role."))?);
            }
            None if is_scope(word) => {
                holding.scopes.insert(word.to_owned());
            }
            None => return Err(format!("{word:?} is neither a scope nor a role.")),
        }
    }
    if holding.is_empty() { Err("It names neither a scope nor a role.".to_owned()) } else { Ok(holding) }
}

fn role_word(role: &Role) -> String {
    format!("{}/{}/{}", role.r#type, role.id, role.role)
}

fn parse_role(text: &str) -> Option<Role> {
    let mut parts = text.split('/').map(str::to_owned);
    let (kind, id, role) = (parts.next()?, parts.next()?, parts.next()?);
    let is_whole = parts.next().is_none() && [&kind, &id, &role].iter().all(|part| !part.is_empty());
    is_whole.then(|| Role { r#type: kind, id, role, ..Role::default() })
}

fn wrong(id: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Wrong import id",
        format!(
            "{id:?} is not the id of a client grant. {why} The form is `psa_…/WORD WORD`, where a word is a scope such as \
             `pangea:platform:project:read`, or a role such as `role=project/ppi_…/admin`."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = "psa_a/pangea:platform:project:read x:y role=project/ppi_b/admin";
        assert_eq!(Words::parse(id).expect("it is well formed").to_string(), id);
    }

    #[test]
    fn words_may_come_in_any_order() {
        let words = Words::parse("psa_a/role=project/ppi_b/admin  z a").expect("it is well formed");
        assert_eq!(words.to_string(), "psa_a/a z role=project/ppi_b/admin");
    }

    #[test]
    fn what_is_no_id_is_refused_with_the_reason() {
        let why = |id: &str| Words::parse(id).expect_err("it is malformed").detail;
        assert!(why("psa_a").contains("no `/`"));
        assert!(why("ppi_a/x").contains("does not begin"));
        assert!(why("psa_a/").contains("neither a scope nor a role"));
        assert!(why("psa_a/role=project/admin").contains("is not a role"));
        assert!(why("psa_a/a;b").contains("\"a;b\""));
    }
}
