//! The one helper of these tests: an emulator, and a blocking HTTP client that calls it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::Deref;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pangea_emulator::{Credentials, Options, Server, Switch};
use serde_json::{Value, json};

pub(crate) const CLIENTS: &str = "/authorization.access/v1beta/oauth/clients";
pub(crate) const REGISTER: &str = "/authorization.access/v1beta/oauth/clients/register";
pub(crate) const TOKEN: &str = "/authorization.access/v1beta/oauth/token";
pub(crate) const PROJECT: &str = "/api.console/v1beta/platform/project";
pub(crate) const ORG: &str = "/api.console/v1beta/platform/org";
pub(crate) const JWKS: &str = "/authn/v2/client/jwks";

/// An emulator, its seed, and a token of the seed's client.
pub(crate) struct Emulator {
    pub(crate) server: Server,
    pub(crate) seed: Credentials,
    pub(crate) token: String,
}

/// A client that was registered, as the registration answered.
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) secret_id: String,
    pub(crate) body: Value,
}

/// An answer, and its body where it is JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Emulator {
    pub(crate) fn start() -> Emulator {
        Emulator::with(Options::default())
    }

    pub(crate) fn switched(switch: Switch) -> Emulator {
        Emulator::with(Options { switches: [switch].into(), ..Options::default() })
    }

    pub(crate) fn with(options: Options) -> Emulator {
        let server = Server::start(options).unwrap();
        let seed = server.credentials().unwrap();
        let mut emulator = Emulator { server, seed, token: String::new() };
        emulator.token = emulator.login(&emulator.seed.client_id, &emulator.seed.client_secret);
        emulator
    }

    /// A token with all of a client's scopes.
    pub(crate) fn login(&self, client_id: &str, client_secret: &str) -> String {
        let answer = self.token_request(client_id, client_secret, "grant_type=client_credentials");
        answer.json["access_token"].as_str().expect("a token").to_owned()
    }

    pub(crate) fn token_request(&self, client_id: &str, client_secret: &str, form: &str) -> Answer {
        self.form(TOKEN, &[("authorization", &basic(client_id, client_secret))], form)
    }

    pub(crate) fn form(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.send("POST", path, &all, Some(form))
    }

    /// Registers a client with the seed's token.
    pub(crate) fn register(&self, body: Value) -> Client {
        let answer = self.post(REGISTER, &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let text = |field: &str| answer.json[field].as_str().unwrap().to_owned();
        Client {
            id: text("client_id"),
            secret: text("client_secret"),
            secret_id: text("client_secret_id"),
            body: answer.json,
        }
    }

    /// A client with a role of the organization and these scopes.
    pub(crate) fn organization_client(&self, scope: &str) -> Client {
        self.register(
            json!({ "client_name": "of the organization", "scope": scope, "roles": [self.organization_role()] }),
        )
    }

    /// A client with a role of one project and these scopes.
    pub(crate) fn project_client(&self, project: &str, scope: &str) -> Client {
        self.register(json!({ "client_name": "of a project", "scope": scope, "roles": [project_role(project)] }))
    }

    pub(crate) fn organization_role(&self) -> Value {
        json!({ "type": "organization", "id": self.seed.organization_id, "role": "admin" })
    }

    /// The id of a new project in `us`.
    pub(crate) fn project(&self, name: &str) -> String {
        let body = json!({ "org_id": self.seed.organization_id, "name": name, "geo": "us" });
        self.post(&format!("{PROJECT}/create"), &body).result()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &self.token, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &self.token, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &self.token, None)
    }

    /// A call with another token than the seed's.
    pub(crate) fn call(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, body.map(Value::to_string).as_deref())
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let read = self.try_send(method, path, headers, body);
        read.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// A request that may end without an answer.
    pub(crate) fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> io::Result<Answer> {
        let stream = TcpStream::connect(self.server.address())?;
        stream.set_read_timeout(Some(READ_LIMIT))?;
        exchange(stream, &self.server.address().to_string(), method, path, headers, body)
    }
}

impl Deref for Emulator {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Answer {
    /// The result of an envelope.
    pub(crate) fn result(&self) -> &Value {
        assert_eq!(self.status, 200, "{}", self.text);
        &self.json["result"]
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What an envelope says is wrong: status, and code and pointer of each error.
    pub(crate) fn errors(&self) -> (u16, String) {
        let errors = self.json["result"]["errors"].as_array().unwrap();
        let errors: Vec<String> = errors
            .iter()
            .map(|error| {
                assert!(!error["detail"].as_str().unwrap().is_empty());
                format!("{} {}", error["code"].as_str().unwrap(), error["source"].as_str().unwrap())
            })
            .collect();
        (self.status, errors.join(", "))
    }

    /// What the OAuth shape says is wrong: status and error.
    pub(crate) fn oauth_error(&self) -> (u16, &str) {
        assert!(!self.json["error_description"].as_str().unwrap().is_empty(), "{}", self.text);
        (self.status, self.json["error"].as_str().unwrap())
    }

    pub(crate) fn description(&self) -> &str {
        self.json["error_description"].as_str().unwrap()
    }
}

pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{client_secret}")))
}

pub(crate) fn project_role(project: &str) -> Value {
    json!({ "type": "project", "id": project, "role": "admin" })
}

/// The words of a scope, sorted.
pub(crate) fn scopes(text: &Value) -> Vec<&str> {
    let mut words: Vec<&str> = text.as_str().unwrap().split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

/// The texts of a field in a list, in order.
pub(crate) fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

/// Whether a text is an id with this prefix.
pub(crate) fn is_id(text: &Value, prefix: &str) -> bool {
    let suffix = text.as_str().and_then(|text| text.strip_prefix(prefix)).and_then(|rest| rest.strip_prefix('_'));
    suffix.is_some_and(|suffix| {
        suffix.len() == 32 && suffix.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
    })
}

/// One request and its answer over any stream. A body shorter than was promised is an error.
pub(crate) fn exchange(
    mut stream: impl Read + Write,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> io::Result<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        request.push_str(&format!("host: {host}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        request.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    request.push_str(body.unwrap_or_default());
    stream.write_all(request.as_bytes())?;
    let (mut read, mut part) = (Vec::new(), [0; 16 * 1024]);
    // Not every server closes the connection, as it is asked to.
    while !is_whole(&read) {
        match stream.read(&mut part)? {
            0 => break,
            length => read.extend_from_slice(&part[..length]),
        }
    }
    parse(&String::from_utf8(read).unwrap()).ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
}

/// Whether the promised length has come; never where none was promised.
fn is_whole(read: &[u8]) -> bool {
    let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| read.len() >= end + 4 + length)
}

fn parse(read: &str) -> Option<Answer> {
    let (head, text) = read.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let promised = headers.iter().find(|(name, _)| name == "content-length");
    if promised.is_some_and(|(_, length)| length.parse() != Ok(text.len())) {
        return None;
    }
    let json = serde_json::from_str(text).unwrap_or_default();
    Some(Answer { status, headers, text: text.to_owned(), json })
}

/// An emulator answers in milliseconds; a test that waits this long has failed.
const READ_LIMIT: Duration = Duration::from_secs(20);
