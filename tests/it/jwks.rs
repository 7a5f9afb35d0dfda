//! `data.pangea_jwks` on real programs: the keys, and whose token asks for them.

use expect_test::expect;
use pangea_emulator::Fault;
use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::{
    service_config_data::member,
    world::{InWorlds as _, World},
};

const ADDRESS: &str = "data.pangea_jwks.it";

const KEYS: &str = r#"
data "pangea_jwks" "it" {}

output "document" {
  value = jsondecode(data.pangea_jwks.it.json)
}

output "signing" {
  value = { for key in data.pangea_jwks.it.keys : key.kid => key.pem if key.use == "sig" }
}
"#;

/// A provider block with these lines, and the keys.
fn with_provider(lines: &str) -> String {
    format!("provider \"pangea\" {{\n  {lines}\n}}\n{KEYS}")
}

/// Plans, which must fail, and gives the title and the advice: what stands between them names the request.
#[track_caller]
fn refused(world: &mut World) -> String {
    let text = world.plan_fails();
    let paragraphs: Vec<&str> = text.trim_end().split("\n\n").collect();
    let title = paragraphs[0].lines().next().unwrap_or_default();
    format!("{title}\n\n{}\n", paragraphs[2])
}

#[test]
fn the_keys_are_known_to_the_plan_with_every_field() {
    every_cli().run(|world| {
        let plan = world.config(KEYS).plan();
        let outputs = &plan.json["planned_values"]["outputs"];
        assert_eq!(outputs["signing"]["value"].as_object().unwrap().len(), 2, "{outputs}");
        assert_eq!(plan.actions(), Vec::<String>::new());
        world.apply_planned(&plan);
        world.plan_is_empty();

        let keys = world.values(ADDRESS)["keys"].clone();
        assert_eq!(keys.as_array().unwrap().len(), 2);
        let key = &keys[0];
        for (attribute, value) in [("kty", "EC"), ("alg", "ES256"), ("use", "sig"), ("crv", "P-256")] {
            assert_eq!(key[attribute], json!(value));
        }
        assert!(key["kid"].as_str().unwrap().starts_with("pvi_") && key["kid"].as_str().unwrap().ends_with("|1"));
        assert!(key["x"].is_string() && key["y"].is_string() && key["n"].is_null() && key["e"].is_null());
        assert!(key["pem"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----\n"));
        // The document has what the attributes have, and nothing that is null.
        let document = world.output("document");
        for field in ["kid", "kty", "alg", "use", "crv", "x", "y"] {
            assert_eq!(document["keys"][1][field], keys[1][field], "{field}");
        }
        assert_eq!(document["keys"][0].as_object().unwrap().len(), 7);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn each_kind_of_key_has_the_pem_that_openssl_writes_and_an_unknown_one_has_none() {
    every_cli().run(|world| {
        let keys = json!([
            {"kid": "pvi_a|1", "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig",
                "x": "jlM7b6C_e0YluzBmfAH7YH75-LioD-9bMAYocDGHsqM", "y": "c-sdveAzGDZtBp-DpvWQAFPHNjPLBBshxV4ahsH0ALQ"},
            {"kid": "pvi_b|1", "kty": "OKP", "crv": "Ed25519", "use": "sig", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kid": "pvi_c|2", "kty": "RSA", "alg": "RS256", "use": "sig", "e": "AQAB",
                "n": "wXvFLL7xKB2y77MlgJlNjL2hMsTOyNnGoKVP5hxhX0ICs6426jMAJKAz5mTNGsagOMzZiibZkecRyyZ58qyPKNX72UOBLUMnMyNPt_9vs7K6RwtiLFYnTzXcaKsA9PkQxn3Uj1MWEyv7fbYFtSwtFjsKYmLO2XA_VAq-Tr8kyec"},
            {"kid": "pvi_d|1", "kty": "AKP", "alg": "ML-DSA-44", "use": "sig", "pub": "unheard-of"},
        ]);
        world.emulator().inject(Fault::rewrite("/result/keys", keys.clone()).path("*/jwks").always());
        world.config(KEYS).apply();
        world.plan_is_empty();
        let read = world.values(ADDRESS)["keys"].clone();
        let pems = read.as_array().unwrap().iter().map(|key| key["pem"].as_str().unwrap_or("none\n"));
        expect![[r#"
            -----BEGIN PUBLIC KEY-----
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjlM7b6C/e0YluzBmfAH7YH75+Lio
            D+9bMAYocDGHsqNz6x294DMYNm0Gn4Om9ZAAU8c2M8sEGyHFXhqGwfQAtA==
            -----END PUBLIC KEY-----
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
            -----END PUBLIC KEY-----
            -----BEGIN PUBLIC KEY-----
            MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBe8UsvvEoHbLvsyWAmU2MvaEy
            xM7I2cagpU/mHGFfQgKzrjbqMwAkoDPmZM0axqA4zNmKJtmR5xHLJnnyrI8o1fvZ
            Q4EtQyczI0+3/2+zsrpHC2IsVidPNdxoqwD0+RDGfdSPUxYTK/t9tgW1LC0WOwpi
            Ys7ZcD9UCr5OvyTJ5wIDAQAB
            -----END PUBLIC KEY-----
            none
        "#]].assert_eq(&pems.collect::<String>());
        // What the provider has no attribute for stands in the document all the same.
        assert_eq!(world.output("document"), json!({ "keys": keys }));
    });
}

#[test]
fn a_project_without_keys_gives_an_empty_list() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::rewrite("/result/keys", json!([])).path("*/jwks").always());
        world.config(KEYS).apply();
        assert_eq!(world.values(ADDRESS)["keys"], json!([]));
        assert_eq!(world.output("signing"), json!({}));
        world.plan_is_empty();
    });
}

#[test]
fn a_key_that_joins_after_a_rotation_is_an_output_that_changes() {
    every_cli().run(|world| {
        world.config(KEYS).apply();
        world.emulator().inject(Fault::rewrite("/result/keys/1/kid", json!("pvi_new|2")).path("*/jwks").always());
        let plan = world.plan();
        assert_eq!(plan.json["output_changes"]["signing"]["actions"], json!(["update"]));
        assert!(plan.json["output_changes"]["signing"]["after"]["pvi_new|2"].is_string());
    });
}

#[test]
fn the_keys_need_no_login_where_a_service_token_is_set() {
    every_cli().run(|world| {
        world.unset("PANGEA_CLIENT_ID").unset("PANGEA_CLIENT_SECRET");
        world.config(KEYS).apply();
        assert!(world.requests().iter().all(|call| call == "POST /authn/v2/client/jwks"));
    });
}

#[test]
fn the_services_own_token_comes_before_that_for_all_services() {
    every_cli().run(|world| {
        let good = world.variable("PANGEA_AUTHN_TOKEN").to_owned();
        world.set("PANGEA_SERVICE_TOKEN", "pts_wrong").config(KEYS).plan();
        world.unset("PANGEA_AUTHN_TOKEN").set("PANGEA_SERVICE_TOKEN", &good).plan();

        // The other way round it is the service's own that is refused.
        world.set("PANGEA_AUTHN_TOKEN", "pts_wrong");
        expect![[r#"
            Error: Unable to read the signing keys (JWKS): token not accepted

            The token comes from the environment variable PANGEA_AUTHN_TOKEN. It may have expired or been revoked, or belong to another service or domain. Service tokens are made on the service's page in the Pangea User Console, under API Credentials.
        "#]].assert_eq(&refused(world));
        world.unset("PANGEA_AUTHN_TOKEN").set("PANGEA_SERVICE_TOKEN", "pts_wrong");
        let text = refused(world);
        assert!(text.contains("The token comes from the environment variable PANGEA_SERVICE_TOKEN."), "{text}");
    });
}

#[test]
fn the_attribute_comes_before_both_variables() {
    every_cli().run(|world| {
        let good = world.variable("PANGEA_AUTHN_TOKEN").to_owned();
        world.set("PANGEA_AUTHN_TOKEN", "pts_wrong").set("PANGEA_SERVICE_TOKEN", "pts_wrong");
        world.config(&with_provider(&format!("service_token = {good:?}"))).plan();

        world.set("PANGEA_AUTHN_TOKEN", &good).set("PANGEA_SERVICE_TOKEN", &good);
        world.config(&with_provider(r#"service_token = "pts_wrong""#));
        let text = refused(world);
        assert!(text.contains("The token comes from the provider's attribute `service_token`."), "{text}");
    });
}

#[test]
fn a_login_that_cannot_act_in_a_project_is_told_of_the_service_token() {
    every_cli().run(|world| {
        world.unset("PANGEA_AUTHN_TOKEN").config(KEYS);
        expect![[r#"
            Error: Unable to read the signing keys (JWKS): not allowed

            The call was made as the client psa_… that the provider is logged in as, and a project's services answer only who belongs to the project: a client of the whole organization does not. Name a client of the project in `impersonate_client_id`, set the provider's `service_token`, or log in as a client of the project. Service tokens are made on the service's page in the Pangea User Console, under API Credentials.
        "#]].assert_eq(&refused(world));
    });
}

#[test]
fn without_any_token_or_login_the_error_says_what_to_set() {
    every_cli().run(|world| {
        for name in ["PANGEA_AUTHN_TOKEN", "PANGEA_CLIENT_ID", "PANGEA_CLIENT_SECRET"] {
            world.unset(name);
        }
        expect![[r#"
            Error: Missing Pangea credentials
              at data.pangea_jwks.it
              at data "pangea_jwks" "it" {}

            Neither the provider block nor the environment says how to log in to Pangea. Set one of:
              - `client_id` and `client_secret`, or PANGEA_CLIENT_ID and PANGEA_CLIENT_SECRET: a management client, whose tokens the provider gets, renews and revokes;
              - `access_token`, or PANGEA_ACCESS_TOKEN: a ready token, which lives an hour as a rule.

            Management clients and their secrets are made on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

            For AuthN alone a token of the service is enough: the provider's attribute `service_token`, or the environment variable PANGEA_SERVICE_TOKEN or the service's own, such as PANGEA_AUTHN_TOKEN.
        "#]].assert_eq(&world.config(KEYS).plan_fails());
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn a_service_that_is_not_enabled_is_named_with_the_page_that_enables_it() {
    every_cli().run(|world| {
        let body = json!({"request_id": "prq_a", "status": "ServiceNotEnabled", "summary": "authn is not enabled", "result": Value::Null});
        world.emulator().inject(Fault::status(403).body(&body.to_string()).path("*/jwks").always());
        world.config(KEYS);
        expect![[r#"
            Error: Unable to read the signing keys (JWKS): service not enabled

            Services are enabled by hand: in the Pangea User Console choose the project that the token belongs to, open the page of AuthN, and enable it.
        "#]].assert_eq(&refused(world));
    });
}

#[test]
fn a_client_of_a_project_reads_the_keys_of_that_project() {
    every_cli().run(|world| {
        let client_id = member(world, &[]).client_id;
        let acting = KEYS.replace("\"it\" {}", &format!("\"it\" {{\n  impersonate_client_id = {client_id:?}\n}}"));
        world.config(&acting).apply();
        world.plan_is_empty();
        // The seed's project, to which the service token belongs, has a second one.
        assert_eq!(world.values(ADDRESS)["keys"].as_array().unwrap().len(), 1);
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
    });
}
