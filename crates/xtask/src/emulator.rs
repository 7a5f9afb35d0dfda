//! The program `pangea-emulator` as a process of its own, as people run it.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{http, process};

/// A debug build with its seed stands in well under a second.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How often to look whether it stands.
const START_PAUSE: Duration = Duration::from_millis(50);

/// A running emulator; it ends with this value, unless [`Emulator::keep`] lets it go on.
#[derive(Debug)]
pub struct Emulator {
    child: Option<Child>,
    log: PathBuf,
    environment: Vec<(String, String)>,
    url: String,
}

impl Emulator {
    /// Starts `binary` on a free port with the seeded organization, its output in `log`, and waits until it answers. A Ctrl-C in the
    /// terminal ends it with everything else there, unless it `outlives` the job.
    ///
    /// # Errors
    ///
    /// Where it ends early or does not answer in time; the text holds what it said.
    pub fn start(binary: &Path, log: &Path, outlives: bool) -> Result<Emulator> {
        let output = File::create(log).with_context(|| format!("can't write {}", log.display()))?;
        let mut command = process::isolated(binary);
        command.args(["--seed", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        if outlives {
            command.process_group(0);
        }
        let child = command.spawn().with_context(|| format!("{} does not start", binary.display()))?;
        let mut emulator =
            Emulator { child: Some(child), log: log.to_path_buf(), environment: Vec::new(), url: String::new() };
        emulator.wait()?;
        Ok(emulator)
    }

    /// The variables that point a provider at it, credentials among them.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Where it listens, such as `http://127.0.0.1:4010`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives the variables to a command.
    pub fn point(&self, command: &mut Command) {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }

    /// All documents that it holds.
    pub fn state(&self) -> Result<Value> {
        let (status, body) = http::request("GET", &format!("{}/_emulator/state", self.url), &[], "")?;
        if status != 200 {
            bail!("the emulator does not show its state: {status} {body}");
        }
        serde_json::from_str(&body).context("the emulator's state is no JSON")
    }

    /// Lets it go on after this program ends, and gives its process id.
    pub fn keep(mut self) -> Option<u32> {
        self.child.take().map(|child| child.id())
    }

    /// Reads the log until it says where it listens and what to export.
    fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            if let Some((url, environment)) = announced(&said) {
                (self.url, self.environment) = (url, environment);
                return self.state().map(drop);
            }
            let ended = self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_some()));
            if ended || started.elapsed() > START_LIMIT {
                bail!("the emulator did not come up:\n{said}");
            }
            process::pause(START_PAUSE);
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself; then there is nothing to stop.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What the emulator prints once it listens: shell lines `export NAME='VALUE'`. None until they are all there.
fn announced(said: &str) -> Option<(String, Vec<(String, String)>)> {
    let (whole_lines, _) = said.rsplit_once('\n')?;
    let exports = whole_lines.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    let environment: Vec<_> =
        exports.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect();
    let value = |wanted: &str| environment.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let template = EXPORTED.iter().map(|name| value(name)).collect::<Option<Vec<_>>>()?[0];
    let url = template.strip_suffix("/{SERVICE_NAME}")?.to_owned();
    Some((url, environment))
}

/// What a provider needs to reach the seeded organization; the address first.
const EXPORTED: [&str; 5] = [
    "PANGEA_BASE_URL_TEMPLATE",
    "PANGEA_CLIENT_ID",
    "PANGEA_CLIENT_SECRET",
    "PANGEA_ORGANIZATION_ID",
    "PANGEA_AUTHN_TOKEN",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_lines_are_the_environment() {
        let mut said =
            "# listening\nexport PANGEA_BASE_URL_TEMPLATE='http://127.0.0.1:4010/{SERVICE_NAME}'\n".to_owned();
        for name in &EXPORTED[1..] {
            assert!(announced(&said).is_none(), "{said}");
            said += &format!("export {name}='the {name}'\n");
        }
        let (url, environment) = announced(&said).unwrap();
        assert_eq!(url, "http://127.0.0.1:4010");
        assert_eq!(environment[1], ("PANGEA_CLIENT_ID".into(), "the PANGEA_CLIENT_ID".into()));
        assert!(announced(said.trim_end()).is_none(), "the last line may be half written");
    }
}
