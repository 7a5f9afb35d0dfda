//! What unit tests of several files share: a provider without a process, and diagnostics as text.

use pangea_client::Stop;
use tf_framework::{Diagnostics, Severity};

use crate::provider::{Block, Pangea, Settings};

/// Looks variables up in a list.
pub(crate) fn variables<'v>(list: &'v [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'v {
    |name| list.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
}

/// The provider, configured by a block and variables that have no error.
pub(crate) fn pangea(block: Block, list: &[(&str, &str)]) -> Pangea {
    let (settings, diagnostics) = Settings::resolve(&block, &variables(list));
    assert!(diagnostics.is_empty(), "{}", render(&diagnostics));
    Pangea::new(settings, "1.11.4", Stop::new()).unwrap()
}

/// Diagnostics as a person reads them, one after the other.
pub(crate) fn render(diagnostics: &Diagnostics) -> String {
    let one = |diagnostic: &tf_framework::Diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        let place = diagnostic.attribute.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
        format!("{severity}{place}: {}\n\n{}\n", diagnostic.summary, diagnostic.detail)
    };
    diagnostics.iter().map(one).collect::<Vec<_>>().join("\n")
}
