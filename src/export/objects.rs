//! What there is to export, as far as the login sees it.
//!
//! What the login may not see is left out with a warning. Anything else that goes wrong ends the export: half of it would look like
//! the whole.

use std::collections::{BTreeMap, BTreeSet};

use pangea_client::{BaseUrl, Client, ClientFilter, ConfigFilter, ConfigService, Kind, ProjectFilter, SecretMetadata};
use tf_framework::{Diagnostics, Result};

use crate::{
    acting::{self, Place},
    diagnose::{Attempt, Explain},
    list_resources::management_client::is_of_service,
    provider::{Pangea, Setting},
};

/// An object to export.
pub(super) struct Object {
    /// Its resource type, such as `pangea_project`.
    pub(super) kind: &'static str,
    /// What it is imported by.
    pub(super) import_id: String,
    /// What people call it.
    pub(super) name: String,
}

const ORG_READ: &str = "pangea:platform:org:read";
const PROJECT_READ: &str = "pangea:platform:project:read";
const ACCOUNT_READ: &str = "pangea:platform:account:read";

/// All objects, in the order in which they stand in the file.
pub(super) async fn find(pangea: &Pangea, warnings: &mut Diagnostics) -> Result<Vec<Object>> {
    let mut found = Vec::new();
    let mut elsewhere = BTreeMap::new();
    match &pangea.settings().organization_id {
        Setting::Known(organization, _) => {
            found.extend(the_organization(pangea, organization, warnings).await?);
            elsewhere = projects(pangea, organization, &mut found, warnings).await?;
        }
        Setting::Unknown(_) | Setting::Absent => warnings.warn(
            "The organization is not exported",
            "Nothing says which organization is meant, so neither it nor its projects are exported. Set the environment variable \
             PANGEA_ORGANIZATION_ID to its id (`poi_…`), which is on the page Organization Settings of the Pangea User Console.",
        ),
    }
    let clients = clients(pangea, &mut found, warnings).await?;
    secrets(pangea, &clients, &mut found, warnings).await?;
    configs(pangea, &clients.managing, &elsewhere, &mut found, warnings).await?;
    Ok(found)
}

async fn the_organization(pangea: &Pangea, id: &str, warnings: &mut Diagnostics) -> Result<Option<Object>> {
    let attempt = Attempt::new("read", "organization", id).needing(ORG_READ);
    let found = pangea.api()?.organizations().get(id).await;
    let found = seen(pangea, found, "The organization is not exported", &attempt, warnings)?;
    Ok(found.map(|found| Object { kind: "pangea_organization", import_id: found.id, name: found.name }))
}

/// The projects in another domain than the provider's, by their ids.
type Elsewhere = BTreeMap<String, Other>;

/// What a project in another domain is called, and which that is.
struct Other {
    name: String,
    domain: String,
}

/// The answer is which projects lie in another domain.
async fn projects(
    pangea: &Pangea,
    organization: &str,
    found: &mut Vec<Object>,
    warnings: &mut Diagnostics,
) -> Result<Elsewhere> {
    let attempt = Attempt::new("list", "projects", "").needing(PROJECT_READ);
    let api = pangea.api()?;
    let listed = api.projects().list(organization, &ProjectFilter::default()).await;
    let listed = seen(pangea, listed, "Projects are not exported", &attempt, warnings)?;
    let mut listed = listed.unwrap_or_default();
    listed.sort_by(|one, other| (&one.created_at, &one.id).cmp(&(&other.created_at, &other.id)));
    let mut elsewhere = Elsewhere::new();
    for project in listed {
        if let (BaseUrl::Domain(own), Some(domain)) = (&api.config().base_url, &project.fqdn)
            && own != domain
        {
            elsewhere.insert(project.id.clone(), Other { name: project.name.clone(), domain: domain.clone() });
        }
        found.push(Object { kind: "pangea_project", import_id: project.id, name: project.name });
    }
    Ok(elsewhere)
}

/// The clients of each kind.
struct Clients {
    managing: Vec<Client>,
    serving: Vec<Client>,
}

async fn clients(pangea: &Pangea, found: &mut Vec<Object>, warnings: &mut Diagnostics) -> Result<Clients> {
    let attempt = Attempt::new("list", "clients", "").needing(ACCOUNT_READ);
    let listed = pangea.api()?.clients().list(&ClientFilter::default()).await;
    let mut listed = seen(pangea, listed, "Clients are not exported", &attempt, warnings)?.unwrap_or_default();
    listed.sort_by(|one, other| (&one.created_at, &one.client_id).cmp(&(&other.created_at, &other.client_id)));
    let (serving, managing): (Vec<_>, Vec<_>) = listed.into_iter().partition(is_of_service);
    found.extend(managing.iter().map(|client| Object {
        kind: "pangea_management_client",
        import_id: client.client_id.clone(),
        name: client.client_name.clone(),
    }));
    for client in &serving {
        found.push(Object {
            kind: "pangea_service_client",
            import_id: match managed_as(pangea, client, &managing).await {
                Some(actor) => format!("{actor}/{}", client.client_id),
                None => client.client_id.clone(),
            },
            name: client.client_name.clone(),
        });
    }
    Ok(Clients { managing, serving })
}

/// The client that registered a service client, where it can still be acted as and sees it: another of its project would be made
/// as that one. Otherwise the login manages it.
async fn managed_as<'c>(pangea: &Pangea, client: &Client, managing: &'c [Client]) -> Option<&'c str> {
    let creator = managing.iter().find(|creator| client.creator_id.as_ref() == Some(&creator.client_id))?;
    let id = creator.client_id.as_str();
    if pangea.is_login(id) || !creator.scopes.contains(ACCOUNT_READ) {
        return None;
    }
    let place = Place { service: "authorization.access", client_id: Some(id), domain: None };
    let found = pangea.at(place).ok()?.clients().find(&client.client_id).await;
    found.ok().flatten().map(|_| id)
}

/// The oldest secret came with the client, and stands in the client's own resource; so does what a rotation there made of it.
async fn secrets(
    pangea: &Pangea,
    clients: &Clients,
    found: &mut Vec<Object>,
    warnings: &mut Diagnostics,
) -> Result<()> {
    for client in clients.managing.iter().chain(&clients.serving) {
        let id = &client.client_id;
        let attempt = Attempt::new("list the secrets of", "client", id).needing(ACCOUNT_READ);
        let listed = pangea.api()?.clients().secrets(id).await;
        let title = format!("Secrets of client {id} are not exported");
        let mut listed = seen(pangea, listed, &title, &attempt, warnings)?.unwrap_or_default();
        listed.retain(|secret| !secret.is_of_a_run());
        listed.sort_by(|one, other| {
            (&one.created_at, &one.client_secret_id).cmp(&(&other.created_at, &other.client_secret_id))
        });
        found.extend(further(listed).into_iter().map(|secret| Object {
            kind: "pangea_client_secret",
            import_id: format!("{id}/{}", secret.client_secret_id),
            name: secret.client_secret_name.unwrap_or_else(|| client.client_name.clone()),
        }));
    }
    Ok(())
}

/// The secrets behind the oldest, but for those that a rotation in place made of it: they have its name, with a number at the end.
fn further(secrets: Vec<SecretMetadata>) -> Vec<SecretMetadata> {
    let mut secrets = secrets.into_iter();
    let Some(first) = secrets.next() else { return Vec::new() };
    let base = base_name(&first).0;
    secrets.filter(|secret| !matches!(base_name(secret), (other, true) if other == base)).collect()
}

/// A secret's name without the number that a rotation gives it, and whether it has one.
fn base_name(secret: &SecretMetadata) -> (&str, bool) {
    let name = secret.client_secret_name.as_deref().unwrap_or_default();
    match name.rsplit_once(" #") {
        Some((base, number)) if number.parse().is_ok_and(|number: u64| number > 1) => (base, true),
        _ => (name, false),
    }
}

/// Configurations of the services in each project, as the first client of the project that may read them.
async fn configs(
    pangea: &Pangea,
    clients: &[Client],
    elsewhere: &Elsewhere,
    found: &mut Vec<Object>,
    warnings: &mut Diagnostics,
) -> Result<()> {
    let mut of_projects: BTreeMap<String, Vec<&Client>> = BTreeMap::new();
    let mut left = BTreeSet::new();
    for client in clients {
        let attempt = Attempt::new("list the roles of", "client", &client.client_id).needing(ACCOUNT_READ);
        let roles = pangea.api()?.clients().roles(&client.client_id).await.explain(pangea, &attempt)?;
        for role in roles.into_iter().filter(|role| role.r#type == "project") {
            if elsewhere.contains_key(&role.id) {
                left.insert(role.id);
            } else {
                of_projects.entry(role.id).or_default().push(client);
            }
        }
    }
    warn_of_left(elsewhere, &left, warnings);
    for (project, clients) in of_projects {
        for service in ConfigService::ALL {
            let scope = format!("pangea:service:{}:config:read", service.label());
            let Some(client) = clients.iter().find(|client| client.scopes.contains(&scope)) else { continue };
            found.extend(listed_as(pangea, client, service, &scope, &project, warnings).await);
        }
    }
    Ok(())
}

/// The warning for projects in another domain where clients could read configurations.
fn warn_of_left(elsewhere: &Elsewhere, left: &BTreeSet<String>, warnings: &mut Diagnostics) {
    for (id, Other { name, domain }) in elsewhere.iter().filter(|(id, _)| left.contains(*id)) {
        warnings.warn(
            format!("Configurations in project {id} are not exported"),
            format!(
                "Project \"{name}\" is in the domain {domain}, and an import reads in the provider's own. Where the login is known there, \
                 an export with the environment variable PANGEA_DOMAIN={domain} writes its configurations."
            ),
        );
    }
}

/// What a client sees of a service. Whatever keeps it from seeing it is a warning: the service may be off in the project.
async fn listed_as(
    pangea: &Pangea,
    client: &Client,
    service: ConfigService,
    scope: &str,
    project: &str,
    warnings: &mut Diagnostics,
) -> Vec<Object> {
    let id = &client.client_id;
    let place = Place { service: service.label(), client_id: Some(id), domain: None };
    let attempt = Attempt::new("list", "service configurations", "").needing(scope).at_service(place.service);
    let listed = async {
        let listed = pangea.at(place)?.configs(service).list(&ConfigFilter::default()).await;
        acting::sorted(listed, pangea, place, &attempt)
    };
    let listed = match listed.await {
        Ok(listed) => listed,
        Err(unreached) => {
            for error in unreached.into_lookup_error(place).iter() {
                warnings.warn(
                    format!("Configurations of {} in project {project} are not exported", service.label()),
                    format!("{}: {}", error.summary, error.detail),
                );
            }
            return Vec::new();
        }
    };
    let object = |config: pangea_client::ServiceConfig| Object {
        kind: "pangea_service_config",
        import_id: format!("{id}/{}/{}", service.label(), config.id),
        name: config.name,
    };
    listed.into_iter().map(object).collect()
}

/// What the login may not see is left out, and said.
fn seen<T>(
    pangea: &Pangea,
    result: pangea_client::Result<T>,
    title: &str,
    attempt: &Attempt<'_>,
    warnings: &mut Diagnostics,
) -> Result<Option<T>> {
    match result {
        Err(error) if error.kind() == Kind::Forbidden => {
            let why = Err::<T, _>(error).explain(pangea, attempt).err().unwrap_or_default();
            why.iter().for_each(|why| warnings.warn(title, &why.detail));
            Ok(None)
        }
        result => result.explain(pangea, attempt).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::{from_value, json};

    use super::*;
    use crate::testing::render;

    #[test]
    fn what_a_rotation_made_of_the_first_secret_is_left_out_and_nothing_else() {
        let secret =
            |name: &str| from_value(json!({ "client_secret_id": "pce_a", "client_secret_name": name })).unwrap();
        let names = ["key", "key #2", "key #3", "backup", "backup #2", "key #1"];
        let left: Vec<_> =
            further(names.map(secret).into()).into_iter().filter_map(|one| one.client_secret_name).collect();
        assert_eq!(left, ["backup", "backup #2", "key #1"]);
        // The first of them has run out by now.
        assert_eq!(further(["key #2", "key #3"].map(secret).into()), []);
        assert_eq!(further(Vec::new()), []);
    }

    #[test]
    fn a_project_in_another_domain_is_told_where_a_client_could_have_read_it() {
        let other = |name: &str| Other { name: name.to_owned(), domain: "aws.eu.pangea.cloud".to_owned() };
        let elsewhere = Elsewhere::from([("ppi_a".to_owned(), other("shop")), ("ppi_b".to_owned(), other("bare"))]);
        let mut warnings = Diagnostics::new();
        warn_of_left(&elsewhere, &["ppi_a".to_owned()].into(), &mut warnings);
        expect![[r#"
            Warning: Configurations in project ppi_a are not exported

            Project "shop" is in the domain aws.eu.pangea.cloud, and an import reads in the provider's own. Where the login is known there, an export with the environment variable PANGEA_DOMAIN=aws.eu.pangea.cloud writes its configurations.
        "#]].assert_eq(&render(&warnings));
    }
}
