//! Projects.

use serde_json::{Value, json};

use crate::caller::{CLIENTS, Emulator, PROJECT, each, is_id};

fn create(emulator: &Emulator, fields: Value) -> crate::caller::Answer {
    let mut body = json!({ "org_id": emulator.seed.organization_id, "name": "p", "geo": "us" });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    emulator.post(&format!("{PROJECT}/create"), &body)
}

#[test]
fn a_project_gets_the_region_of_its_geo_and_a_domain() {
    let emulator = Emulator::start();
    let made = create(&emulator, json!({ "region": "" }));
    let project = made.result();
    assert!(is_id(&project["id"], "ppi"));
    assert_eq!(
        (&project["geo"], &project["region"], &project["fqdn"]),
        (&json!("us"), &json!("us-west-1"), &json!("aws.us.pangea.cloud"))
    );
    assert_eq!(project["created_at"], project["updated_at"]);
    assert_eq!(create(&emulator, json!({ "geo": "eu" })).result()["region"], "eu-central-1");
    assert_eq!(create(&emulator, json!({ "region": "us-west-2" })).result()["region"], "us-west-2");
    let got = emulator.post(&format!("{PROJECT}/get"), &json!({ "id": project["id"] }));
    assert_eq!(got.result(), project);
}

#[test]
fn wrong_fields_of_a_new_project_are_named() {
    let emulator = Emulator::start();
    let check = |fields| create(&emulator, fields).errors();
    assert_eq!(
        check(json!({ "org_id": null, "name": null, "geo": null })),
        (400, "FieldRequired /org_id, FieldRequired /name, FieldRequired /geo".into())
    );
    assert_eq!(check(json!({ "geo": "mars" })), (400, "NotEnumMember /geo".into()));
    assert_eq!(check(json!({ "geo": "eu", "region": "us-west-1" })), (400, "NotEnumMember /region".into()));
    assert_eq!(check(json!({ "name": "x".repeat(256) })), (400, "AboveMaxLength /name".into()));
    assert_eq!(check(json!({ "org_id": format!("poi_{}", "a".repeat(32)) })), (400, "DoesNotExist /org_id".into()));
    assert_eq!(create(&emulator, json!({ "name": "ä".repeat(255) })).status, 200, "characters count, not bytes");
}

#[test]
fn the_summary_counts_and_repeats_the_details() {
    let emulator = Emulator::start();
    let answer = emulator.post(&format!("{PROJECT}/get"), &json!({}));
    assert_eq!(answer.json["status"], "ValidationError");
    assert_eq!(answer.json["summary"], "There was 1 error(s) in the given payload: The field id is required");
}

#[test]
fn an_update_changes_the_name_alone() {
    let emulator = Emulator::start();
    let id = emulator.project("before");
    let before = emulator.post(&format!("{PROJECT}/get"), &json!({ "id": id }));
    let after = emulator.post(&format!("{PROJECT}/update"), &json!({ "id": id, "name": "after", "geo": "eu" }));
    assert_eq!(after.result()["name"], "after");
    for field in ["id", "org", "geo", "region", "fqdn", "created_at"] {
        assert_eq!(after.result()[field], before.result()[field], "{field}");
    }
    assert!(after.result()["updated_at"].as_str() > before.result()["updated_at"].as_str());
    assert_eq!(
        emulator.post(&format!("{PROJECT}/update"), &json!({ "id": id })).errors(),
        (400, "FieldRequired /name".into())
    );
}

#[test]
fn a_deleted_project_takes_its_clients_along() {
    let emulator = Emulator::start();
    let id = emulator.project("p");
    let client = emulator.project_client(&id, "pangea:platform:project:read");
    let deleted = emulator.post(&format!("{PROJECT}/delete"), &json!({ "id": id }));
    assert_eq!(deleted.result()["id"], id);
    for verb in ["get", "update", "delete"] {
        let gone = emulator.post(&format!("{PROJECT}/{verb}"), &json!({ "id": id, "name": "x" }));
        assert_eq!(gone.errors(), (400, "DoesNotExist /id".into()), "{verb}");
    }
    assert_eq!(emulator.get(&format!("{CLIENTS}/{}", client.id)).status, 404);
}

#[test]
fn the_list_is_filtered_and_whole_without_a_limit() {
    let emulator = Emulator::start();
    for index in 0..60 {
        create(&emulator, json!({ "name": format!("Item {index:02}"), "geo": if index < 50 { "us" } else { "eu" } }));
    }
    let list = |more: Value| {
        let mut body = json!({ "org_id": emulator.seed.organization_id });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        emulator.post(&format!("{PROJECT}/list"), &body).result().clone()
    };
    let whole = list(json!({}));
    assert_eq!((whole["results"].as_array().unwrap().len(), &whole["count"]), (61, &json!(61)));
    assert_eq!((&whole["next"], &whole["previous"], &whole["offset"]), (&Value::Null, &Value::Null, &json!(0)));
    assert_eq!(list(json!({ "filter": { "search": "item 0" } }))["count"], 10);
    assert_eq!(list(json!({ "filter": { "search": "item", "geo": "eu" } }))["count"], 10);
    assert_eq!(list(json!({ "filter": { "region": "eu-central-1" } }))["count"], 10);
    assert_eq!(list(json!({ "filter": { "region": "us-east-1" } }))["results"], json!([]));
}

#[test]
fn the_list_comes_in_pages_by_offset() {
    let emulator = Emulator::start();
    for index in 0..5 {
        emulator.project(&format!("paged {index}"));
    }
    let mut names = Vec::new();
    for (offset, count, next) in [(0, 2, json!(2)), (2, 2, json!(4)), (4, 1, Value::Null), (6, 0, Value::Null)] {
        let body = json!({ "org_id": emulator.seed.organization_id, "filter": { "search": "paged" }, "offset": offset, "limit": 2 });
        let answer = emulator.post(&format!("{PROJECT}/list"), &body);
        let page = answer.result();
        assert_eq!((&page["count"], &page["offset"], &page["next"]), (&json!(5), &json!(offset), &next));
        let found = each(&page["results"], "name");
        assert_eq!(found.len(), count);
        names.extend(found.into_iter().map(str::to_owned));
    }
    assert_eq!(names, ["paged 0", "paged 1", "paged 2", "paged 3", "paged 4"]);
}

#[test]
fn a_list_that_cannot_be_understood_is_refused() {
    let emulator = Emulator::start();
    let check = |more: Value| {
        let mut body = json!({ "org_id": emulator.seed.organization_id });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        emulator.post(&format!("{PROJECT}/list"), &body).errors().1
    };
    assert_eq!(check(json!({ "org_id": null })), "FieldRequired /org_id");
    assert_eq!(check(json!({ "org_id": "x" })), "DoesNotMatchPattern /org_id");
    assert_eq!(check(json!({ "limit": 0 })), "IsTooSmall /limit");
    assert_eq!(check(json!({ "offset": -1 })), "IsTooSmall /offset");
    assert_eq!(check(json!({ "offset": "x" })), "InvalidInteger /offset");
    assert_eq!(check(json!({ "filter": [] })), "InvalidObject /filter");
    assert_eq!(
        check(json!({ "filter": { "geo": "mars", "search": 1 } })),
        "InvalidString /filter/search, NotEnumMember /filter/geo"
    );
}
