//! Rotation of a client's secret in place, on real programs: what triggers it, what a cut leaves behind, and that whoever uses the
//! secret never meets a closed door.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};
use pangea_emulator::{Fault, Options, Switch};
use serde_json::{Value, json};
use xtask::acceptance::every_cli;
use xtask::folder::Plan;
use xtask::{http, process};

use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "pangea_management_client.it";
const DAY: u64 = 24 * 3600;

/// A client with these lines.
fn client(lines: &str) -> String {
    format!(
        "resource \"pangea_management_client\" \"it\" {{\n  name   = \"it\"\n  scopes = [\"pangea:platform:project:read\"]\n  {lines}\n}}\n"
    )
}

/// One whose secret is rotated where `value` changes.
fn rotating(value: &str) -> String {
    client(&format!("secret_rotation = {{ rotate_when_changed = {{ on = {value} }} }}"))
}

fn id(world: &World) -> String {
    world.text(ADDRESS, "id")
}

fn secret_id(world: &World) -> String {
    world.text(ADDRESS, "client_secret_id")
}

/// The names of the client's secrets, oldest first.
fn names(world: &World) -> Vec<String> {
    let secrets = world.emulator().secrets(&id(world));
    secrets.iter().map(|secret| secret["client_secret_name"].as_str().unwrap().to_owned()).collect()
}

/// The id of the client's newest secret.
fn newest(world: &World) -> String {
    world.emulator().secrets(&id(world)).last().unwrap()["client_secret_id"].as_str().unwrap().to_owned()
}

/// When a secret ends.
fn expiry(world: &World, secret_id: &str) -> Timestamp {
    let secrets = world.emulator().secrets(&id(world));
    let secret = secrets.iter().find(|secret| secret["client_secret_id"] == secret_id).unwrap();
    secret["client_secret_expires_at"].as_str().unwrap().parse().unwrap()
}

/// How many seconds after `made` a secret ends.
fn ends_after(world: &World, secret_id: &str, made: &str) -> i64 {
    expiry(world, secret_id).duration_since(made.parse().unwrap()).as_secs()
}

/// The former secret ends a day after the stored one was made, give or take what the calls took.
#[track_caller]
fn ends_with_the_overlap(world: &World, former: &str) {
    let secrets = world.emulator().secrets(&id(world));
    let stored = secrets.iter().find(|secret| secret["client_secret_id"] == secret_id(world)).unwrap();
    let seconds = ends_after(world, former, stored["created_at"].as_str().unwrap());
    assert!((86_400 - 300..86_400 + 300).contains(&seconds), "{seconds}");
}

/// What was asked about secrets since the last look.
fn calls(world: &World) -> Vec<String> {
    let calls = world.requests().into_iter().filter(|call| call.contains("/secrets"));
    calls.map(|call| call.replace("/authorization.access/v1beta/oauth/clients/psa_…", "")).collect()
}

/// The next answer tells at this place that the secret was made 40 days ago.
fn made_long_ago(pointer: &str) -> Fault {
    let made = Timestamp::now() - SignedDuration::from_hours(40 * 24);
    Fault::rewrite(pointer, json!(made.to_string()))
}

#[test]
fn only_a_change_of_a_value_that_was_there_rotates_and_the_former_secret_ends_with_the_overlap() {
    every_cli().run(|world| {
        world.config(&client("")).apply();
        let first = secret_id(world);
        // Adding it, another overlap, and taking the values away are written down and no more.
        for lines in [
            rotating("\"1\""),
            rotating("\"1\"").replace("} }\n", "}\n    overlap = \"48h\" }\n"),
            client("secret_rotation = { overlap = \"24h\" }"),
            rotating("\"2\""),
        ] {
            world.config(&lines).apply();
            assert_eq!(secret_id(world), first);
        }
        world.plan_is_empty();

        let plan = world.config(&rotating("\"3\"")).plan();
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        let unknown = &plan.change(ADDRESS)["after_unknown"];
        for name in ["client_secret", "client_secret_id", "client_secret_expires_at", "pending_revocation"] {
            assert_eq!(unknown[name], json!(true), "{name}");
        }
        world.requests();
        world.apply_planned(&plan);
        assert_eq!(calls(world), ["POST /secrets", "GET /secrets/metadata", "POST /secrets/pce_…"]);
        assert_ne!(secret_id(world), first);
        assert_eq!(names(world), ["it Secret", "it Secret #2"]);
        assert_eq!(world.text(ADDRESS, "client_secret_name"), "it Secret");
        assert_eq!(world.values(ADDRESS)["pending_revocation"], Value::Null);
        ends_with_the_overlap(world, &first);
        world.plan_is_empty();

        // A new name keeps the generation, and the next rotation leaves an end that comes soon as it is.
        world.emulator().advance(Duration::from_secs(DAY / 2));
        let second = secret_id(world);
        world
            .config(&rotating("\"3\"").replace("secret_rotation", "client_secret_name = \"key\"\n  secret_rotation"))
            .apply();
        assert_eq!(
            (secret_id(world), names(world)),
            (second.clone(), vec!["it Secret".to_owned(), "key #2".to_owned()])
        );
        world.config(&rotating("\"4\"").replace("secret_rotation", "client_secret_name = \"key\"\n  secret_rotation"));
        world.requests();
        world.apply();
        // The lifetime that is right where it counts from the making goes first, and this service counts from now.
        let retired = ["POST /secrets/pce_…"; 2];
        assert_eq!(calls(world), [["POST /secrets", "GET /secrets/metadata"], retired].concat());
        ends_with_the_overlap(world, &second);
        assert_eq!(names(world), ["it Secret", "key #2", "key #3"]);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_value_that_is_not_known_yet_never_breaks_the_plan() {
    every_cli().run(|world| {
        let with = |input: &str| {
            format!("resource \"terraform_data\" \"on\" {{\n  input = {input:?}\n}}\n")
                + &rotating("terraform_data.on.output")
        };
        world.config(&with("1")).apply();
        let first = secret_id(world);
        // The value is unknown during the plan and in the end the same, or another.
        let plan = world
            .config(
                &with("2").replace("terraform_data.on.output", "length(terraform_data.on.output) > 0 ? \"1\" : \"0\""),
            )
            .plan();
        assert_eq!(plan.change(ADDRESS)["after_unknown"]["client_secret_id"], json!(true));
        world.apply_planned(&plan);
        assert_eq!(secret_id(world), first);
        world.config(&with("3")).apply();
        assert_ne!(secret_id(world), first);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn whatever_part_of_the_rotation_is_not_known_yet_never_breaks_the_plan() {
    every_cli().run(|world| {
        let mut step = 0;
        // The step's number is known only during the apply, and so is whether it is this one.
        let mut apply = |world: &mut World, lines: &str| {
            step += 1;
            let on = format!("resource \"terraform_data\" \"on\" {{\n  input = \"{step}\"\n}}\n");
            let lines = lines.replace("SO", &format!("ON == \"{step}\"")).replace("ON", "terraform_data.on.output");
            world.config(&(on + &client(&lines))).apply();
            let values = world.values(ADDRESS);
            (values["client_secret_id"].clone(), values["secret_rotation"].clone())
        };
        // The whole of it and each of its values: set, and null in the end. An age that has come rotates all the same.
        world.emulator().inject(made_long_ago("/created_at").path("*/register"));
        let (first, _) = apply(world, "secret_rotation = SO ? { rotate_after = \"720h\" } : null");
        let (second, rotation) = apply(world, "secret_rotation = { rotate_after = SO ? \"720h\" : null }");
        assert_ne!(second, first);
        assert_eq!(rotation["rotate_after"], json!("720h"));
        assert_eq!(apply(world, "secret_rotation = SO ? null : { overlap = \"24h\" }"), (second.clone(), Value::Null));
        let by_value = "secret_rotation = SO ? { rotate_when_changed = { on = ON } } : null";
        assert_eq!(apply(world, by_value).0, second);
        let (third, rotation) = apply(world, by_value);
        assert_ne!(third, second);
        assert_eq!(rotation["rotate_when_changed"], json!({ "on": "5" }));
        let each = |one: &str, other: &str| {
            format!(
                "secret_rotation = {{\n    rotate_when_changed = {one} ? null : {{ on = ON }}\n    \
                 rotate_after = {other} ? null : \"1000000h\"\n    overlap = {other} ? null : \"48h\"\n  }}"
            )
        };
        for (one, other, overlap) in [("SO", "!(SO)", json!("48h")), ("!(SO)", "SO", Value::Null)] {
            let (kept, rotation) = apply(world, &each(one, other));
            assert_eq!((kept, &rotation["overlap"]), (third.clone(), &overlap));
            assert_eq!(rotation["rotate_when_changed"].is_null(), !overlap.is_null());
        }
        // And whether the secret is stored at all.
        assert_eq!(apply(world, "store_client_secret = SO").0, third);
        assert_eq!(apply(world, "store_client_secret = !(SO)").0, third);
        assert_ne!(apply(world, "store_client_secret = SO").0, third);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_former_secret_that_cannot_be_shortened_is_pending_until_the_next_apply() {
    every_cli().run(|world| {
        world.config(&rotating("\"1\"")).apply();
        let first = secret_id(world);
        // Before the new secret is there, nothing was done.
        world.emulator().inject(Fault::status(403).method("POST").path("*/secrets"));
        world.config(&rotating("\"2\"")).apply_fails();
        assert_eq!((secret_id(world), names(world).len()), (first.clone(), 1));

        world.emulator().inject(Fault::status(403).method("POST").path("*/secrets/pce_*"));
        let text = world.apply_fails();
        assert!(text.contains("Unable to retire the former secret of management client"), "{text}");
        assert!(!text.contains("inconsistent"), "{text}");
        // A service that takes the expiry and does not keep to it.
        let stubborn = Fault::rewrite("/client_secret_expires_at", json!("2099-01-01T00:00:00Z"));
        world.emulator().inject(stubborn.method("POST").path("*/secrets/pce_*").times(2));
        let text = world.apply_fails();
        assert!(text.contains("The former secret did not get its end"), "{text}");
        let second = secret_id(world);
        assert_ne!(second, first);
        assert_eq!(world.values(ADDRESS)["pending_revocation"], json!([first]));
        // The same value does not rotate again; what was left undone is done.
        let plan = world.plan();
        assert_eq!(plan.change(ADDRESS)["after"]["pending_revocation"], Value::Null);
        world.apply_planned(&plan);
        assert_eq!(secret_id(world), second);
        ends_with_the_overlap(world, &first);
        world.plan_is_empty();

        // A secret whose making was not heard of, and then a rotation that can't list what there is: both former ones get their end.
        world.emulator().inject(Fault::remove("/client_secret").method("POST").path("*/secrets"));
        world.config(&rotating("\"3\"")).apply_fails();
        let unheard_of = newest(world);
        world.emulator().inject(Fault::status(403).method("GET").path("*/secrets/metadata"));
        world.apply_fails();
        assert_eq!(world.values(ADDRESS)["pending_revocation"], json!([second]));
        world.apply();
        for former in [second, unheard_of] {
            ends_with_the_overlap(world, &former);
        }
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn an_old_secret_is_rotated_by_age_once_and_only_under_the_limit_that_was_read() {
    every_cli().run(|world| {
        let with = |limit: &str| client(&format!("secret_rotation = {{ rotate_after = {limit:?} }}"));
        let stored = |world: &mut World| world.plan_with(&["-refresh=false"]);
        world.emulator().inject(made_long_ago("/created_at").path("*/register"));
        world.config(&with("1000000h")).apply();
        let first = secret_id(world);
        // Lowered, it acts once a read has seen it; raised, at once. What is stored has decided nothing yet.
        world.config(&with("720h")).apply();
        assert_eq!(secret_id(world), first);
        assert_eq!(stored(world).actions(), Vec::<String>::new());
        let warns = |plan: &Plan| plan.warnings().contains("The client secret is rotated because of its age");
        let raised = world.config(&with("1000000h")).plan();
        assert_eq!(raised.change(ADDRESS)["after"]["client_secret_id"], json!(first));
        assert!(!warns(&raised));
        let plan = world.config(&with("720h")).plan();
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        let told = "was made 40 days ago, and `rotate_after` allows no more";
        assert!(warns(&plan) && plan.warnings().contains(told), "{}", plan.warnings());

        // A saved plan rotates once, and neither a read nor what is stored asks for it again.
        world.apply_planned(&plan);
        let second = secret_id(world);
        assert_eq!(names(world), ["it Secret", "it Secret #2"]);
        ends_with_the_overlap(world, &first);
        world.plan_is_empty();
        assert_eq!(stored(world).actions(), Vec::<String>::new());

        // Without a refresh a plan follows what the last one stored: here that the second is old by now.
        world.config(&format!("provider \"pangea\" {{\n  check_client_secrets = true\n}}\n{}", with("720h")));
        world.emulator().inject(made_long_ago("/client-secrets/1/created_at").path("*/secrets/metadata"));
        world.run(&["apply", "-refresh-only", "-auto-approve", "-input=false"]).success().unwrap();
        let plan = stored(world);
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        // Cut off right behind the new secret, it is not rotated once more: the next apply does what was left undone.
        world.emulator().inject(Fault::status(403).method("GET").path("*/secrets/metadata"));
        world.apply_planned_fails(&plan);
        let third = secret_id(world);
        assert_ne!(third, second);
        world.apply();
        assert_eq!(secret_id(world), third);
        assert_eq!(names(world), ["it Secret", "it Secret #2", "it Secret #3"]);
        ends_with_the_overlap(world, &second);
        world.plan_is_empty();
        assert_eq!(stored(world).actions(), Vec::<String>::new());
        world.destroy();
    });
}

#[test]
fn a_forgotten_secret_is_retired_by_the_next_that_is_made_and_an_overlap_is_never_short() {
    every_cli().run(|world| {
        world.config(&client("")).apply();
        let first = secret_id(world);
        world.config(&client("store_client_secret = false")).apply();
        assert_eq!(secret_id(world), first);
        world.config(&client("")).apply();
        assert_ne!(secret_id(world), first);
        ends_with_the_overlap(world, &first);
        for (lines, problem) in [
            ("secret_rotation = { overlap = \"0\" }", "must be at least 15 minutes"),
            ("secret_rotation = { overlap = \"14m\" }", "must be at least 15 minutes"),
            ("store_client_secret = false\n  secret_rotation = {}", "There is no secret to rotate"),
            ("client_secret_name = \"key #2\"", "The name is one of a rotation"),
            (
                "}\nresource \"pangea_client_secret\" \"it\" {\n  client_id = \"psa_a\"\n  name      = \"key #2\"",
                "The name is one of a rotation",
            ),
        ] {
            let text = world.config(&client(lines)).plan_fails();
            assert!(text.contains(problem), "{text}");
        }
    });
}

#[test]
fn an_imported_client_rotates_the_only_secret_and_of_several_none() {
    every_cli().run(|world| {
        world.config(&rotating("\"1\"")).apply();
        world.config(&rotating("\"2\"")).apply();
        let (client_id, second) = (id(world), secret_id(world));
        world.emulator().advance(Duration::from_secs(2 * DAY));
        let gone = world.emulator().secrets(&client_id)[0]["client_secret_id"].as_str().unwrap().to_owned();
        world.emulator().delete_secret(&gone);
        world.forget(ADDRESS);
        world.import(ADDRESS, &client_id);
        assert_eq!(world.text(ADDRESS, "client_secret_name"), "it Secret");
        world.apply();
        assert_eq!(secret_id(world), second);
        world.config(&rotating("\"3\"")).apply();
        ends_with_the_overlap(world, &second);
        assert_eq!(names(world), ["it Secret #2", "it Secret #3"]);

        world.forget(ADDRESS);
        world.import(ADDRESS, &client_id);
        assert_eq!(world.values(ADDRESS)["client_secret_id"], Value::Null);
        let third = world.emulator().secrets(&client_id)[1]["client_secret_id"].as_str().unwrap().to_owned();
        world.apply();
        let run = world.config(&rotating("\"4\"")).apply();
        assert!(run.warnings().contains("The former secret was not retired"), "{}", run.warnings());
        assert!(run.warnings().contains("All of them live on: pce_…, pce_…."), "{}", run.warnings());
        let made = world.text(ADDRESS, "client_secret_created_at");
        assert!(ends_after(world, &third, &made) > 300 * 86_400);
        world.destroy();
    });
}

#[test]
fn a_secret_that_is_gone_or_expired_is_drift_only_where_secrets_are_checked() {
    every_cli().run(|world| {
        let checking = format!("provider \"pangea\" {{\n  check_client_secrets = true\n}}\n{}", client(""));
        world.config(&client("")).apply();
        let mut former = secret_id(world);
        // A further secret says nothing.
        world.emulator().create_secret(&id(world)).unwrap();
        world.config(&checking).plan_is_empty();
        for end in [pangea_emulator::State::delete_secret, pangea_emulator::State::expire_secret] {
            end(world.emulator(), &former);
            world.config(&client("")).plan_is_empty();
            let plan = world.config(&checking).plan();
            assert_eq!(plan.drift(), ["update pangea_management_client.it"]);
            assert!(plan.warnings().contains("The client's secret is gone"), "{}", plan.warnings());
            world.apply_planned(&plan);
            assert_ne!(secret_id(world), former);
            world.plan_is_empty();
            former = secret_id(world);
        }
        world.destroy();
    });
}

#[test]
fn an_end_that_is_near_is_warned_of_and_the_first_secret_is_found_where_its_id_is_not_told() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::remove("/client_secret_id").path("*/register"));
        world.config(&rotating("\"1\"")).apply();
        let first = world.emulator().secrets(&id(world))[0]["client_secret_id"].as_str().unwrap().to_owned();
        assert_eq!(secret_id(world), first);
        let soon = (Timestamp::now() + SignedDuration::from_hours(24)).to_string();
        let answered = Fault::rewrite("/client_secret_expires_at", json!(soon));
        world.emulator().inject(answered.method("POST").path("*/secrets"));
        world.config(&rotating("\"2\"")).apply();
        ends_with_the_overlap(world, &first);
        let warnings = world.plan_is_empty().warnings();
        assert!(warnings.contains("The client secret expires soon"), "{warnings}");
        world.destroy();
    });
}

#[test]
fn an_expiry_is_read_back_and_corrected_and_what_stands_before_the_correction_never_ends_too_early() {
    every_cli().on_each(|cli| {
        for switches in [vec![], vec![Switch::ExpiryFromCreation]] {
            let counts_from_making = !switches.is_empty();
            let mut world =
                World::with(cli, Options { switches: switches.into_iter().collect(), ..Options::default() });
            world.config(&rotating("0")).apply();
            // Younger than the overlap, and much older.
            for (value, age) in [DAY / 2, 30 * DAY].into_iter().enumerate() {
                let former = secret_id(&world);
                world.emulator().advance(Duration::from_secs(age));
                // Cut off before the correction, where one is needed.
                world.emulator().inject(Fault::status(403).method("POST").path("*/secrets/pce_*").skip(1));
                world.config(&rotating(&format!("{}", value + 1)));
                if !counts_from_making {
                    world.apply_fails();
                    let made = expiry(&world, &secret_id(&world)) - SignedDuration::from_hours(365 * 24);
                    assert!(ends_after(&world, &former, &made.to_string()) > 86_400);
                }
                world.apply();
                ends_with_the_overlap(&world, &former);
                world.emulator().clear_faults();
                world.plan_is_empty();
            }
            world.destroy();
        }
    });
}

/// Asks for a token every 50 ms with the secret that it was last given, until it is dropped.
struct Consumer {
    secret: Arc<Mutex<String>>,
    ends: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    task: Option<thread::JoinHandle<()>>,
}

impl Consumer {
    fn start(world: &World) -> Consumer {
        let url = format!("{}/authorization.access/v1beta/oauth/token", world.emulator().url());
        let client_id = id(world);
        let secret = Arc::new(Mutex::new(world.text(ADDRESS, "client_secret")));
        let (ends, asked, failed) = <(Arc<AtomicBool>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let task = {
            let (secret, ends, asked, failed) = (secret.clone(), ends.clone(), asked.clone(), failed.clone());
            thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    let login = format!("{client_id}:{}", secret.lock().unwrap());
                    let basic = format!("Basic {}", BASE64_STANDARD.encode(login));
                    let headers =
                        [("Authorization", basic.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
                    let answer = http::request("POST", &url, &headers, "grant_type=client_credentials");
                    asked.fetch_add(1, Ordering::Relaxed);
                    if !answer.is_ok_and(|(status, _)| status == 200) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                    process::pause(Duration::from_millis(50));
                }
            })
        };
        Consumer { secret, ends, asked, failed, task: Some(task) }
    }

    /// Takes the secret that the state holds now.
    fn takes(&self, world: &World) {
        *self.secret.lock().unwrap() = world.text(ADDRESS, "client_secret");
    }

    /// Waits until it has asked some more.
    fn goes_on(&self) {
        let enough = self.asked.load(Ordering::Relaxed) + 3;
        while self.asked.load(Ordering::Relaxed) < enough {
            process::pause(Duration::from_millis(10));
        }
    }

    fn failures(mut self) -> usize {
        self.ends.store(true, Ordering::Relaxed);
        self.task.take().unwrap().join().unwrap();
        self.failed.load(Ordering::Relaxed)
    }
}

/// The provider in a shell that notes its process before it becomes it.
fn noting(folder: &Path) -> std::path::PathBuf {
    let wrapper = folder.join("noting/terraform-provider-pangea");
    fs::create_dir_all(wrapper.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\necho $$ >> {:?}\nexec {:?} \"$@\"\n",
        folder.join("processes"),
        env!("CARGO_BIN_EXE_terraform-provider-pangea")
    );
    fs::write(&wrapper, script).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    wrapper
}

/// Longer than any run.
const NEVER: Duration = Duration::from_secs(3600);

/// Applies, and kills the provider while it waits for the answer to a request that the service never handles.
fn apply_killed_before(world: &mut World, method: &str, path: &str) {
    let faults = format!("{}/_emulator/faults", world.emulator().url());
    world.emulator().inject(Fault::latency(NEVER).method(method).path(path));
    // A fault that is no longer planned is happening.
    apply_killed_once(world, move || !http::request("GET", &faults, &[], "").unwrap().1.contains("latency"));
}

/// Applies, and kills the provider while it waits for the answer to a request that the service has handled.
fn apply_killed_after(world: &mut World, method: &str, path: &str) {
    let service = world.emulator().state().clone();
    service.clear_requests();
    service.inject(Fault::late_answer(NEVER).method(method).path(path));
    apply_killed_once(world, move || service.requests().iter().any(|request| request.fault == Some("late-answer")));
}

fn apply_killed_once(world: &mut World, condition: impl Fn() -> bool + Send + 'static) {
    let processes = world.path().join("processes");
    let killer = thread::spawn(move || {
        while !condition() {
            process::pause(Duration::from_millis(10));
        }
        let last = fs::read_to_string(&processes).unwrap().lines().last().unwrap().to_owned();
        assert!(Command::new("kill").args(["-9", &last]).status().unwrap().success());
    });
    let text = world.apply_fails();
    killer.join().unwrap();
    assert!(text.contains("Plugin did not respond") || text.contains("plugin"), "{text}");
}

#[test]
fn whoever_uses_the_secret_sees_no_failure_through_rotations_kills_and_the_end_of_the_former_secret() {
    every_cli().on_each(|cli| {
        let mut world = World::start(cli);
        let wrapper = noting(&world.path());
        let configuration =
            xtask::terraform::cli_configuration(&world.path(), xtask::terraform::SOURCE, &wrapper).unwrap();
        world.set("TF_CLI_CONFIG_FILE", &configuration.to_string_lossy());
        world.config(&rotating("\"0\"")).apply();
        let consumer = Consumer::start(&world);
        consumer.goes_on();
        world.config(&rotating("\"1\"")).apply();
        consumer.goes_on();
        consumer.takes(&world);
        for (value, (method, path)) in
            [("POST", "*/secrets"), ("GET", "*/secrets/metadata"), ("POST", "*/secrets/pce_*")].into_iter().enumerate()
        {
            let former = secret_id(&world);
            world.config(&rotating(&format!("\"kill {value}\"")));
            apply_killed_before(&mut world, method, path);
            // A kill saves nothing.
            assert_eq!(secret_id(&world), former);
            consumer.takes(&world);
            consumer.goes_on();
            world.apply();
            consumer.goes_on();
            ends_with_the_overlap(&world, &former);
            consumer.takes(&world);
            assert_ne!(secret_id(&world), former);
            world.plan_is_empty();
        }
        // The former secret was given its end, and nobody heard of it. That end stays, whenever in the overlap the next apply comes.
        let former = secret_id(&world);
        world.config(&rotating("\"kill 3\""));
        apply_killed_after(&mut world, "POST", "*/secrets/pce_*");
        assert_eq!(secret_id(&world), former);
        let (end, newest) = (expiry(&world, &former), newest(&world));
        world.emulator().advance(Duration::from_secs(DAY / 2));
        consumer.goes_on();
        world.apply();
        consumer.goes_on();
        assert_eq!(expiry(&world, &former), end);
        ends_with_the_overlap(&world, &newest);
        consumer.takes(&world);
        world.plan_is_empty();
        // The overlap ends, and with it every secret but the stored one.
        world.emulator().advance(Duration::from_secs(DAY + 600));
        consumer.goes_on();
        let now = world.text(ADDRESS, "client_secret_created_at");
        let alive = world.emulator().secrets(&id(&world));
        let alive = alive.iter().filter(|secret| {
            let secret = secret["client_secret_id"].as_str().unwrap();
            ends_after(&world, secret, &now) > 2 * 86_400
        });
        assert_eq!(alive.count(), 1, "what a kill left behind is retired as well");
        assert_eq!(consumer.failures(), 0);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}
