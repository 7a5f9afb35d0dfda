//! A role as configurations write it, in clients and in grants.

use std::collections::BTreeSet;

use pangea_client::Role;
use tf_framework::{Diagnostic, Diagnostics, Model, Path, Value};

use crate::ids;

/// What a client's scopes apply to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
pub struct RoleModel {
    /// Kind of object: `organization`, `project`, or a service's configuration such as `service_ai_guard_config`.
    #[attr(required, length(1..=255))]
    pub r#type: Value<String>,
    /// The object: an organization's id (`poi_…`), a project's (`ppi_…`), a service configuration's (`pci_…`).
    #[attr(required, length(1..=255))]
    pub id: Value<String>,
    /// Level of access: `admin` on an organization or a project, `manager` on a service's configuration.
    #[attr(required, length(1..=255))]
    pub role: Value<String>,
    /// The service that a service's role belongs to, such as `ai-guard`.
    #[attr(optional, length(1..=255))]
    pub service: Value<String>,
    /// The service configuration that a service's role belongs to.
    #[attr(optional, length(1..=255))]
    pub service_config_id: Value<String>,
}

impl RoleModel {
    /// The role as the API has it; `None` while part of it is unknown.
    pub fn to_api(&self) -> Option<Role> {
        if self.service.is_unknown() || self.service_config_id.is_unknown() {
            return None;
        }
        Some(Role {
            r#type: self.r#type.known()?.clone(),
            id: self.id.known()?.clone(),
            role: self.role.known()?.clone(),
            service: self.service.known().cloned(),
            service_config_id: self.service_config_id.known().cloned(),
        })
    }
}

impl From<Role> for RoleModel {
    fn from(role: Role) -> RoleModel {
        RoleModel {
            r#type: role.r#type.into(),
            id: role.id.into(),
            role: role.role.into(),
            service: role.service.into(),
            service_config_id: role.service_config_id.into(),
        }
    }
}

/// The errors for roles on an object of another kind than they say, and for configurations that are none.
pub(crate) fn check_ids(roles: &Value<BTreeSet<RoleModel>>, diagnostics: &mut Diagnostics) {
    for role in roles.known().into_iter().flatten() {
        let object = role.r#type.as_deref().and_then(kind_of_object);
        let problems = [
            object.and_then(|kind| misplaced("id", &role.id, kind)),
            misplaced("service_config_id", &role.service_config_id, ids::SERVICE_CONFIG),
        ];
        problems.into_iter().flatten().for_each(|problem| diagnostics.push(problem));
    }
}

/// The error for an id of another kind inside a role. A role has no place of its own in its set, so it is shown at the whole.
fn misplaced(attribute: &str, id: &Value<String>, expected: &str) -> Option<Diagnostic> {
    let found = ids::misplaced(id, Path::attribute(attribute), expected)?;
    Some(Diagnostic { detail: format!("In `roles`, {}", found.detail), ..found }.at(Path::attribute("roles")))
}

/// The prefix of the objects of a kind, where it is known. An object may also be a group of Pangea's registry, which has no prefix.
pub(crate) fn kind_of_object(r#type: &str) -> Option<&'static str> {
    match r#type {
        "organization" => Some(ids::ORGANIZATION),
        "project" => Some(ids::PROJECT),
        service if service.starts_with("service_") && service.ends_with("_config") => Some(ids::SERVICE_CONFIG),
        _ => None,
    }
}

/// A set of roles as the API has them. What is unknown is left out.
pub(crate) fn to_api(roles: &Value<BTreeSet<RoleModel>>) -> BTreeSet<Role> {
    roles.known().into_iter().flatten().filter_map(RoleModel::to_api).collect()
}

/// A set of roles as a state holds them.
pub(crate) fn to_model(roles: impl IntoIterator<Item = Role>) -> BTreeSet<RoleModel> {
    roles.into_iter().map(RoleModel::from).collect()
}

/// Those of the declared roles that the client has. The service may say more of a role than the declaration does.
pub(crate) fn still_held(declared: &BTreeSet<Role>, actual: &[Role]) -> BTreeSet<Role> {
    let says = |declared: &Option<String>, actual: &Option<String>| declared.is_none() || declared == actual;
    let same = |declared: &Role, actual: &Role| {
        (&declared.r#type, &declared.id, &declared.role) == (&actual.r#type, &actual.id, &actual.role)
            && says(&declared.service, &actual.service)
            && says(&declared.service_config_id, &actual.service_config_id)
    };
    declared.iter().filter(|declared| actual.iter().any(|actual| same(declared, actual))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(id: &str, service: Option<&str>) -> Role {
        Role {
            r#type: "project".to_owned(),
            id: id.to_owned(),
            role: "admin".to_owned(),
            service: service.map(str::to_owned),
            service_config_id: None,
        }
    }

    #[test]
    fn a_role_of_which_the_service_says_more_is_still_the_same() {
        let declared = BTreeSet::from([role("ppi_a", None)]);
        assert_eq!(still_held(&declared, &[role("ppi_a", Some("audit"))]), declared);
    }

    #[test]
    fn a_role_that_the_client_lost_is_not_held() {
        let declared = BTreeSet::from([role("ppi_a", None), role("ppi_b", Some("audit"))]);
        assert_eq!(still_held(&declared, &[role("ppi_b", Some("redact"))]), BTreeSet::new());
    }
}
