//! The page at `/`, in a real Chromium without a window.
//!
//! Where Chromium (or Chrome) or `chromedriver` is not on PATH the tests in the browser are skipped and say so;
//! `PANGEA_REQUIRE_CHROMIUM=1` makes that a failure.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::caller::{CLIENTS, Emulator, exchange};

#[test]
fn the_page_is_served_to_browsers_alone_and_runs_no_code_but_its_own() {
    let emulator = Emulator::start();
    for (path, kind) in
        [("/", "text/html"), ("/_emulator/page.css", "text/css"), ("/_emulator/page.js", "text/javascript")]
    {
        let answer = emulator.send("GET", path, &[], None);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(&*format!("{kind}; charset=utf-8"))));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    }
    assert_eq!(emulator.send("POST", "/", &[], None).status, 404, "it only reads");
    assert_eq!(emulator.send("GET", "/", &[("host", "authn.localhost")], None).status, 404, "a service has no page");
}

#[test]
fn the_page_shows_what_the_emulator_holds_and_follows_it() {
    let emulator = Emulator::start();
    let Some(browser) = Browser::open(&emulator.url()) else { return };
    browser.wait_for("Emulated Organization");
    browser.wait_for("org-admin");

    let project = emulator.project("made while the page is open");
    browser.wait_for("made while the page is open");
    let client = emulator.project_client(&project, "pangea:platform:project:read");
    browser.wait_for(&client.id);
    browser.wait_for("admin of project made while the page is open");
    let secret = json!({ "client_secret_name": "terraform-run-1", "client_secret_expires_in": 600 });
    let made = emulator.post(&format!("{}/{}/secrets", CLIENTS, client.id), &secret);
    browser.wait_for("run secret");
    browser.wait_for("/authorization.access/v1beta/oauth/clients/register");

    let text = browser.run("return document.body.innerText + document.documentElement.outerHTML");
    let text = text.as_str().unwrap();
    assert!(!text.contains(&client.secret) && !text.contains(made.json["client_secret"].as_str().unwrap()));
    assert!(!text.contains(&emulator.token) && !text.contains(&emulator.seed.client_secret));

    emulator.delete_project(&project);
    browser.wait_until("!document.getElementById('projects').innerText.includes('made while the page is open')");
    let screenshot = browser.screenshot();
    assert!(screenshot.starts_with(b"\x89PNG"), "a screenshot can be taken");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_name_that_looks_like_html_stays_text() {
    let emulator = Emulator::start();
    let Some(browser) = Browser::open(&emulator.url()) else { return };
    let name = "<img src=x onerror=\"document.title='taken over'\">";
    let id = emulator.organization_client("pangea:platform:org:read").id;
    emulator.rename_client(&id, name);
    browser.wait_for(name);
    assert_eq!(browser.run("return document.title + document.images.length"), json!("Pangea emulator0"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// A Chromium with one page open, steered over WebDriver. It ends with the value.
struct Browser {
    driver: Child,
    address: String,
    session: String,
    _profile: TempDir,
}

impl Browser {
    fn open(url: &str) -> Option<Browser> {
        let (Some(chromium), Some(driver)) = (on_path(&BROWSERS), on_path(&["chromedriver"])) else {
            assert!(!is_required(), "chromium and chromedriver are not here");
            eprintln!("skipped: chromium and chromedriver are not both on PATH");
            return None;
        };
        let mut driver =
            Command::new(driver).args(["--port=0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port =
            lines.find_map(|line| Some(line.split_once(" successfully on port ")?.1.trim_end_matches('.').to_owned()));
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Browser {
            driver,
            address: format!("127.0.0.1:{}", port.expect("chromedriver names its port")),
            session: String::new(),
            _profile: profile,
        };
        let arguments = [
            "--headless",
            // Root, which a container often is, has no sandbox to give.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--window-size=1400,1000",
        ]
        .map(str::to_owned);
        let arguments = [&arguments[..], &[format!("--user-data-dir={}", browser._profile.path().display())]].concat();
        let made = browser.command(
            "/session",
            &json!({ "capabilities": { "alwaysMatch": {
                "timeouts": { "script": LIMIT.as_millis() },
                "goog:chromeOptions": { "binary": chromium, "args": arguments },
                "goog:loggingPrefs": { "browser": "ALL" },
            } } }),
        );
        browser.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        browser.command(&format!("{}/url", browser.session), &json!({ "url": format!("{url}/") }));
        Some(browser)
    }

    /// Returns once the page shows the text.
    fn wait_for(&self, text: &str) {
        self.wait_until(&format!("document.body.innerText.includes({})", json!(text)));
    }

    /// Returns once the expression is true; looks again whenever the page changes.
    fn wait_until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0];
             const look = () => {{ if (!({expression})) return false; watch.disconnect(); done(true); return true; }};
             const watch = new MutationObserver(look);
             look() || watch.observe(document.body, {{ childList: true, subtree: true, characterData: true }});"
        );
        let path = format!("{}/execute/async", self.session);
        assert_eq!(self.command(&path, &json!({ "script": script, "args": [] })), json!(true), "{expression}");
    }

    fn run(&self, script: &str) -> Value {
        self.command(&format!("{}/execute/sync", self.session), &json!({ "script": script, "args": [] }))
    }

    fn screenshot(&self) -> Vec<u8> {
        let encoded = self.ask("GET", &format!("{}/screenshot", self.session), None);
        STANDARD.decode(encoded.as_str().unwrap()).unwrap()
    }

    /// What the browser's console says is wrong with the page.
    fn complaints(&self) -> Vec<String> {
        let log = self.command(&format!("{}/se/log", self.session), &json!({ "type": "browser" }));
        log.as_array().unwrap().iter().map(|entry| entry["message"].to_string()).collect()
    }

    fn command(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, Some(&body.to_string()))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Value {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT * 2)).unwrap();
        let headers = [("content-type", "application/json")];
        let answer = exchange(stream, &self.address, method, path, &headers, body).unwrap();
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
        answer.json["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser, which the driver alone knows; then the driver.
        if let Ok(stream) = TcpStream::connect(&self.address) {
            let _ = exchange(stream, &self.address, "DELETE", &self.session, &[], None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Whether a missing browser is a failure.
#[expect(clippy::disallowed_methods, reason = "the one variable that these tests read")]
fn is_required() -> bool {
    env::var("PANGEA_REQUIRE_CHROMIUM").as_deref() == Ok("1")
}

/// The first of these programs that is found.
fn on_path(names: &[&str]) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let places = names.iter().flat_map(|name| env::split_paths(&folders).map(move |folder| folder.join(name)));
    places.into_iter().find(|file| file.is_file())
}

/// Debian's name, an older one, and Google's own build.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A page that follows once a second shows everything long before.
const LIMIT: Duration = Duration::from_secs(20);
