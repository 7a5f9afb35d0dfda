//! Looking at the documents and changing them without the API, as somebody else would behind Terraform's back.

use serde_json::{Value, json};

use crate::call::Service;
use crate::clients;
use crate::clock;
use crate::configs;
use crate::ids;
use crate::oauth::object;
use crate::projects::{self, Wanted};
use crate::requests::Recorded;
use crate::roles;
use crate::scopes;
use crate::seed::{self, Credentials};
use crate::state::{State, World};
use crate::store::{Table, text};
use crate::view::{self, Leftovers};

impl State {
    /// The seed's credentials; none where there is no seed.
    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        seed::credentials(&self.lock())
    }

    /// The requests that came since the start or the last [`State::clear_requests`], oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.lock().log.all().cloned().collect()
    }

    pub fn clear_requests(&self) {
        self.lock().log.clear();
    }

    /// What `GET /_emulator/state` answers.
    #[must_use]
    pub fn view(&self) -> Value {
        view::of(&mut self.lock())
    }

    /// What is there beside the seed.
    #[must_use]
    pub fn leftovers(&self) -> Leftovers {
        view::leftovers(&mut self.lock())
    }

    /// Every client, oldest first, the seed's included (`"seeded": true`), with `roles`.
    #[must_use]
    pub fn clients(&self) -> Vec<Value> {
        view::clients(&self.lock()).into_iter().cloned().map(Value::Object).collect()
    }

    #[must_use]
    pub fn client(&self, id: &str) -> Option<Value> {
        self.lock().store.get(Table::Clients, id).cloned().map(Value::Object)
    }

    /// The oldest client of this name.
    #[must_use]
    pub fn client_named(&self, name: &str) -> Option<Value> {
        self.clients().into_iter().find(|client| client["client_name"] == name)
    }

    /// Every project, oldest first, the seed's included (`"seeded": true`).
    #[must_use]
    pub fn projects(&self) -> Vec<Value> {
        self.lock().store.by_age(Table::Projects).into_iter().cloned().map(Value::Object).collect()
    }

    /// The oldest project of this name.
    #[must_use]
    pub fn project_named(&self, name: &str) -> Option<Value> {
        self.projects().into_iter().find(|project| project["name"] == name)
    }

    /// The secrets of a client, oldest first, without their values.
    #[must_use]
    pub fn secrets(&self, client_id: &str) -> Vec<Value> {
        view::secrets(&self.lock(), Some(client_id)).into_iter().map(Value::Object).collect()
    }

    /// The secrets that a run of the provider made for itself and that are still good, without their values.
    #[must_use]
    pub fn run_secrets(&self) -> Vec<Value> {
        view::run_secrets(&mut self.lock()).into_iter().map(Value::Object).collect()
    }

    /// Every configuration of a service, oldest first, with its `service` and `project`.
    #[must_use]
    pub fn configs(&self) -> Vec<Value> {
        self.lock().store.by_age(Table::Configs).into_iter().cloned().map(Value::Object).collect()
    }

    #[must_use]
    pub fn config(&self, id: &str) -> Option<Value> {
        self.lock().store.get(Table::Configs, id).cloned().map(Value::Object)
    }

    /// Makes a configuration of a service (`audit`, `redact`, `ai-guard`) in a project, with the service's defaults; gives its id.
    pub fn create_config(&self, service: &str, project: &str, name: &str) -> String {
        let service = Service::ALL.into_iter().find(|known| known.label() == service).unwrap_or(Service::Audit);
        self.edit(|world| configs::plant(world, service, project, name))
    }

    /// Sets any field of a configuration, as somebody in the console would.
    pub fn set_config_field(&self, id: &str, field: &str, value: Value) -> bool {
        self.edit(|world| configs::set(world, id, field, value))
    }

    pub fn delete_config(&self, id: &str) -> bool {
        self.edit(|world| world.store.remove(Table::Configs, id).is_some())
    }

    /// Makes a token of the console for services (by host label) of one project; gives its value.
    pub fn create_service_token(&self, project: &str, services: &[&str]) -> String {
        self.edit(|world| {
            let token = world.mint(ids::TOKEN_VALUE);
            let document = json!({ "project": project, "services": services });
            world.store.insert(Table::ServiceTokens, &token, object(document));
            token
        })
    }

    /// The values of all live secrets and tokens, the seed's included: what must be found in no log.
    #[must_use]
    pub fn secret_values(&self) -> Vec<String> {
        let world = self.lock();
        let secrets = world.store.all(Table::Secrets).map(|(_, secret)| text(secret, "client_secret").to_owned());
        let tokens =
            world.store.all(Table::Tokens).chain(world.store.all(Table::ServiceTokens)).map(|(value, _)| value.clone());
        secrets.chain(tokens).collect()
    }

    /// The access tokens that are still good, without their values.
    #[must_use]
    pub fn tokens(&self) -> Vec<Value> {
        view::tokens(&mut self.lock()).into_iter().map(Value::Object).collect()
    }

    /// Makes a project in the seed's organization; gives its id. None where there is no seed.
    pub fn create_project(&self, name: &str, geo: &str) -> Option<String> {
        self.edit(|world| {
            let organization = seed::credentials(world)?.organization_id;
            let region = projects::default_region(world, geo);
            let id = world.mint(ids::PROJECT);
            let wanted = Wanted { organization: &organization, name, geo, region };
            projects::add(world, &id, wanted);
            Some(id)
        })
    }

    /// Makes a client with a scope and roles, each given as (type, id, role), in the seed's organization; gives its id. None where
    /// there is no seed.
    pub fn create_client(&self, name: &str, scope: &str, roles: &[(&str, &str, &str)]) -> Option<String> {
        let roles: Vec<Value> = roles
            .iter()
            .map(|(kind, id, role)| json!({ "type": kind, "id": id, "role": role, "service": "" }))
            .collect();
        self.edit(|world| {
            let seed = seed::credentials(world)?;
            let mut client = world.store.get(Table::Clients, &seed.client_id)?.clone();
            let id = world.mint(ids::CLIENT);
            let now = clock::text(world.clock.now());
            let project = roles.iter().find(|role| role["type"] == "project").map(|role| role["id"].clone());
            client.remove("seeded");
            client.extend(object(json!({
                "client_id": id,
                "client_name": name,
                "scope": scope,
                "client_class": roles::class(&roles, &scopes::words(scope)),
                "tenanted_by": if project.is_some() { "project" } else { "organization" },
                "project": project.unwrap_or_else(|| json!("")),
                "roles": roles,
                "created_at": now,
                "updated_at": now,
            })));
            world.store.insert(Table::Clients, &id, client);
            Some(id)
        })
    }

    /// Makes a secret of a client that lives for a day; gives its value. None where there is no such client.
    pub fn create_secret(&self, client_id: &str) -> Option<String> {
        self.edit(|world| {
            let client = world.store.get(Table::Clients, client_id)?.clone();
            let (id, value) = (world.mint(ids::SECRET), world.mint(ids::SECRET_VALUE));
            let now = world.clock.now();
            let secret = json!({
                "client_id": client_id,
                "client_secret_id": id,
                "client_secret": value,
                "client_secret_expires_at": clock::text(clock::after(now, DAY)),
                "client_secret_name": format!("{} Secret", text(&client, "client_name")),
                "client_secret_description": "",
                "created_at": clock::text(now),
                "updated_at": clock::text(now),
                "client_secret_metadata": {
                    "source_ip": "127.0.0.1", "user_agent": "", "creator": "", "creator_id": "", "creator_type": "user",
                },
            });
            world.store.insert(Table::Secrets, &id, object(secret));
            Some(value)
        })
    }

    /// Deletes a client as the API does. False where there is none.
    pub fn delete_client(&self, id: &str) -> bool {
        self.edit(|world| clients::remove(world, id))
    }

    pub fn rename_client(&self, id: &str, name: &str) -> bool {
        self.change(Table::Clients, id, "client_name", json!(name))
    }

    /// Replaces the whole scope of a client.
    pub fn set_scope(&self, id: &str, words: &[&str]) -> bool {
        self.change(Table::Clients, id, "scope", json!(scopes::text(words)))
    }

    /// Replaces all roles of a client, each given as (type, id, role), without asking whether they fit.
    pub fn set_roles(&self, id: &str, roles: &[(&str, &str, &str)]) -> bool {
        let roles: Vec<Value> = roles
            .iter()
            .map(|(kind, id, role)| json!({ "type": kind, "id": id, "role": role, "service": "" }))
            .collect();
        self.change(Table::Clients, id, "roles", json!(roles))
    }

    /// Sets any field of a client, as the emulator keeps it.
    pub fn set_client_field(&self, id: &str, field: &str, value: Value) -> bool {
        self.change(Table::Clients, id, field, value)
    }

    /// Deletes a project, and the clients in it, as the API does. False where there is none.
    pub fn delete_project(&self, id: &str) -> bool {
        self.edit(|world| projects::remove(world, id))
    }

    pub fn rename_project(&self, id: &str, name: &str) -> bool {
        self.edit(|world| projects::rename(world, id, name).is_some())
    }

    pub fn rename_organization(&self, id: &str, name: &str) -> bool {
        self.change(Table::Organizations, id, "name", json!(name))
    }

    /// Lets a secret (`pce_...`) be over now.
    pub fn expire_secret(&self, id: &str) -> bool {
        let now = clock::text(self.lock().clock.now());
        self.change(Table::Secrets, id, "client_secret_expires_at", json!(now))
    }

    /// Removes a secret (`pce_...`).
    pub fn delete_secret(&self, id: &str) -> bool {
        self.edit(|world| world.store.remove(Table::Secrets, id).is_some())
    }

    /// Ends every access token, as if all were revoked.
    pub fn end_tokens(&self) {
        self.edit(|world| world.store.retain(Table::Tokens, |_| false));
    }

    fn change(&self, table: Table, id: &str, field: &str, value: Value) -> bool {
        self.edit(|world| {
            let now = clock::text(world.clock.now());
            let Some(document) = world.store.get_mut(table, id) else { return false };
            document.insert(field.to_owned(), value);
            document.insert("updated_at".to_owned(), json!(now));
            true
        })
    }

    /// Changes the documents and saves them. Where that fails, the next call of the API tries again and says so.
    fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.lock();
        let done = change(&mut world);
        let _ = world.store.save();
        done
    }
}

/// In seconds.
const DAY: u64 = 24 * 60 * 60;
