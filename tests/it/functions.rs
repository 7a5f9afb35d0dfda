//! The functions on real programs: what they give, what they keep hidden, and what they say of a bad argument.

use expect_test::{Expect, expect};
use serde_json::json;
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const PROJECT: &str = "ppi_3qy24trktpaym7zx5gtmg2jmbxl5ccnm";

fn outputs(entries: &[(&str, &str)]) -> String {
    entries.iter().map(|(name, value)| format!("output \"{name}\" {{\n  value = {value}\n}}\n\n")).collect()
}

/// The last part of the error for a call, which says what is wrong with it. What stands before differs between the products.
#[track_caller]
fn refused(world: &mut World, call: &str, expected: &Expect) {
    let text = world.config(&outputs(&[("it", call)])).plan_fails();
    expected.assert_eq(text.trim_end().rsplit("\n\n").next().unwrap_or_default());
}

#[test]
fn the_functions_need_no_login_and_give_the_same_in_plan_and_apply() {
    every_cli().run(|world| {
        for name in ["PANGEA_CLIENT_ID", "PANGEA_CLIENT_SECRET", "PANGEA_AUTHN_TOKEN"] {
            world.unset(name);
        }
        let key = r#"jsonencode({ kty = "OKP", crv = "Ed25519", x = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg", y = null })"#;
        world.config(&outputs(&[
            ("credential", r#"provider::pangea::basic_auth("psa_a", "pck_b")"#),
            ("scopes", r#"provider::pangea::parse_scopes(" b:read  a:read b:read")"#),
            ("same", r#"provider::pangea::parse_scopes("a b") == toset(["b", "a"])"#),
            ("pem", &format!("provider::pangea::jwk_to_pem({key})")),
            ("id", &format!("provider::pangea::parse_id({PROJECT:?})")),
            ("other", r#"provider::pangea::parse_id("pxx_3qy24trktpaym7zx5gtmg2jmbxl5ccnm")"#),
        ]));
        world.validate();
        let plan = world.plan();
        world.apply_planned(&plan);
        assert_eq!(world.output("credential"), json!("cHNhX2E6cGNrX2I="));
        assert_eq!(world.output("scopes"), json!(["a:read", "b:read"]));
        assert_eq!(world.output("same"), json!(true));
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n-----END PUBLIC KEY-----\n";
        assert_eq!(world.output("pem"), json!(pem));
        assert_eq!(world.output("id"), json!({ "kind": "project", "prefix": "ppi_" }));
        assert_eq!(world.output("other"), json!({ "kind": null, "prefix": "pxx_" }));
        world.plan_is_empty();
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn an_argument_that_is_not_known_yet_makes_a_result_that_is_not() {
    every_cli().run(|world| {
        let project = "resource \"pangea_project\" \"it\" {\n  name = \"it\"\n  geo  = \"us\"\n}\n\n";
        let kind = outputs(&[("kind", "provider::pangea::parse_id(pangea_project.it.id).kind")]);
        let plan = world.config(&format!("{project}{kind}")).plan();
        assert_eq!(plan.json["output_changes"]["kind"]["after_unknown"], json!(true));
        world.apply_planned(&plan);
        assert_eq!(world.output("kind"), json!("project"));
        world.destroy();
    });
}

#[test]
fn a_credential_of_a_sensitive_secret_is_sensitive() {
    every_cli().run(|world| {
        let call = r#"provider::pangea::basic_auth("psa_a", sensitive("pck_b"))"#;
        let text = world.config(&outputs(&[("it", call)])).plan_fails();
        assert!(text.starts_with("Error: Output refers to sensitive values"), "{text}");
    });
}

#[test]
fn a_bad_argument_is_named_and_never_repeated() {
    every_cli().run(|world| {
        let cases = [
            (r#"provider::pangea::basic_auth("psa:a", "pck_b")"#, expect![[r#"Invalid value for "client_id" parameter: it holds a colon, which ends the id in such a credential (RFC 7617)."#]]),
            (r#"provider::pangea::basic_auth("psa_a", "")"#, expect![[r#"Invalid value for "client_secret" parameter: it is empty, and must be the value of a secret, `pck_…`."#]]),
            (r#"provider::pangea::basic_auth("psa_a", null)"#, expect![[r#"Invalid value for "client_secret" parameter: argument must not be null."#]]),
            (r#"provider::pangea::parse_scopes("a:read b,c")"#, expect![[r#"Invalid value for "scope" parameter: its word 2 must be a scope: letters, digits and the characters `:*_/-`, such as `pangea:platform:project:read`."#]]),
            (r#"provider::pangea::parse_id("hunter2")"#, expect![[r#"Invalid value for "id" parameter: it is no Pangea id: three lowercase letters, an underscore, and 32 of the letters a to z and digits 2 to 7."#]]),
            (r#"provider::pangea::jwk_to_pem("hunter2")"#, expect![[r#"Invalid value for "jwk" parameter: it is not JSON: see line 1 column 1."#]]),
            (r#"provider::pangea::jwk_to_pem(jsonencode({ kty = "oct", k = "aHVudGVyMg" }))"#, expect![[r#"Invalid value for "jwk" parameter: the key is a symmetric key (`kty` is `oct`), which has no public half."#]]),
        ];
        for (call, expected) in cases {
            refused(world, call, &expected);
        }
    });
}
