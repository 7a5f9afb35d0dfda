//! Roles and scopes of a client after its registration: list, grant, revoke, and the rules of who may have which role.

use serde_json::{Value, json};

use crate::access::{self, Caller};
use crate::answers::{Problem, Reply};
use crate::call::Call;
use crate::clients;
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing;
use crate::options::Switch;
use crate::scopes::{self, ACCOUNT_MANAGE, ACCOUNT_READ};
use crate::state::World;
use crate::store::{Document, Table, text};

/// `GET /v1beta/oauth/clients/{client_id}/roles`. Two official clients send it as POST; the guide shows GET.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_READ)?;
    let client = clients::find(world, &caller, call.parameter(0))?;
    let asked = |key: &str, role: &Value, field: &str| {
        call.query_one(key).is_none_or(|wanted| role[field].as_str() == Some(wanted))
    };
    let roles: Vec<&Value> = access::roles(client)
        .iter()
        .filter(|role| {
            asked("resource_type", role, "type") && asked("resource_id", role, "id") && asked("role", role, "role")
        })
        .collect();
    let count = roles.len();
    Ok(Reply::ok(json!({ "roles": roles, "count": count, "last": listing::last(count, count) })))
}

/// `POST /v1beta/oauth/clients/{client_id}/grant`. Adds; what is there already stays as it is.
pub(crate) fn grant(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let (caller, mut client, delta) = prepare(world, call)?;
    let held = access::roles(&client).to_vec();
    let added: Vec<Value> = delta.roles.into_iter().filter(|role| !held.iter().any(|own| is_same(own, role))).collect();
    if let Some(tenancy) = admit(world, &caller, &added, &held)? {
        client.insert("tenanted_by".to_owned(), json!(tenancy.kind()));
        client.insert("project".to_owned(), json!(tenancy.project));
    }
    let mut scope = scopes::words(text(&client, "scope"));
    scope.extend(delta.scope);
    let roles = [held, added].concat();
    Ok(store(world, client, roles, scopes::words(&scopes::text(&scope))))
}

/// `POST /v1beta/oauth/clients/{client_id}/revoke`. Takes away; what is not there changes nothing.
pub(crate) fn revoke(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let (_, client, delta) = prepare(world, call)?;
    let mut roles = access::roles(&client).to_vec();
    roles.retain(|own| !delta.roles.iter().any(|role| is_same(own, role)));
    let mut scope = scopes::words(text(&client, "scope"));
    scope.retain(|word| !delta.scope.contains(word));
    Ok(store(world, client, roles, scope))
}

/// Where a client belongs: to a project, or to the organization as a whole.
pub(crate) struct Tenancy {
    /// Empty for the organization.
    pub(crate) project: String,
}

impl Tenancy {
    /// A client without roles belongs where its creator does.
    pub(crate) fn of_caller(caller: &Caller) -> Tenancy {
        Tenancy { project: caller.project.clone().unwrap_or_default() }
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.project.is_empty() { "organization" } else { "project" }
    }
}

/// The roles of a body, complete. A field that no role has is dropped.
pub(crate) fn read(fields: &mut Fields<'_>) -> Vec<Value> {
    let roles = fields.objects("roles", |role| {
        let kind = role.required("type");
        if !kind.is_empty() && !is_platform(&kind) && !is_service(&kind) {
            role.note(
                "NotEnumMember",
                "type",
                "The field type must be organization, project or service_<service>_config",
            );
        }
        let id = match kind.as_str() {
            "organization" => role.required_id("id", ids::ORGANIZATION),
            "project" => role.required_id("id", ids::PROJECT),
            _ => {
                let id = role.required("id");
                if is_service(&kind)
                    && !id.is_empty()
                    && !REGISTRY_GROUPS.contains(&id.as_str())
                    && !ids::is(&id, ids::SERVICE_CONFIG)
                {
                    role.note(
                        "DoesNotMatchPattern",
                        "id",
                        "The field id must match ^pci_[a-z2-7]{32}$ or name a registry group",
                    );
                }
                id
            }
        };
        let name = role.required("role");
        if is_platform(&kind) && !name.is_empty() {
            role.member("role", &name, &["admin"]);
        }
        let service = role.optional("service").unwrap_or_default();
        let mut read = json!({ "type": kind, "id": id, "role": name, "service": service });
        if let Some(config) = role.id("service_config_id", ids::SERVICE_CONFIG) {
            read["service_config_id"] = json!(config);
        }
        read
    });
    let mut distinct: Vec<Value> = Vec::new();
    for role in roles.unwrap_or_default() {
        if !distinct.iter().any(|own| is_same(own, &role)) {
            distinct.push(role);
        }
    }
    distinct
}

/// Whether a client that holds these roles may get those as well, from this caller; and where it then belongs, if they decide that.
///
/// # Errors
/// `Invalid` for a second role on a management client and for roles on unknown objects, `Forbidden` for what the caller cannot reach itself.
pub(crate) fn admit(
    world: &World,
    caller: &Caller,
    added: &[Value],
    held: &[Value],
) -> Result<Option<Tenancy>, Problem> {
    let mut all = held.iter().chain(added);
    if !added.is_empty() && held.len() + added.len() > 1 && all.any(|role| is_platform(kind(role))) {
        return Err(Problem::field(
            "AboveMaxItems",
            "/roles",
            "An organization or project client accepts a single role",
        ));
    }
    let mut tenancy = None;
    for (index, role) in added.iter().enumerate() {
        let id = role["id"].as_str().unwrap_or_default();
        match kind(role) {
            "organization" => {
                caller.must_be_organization()?;
                if id != caller.organization {
                    return Err(Problem::missing(&format!("/roles/{index}/id")));
                }
                tenancy = Some(Tenancy { project: String::new() });
            }
            "project" => {
                let project = world.store.get(Table::Projects, id);
                if !project.is_some_and(|project| caller.reaches(text(project, "org"), id)) {
                    return Err(Problem::missing(&format!("/roles/{index}/id")));
                }
                tenancy = Some(Tenancy { project: id.to_owned() });
            }
            _ => {}
        }
    }
    Ok(tenancy)
}

/// `management` for whoever administers the organization or a project, `service` for whoever uses services.
pub(crate) fn class(roles: &[Value], scope: &[String]) -> &'static str {
    let uses_a_service = |word: &String| word.starts_with("pangea:service:") && !word.contains(":config:");
    let service = if roles.is_empty() {
        scope.iter().all(uses_a_service)
    } else {
        roles.iter().all(|role| is_service(kind(role)))
    };
    if service { "service" } else { "management" }
}

/// What is to be granted or revoked.
struct Delta {
    roles: Vec<Value>,
    scope: Vec<String>,
}

fn prepare(world: &mut World, call: &Call) -> Result<(Caller, Document, Delta), Problem> {
    let caller = access::caller(world, call, ACCOUNT_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let roles = read(&mut fields);
    let scope = fields.scope("scope").unwrap_or_default();
    fields.finish()?;
    let client = clients::find(world, &caller, call.parameter(0))?.clone();
    Ok((caller, client, Delta { roles, scope }))
}

fn store(world: &mut World, mut client: Document, roles: Vec<Value>, scope: Vec<String>) -> Reply {
    client.insert("roles".to_owned(), json!(roles));
    client.insert("scope".to_owned(), json!(scopes::text(&scopes::shuffled(scope))));
    client.insert("updated_at".to_owned(), json!(clock::text(world.clock.now())));
    let id = text(&client, "client_id").to_owned();
    world.store.insert(Table::Clients, &id, client);
    // The guide promises an empty body, which no official client can read.
    if world.is_on(Switch::AsDocumented) { Reply::empty(200) } else { Reply::ok(json!({})) }
}

fn is_same(one: &Value, two: &Value) -> bool {
    ["type", "id", "role"].iter().all(|field| one[field] == two[field])
}

fn kind(role: &Value) -> &str {
    role["type"].as_str().unwrap_or_default()
}

fn is_platform(kind: &str) -> bool {
    matches!(kind, "organization" | "project")
}

/// `service_{service}_config`, the service in snake case; a registry group has a type that no source names.
fn is_service(kind: &str) -> bool {
    kind.strip_prefix("service_").and_then(|rest| rest.strip_suffix("_config")).is_some_and(|service| {
        !service.is_empty()
            && service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    }) || kind == "registry"
}

const REGISTRY_GROUPS: [&str; 3] = ["ai-guard-edge", "redact-edge", "private-cloud"];
