//! No secret shows: known ones are planted, and every byte that Terraform and the provider write is searched for them.

use std::fs;
use std::io::{Cursor, Read};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use pangea_emulator::Fault;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use xtask::acceptance::{Wanted, terraform_since};
use zip::ZipArchive;

use crate::ephemeral_client_secret::example;
use crate::world::{InWorlds as _, World};

/// Whatever was written: a name for messages, and the bytes.
type Written = Vec<(String, Vec<u8>)>;

/// A secret by the name under which a finding is reported.
struct Planted {
    name: String,
    value: String,
}

fn planted(name: &str, value: &str) -> Planted {
    Planted { name: name.to_owned(), value: value.to_owned() }
}

/// Every place that shows one of the secrets, in any form in which it may travel.
fn leaks(written: &Written, secrets: &[Planted]) -> Vec<String> {
    let mut leaks = Vec::new();
    for (place, bytes) in written {
        let text = String::from_utf8_lossy(bytes);
        for secret in secrets {
            for (form, shown) in forms(&secret.value) {
                if text.contains(&shown) {
                    leaks.push(format!("{place} shows {} as {form}", secret.name));
                }
            }
        }
    }
    leaks
}

fn forms(secret: &str) -> Vec<(String, String)> {
    let mut forms = vec![("it is".to_owned(), secret.to_owned())];
    for before in 0..3 {
        let standard = inside_base64(secret, before);
        forms.push((format!("base64 at {before}"), standard.clone()));
        forms.push((format!("base64 for URLs at {before}"), standard.replace('+', "-").replace('/', "_")));
    }
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(("lower-case percent form".to_owned(), lower_escapes(&percent)));
    forms.push(("percent form".to_owned(), percent));
    forms.push(("upper-case hex".to_owned(), hex.to_uppercase()));
    forms.push(("hex".to_owned(), hex));
    forms
}

/// The characters that a secret makes in base64, wherever in a longer text it begins: those at the ends, to which its neighbours
/// add bits, are left out.
fn inside_base64(secret: &str, before: usize) -> String {
    let bytes = [&vec![0; before], secret.as_bytes()].concat();
    let encoded = BASE64_STANDARD.encode(&bytes);
    encoded[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

/// `%2B` as `%2b`, and nothing else.
fn lower_escapes(percent: &str) -> String {
    let mut escaped = 0;
    let lower = |c: char| {
        escaped = if c == '%' { 3_u8 } else { escaped.saturating_sub(1) };
        if escaped > 0 { c.to_ascii_lowercase() } else { c }
    };
    percent.chars().map(lower).collect()
}

/// A world whose every written byte is kept.
struct Watched<'w> {
    world: &'w mut World,
    written: Written,
}

impl Watched<'_> {
    /// Everything is logged, through the file that each product writes: the Terraform from PyPI logs to nothing else.
    fn over(world: &mut World) -> Watched<'_> {
        let log = world.path().join("trace.log").to_string_lossy().into_owned();
        world.set("TF_LOG", "TRACE").set("TF_LOG_PATH", &log);
        Watched { world, written: Vec::new() }
    }

    /// Runs a command that ends with this code; gives all that it printed.
    #[track_caller]
    fn run(&mut self, code: i32, arguments: &[&str]) -> String {
        let output = self.world.run(arguments);
        assert_eq!(output.code, Some(code), "{arguments:?}\n{}{}", output.stdout, output.stderr);
        let command = arguments.join(" ");
        self.written.push((format!("stdout of `{command}`"), output.stdout.clone().into_bytes()));
        self.written.push((format!("stderr of `{command}`"), output.stderr.clone().into_bytes()));
        self.look_at_files();
        output.stdout + &output.stderr
    }

    /// An apply that fails; what the user reads, in the form for people and in the one for programs.
    #[track_caller]
    fn fails(&mut self, fault: impl Fn() -> Fault) -> String {
        let mut said = String::new();
        for form in [&["apply", "-auto-approve", "-input=false"][..], &["apply", "-json", "-auto-approve"]] {
            // Of several faults that match, the first one counts.
            self.world.emulator().clear_faults();
            self.world.emulator().inject(fault().always());
            plant(self.world);
            said += &self.run(1, form);
        }
        self.world.emulator().clear_faults();
        plant(self.world);
        said
    }

    /// Keeps the files as they are now; a saved plan is an archive, of which a search of its own bytes finds nothing.
    fn look_at_files(&mut self) {
        for entry in fs::read_dir(self.world.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(path.is_file(), "{name} is a folder, and is not searched");
            if name == "trace.log" || name.ends_with(".tf") {
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            if bytes.starts_with(b"PK") {
                self.written.extend(unzipped(&name, &bytes));
            } else {
                self.written.push((name, bytes));
            }
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.world.path().join("trace.log")).unwrap()
    }

    /// All of it, the log included.
    fn all(mut self) -> Written {
        let log = self.log();
        self.written.push(("the log".to_owned(), log.into_bytes()));
        self.written
    }
}

fn unzipped(name: &str, bytes: &[u8]) -> Written {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let parts = (0..archive.len()).map(|index| {
        let mut part = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        (format!("{name}/{}", part.name().unwrap()), bytes)
    });
    parts.collect()
}

/// Every new client's first secret is a known one, and every token stays in the emulator's books, so that the test knows it in the
/// end.
fn plant(world: &World) {
    world.emulator().inject(Fault::rewrite("/client_secret", json!(CREATED)).path("*/clients/register").always());
    world.emulator().inject(Fault::status(200).path("*/token/revoke").always());
    // The secrets of the run stay in the books as well, so that their values are known in the end.
    world.emulator().inject(Fault::status(200).body("{}").method("DELETE").path("*/secrets/*").always());
}

/// What the service answers as the first secret of each new client.
const CREATED: &str = "pck_plantedplantedplantedplanted2222";
/// A ready token, which the service doesn't know.
const READY: &str = "pts_readyreadyreadyreadyreadyready22";
const PROXY_PASSWORD: &str = "planted+proxy/password";

/// An ephemeral variable is in no plan and no state; without one, Terraform itself writes what it is given.
fn with_ephemeral_variables() -> Wanted {
    terraform_since(1, 10).or_tofu(1, 11)
}

fn provider(more: &str) -> String {
    format!(
        r#"
variable "proxy_url" {{
  type      = string
  sensitive = true
  ephemeral = true
}}

provider "pangea" {{
  proxy_url   = var.proxy_url
  max_retries = 0
  {more}
}}
"#
    )
}

/// A project, a client of it whose secret is not kept, a further secret that is encrypted, a grant, whatever can be read, a
/// configuration that another client makes with a secret of the run, and secrets and tokens that are ephemeral: every kind of call.
const OBJECTS: &str = r#"
resource "pangea_project" "it" {
  name = "it"
  geo  = "us"
}

resource "pangea_management_client" "it" {
  name                = "it"
  scopes              = ["pangea:platform:project:read"]
  store_client_secret = false
}

resource "pangea_client_grant" "it" {
  client_id = pangea_management_client.it.client_id
  scopes    = ["pangea:service:audit:config:manage"]
}

resource "pangea_client_secret" "it" {
  client_id  = pangea_management_client.it.client_id
  encrypt_to = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
}

data "pangea_client" "it" {
  id = pangea_client_grant.it.client_id
}

data "pangea_client_roles" "it" {
  client_id = pangea_management_client.it.client_id
}

data "pangea_client_secrets" "it" {
  client_id = pangea_client_secret.it.client_id
}

data "pangea_clients" "it" {}

data "pangea_jwks" "it" {}

resource "pangea_management_client" "acting" {
  name                = "acting"
  scopes              = ["pangea:service:audit:config:manage", "pangea:service:audit:config:read"]
  roles               = [{ type = "project", id = pangea_project.it.id, role = "admin" }]
  store_client_secret = false
}

resource "pangea_service_config" "it" {
  service               = "audit"
  name                  = "it"
  impersonate_client_id = pangea_management_client.acting.client_id
}

data "pangea_oauth_server" "it" {}

data "pangea_organization" "it" {}

data "pangea_project" "it" {
  id = pangea_project.it.id
}

data "pangea_projects" "it" {}

resource "pangea_client_secret" "acting" {
  client_id  = pangea_management_client.acting.client_id
  encrypt_to = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
}

ephemeral "pangea_client_secret" "of_the_run" {
  client_id = pangea_management_client.acting.client_id
}

ephemeral "pangea_client_secret" "in_vault" {
  client_id             = pangea_management_client.acting.client_id
  client_secret_id      = pangea_client_secret.acting.client_secret_id
  impersonate_client_id = pangea_management_client.acting.client_id
}

ephemeral "pangea_access_token" "login" {}

ephemeral "pangea_access_token" "given" {
  client_id     = pangea_management_client.acting.client_id
  client_secret = ephemeral.pangea_client_secret.of_the_run.client_secret
}

ephemeral "pangea_token_info" "it" {
  token                 = ephemeral.pangea_access_token.given.access_token
  impersonate_client_id = pangea_management_client.acting.client_id
}
"#;

const ANOTHER: &str = r#"
resource "pangea_management_client" "another" {
  name                = "another"
  scopes              = ["pangea:platform:project:read"]
  store_client_secret = false
}
"#;

/// What a service may make of the secrets that it was sent: each as it is, inside of a header's base64, and escaped.
fn echo(secrets: &[&str]) -> String {
    let forms = |secret: &&str| {
        let header = BASE64_STANDARD.encode(format!("psa_abc:{secret}"));
        format!("{secret} Basic {header} {}", utf8_percent_encode(secret, NON_ALPHANUMERIC))
    };
    secrets.iter().map(forms).collect::<Vec<_>>().join(" Bearer ")
}

#[test]
fn no_planted_secret_is_in_any_byte_that_is_written() {
    with_ephemeral_variables().run(|world| {
        let login = world.emulator().credentials().unwrap();
        let sent = echo(&[&login.client_secret, &login.authn_token]);
        world.set("TF_VAR_proxy_url", "http://user:planted%2Bproxy%2Fpassword@127.0.0.1:9");
        plant(world);
        let mut watched = Watched::over(world);

        // All goes well.
        watched.world.config(&(provider("") + OBJECTS));
        watched.run(0, &["plan", "-input=false", "-out=plan.bin"]);
        watched.run(0, &["show", "-json", "plan.bin"]);
        watched.run(0, &["apply", "-input=false", "plan.bin"]);
        watched.run(0, &["plan", "-json", "-input=false", "-out=plan.bin"]);
        watched.run(0, &["show"]);

        // The service refuses, and repeats what it was sent. What the user reads names the failure all the same.
        watched.world.config(&(provider("") + OBJECTS + ANOTHER));
        let body = json!({ "error": "access_denied", "error_description": sent }).to_string();
        let refused = || Fault::status(403).body(&body).path("*/clients/register");
        let said = watched.fails(refused);
        assert!(said.contains("403") && said.contains("[redacted]"), "{said}");
        assert!(
            watched
                .fails(|| Fault::malformed(&format!("<html>{CREATED} {sent}")).path("*/clients/register"))
                .contains("Error")
        );
        let envelope =
            json!({ "status": "Unauthorized", "summary": sent, "request_id": "prq_x", "result": {} }).to_string();
        assert!(watched.fails(|| Fault::status(401).body(&envelope).path("/authn/*")).contains("401"));
        let refused = || Fault::status(401).body(&body).path("*/oauth/token");
        assert!(watched.fails(refused).contains("401"));

        // The same for a ready token instead of a login.
        let (client_id, secret) = (login.client_id.clone(), login.client_secret.clone());
        let body = json!({ "error": "invalid_token", "error_description": echo(&[READY]) }).to_string();
        watched.world.unset("PANGEA_CLIENT_ID").unset("PANGEA_CLIENT_SECRET").set("PANGEA_ACCESS_TOKEN", READY);
        assert!(watched.fails(|| Fault::status(401).body(&body).path("/authorization.access/*")).contains("401"));
        watched
            .world
            .unset("PANGEA_ACCESS_TOKEN")
            .set("PANGEA_CLIENT_ID", &client_id)
            .set("PANGEA_CLIENT_SECRET", &secret);

        // A proxy that is not there: the error points at it and shows no password.
        let address = "base_url_template = \"https://{SERVICE_NAME}.pangea.invalid\"";
        watched.world.config(&(provider(address) + OBJECTS));
        let said = watched.run(1, &["plan", "-input=false"]);
        assert!(said.contains("`proxy_url`"), "{said}");

        // A client's secrets go with it, those of runs too.
        let of_runs = watched.world.emulator().run_secrets().len();
        assert!(of_runs >= 3, "each run made a secret for itself, {of_runs} in all");
        let known_before = watched.world.emulator().secret_values();
        watched.world.config(&(provider("") + OBJECTS));
        watched.run(0, &["destroy", "-auto-approve", "-input=false"]);

        let log = watched.log();
        for own in [
            "Served request",
            "tf_rpc=ApplyResourceChange",
            "oauth/clients/register",
            "tf_rpc=CloseEphemeralResource",
            "vault/v2/get",
        ] {
            assert!(log.contains(own), "the log lacks the provider's own {own:?}");
        }
        // Those of the login, the service token, and each token that was made meanwhile.
        let mut secrets: Vec<Planted> = watched
            .world
            .emulator()
            .secret_values()
            .iter()
            .chain(&known_before)
            .enumerate()
            .map(|(number, value)| planted(&format!("secret {number} of the service, {}…", &value[..4]), value))
            .collect();
        assert!(secrets.iter().filter(|secret| secret.value.starts_with("pts_")).count() > 5, "tokens were made");
        assert!(secrets.iter().any(|secret| secret.value == login.client_secret));
        assert!(secrets.iter().any(|secret| secret.value == login.authn_token));
        secrets.push(planted("the created secret", CREATED));
        secrets.push(planted("the ready token", READY));
        secrets.push(planted("the proxy's password", PROXY_PASSWORD));
        let written = watched.all();
        for place in ["terraform.tfstate", "plan.bin/tfplan", "plan.bin/tfstate", "the log"] {
            assert!(written.iter().any(|(name, bytes)| name == place && !bytes.is_empty()), "{place} is searched");
        }
        assert_eq!(leaks(&written, &secrets), Vec::<String>::new());
    });
}

/// Rotating a secret and revoking a token, by hand and after a change: the new value and the token are shown nowhere.
#[test]
fn no_secret_of_an_action_is_in_any_byte_that_is_written() {
    terraform_since(1, 14).run(|world| {
        // The client's own secret, which the state holds on purpose, is none that the test searches for.
        let own = world.emulator().credentials().unwrap().client_secret;
        let config = example("actions", "pangea_client_secret_rotate/action.tf");
        let with_token = format!("{config}{}", example("actions", "pangea_token_revoke/action.tf"));
        world.set("TF_VAR_token", READY);
        world.emulator().inject(Fault::status(200).path("*/token/revoke").always());
        world.emulator().inject(Fault::status(200).body("{}").method("DELETE").path("*/secrets/*").always());
        let mut watched = Watched::over(world);
        watched.world.config(&with_token);
        watched.run(0, &["apply", "-auto-approve", "-input=false"]);
        let stored = watched.world.text("pangea_management_client.shop", "client_secret");
        watched.run(0, &["apply", "-auto-approve", "-invoke=action.pangea_client_secret_rotate.shop"]);
        watched.run(0, &["apply", "-auto-approve", "-invoke=action.pangea_token_revoke.shown"]);
        // A saved plan holds what variables were given, unless they are ephemeral: Terraform's own doing.
        watched.world.unset("TF_VAR_token").config(&config.replace("2026-Q1", "2026-Q2"));
        watched.run(0, &["plan", "-input=false", "-out=plan.bin"]);
        watched.run(0, &["apply", "-input=false", "plan.bin"]);
        let values = watched.world.emulator().secret_values();
        let mut secrets: Vec<Planted> =
            values.iter().filter(|value| **value != stored).map(|value| planted(&value[..4], value)).collect();
        secrets.push(planted("the token to revoke", READY));
        assert!(values.contains(&own) && values.iter().filter(|value| value.starts_with("pck_")).count() >= 4);
        let written = watched.all();
        assert!(written.iter().any(|(name, bytes)| name == "the log" && !bytes.is_empty()), "the log is searched");
        assert_eq!(leaks(&written, &secrets), Vec::<String>::new());
    });
}

/// The same search over the same places finds what a configuration gives away, and what the state holds on purpose.
#[test]
fn a_configuration_that_prints_a_secret_is_caught() {
    const LEAK: &str = r#"
resource "pangea_management_client" "it" {
  name   = "it"
  scopes = ["pangea:platform:project:read"]
}

output "plain" {
  value = nonsensitive(pangea_management_client.it.client_secret)
}

output "header" {
  value = nonsensitive(base64encode("${pangea_management_client.it.client_id}:${pangea_management_client.it.client_secret}"))
}

output "query" {
  value = nonsensitive(urlencode("${pangea_management_client.it.client_secret}+"))
}
"#;
    with_ephemeral_variables().run(|world| {
        world.set("TF_VAR_proxy_url", "http://127.0.0.1:9");
        plant(world);
        let mut watched = Watched::over(world);
        watched.world.config(&(provider("") + LEAK));
        watched.run(0, &["apply", "-auto-approve", "-input=false"]);
        watched.run(0, &["plan", "-input=false", "-out=plan.bin"]);
        let raw = vec![("plan.bin".to_owned(), fs::read(watched.world.path().join("plan.bin")).unwrap())];
        let secrets = [planted("the created secret", CREATED)];
        let found = leaks(&watched.all(), &secrets);
        for expected in [
            "stdout of `apply -auto-approve -input=false` shows the created secret as it is",
            "stdout of `apply -auto-approve -input=false` shows the created secret as base64 at ",
            "terraform.tfstate shows the created secret as it is",
            "plan.bin/tfstate shows the created secret as it is",
        ] {
            assert!(found.iter().any(|leak| leak.starts_with(expected)), "{expected}: {found:#?}");
        }
        assert!(!found.iter().any(|leak| leak.starts_with("the log")), "{found:#?}");
        assert_eq!(leaks(&raw, &secrets), Vec::<String>::new(), "an archive hides what is in it");
    });
}

/// A rotation has three values in its hands; the state holds the newest, and nothing else tells any of them.
#[test]
fn a_rotated_secret_is_in_the_state_and_nowhere_else() {
    let rotated = |value: u8| {
        provider("check_client_secrets = true")
            + &format!(
                "resource \"pangea_management_client\" \"it\" {{\n  name   = \"it\"\n  scopes = [\"pangea:platform:project:read\"]\n  \
                 secret_rotation = {{ rotate_when_changed = {{ on = \"{value}\" }} }}\n}}\n"
            )
    };
    with_ephemeral_variables().run(|world| {
        world.set("TF_VAR_proxy_url", "http://127.0.0.1:9");
        plant(world);
        let mut watched = Watched::over(world);
        watched.world.config(&rotated(1));
        watched.run(0, &["apply", "-auto-approve", "-input=false"]);
        let former = watched.world.text("pangea_management_client.it", "client_secret");
        watched.world.config(&rotated(2));
        let known = watched.world.emulator().secret_values();
        let sent = echo(&known.iter().map(String::as_str).collect::<Vec<_>>());
        let body = json!({ "error": "access_denied", "error_description": sent }).to_string();
        let said = watched.fails(|| Fault::status(403).body(&body).path("*/secrets/pce_*"));
        assert!(said.contains("403"), "{said}");
        watched.run(0, &["apply", "-auto-approve", "-input=false"]);
        assert!(!watched.world.state_file().contains(&former), "the former value is kept");
        let values = watched.world.emulator().secret_values();
        let secrets = values.iter().chain([&former]).filter(|value| value.starts_with("pck_"));
        let secrets: Vec<_> = secrets.map(|value| planted(&format!("{}…", &value[..4]), value)).collect();
        let found = leaks(&watched.all(), &secrets);
        assert!(found.iter().any(|leak| leak.starts_with("terraform.tfstate ")), "{found:#?}");
        let elsewhere: Vec<_> = found.iter().filter(|leak| !leak.starts_with("terraform.tfstate")).collect();
        assert!(elsewhere.is_empty(), "{elsewhere:#?}");
    });
}

#[test]
fn each_form_of_a_secret_is_found() {
    let secret = "pck_a+b/c=d?e";
    let secrets = [planted("it", secret)];
    let found = |text: &str| leaks(&vec![("here".to_owned(), text.as_bytes().to_vec())], &secrets);
    assert_eq!(found("nothing of the kind: pck_a+b/c=d and pck_"), Vec::<String>::new());
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    for text in [
        secret,
        &hex,
        &hex.to_uppercase(),
        &percent,
        &percent
            .replace("%2B", "%2b")
            .replace("%5F", "%5f")
            .replace("%2F", "%2f")
            .replace("%3D", "%3d")
            .replace("%3F", "%3f"),
    ] {
        assert_eq!(found(&format!("before{text}after")).len(), 1, "{text}");
    }
    for before in ["", "x", "xy", "xyz", "psa_abc:"] {
        for after in ["", "x", "xy"] {
            let encoded = BASE64_STANDARD.encode(format!("{before}{secret}{after}"));
            assert!(!found(&encoded).is_empty(), "{before:?} {after:?}");
            assert!(!found(&encoded.replace('+', "-").replace('/', "_")).is_empty(), "{before:?} {after:?}");
        }
    }
    // And in bytes that are no text.
    let mut bytes = vec![0xff, 0x00, 0xc3];
    bytes.extend(secret.as_bytes());
    assert_eq!(leaks(&vec![("here".to_owned(), bytes)], &secrets).len(), 1);
}
