//! What is there before anybody calls: an organization, a management client that may do everything, and a project with an AuthN token.

use std::fmt;

use serde_json::{Value, json};

use crate::authn;
use crate::clients;
use crate::clock;
use crate::ids;
use crate::oauth::object;
use crate::options::Switch;
use crate::projects::{self, Wanted};
use crate::scopes;
use crate::secrets;
use crate::state::World;
use crate::store::{Document, Table, is_seeded, text};

/// The names and secrets that a user of a seeded emulator needs.
#[derive(Clone)]
pub struct Credentials {
    /// `psa_...` of the management client, an admin of the organization with every platform scope.
    pub client_id: String,
    /// `pck_...` of that client.
    pub client_secret: String,
    /// `poi_...`
    pub organization_id: String,
    /// `ppi_...` of the project that the AuthN token belongs to.
    pub project_id: String,
    /// `pts_...`, a service token for AuthN.
    pub authn_token: String,
}

/// The secrets are left out, so that no failing test prints them.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .field("organization_id", &self.organization_id)
            .field("project_id", &self.project_id)
            .finish_non_exhaustive()
    }
}

/// Makes the seed, where the data does not hold one yet.
pub(crate) fn plant(world: &mut World) {
    if credentials(world).is_some() {
        return;
    }
    let owner_id = world.mint(ids::USER);
    let organization_id = plant_organization(world, &owner_id);
    plant_client(world, &organization_id, &owner_id);
    plant_project(world, &organization_id);
}

/// The seed's credentials, if the data holds a seed.
pub(crate) fn credentials(world: &World) -> Option<Credentials> {
    let seeded = |table| world.store.all(table).map(|(_, document)| document).find(|document| is_seeded(document));
    let client = seeded(Table::Clients)?;
    let secret = seeded(Table::Secrets)?;
    let (authn_token, service_token) = world.store.all(Table::ServiceTokens).find(|(_, token)| is_seeded(token))?;
    Some(Credentials {
        client_id: text(client, "client_id").to_owned(),
        client_secret: text(secret, "client_secret").to_owned(),
        organization_id: text(client, "organization").to_owned(),
        project_id: text(service_token, "project").to_owned(),
        authn_token: authn_token.clone(),
    })
}

fn plant_organization(world: &mut World, owner_id: &str) -> String {
    let id =
        if world.is_on(Switch::AsDocumented) { GUIDE_ORGANIZATION.to_owned() } else { world.mint(ids::ORGANIZATION) };
    let now = clock::text(world.clock.now());
    let organization = json!({
        "id": id,
        "name": "Emulated Organization",
        "owner": owner_id,
        "owner_email": OWNER_EMAIL,
        "created_at": now,
        "updated_at": now,
        "csp": "aws",
        "seeded": true,
    });
    world.store.insert(Table::Organizations, &id, object(organization));
    id
}

fn plant_client(world: &mut World, organization_id: &str, owner_id: &str) {
    let client_id = world.mint(ids::CLIENT);
    let now = world.clock.now();
    let mut client = object(json!({
        "client_id": client_id,
        "client_name": "org-admin",
        "scope": scopes::text(&scopes::PLATFORM),
        "client_token_expires_in": clients::DEFAULT_TOKEN_SECONDS,
        "owner_id": owner_id,
        "owner_username": OWNER_EMAIL,
        // A client made in the console is made by a user.
        "creator_id": owner_id,
        "client_class": "management",
        "tenanted_by": "organization",
        "organization": organization_id,
        "project": "",
        "roles": [{ "type": "organization", "id": organization_id, "role": "admin", "service": "" }],
        "created_at": clock::text(now),
        "updated_at": clock::text(now),
        "seeded": true,
    }));
    client.extend(clients::setting_defaults().map(|(field, value)| (field.to_owned(), value)));
    world.store.insert(Table::Clients, &client_id, client);
    let secret_id = world.mint(ids::SECRET);
    let secret = json!({
        "client_id": client_id,
        "client_secret_id": secret_id,
        "client_secret": world.mint(ids::SECRET_VALUE),
        "client_secret_expires_at": clock::text(clock::after(now, secrets::MAX_SECONDS)),
        "client_secret_name": "org-admin Secret",
        "client_secret_description": "Auto-created first client secret",
        "created_at": clock::text(now),
        "updated_at": clock::text(now),
        "client_secret_metadata": {
            "source_ip": "127.0.0.1",
            "user_agent": "",
            "creator": OWNER_EMAIL,
            "creator_id": owner_id,
            "creator_type": "user",
        },
        "seeded": true,
    });
    world.store.insert(Table::Secrets, &secret_id, object(secret));
}

fn plant_project(world: &mut World, organization_id: &str) {
    let region = projects::default_region(world, "us");
    let project_id =
        if world.is_on(Switch::AsDocumented) { GUIDE_PROJECT.to_owned() } else { world.mint(ids::PROJECT) };
    let wanted = Wanted { organization: organization_id, name: "AuthN of the emulator", geo: "us", region };
    let mut project: Document = projects::add(world, &project_id, wanted);
    project.insert("seeded".to_owned(), Value::Bool(true));
    world.store.insert(Table::Projects, &project_id, project);
    // A second key, as after a rotation, so that nobody takes the list for one key.
    authn::add_key(world, &project_id);
    let token = world.mint(ids::TOKEN_VALUE);
    let document = json!({ "project": project_id, "services": ["authn"], "seeded": true });
    world.store.insert(Table::ServiceTokens, &token, object(document));
}

/// The ids that the guide's commands write out, so that they work as they stand.
const GUIDE_ORGANIZATION: &str = "poi_qie5kaj5o3622tw4qj5qbyw77ship4bh";
const GUIDE_PROJECT: &str = "ppi_vjmsx2q26gkqaxa2eit6karm2ccdbk7s";

const OWNER_EMAIL: &str = "owner@example.com";
