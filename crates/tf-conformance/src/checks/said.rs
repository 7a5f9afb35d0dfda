//! Check 60: every message that any check got to see.

use tf_framework::wire::proto::tfplugin6::attribute_path::step::Selector;
use tf_framework::wire::proto::tfplugin6::{AttributePath, diagnostic::Severity};

use crate::broken::{Result, ensure};
use crate::core::shown;
use crate::session::{Kind, Said, Session};
use crate::suite::{Rules, SCHEMA, Suite};
use crate::types;

pub(super) async fn run(suite: &Suite, rules: &mut Rules, said: &[Said]) {
    let mut about = rules.about(SCHEMA, [60]);
    let Ok(session) = suite.session().await else { return };
    for one in said {
        about.hold(60, is_sound(&session, one));
    }
}

fn is_sound(session: &Session, said: &Said) -> Result<()> {
    let (call, type_name, diagnostic) = (said.call, &said.type_name, &said.diagnostic);
    let known = matches!(diagnostic.severity(), Severity::Error | Severity::Warning);
    ensure!(
        known,
        "{call} of {type_name}: {:?} has the severity {}, which is no error to Terraform, whatever it says",
        diagnostic.summary,
        diagnostic.severity
    );
    ensure!(
        !diagnostic.summary.is_empty(),
        "{call} of {type_name}: a message without a headline: {:?}",
        diagnostic.detail
    );
    let Some(path) = diagnostic.attribute.as_ref().filter(|path| !path.steps.is_empty()) else { return Ok(()) };
    let mut types = Vec::new();
    types.extend(session.value_type(said.kind, type_name));
    if said.kind == Kind::Resource {
        types.extend(session.identity_type(type_name).ok().flatten());
    }
    // An unknown type has no attributes to point at.
    let leads = types.is_empty() || types.iter().any(|ty| leads_somewhere(ty, path));
    ensure!(leads, "{call} of {type_name}: {:?} points at {:?}, where nothing is", diagnostic.summary, shown(path));
    Ok(())
}

/// Whether there is such a place in a value of the type. Sets have no step, so a path ends there.
fn leads_somewhere(ty: &serde_json::Value, path: &AttributePath) -> bool {
    let mut ty = ty;
    for step in &path.steps {
        ty = match (&step.selector, types::kind(ty)) {
            (Some(Selector::AttributeName(name)), "object") => match ty[1].get(name) {
                Some(ty) => ty,
                None => return false,
            },
            (Some(Selector::ElementKeyInt(_)), "list" | "dynamic-list") => &ty[1],
            (Some(Selector::ElementKeyString(_)), "map" | "dynamic-map") => &ty[1],
            (Some(Selector::ElementKeyInt(at)), "tuple") => match ty[1].get(usize::try_from(*at).unwrap_or(usize::MAX))
            {
                Some(ty) => ty,
                None => return false,
            },
            // Inside of something dynamic anything may be.
            (Some(_), "dynamic") => return true,
            _ => return false,
        };
    }
    true
}
