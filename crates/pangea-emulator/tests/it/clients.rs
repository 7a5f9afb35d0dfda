//! Register, list, get, update, delete.

use serde_json::{Value, json};

use crate::caller::{CLIENTS, Emulator, REGISTER, each, is_id};

const SCOPE: &str = "pangea:platform:project:read";

#[test]
fn a_registration_fills_in_every_default() {
    let emulator = Emulator::start();
    let client = emulator.register(json!({ "client_name": "plain", "scope": SCOPE })).body;
    for (field, prefix) in
        [("client_id", "psa"), ("client_secret_id", "pce"), ("client_secret", "pck"), ("owner_id", "pui")]
    {
        assert!(is_id(&client[field], prefix), "{field}");
    }
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(client["redirect_uris"], json!([]));
    assert_eq!(client["grant_types"], json!(["client_credentials"]));
    assert_eq!(client["response_types"], json!(["token"]));
    assert_eq!(client["client_token_expires_in"], 3600);
    assert_eq!(client["client_secret_name"], "plain Secret");
    assert_eq!(client["client_secret_description"], "Auto-created first client secret");
    assert_eq!(client["creator_id"], emulator.seed.client_id);
    assert_eq!((&client["client_class"], &client["tenanted_by"]), (&json!("management"), &json!("organization")));
    assert_eq!(client["created_at"], client["updated_at"]);
}

#[test]
fn a_registration_keeps_what_it_is_given() {
    let emulator = Emulator::start();
    let project = emulator.project("p");
    let given = json!({
        "client_name": "full", "scope": SCOPE, "token_endpoint_auth_method": "client_secret_post",
        "redirect_uris": ["https://example.com/back"], "grant_types": ["authorization_code"], "response_types": ["code", null],
        "client_token_expires_in": 60, "client_secret_name": "s", "client_secret_description": "d",
    });
    let mut body = given.clone();
    body["roles"] = json!([{ "type": "project", "id": project, "role": "admin" }]);
    body["config_id"] = json!("pci_ignored");
    let client = emulator.register(body).body;
    for (field, value) in given.as_object().unwrap() {
        assert_eq!(client[field], *value, "{field}");
    }
    assert_eq!(client["tenanted_by"], "project");
    assert!(client.get("config_id").is_none() && client.get("roles").is_none());
}

#[test]
fn the_guides_name_of_the_token_lifetime_is_taken_and_the_sdks_wins() {
    let emulator = Emulator::start();
    let lifetime = |fields: Value| {
        let mut body = json!({ "client_name": "x", "scope": SCOPE });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        emulator.register(body).body["client_token_expires_in"].clone()
    };
    assert_eq!(lifetime(json!({ "access_token_expires_in": 60 })), 60);
    assert_eq!(lifetime(json!({ "access_token_expires_in": 60, "client_token_expires_in": 90 })), 90);
    assert_eq!(lifetime(json!({ "client_token_expires_in": null })), 3600);
}

#[test]
fn a_registration_names_every_wrong_field() {
    let emulator = Emulator::start();
    let check = |fields: Value| {
        let mut body = json!({ "client_name": "x", "scope": SCOPE });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let answer = emulator.post(REGISTER, &body);
        let (status, error) = answer.oauth_error();
        assert_eq!(status, 400);
        format!("{error}: {}", answer.description())
    };
    for (fields, expected) in [
        (json!({ "client_name": null }), "/client_name: The field client_name is required (FieldRequired)"),
        (json!({ "client_name": "" }), "/client_name: The field client_name must not be empty (BelowMinLength)"),
        (
            json!({ "client_name": "x".repeat(256) }),
            "/client_name: The field client_name must have at most 255 characters (AboveMaxLength)",
        ),
        (json!({ "client_name": 7 }), "/client_name: The field client_name must be a string (InvalidString)"),
        (
            json!({ "token_endpoint_auth_method": "none" }),
            "/token_endpoint_auth_method: The field token_endpoint_auth_method must be one of: client_secret_basic, client_secret_post (NotEnumMember)",
        ),
        (json!({ "redirect_uris": "x" }), "/redirect_uris: The field redirect_uris must be an array (InvalidArray)"),
        (json!({ "redirect_uris": ["x"] }), "/redirect_uris/0: Must be a URI (BadFormatURI)"),
        (
            json!({ "grant_types": ["password"] }),
            "/grant_types/0: Must be one of: client_credentials, authorization_code (NotEnumMember)",
        ),
        (json!({ "grant_types": [null] }), "/grant_types/0: Must be a string (InvalidString)"),
        (
            json!({ "response_types": ["token", "x"] }),
            "/response_types/1: Must be one of: token, code, id_token (NotEnumMember)",
        ),
        (
            json!({ "client_secret_expires_in": 0 }),
            "/client_secret_expires_in: The field client_secret_expires_in must be at least 1 (IsTooSmall)",
        ),
        (
            json!({ "client_secret_expires_in": 31_536_001 }),
            "/client_secret_expires_in: The field client_secret_expires_in must be at most 31536000 (IsTooBig)",
        ),
        (
            json!({ "client_token_expires_in": "1h" }),
            "/client_token_expires_in: The field client_token_expires_in must be an integer (InvalidInteger)",
        ),
        (
            json!({ "access_token_expires_in": -1 }),
            "/access_token_expires_in: The field access_token_expires_in must be at least 1 (IsTooSmall)",
        ),
    ] {
        assert_eq!(check(fields), format!("invalid_client_metadata: {expected}"));
    }
    for (scope, code) in [
        (json!(null), "FieldRequired"),
        (json!(" "), "BelowMinLength"),
        (json!("a,b"), "DoesNotMatchPattern"),
        (json!(["a"]), "InvalidString"),
    ] {
        let found = check(json!({ "scope": scope }));
        assert!(found.starts_with("invalid_scope: /scope: ") && found.ends_with(&format!("({code})")), "{found}");
    }
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    let emulator = Emulator::start();
    let bearer = format!("Bearer {}", emulator.token);
    for body in ["{", "[]", "7"] {
        let answer = emulator.send("POST", REGISTER, &[("authorization", &bearer)], Some(body));
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json["error"].is_string(), "{body}");
    }
}

#[test]
fn scopes_are_collapsed_and_case_counts() {
    let emulator = Emulator::start();
    let client = emulator.register(json!({ "client_name": "x", "scope": " b  a b A " }));
    assert_eq!(client.body["scope"], "b a A");
}

#[test]
fn a_client_that_is_read_shows_no_secret() {
    let emulator = Emulator::start();
    let made = emulator.register(json!({ "client_name": "x", "scope": SCOPE }));
    let got = emulator.get(&format!("{CLIENTS}/{}", made.id));
    assert_eq!(got.status, 200);
    for (field, value) in got.json.as_object().unwrap() {
        assert_eq!(made.body[field], *value, "{field}");
    }
    assert!(!got.text.contains("secret_id") && !got.text.contains("pck_"), "{}", got.text);
}

#[test]
fn an_update_changes_what_it_is_given_and_replaces_the_scope() {
    let emulator = Emulator::start();
    let made = emulator.register(json!({ "client_name": "before", "scope": "a b" }));
    let path = format!("{CLIENTS}/{}", made.id);
    let scope = emulator.post(&path, &json!({ "client_id": made.id, "scope": "c" })).json;
    assert_eq!((&scope["scope"], &scope["client_name"]), (&json!("c"), &json!("before")));
    let both = emulator
        .post(&path, &json!({ "client_name": "after", "scope": "d", "grant_types": ["authorization_code"] }))
        .json;
    assert_eq!(
        (&both["scope"], &both["client_name"], &both["grant_types"]),
        (&json!("d"), &json!("after"), &json!(["authorization_code"]))
    );
    assert!(both["updated_at"].as_str() > scope["updated_at"].as_str());
    assert_eq!(emulator.get(&path).json, both);
    let unchanged = emulator.post(&path, &json!({ "client_name": "after" })).json;
    assert!(unchanged["updated_at"].as_str() > both["updated_at"].as_str(), "an update moves updated_at in any case");
}

#[test]
fn an_update_needs_a_name_or_a_scope_and_right_fields() {
    let emulator = Emulator::start();
    let made = emulator.register(json!({ "client_name": "x", "scope": SCOPE }));
    let path = format!("{CLIENTS}/{}", made.id);
    for body in [json!({}), json!({ "redirect_uris": [] }), json!({ "client_name": null })] {
        let answer = emulator.post(&path, &body);
        assert_eq!(answer.oauth_error(), (400, "invalid_client_metadata"));
        assert!(answer.description().ends_with("(MustProvideOne)"), "{}", answer.text);
    }
    assert_eq!(emulator.post(&path, &json!({ "scope": "" })).oauth_error(), (400, "invalid_scope"));
    assert_eq!(emulator.post(&path, &json!({ "client_name": "" })).oauth_error(), (400, "invalid_client_metadata"));
}

#[test]
fn a_deleted_client_is_gone_with_its_secrets_and_tokens() {
    let emulator = Emulator::start();
    let client = emulator.organization_client("pangea:platform:account:read");
    let token = emulator.login(&client.id, &client.secret);
    let path = format!("{CLIENTS}/{}", client.id);
    let deleted = emulator.delete(&path);
    assert_eq!((deleted.status, deleted.text.as_str()), (200, "{}"));
    assert_eq!(emulator.get(&path).oauth_error(), (404, "invalid_request"));
    assert_eq!(emulator.post(&path, &json!({ "client_name": "x" })).oauth_error(), (404, "invalid_request"));
    assert_eq!(emulator.delete(&path).oauth_error(), (404, "invalid_request"));
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 401);
    assert!(emulator.secrets(&client.id).is_empty());
    assert_eq!(
        emulator.leftovers().to_string(),
        "left beside the seed: 0 projects, 0 configs, 0 clients, 0 secrets, 1 tokens"
    );
}

#[test]
fn every_filter_of_the_list_leaves_what_it_says() {
    let emulator = Emulator::start();
    let made: Vec<_> = [("ant", "a"), ("bee", "a b"), ("ant-bee", "b")]
        .map(|(name, scope)| emulator.register(json!({ "client_name": name, "scope": scope })))
        .into();
    let list = |query: &str| {
        let answer = emulator.get(&format!("{CLIENTS}?{query}"));
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json["count"], json!(answer.json["clients"].as_array().unwrap().len()));
        each(&answer.json["clients"], "client_name").join(" ")
    };
    assert_eq!(list(""), "org-admin ant bee ant-bee");
    assert_eq!(list("client_name=bee"), "bee");
    assert_eq!(list("client_name__contains=ant&client_name__contains=bee"), "ant-bee");
    assert_eq!(list("client_name__in=ant&client_name__in=bee"), "ant bee");
    assert_eq!(list(&format!("client_id={}", made[1].id)), "bee");
    assert_eq!(list(&format!("client_id__in={}&client_id__in={}", made[0].id, made[2].id)), "ant ant-bee");
    assert_eq!(list(&format!("client_id__contains={}", &made[2].id[10..30])), "ant-bee");
    assert_eq!(list("scopes=a"), "ant bee");
    assert_eq!(list("scopes=a&scopes=b"), "bee");
    let time = made[1].body["created_at"].as_str().unwrap();
    for (suffix, expected) in [
        ("", "bee"),
        ("__gt", "ant-bee"),
        ("__gte", "bee ant-bee"),
        ("__lt", "org-admin ant"),
        ("__lte", "org-admin ant bee"),
    ] {
        assert_eq!(list(&format!("created_at{suffix}={time}")), expected);
        assert_eq!(list(&format!("updated_at{suffix}={time}")), expected);
    }
    assert_eq!(list("ConfigID=&nonsense=1&client_name=ant"), "ant");
}

#[test]
fn the_list_is_ordered_as_asked() {
    let emulator = Emulator::start();
    for name in ["b", "a", "c"] {
        emulator.register(json!({ "client_name": name, "scope": SCOPE }));
    }
    let list = |query: &str| {
        let answer = emulator.get(&format!("{CLIENTS}?client_name__in=a&client_name__in=b&client_name__in=c&{query}"));
        each(&answer.json["clients"], "client_name").concat()
    };
    assert_eq!(list("order_by=name"), "abc");
    assert_eq!(list("order_by=name&order=desc"), "cba");
    assert_eq!(list("order_by=created_at&order=desc"), "cab");
    assert_eq!(list("order_by=updated_at"), "bac");
    assert_eq!(list("order_by=token_type"), "bac");
    let by_id = emulator.get(&format!("{CLIENTS}?order_by=id")).json;
    assert!(each(&by_id["clients"], "client_id").is_sorted());
}

#[test]
fn the_list_comes_in_pages_and_ends_with_an_empty_one() {
    let emulator = Emulator::start();
    for index in 0..60 {
        emulator.register(json!({ "client_name": format!("c{index:02}"), "scope": SCOPE }));
    }
    assert_eq!(emulator.get(CLIENTS).json["clients"].as_array().unwrap().len(), 50, "the default size");
    let (mut names, mut last) = (Vec::new(), String::new());
    for expected in [25, 25, 10, 0, 0] {
        let page = emulator.get(&format!("{CLIENTS}?client_name__contains=c&size=25&last={last}")).json;
        assert_eq!(page["count"], 60);
        let clients = page["clients"].as_array().unwrap();
        assert_eq!(clients.len(), expected);
        names.extend(each(&page["clients"], "client_name").into_iter().map(str::to_owned));
        last = page["last"].as_str().unwrap().to_owned();
    }
    assert_eq!(last, "NjA6NjA=", "base64 of 60:60");
    assert_eq!(names.len(), 60);
    assert!(names.is_sorted());
}

#[test]
fn a_list_that_cannot_be_understood_is_refused() {
    let emulator = Emulator::start();
    for (query, code) in [
        ("size=0", "NotWithinRange"),
        ("size=101", "NotWithinRange"),
        ("size=many", "InvalidInteger"),
        ("last=!", "BadFormat"),
        ("order=up", "NotEnumMember"),
        ("order_by=colour", "NotEnumMember"),
        ("created_at__gt=yesterday", "BadFormatDateTime"),
    ] {
        let answer = emulator.get(&format!("{CLIENTS}?{query}"));
        assert_eq!(answer.oauth_error(), (400, "invalid_request"));
        assert!(answer.description().ends_with(&format!("({code})")), "{}", answer.text);
    }
}

#[test]
fn an_id_with_an_escaped_slash_is_one_segment() {
    let emulator = Emulator::start();
    let answer = emulator.get(&format!("{CLIENTS}/a%2Froles"));
    assert_eq!(answer.description(), "The client does not exist");
}

#[test]
fn names_may_repeat_but_not_those_of_service_clients_in_a_project() {
    let emulator = Emulator::start();
    let management = json!({ "client_name": "same", "scope": SCOPE });
    emulator.register(management.clone());
    emulator.register(management);
    let service = json!({ "client_name": "same", "scope": "pangea:service:ai-guard:read" });
    assert_eq!(emulator.register(service.clone()).body["client_class"], "service");
    let second = emulator.post(REGISTER, &service);
    assert_eq!(second.oauth_error(), (400, "invalid_client_metadata"));
    assert!(second.description().ends_with("(ItemNotUnique)"));
}
