//! The import id of a client's secret: `psa_…/pce_…`.

use tf_framework::{Diagnostic, Result};

use crate::ids;

/// The client's id and the secret's.
///
/// # Errors
/// When it is no such id. A part that looks like a secret's value is not repeated.
pub(super) fn parse(id: &str) -> Result<(&str, &str)> {
    let problem = match id.split_once('/') {
        Some((client_id, secret_id))
            if client_id.starts_with(ids::CLIENT) && secret_id.starts_with(ids::CLIENT_SECRET) =>
        {
            let is_stray = |id, expected| ids::unusable(id, expected).is_some();
            if !is_stray(client_id, ids::CLIENT) && !is_stray(secret_id, ids::CLIENT_SECRET) {
                return Ok((client_id, secret_id));
            }
            "It holds a blank, a further slash or another character that no id has."
        }
        Some((client_id, _)) if !client_id.starts_with(ids::CLIENT) => "Before the `/` stands no id of a client.",
        Some(_) => "After the `/` stands no id of a client secret.",
        None => "It has no `/` after the client's id.",
    };
    Err(Diagnostic::error(
        "Wrong import id",
        format!(
            "This is not the id of a client secret. {problem} The form is `psa_…/pce_…`: the client's id and the secret's. The \
             secret's value, `pck_…`, is no id, and is never needed for an import."
        ),
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::render;

    #[test]
    fn an_import_id_names_the_client_and_the_secret() {
        assert_eq!(parse("psa_a/pce_b"), Ok(("psa_a", "pce_b")));
    }

    #[test]
    fn what_is_no_id_is_refused_with_the_reason_and_never_repeated() {
        let why = |id: &str| render(&parse(id).unwrap_err());
        assert!(why("psa_a").contains("no `/`"));
        assert!(why("ppi_a/pce_b").contains("Before the `/`"));
        assert!(why("psa_a/pck_hidden").contains("After the `/`"));
        assert!(!why("psa_a/pck_hidden").contains("hidden"));
        assert!(why("psa_a/pce_b c").contains("no id has"));
        assert!(why("psa_a/pce_b/c").contains("no id has"));
        assert!(why("pce_b/psa_a").contains("Before the `/`"));
    }
}
