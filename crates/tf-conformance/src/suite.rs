//! The 71 checks: what there is, what depends on what, and how a run is told.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::PathBuf;

use rustls::version::TLS13;
use tonic::transport::Channel;

use crate::broken::{Broken, Result};
use crate::checks;
use crate::plugin::{HOST, Identity, Plugin, Start};
use crate::samples::Samples;
use crate::session::Session;

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    pub number: u8,
    /// What holds where it passes.
    pub name: &'static str,
    /// Checks without which this one says nothing.
    pub needs: &'static [u8],
    /// What is missing where it was not asked for.
    pub lacking: &'static str,
}

/// What a check comes to for one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// The rule that is broken.
    Failed(String),
    /// The failed checks that it depends on.
    Blocked(Vec<u8>),
    /// Why.
    NotApplicable(String),
}

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    pub check: Check,
    /// A type's name, or what else it is about.
    pub subject: String,
    pub verdict: Verdict,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub rows: Vec<Row>,
}

/// A provider under test.
#[derive(Clone, Debug)]
pub struct Suite {
    pub binary: PathBuf,
    pub samples: Samples,
    pub scope: Scope,
}

/// Which of the checks are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of them, over mutual TLS as Terraform makes it.
    #[default]
    All,
    /// The first 19 alone, of the process.
    Process,
    /// All others, in clear as with `TF_DISABLE_PLUGIN_TLS`.
    Calls,
}

impl Suite {
    /// Runs all checks.
    pub async fn run(&self) -> Report {
        let mut rules = Rules::default();
        checks::run(self, &mut rules).await;
        rules.report()
    }

    /// The binary in its samples' environment, as a host starts it.
    pub fn start(&self) -> Start {
        self.with_environment(Start::by_host(&self.binary))
    }

    /// The same, started by a person.
    pub fn by_hand(&self) -> Start {
        self.with_environment(Start::by_hand(&self.binary))
    }

    fn with_environment(&self, start: Start) -> Start {
        self.samples.provider.environment.iter().fold(start, |start, (name, value)| start.env(name, value))
    }

    /// A process whose schema is known.
    ///
    /// # Errors
    /// What keeps a host from speaking with it.
    pub async fn session(&self) -> Result<Session> {
        let (plugin, channel) = self.connected().await?;
        Session::over(plugin, channel).await
    }

    /// A process of which nothing has been asked, and the host's connection to it.
    ///
    /// # Errors
    /// What keeps a host from speaking with it.
    pub async fn connected(&self) -> Result<(Plugin, Channel)> {
        if self.scope == Scope::Calls {
            let plugin = self.start().plugin().await?;
            let channel = plugin.connect().await?;
            return Ok((plugin, channel));
        }
        let plugin = self.start().env("PLUGIN_CLIENT_CERT", HOST.0).plugin().await?;
        let channel = plugin.handshake.connect_tls(Some(Identity::new(HOST)?), &TLS13).await?;
        Ok((plugin, channel))
    }

    /// A process that is configured.
    ///
    /// # Errors
    /// The same, and what its configuration is refused for.
    pub async fn configured(&self) -> Result<Session> {
        let mut session = self.session().await?;
        let block = self.samples.provider.config.clone();
        session.configure(&block.unwrap_or_else(|| serde_json::json!({}))).await?;
        Ok(session)
    }
}

/// Collects what the checks find.
#[derive(Debug, Default)]
pub struct Rules {
    found: BTreeMap<(u8, String), Verdict>,
    /// Subjects of which each check of a list is to be told.
    expected: Vec<(u8, String)>,
}

/// Where one subject's findings go.
pub struct About<'a> {
    rules: &'a mut Rules,
    subject: String,
}

impl Rules {
    /// The findings about one subject, of which all these checks will be in the table.
    pub fn about(&mut self, subject: &str, numbers: impl IntoIterator<Item = u8>) -> About<'_> {
        self.expected.extend(numbers.into_iter().map(|number| (number, subject.to_owned())));
        About { rules: self, subject: subject.to_owned() }
    }

    /// Whether a check failed for any subject.
    pub fn failed(&self, number: u8) -> bool {
        self.found.iter().any(|((found, _), verdict)| *found == number && matches!(verdict, Verdict::Failed(_)))
    }

    /// The findings of another run beside these.
    pub fn extend(&mut self, other: Rules) {
        self.found.extend(other.found);
        self.expected.extend(other.expected);
    }

    fn report(&self) -> Report {
        let mut rows: Vec<Row> = Vec::new();
        for (number, subject) in &self.expected {
            let Some(check) = CHECKS.iter().find(|check| check.number == *number) else { continue };
            if rows.iter().any(|row| row.check.number == *number && row.subject == *subject) {
                continue;
            }
            let found = self.found.get(&(*number, subject.clone()));
            let failed: Vec<u8> =
                check.needs.iter().copied().filter(|number| self.lost(*number, subject, &mut Vec::new())).collect();
            let verdict = match found {
                Some(found @ (Verdict::Passed | Verdict::NotApplicable(_))) => found.clone(),
                Some(Verdict::Failed(_)) | None if !failed.is_empty() => Verdict::Blocked(failed),
                Some(found) => found.clone(),
                None => Verdict::NotApplicable(check.lacking.to_owned()),
            };
            rows.push(Row { check: *check, subject: subject.clone(), verdict });
        }
        rows.sort_by(|one, other| (one.check.number, &one.subject).cmp(&(other.check.number, &other.subject)));
        Report { rows }
    }

    /// Whether a check failed for this subject, or for the provider as a whole, or hangs on one that did.
    fn lost(&self, number: u8, subject: &str, seen: &mut Vec<u8>) -> bool {
        if seen.contains(&number) {
            return false;
        }
        seen.push(number);
        let failed = |subject: &str| {
            self.found.get(&(number, subject.to_owned())).is_some_and(|verdict| matches!(verdict, Verdict::Failed(_)))
        };
        let asked = |subject: &str| self.found.contains_key(&(number, subject.to_owned()));
        let needs = CHECKS.iter().find(|check| check.number == number).map_or(&[][..], |check| check.needs);
        failed(subject)
            || [PROCESS, SCHEMA, VALUES].iter().any(|whole| failed(whole))
            || !asked(subject) && needs.iter().any(|number| self.lost(*number, subject, seen))
    }
}

impl About<'_> {
    /// The rule holds, or is broken: one breach is enough.
    pub fn hold(&mut self, number: u8, outcome: Result<()>) {
        let key = (number, self.subject.clone());
        match outcome {
            Ok(()) => {
                let found = self.rules.found.entry(key).or_insert(Verdict::Passed);
                if matches!(found, Verdict::NotApplicable(_)) {
                    *found = Verdict::Passed;
                }
            }
            Err(Broken(rule)) => {
                let found = self.rules.found.entry(key).or_insert_with(|| Verdict::Failed(rule.clone()));
                if !matches!(found, Verdict::Failed(_)) {
                    *found = Verdict::Failed(rule);
                }
            }
        }
    }

    /// The rule holds where there are no problems.
    pub fn hold_all(&mut self, number: u8, at: &str, problems: Vec<String>) {
        let outcome = match problems.first() {
            None => Ok(()),
            Some(first) => Err(Broken(format!("{at}: {first}"))),
        };
        self.hold(number, outcome);
    }

    /// The check doesn't concern this subject.
    pub fn skip(&mut self, number: u8, why: impl Into<String>) {
        self.rules.found.entry((number, self.subject.clone())).or_insert_with(|| Verdict::NotApplicable(why.into()));
    }

    /// Takes a step's outcome: the value where it went well, and a broken rule otherwise.
    pub fn step<T>(&mut self, number: u8, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(problem) => {
                self.hold(number, Err(problem));
                None
            }
        }
    }

    /// Whether a check failed for this subject.
    pub fn failed(&self, number: u8) -> bool {
        let found = self.rules.found.get(&(number, self.subject.clone()));
        matches!(found, Some(Verdict::Failed(_)))
    }
}

impl Report {
    /// The numbers of the checks that failed.
    pub fn failed(&self) -> Vec<u8> {
        let mut failed: Vec<_> = self
            .rows
            .iter()
            .filter(|row| matches!(row.verdict, Verdict::Failed(_)))
            .map(|row| row.check.number)
            .collect();
        failed.dedup();
        failed
    }

    /// How many checks passed, failed, were blocked, and do not apply: each counts once, by the worst of its lines.
    pub fn counts(&self) -> [usize; 4] {
        let mut worst: BTreeMap<u8, usize> = BTreeMap::new();
        for row in &self.rows {
            // In the order in which one line outweighs another.
            let weight = match row.verdict {
                Verdict::Failed(_) => 3,
                Verdict::Blocked(_) => 2,
                Verdict::Passed => 1,
                Verdict::NotApplicable(_) => 0,
            };
            let found = worst.entry(row.check.number).or_default();
            *found = weight.max(*found);
        }
        let count = |weight: usize| worst.values().filter(|found| **found == weight).count();
        [count(1), count(3), count(2), count(0)]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.subject.len()).max().unwrap_or_default();
        for row in &self.rows {
            let verdict = match &row.verdict {
                Verdict::Passed => "passed".to_owned(),
                Verdict::Failed(rule) => format!("FAILED: {}", one_line(rule)),
                Verdict::Blocked(by) => {
                    let by: Vec<_> = by.iter().map(ToString::to_string).collect();
                    format!("blocked by {}", by.join(", "))
                }
                Verdict::NotApplicable(why) => format!("not applicable: {why}"),
            };
            writeln!(f, "{:>2}  {:width$}  {}: {verdict}", row.check.number, row.subject, row.check.name)?;
        }
        let [passed, failed, blocked, absent] = self.counts();
        write!(
            f,
            "\n{} checks: {passed} passed, {failed} failed, {blocked} blocked, {absent} not applicable",
            CHECKS.len()
        )
    }
}

/// Line breaks of a message as spaces, and its unprintable parts in words.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => line.push(' '),
            c if c.is_control() => {
                let _ = write!(line, "{}", c.escape_default());
            }
            c => line.push(c),
        }
    }
    line
}

/// The subjects that concern every type.
pub const PROCESS: &str = "process";
pub const SCHEMA: &str = "schema";
pub const VALUES: &str = "values";

/// A check that waits for nothing but a way to speak with the provider.
const fn check(number: u8, name: &'static str, needs: &'static [u8], lacking: &'static str) -> Check {
    Check { number, name, needs, lacking }
}

const PROCESS_ALONE: &[u8] = &[3];
const SPOKEN_WITH: &[u8] = &[3, 8, 9];
const NOT_ASKED: &str = "could not be asked";

/// All of them, in the order of the table.
pub const CHECKS: [Check; 71] = [
    check(1, "without a cookie it says what it is and ends with 1", &[], NOT_ASKED),
    check(2, "a wrong cookie is no cookie", &[], NOT_ASKED),
    check(3, "the first line is a handshake for protocol 6", &[], NOT_ASKED),
    check(4, "whatever versions a host offers, the line is valid", PROCESS_ALONE, NOT_ASKED),
    check(5, "TCP stays within the host's ports on 127.0.0.1", PROCESS_ALONE, "it listens on a Unix socket"),
    check(6, "the socket goes where the host says, and away in the end", &[3, 13], "it listens on TCP"),
    check(7, "the seventh field stands only where it is asked for", PROCESS_ALONE, NOT_ASKED),
    check(8, "a host with a certificate is served over TLS 1.2 and 1.3", PROCESS_ALONE, NOT_ASKED),
    check(9, "only the host's certificate is admitted, and P-521 is", &[3, 8], NOT_ASKED),
    check(10, "a host without a certificate is served in clear", PROCESS_ALONE, NOT_ASKED),
    check(11, "the health of the plugin is known", SPOKEN_WITH, NOT_ASKED),
    check(12, "the host's streams stay open, several at a time", &[3, 8, 9, 13], NOT_ASKED),
    check(13, "Shutdown ends the process within 2 s", SPOKEN_WITH, NOT_ASKED),
    check(14, "an interrupt is ignored, but for debugging", &[3, 8, 9, 13], NOT_ASKED),
    check(15, "connections that come to nothing cost nothing", SPOKEN_WITH, NOT_ASKED),
    check(16, "a hundred calls at once are answered", SPOKEN_WITH, NOT_ASKED),
    check(17, "a request of 20 MiB is read", SPOKEN_WITH, NOT_ASKED),
    check(
        18,
        "a debugger's host can attach, and configure twice",
        &[3],
        "the binary has no debug mode that says how to attach",
    ),
    check(19, "every line on stderr is one that Terraform reads, and stdout is silent", &[3, 8, 9, 13], NOT_ASKED),
    check(20, "Terraform accepts the schema", &[3, 8, 9, 21], NOT_ASKED),
    check(21, "nothing in the schema crashes Terraform", SPOKEN_WITH, NOT_ASKED),
    check(22, "metadata agrees with the schema", SPOKEN_WITH, "GetMetadata is not implemented, and no host needs it"),
    check(23, "any call may be the first", &[3, 8, 9, 21], "the schema is not announced as optional"),
    check(24, "GetFunctions gives the functions of the schema", SPOKEN_WITH, "there are no functions"),
    check(25, "the schema is the same at every call", SPOKEN_WITH, NOT_ASKED),
    check(26, "values come back as they went", &[21, 35], "no sample's attribute took one of these values"),
    check(27, "unknown values are taken in every form", &[21, 35, 36], "no sample has an attribute that may be set"),
    check(28, "JSON is read like MessagePack", &[21, 35], "no sample of a resource"),
    check(29, "longer forms of MessagePack are read like the shortest", &[21, 35], "no sample of a resource"),
    check(30, "numbers are exact in every form", &[21, 35], "no sample's attribute took a number"),
    check(31, "texts keep their characters", &[21, 35], "no sample's attribute took a text"),
    check(32, "dynamic values keep their types", &[21, 35], "no sample has a dynamic attribute"),
    check(33, "what can't be read is an error and no crash", &[21], NOT_ASKED),
    check(34, "the configuration is valid, and so are unknown values", &[21, 61], "no sample"),
    check(35, "the plan of a create is valid", &[34], "no sample"),
    check(36, "a plan with unknown values is valid", &[34, 35], "nothing can be set"),
    check(37, "the same request is planned the same", &[35], "no sample"),
    check(38, "nothing to do is planned as nothing", &[35, 41, 42], "no sample"),
    check(
        39,
        "changes and replacements are planned validly",
        &[35, 41, 42, 38],
        "no sample of an update or a replacement",
    ),
    check(40, "a destroy is planned as nothing left", &[35, 41], "the provider doesn't plan destroys"),
    check(41, "an apply keeps its plan", &[35], "no sample"),
    check(42, "a read after an apply changes nothing", &[35, 41], "no sample"),
    check(43, "an object that is gone is read as gone", &[41, 40], "no sample"),
    check(44, "stored states are upgraded", &[41], "no sample"),
    check(45, "an import leads to an object with nothing to do", &[41, 42, 38], "no sample of an import"),
    check(46, "what can't be moved is an error and never nothing", &[21], NOT_ASKED),
    check(47, "write-only values stay in the configuration", &[21], "no attribute is write-only"),
    check(48, "private data is kept, and that of others tolerated", &[41, 42], "no sample"),
    check(49, "the identity fits its schema and stays the same", &[41, 64], "it has no identity"),
    check(50, "nothing is deferred, and no legacy types are claimed", &[35], "no sample"),
    check(51, "after an error the object that was made is kept", &[35, 41], "no sample of an apply that fails"),
    check(52, "a stop is answered at once, and later calls work", &[35, 41], "no sample of a slow create"),
    check(53, "a data source answers what is known and was configured", &[21, 61], "no sample"),
    check(54, "an ephemeral resource opens, renews and closes", &[21, 61], "no sample"),
    check(55, "a function gives results, errors and the same again", &[21], "no sample"),
    check(56, "a list keeps its limit, its identities and its objects", &[21, 35, 41, 61], "no sample"),
    check(57, "an action runs, and an error is in its end", &[21, 61], "no sample"),
    check(58, "a state store reads what was written", &[21, 61], "no sample, and released hosts know no state stores"),
    check(59, "an unknown name is an error that names it, in every call", SPOKEN_WITH, NOT_ASKED),
    check(60, "every message has a severity and a place that exists", SPOKEN_WITH, "there was no message"),
    check(61, "the provider block is taken, with unknown values too", SPOKEN_WITH, NOT_ASKED),
    check(62, "a panic costs one call", &[21, 61], "no sample that panics"),
    check(63, "an identity is known or absent", &[35], "it has no identity"),
    check(64, "read, apply and import answer the identity", &[35, 41], "it has no identity"),
    check(65, "an identity that was never stored is upgraded to none", &[21], "it has no identity"),
    check(66, "an identity with an empty part is no way to import", &[21, 61], "it has no identity"),
    check(67, "a value of no encoding is null", &[21, 35], "no sample of a resource or function"),
    check(68, "close takes what open or renew gave, or nothing", &[54], "no sample"),
    check(69, "an action's events are progress, and one end", &[21, 61], "no sample"),
    check(70, "a list stops when it is told to, and names all it finds", &[56], "no sample"),
    check(71, "a generated configuration is valid and changes nothing", &[41, 42, 38], "the provider generates none"),
];
