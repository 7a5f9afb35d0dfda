//! The program, as a shell starts it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::caller::{JWKS, exchange};

/// A running program, ended with the test.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pangea-emulator"));
        Program(command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// The lines up to the export of this variable, and every export by its name.
    fn exports(&mut self, last: &str) -> (String, BTreeMap<String, String>) {
        let mut out = BufReader::new(self.0.stdout.as_mut().unwrap());
        let (mut text, mut exports) = (String::new(), BTreeMap::new());
        while !exports.contains_key(last) {
            let mut line = String::new();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended after: {text}");
            if let Some((name, value)) = line.strip_prefix("export ").and_then(|line| line.split_once('=')) {
                exports.insert(name.to_owned(), value.trim().trim_matches('\'').to_owned());
            }
            text.push_str(&line);
        }
        (text, exports)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn it_prints_what_to_export_and_answers_there() {
    let mut program = Program::start(&["--seed"]);
    let (text, exports) = program.exports("PANGEA_AUTHN_TOKEN");
    assert!(text.lines().all(|line| line.starts_with("export ") || line.starts_with('#')), "{text}");
    let template = &exports["PANGEA_BASE_URL_TEMPLATE"];
    let address = template.strip_prefix("http://").unwrap().strip_suffix("/{SERVICE_NAME}").unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let bearer = format!("Bearer {}", exports["PANGEA_AUTHN_TOKEN"]);
    let stream = TcpStream::connect(address).unwrap();
    let answer = exchange(stream, address, "POST", JWKS, &[("authorization", &bearer)], None).unwrap();
    assert_eq!(answer.status, 200);
}

#[test]
fn two_runs_over_one_file_share_their_credentials_and_an_authority_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.json").display().to_string();
    let authority = folder.path().join("ca.pem").display().to_string();
    let arguments = ["--seed", "--data", &data, "--tls", &authority, "--switch", "as-documented"];
    let secrets = [0, 1].map(|_| Program::start(&arguments).exports("PANGEA_EMULATOR_CA_FILE").1);
    assert_eq!(secrets[0]["PANGEA_CLIENT_SECRET"], secrets[1]["PANGEA_CLIENT_SECRET"]);
    assert!(secrets[0]["PANGEA_BASE_URL_TEMPLATE"].starts_with("https://"));
    assert!(std::fs::read_to_string(authority).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn listening_beyond_this_machine_is_warned_of() {
    let mut program = Program::start(&["--seed", "--listen", "0.0.0.0:0"]);
    program.exports("PANGEA_AUTHN_TOKEN");
    program.0.kill().unwrap();
    let mut warning = String::new();
    program.0.stderr.take().unwrap().read_to_string(&mut warning).unwrap();
    assert!(warning.contains("0.0.0.0:0 is not a loopback address"), "{warning}");
}

#[test]
fn a_start_that_fails_says_why_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.json");
    std::fs::write(&data, "nonsense").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pangea-emulator")).arg("--data").arg(&data).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("pangea-emulator: cannot read the emulator's data from "), "{said}");
}
