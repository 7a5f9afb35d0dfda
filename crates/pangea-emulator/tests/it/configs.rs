//! Configurations of services, and the project that a caller of them acts in.

use pangea_emulator::Options;
use serde_json::{Value, json};

use crate::caller::{Answer, Emulator, each, is_id, project_role};

const MANAGE: &str = "pangea:service:audit:config:manage pangea:service:audit:config:read \
                      pangea:service:redact:config:manage pangea:service:redact:config:read \
                      pangea:service:ai-guard:config:manage pangea:service:ai-guard:config:read";

/// An emulator and the token of a client of a new project.
struct InProject {
    emulator: Emulator,
    token: String,
}

fn in_project() -> InProject {
    let emulator = Emulator::with(Options::default());
    let token = token_in(&emulator, "shop");
    InProject { emulator, token }
}

fn token_in(emulator: &Emulator, project: &str) -> String {
    let client = emulator.project_client(&emulator.project(project), MANAGE);
    emulator.login(&client.id, &client.secret)
}

impl InProject {
    fn ask(&self, path: &str, body: Value) -> Answer {
        self.emulator.call("POST", path, &self.token, Some(&body))
    }

    /// The id and the time of the last change of a new configuration.
    fn made(&self, service: &str, body: Value) -> (String, String) {
        let made = self.ask(&format!("/{service}/v1beta/config/create"), body);
        let text = |field: &str| made.result()[field].as_str().unwrap().to_owned();
        (text("id"), text("updated_at"))
    }
}

#[test]
fn a_new_configuration_has_an_id_its_times_and_the_defaults_of_its_service() {
    let world = in_project();
    let audit = world.ask("/audit/v1beta/config/create", json!({ "name": "a" }));
    let audit = audit.result();
    assert!(is_id(&audit["id"], "pci"), "{audit}");
    assert_eq!(audit["created_at"], audit["updated_at"]);
    assert_eq!(
        (&audit["version"], &audit["hot_storage"], &audit["vault_sign"]),
        (&json!(1), &json!("14d"), &json!(false))
    );
    let redact = world.ask("/redact/v1beta/config/create", json!({ "name": "r", "enabled_rules": ["US_SSN"] }));
    let redact = redact.result();
    assert_eq!((&redact["version"], &redact["enabled_rules"]), (&json!("2.0.0"), &json!(["US_SSN"])));
    let guard = world.ask("/ai-guard/v1beta/config/create", json!({ "name": "g", "connections": {} }));
    assert_eq!(guard.result()["connections"], json!({}));
    for hidden in ["service", "project"] {
        assert_eq!(guard.result().get(hidden), None, "{hidden}");
    }
}

#[test]
fn an_update_takes_the_whole_object_and_refuses_whoever_has_seen_an_older_one() {
    let world = in_project();
    let (id, seen) = world.made("audit", json!({ "name": "a", "hot_storage": "7d", "shards": 2 }));
    let update = |seen: &str, more: Value| {
        let mut body = json!({ "id": id, "name": "b", "updated_at": seen });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.ask("/audit/v1beta/config/update", body)
    };
    assert_eq!(update("2020-01-01T00:00:00Z", json!({})).errors(), (400, "BadState /updated_at".into()));
    let updated = update(&seen, json!({ "shards": 3 }));
    assert_eq!((&updated.result()["name"], &updated.result()["shards"]), (&json!("b"), &json!(3)));
    assert_eq!(updated.result()["hot_storage"], "14d", "what is left out gets its default again");
    assert_ne!(updated.result()["updated_at"], json!(seen));
    assert_eq!(update(&seen, json!({})).errors(), (400, "BadState /updated_at".into()));
    let without = world.ask("/audit/v1beta/config/update", json!({ "id": id, "name": "b" }));
    assert_eq!(without.errors(), (400, "FieldRequired /updated_at".into()));
}

#[test]
fn version_and_schema_of_audit_are_set_at_creation_and_stay() {
    let world = in_project();
    let schema = json!({ "fields": [{ "id": "message", "type": "text" }] });
    let create = |body: Value| world.ask("/audit/v1beta/config/create", body);
    assert_eq!(create(json!({ "name": "a", "version": 3 })).errors(), (400, "FieldRequired /schema".into()));
    let bad = json!({ "fields": [{ "id": "received_at", "type": "text" }, { "id": "a", "type": "blob" }] });
    assert_eq!(
        create(json!({ "name": "a", "version": 2, "schema": bad })).errors(),
        (400, "DoesNotMatchPattern /schema/fields/0/id, NotEnumMember /schema/fields/1/type".into())
    );
    let (id, seen) = world.made("audit", json!({ "name": "a", "version": 3, "schema": schema }));
    let update = |version: u64, schema: &Value| {
        let body = json!({ "id": id, "name": "a", "updated_at": seen, "version": version, "schema": schema });
        world.ask("/audit/v1beta/config/update", body)
    };
    let other = json!({ "fields": [{ "id": "message", "type": "string" }] });
    assert_eq!(update(3, &other).errors(), (400, "IsReadOnly /schema".into()));
    assert_eq!(update(2, &schema).errors(), (400, "IsReadOnly /version".into()));
    assert_eq!(update(3, &schema).status, 200);
}

#[test]
fn a_wrong_field_is_named() {
    let world = in_project();
    let create = |service: &str, body: Value| world.ask(&format!("/{service}/v1beta/config/create"), body).errors();
    assert_eq!(create("audit", json!({})), (400, "FieldRequired /name".into()));
    assert_eq!(create("audit", json!({ "name": "a", "id": "x" })), (400, "UnexpectedProperty /id".into()));
    assert_eq!(
        create("audit", json!({ "name": "a", "retention": "soon" })),
        (400, "BadFormatPangeaDuration /retention".into())
    );
    assert_eq!(create("audit", json!({ "name": "a", "shards": 101 })), (400, "IsTooBig /shards".into()));
    assert_eq!(
        create("audit", json!({ "name": "a", "datastore": "default" })),
        (400, "UnexpectedProperty /datastore".into())
    );
    assert_eq!(
        create("redact", json!({ "name": "a", "enabled_rules": [1] })),
        (400, "InvalidString /enabled_rules".into())
    );
    assert_eq!(create("ai-guard", json!({ "name": "a", "recipes": 1 })), (400, "InvalidObject /recipes".into()));
}

#[test]
fn a_configuration_is_read_and_deleted_by_its_id_at_its_own_service_alone() {
    let world = in_project();
    let (id, _) = world.made("redact", json!({ "name": "r" }));
    let gone = (400, "DoesNotExist /id".to_owned());
    assert_eq!(world.ask("/audit/v1beta/config", json!({ "id": id })).errors(), gone);
    assert_eq!(world.ask("/redact/v1beta/config", json!({ "id": id })).result()["name"], "r");
    assert_eq!(world.ask("/redact/v1beta/config/delete", json!({ "id": id })).result()["name"], "r");
    assert_eq!(world.ask("/redact/v1beta/config/delete", json!({ "id": id })).errors(), gone);
    assert_eq!(
        world.ask("/redact/v1beta/config", json!({ "id": "pci" })).errors(),
        (400, "DoesNotMatchPattern /id".into())
    );
}

#[test]
fn a_list_has_pages_filters_and_an_order() {
    let world = in_project();
    let ids: Vec<String> = ["a", "b", "c"].map(|name| world.made("audit", json!({ "name": name })).0).into();
    let list = |body: Value| world.ask("/audit/v1beta/config/list", body);
    let first = list(json!({ "size": 2, "order_by": "created_at" }));
    assert_eq!((each(&first.result()["items"], "name"), &first.result()["count"]), (vec!["a", "b"], &json!(3)));
    let rest = list(json!({ "size": 2, "order_by": "created_at", "last": first.result()["last"] }));
    assert_eq!(each(&rest.result()["items"], "name"), ["c"]);
    assert!(rest.result()["last"].is_string());
    let some = list(json!({ "filter": { "id__in": [ids[0], ids[2]] }, "order": "desc", "order_by": "created_at" }));
    assert_eq!(each(&some.result()["items"], "name"), ["c", "a"]);
    assert_eq!(list(json!({ "filter": { "created_at__gt": "2999-01-01T00:00:00Z" } })).result()["count"], 0);
    assert_eq!(list(json!({ "filter": { "name": "a" } })).errors(), (400, "UnexpectedProperty /filter/name".into()));
    assert_eq!(list(json!({ "size": 0 })).errors(), (400, "NotWithinRange /size".into()));
}

#[test]
fn the_token_decides_the_project() {
    let world = in_project();
    let (id, _) = world.made("audit", json!({ "name": "mine" }));
    let stranger = token_in(&world.emulator, "other");
    let ask = |token: &str, path: &str, body: Value| world.emulator.call("POST", path, token, Some(&body));
    assert_eq!(ask(&stranger, "/audit/v1beta/config", json!({ "id": id })).errors(), (400, "DoesNotExist /id".into()));
    assert_eq!(ask(&stranger, "/audit/v1beta/config/list", json!({})).result()["count"], 0);
    // An admin of the organization belongs to no project, whatever its scopes.
    let admin = world.emulator.organization_client(MANAGE);
    let admin = world.emulator.login(&admin.id, &admin.secret);
    assert_eq!(ask(&admin, "/audit/v1beta/config", json!({ "id": id })).errors(), (403, String::new()));
}

#[test]
fn a_client_needs_the_scope_of_the_service() {
    let world = in_project();
    let reader = world.emulator.project_client(&world.emulator.project("p"), "pangea:service:audit:config:read");
    let token = world.emulator.login(&reader.id, &reader.secret);
    let ask = |path: &str| world.emulator.call("POST", path, &token, Some(&json!({ "name": "a" })));
    assert_eq!(ask("/audit/v1beta/config/create").errors(), (403, String::new()));
    assert_eq!(ask("/redact/v1beta/config/list").errors(), (403, String::new()));
    assert_eq!(world.emulator.call("POST", "/audit/v1beta/config/list", &token, Some(&json!({}))).status, 200);
}

#[test]
fn a_service_client_acts_in_the_project_of_the_client_that_registered_it() {
    let world = in_project();
    let project = world.emulator.project("its own");
    let scope = format!("{MANAGE} pangea:platform:account:manage pangea:platform:account:read");
    let registrar = world.emulator.project_client(&project, &scope);
    let registrar = world.emulator.login(&registrar.id, &registrar.secret);
    let create = |token: &str, name: &str| {
        let made = world.emulator.call("POST", "/audit/v1beta/config/create", token, Some(&json!({ "name": name })));
        made.result()["id"].as_str().unwrap().to_owned()
    };
    let config = create(&registrar, "of the project");
    let role = json!({ "type": "service_audit_config", "id": config, "role": "manager", "service": "audit" });
    let body = json!({ "client_name": "s", "scope": MANAGE, "roles": [role] });
    let path = "/authorization.access/v1beta/oauth/clients/register";
    let made = world.emulator.call("POST", path, &registrar, Some(&body)).json;
    assert_eq!((&made["client_class"], &made["tenanted_by"]), (&json!("service"), &json!("project")));
    let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let token = world.emulator.login(id, secret);
    let read = world.emulator.call("POST", "/audit/v1beta/config", &token, Some(&json!({ "id": config })));
    assert_eq!(read.result()["name"], "of the project");
    // One that the organization's own client made belongs to no project.
    let loose = world.emulator.register(json!({ "client_name": "s", "scope": MANAGE, "roles": [role] }));
    let loose = world.emulator.login(&loose.id, &loose.secret);
    let read = world.emulator.call("POST", "/audit/v1beta/config", &loose, Some(&json!({ "id": config })));
    assert_eq!(read.errors(), (403, String::new()));
    // The name is taken in that project, and free in another.
    assert_eq!(
        world.emulator.call("POST", path, &registrar, Some(&body)).oauth_error(),
        (400, "invalid_client_metadata")
    );
}

#[test]
fn the_configurations_of_a_project_go_with_it() {
    let world = in_project();
    let (id, _) = world.made("audit", json!({ "name": "a" }));
    let project = world.emulator.config(&id).unwrap()["project"].as_str().unwrap().to_owned();
    assert_eq!(world.emulator.leftovers().configs, 1);
    assert!(world.emulator.delete_project(&project));
    assert_eq!(world.emulator.config(&id), None);
}

#[test]
fn a_result_that_is_put_off_is_polled_at_the_same_service() {
    let emulator = Emulator::with(Options { accepted: 1, ..Options::default() });
    // The console puts its answers off as well here, so the project is made another way.
    let project = emulator.create_project("shop", "us").unwrap();
    let client = emulator.register(json!({ "client_name": "c", "scope": MANAGE, "roles": [project_role(&project)] }));
    let token = emulator.login(&client.id, &client.secret);
    let pending = emulator.call("POST", "/audit/v1beta/config/create", &token, Some(&json!({ "name": "a" })));
    assert_eq!(pending.status, 202);
    let path = format!("/audit/request/{}", pending.json["request_id"].as_str().unwrap());
    assert_eq!(emulator.call("GET", &path, &token, None).result()["name"], "a");
    assert_eq!(emulator.get(&path).status, 401, "another token may not ask");
}

#[test]
fn the_log_tells_what_came_with_a_secret_of_a_run() {
    let emulator = Emulator::start();
    let client = emulator.project_client(&emulator.project("p"), MANAGE);
    let path = format!("/authorization.access/v1beta/oauth/clients/{}/secrets", client.id);
    let made =
        emulator.post(&path, &json!({ "client_secret_name": "terraform-run-1", "client_secret_expires_in": 600 }));
    let token = emulator.login(&client.id, made.json["client_secret"].as_str().unwrap());
    emulator.clear_requests();
    emulator.call("POST", "/audit/v1beta/config/list", &token, Some(&json!({})));
    let own = emulator.login(&client.id, &client.secret);
    emulator.call("POST", "/audit/v1beta/config/list", &own, Some(&json!({})));
    let by_run: Vec<bool> = emulator.requests().iter().map(|request| request.by_run_secret).collect();
    assert_eq!(by_run, [true, false, false]);
    assert_eq!(emulator.run_secrets().len(), 1);
    emulator.advance(std::time::Duration::from_secs(601));
    assert_eq!(emulator.run_secrets().len(), 0);
}
