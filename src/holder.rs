//! Whose tokens are meant: the login's, those of a client whose secret is given, or those of one that is acted as.

use pangea_client::{AuthMethod, ExposeSecret, Kind, SecretString, TokenHolder, Tokens};
use tf_framework::{Diagnostic, Diagnostics, Path, Private, Result, Secret, Value};

use crate::{
    acting::{self, IMPERSONATE, Place},
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
};

/// The attributes that say it.
pub(crate) struct Holder<'c> {
    pub(crate) client_id: &'c Value<String>,
    pub(crate) client_secret: &'c Value<Secret>,
    pub(crate) token_endpoint_auth_method: &'c Value<String>,
    pub(crate) impersonate_client_id: &'c Value<String>,
}

/// How a client shows itself where nothing else is said, as everywhere at Pangea.
const POST: &str = "client_secret_post";

impl Holder<'_> {
    /// Checks what stands together.
    pub(crate) fn check(&self, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(self.client_id, Path::attribute("client_id"), ids::CLIENT);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        acting::check_actor(self.impersonate_client_id, diagnostics);
        let (id, secret) = (!self.client_id.is_null(), !self.client_secret.is_null());
        let mut refuse = |attribute: &str, detail: &str| {
            diagnostics.push(Diagnostic::error("Whose token is meant?", detail).at(Path::attribute(attribute)));
        };
        if id != secret {
            let missing = if id { "client_secret" } else { "client_id" };
            refuse(
                missing,
                "`client_id` and `client_secret` go together: set both, or neither for the provider's login.",
            );
        }
        if (id || secret) && !self.impersonate_client_id.is_null() {
            let detail = "Either the secret of a client is given (`client_id` and `client_secret`), or the provider acts as it \
                          (`impersonate_client_id`). Set one of the two.";
            refuse(IMPERSONATE, detail);
        }
        if !self.token_endpoint_auth_method.is_null() && !id {
            let detail = "`token_endpoint_auth_method` belongs to `client_id` and `client_secret`: of the login and of a client that \
                          is acted as, the provider knows it.";
            refuse("token_endpoint_auth_method", detail);
        }
    }

    /// Who it is.
    pub(crate) fn find(&self) -> TokenHolder {
        if let Some(client_id) = self.impersonate_client_id.known() {
            return TokenHolder::Actor(client_id.clone());
        }
        match (self.client_id.known(), self.client_secret.known()) {
            (Some(client_id), Some(client_secret)) => TokenHolder::Client {
                client_id: client_id.clone(),
                client_secret: client_secret.expose().into(),
                auth_method: auth_method(self.token_endpoint_auth_method.as_deref()),
            },
            _ => TokenHolder::Login,
        }
    }
}

fn auth_method(name: Option<&str>) -> AuthMethod {
    if name == Some(POST) { AuthMethod::Post } else { AuthMethod::Basic }
}

/// The calls on the tokens of a holder.
///
/// # Errors
/// Where it can't be known yet how the holder shows itself, or nothing says it.
pub(crate) fn tokens<'p>(pangea: &'p Pangea, holder: &TokenHolder) -> Result<Tokens<'p>> {
    match holder {
        TokenHolder::Login => {
            if pangea.api()?.config().credentials.is_ready_token() {
                return Err(ready_token().into());
            }
        }
        TokenHolder::Client { .. } => pangea.check_connection()?,
        TokenHolder::Actor(client_id) => {
            pangea.check_actor(client_id).map_err(|unreached| unreached.into_lookup_error(place(Some(client_id))))?;
        }
    }
    Ok(pangea.client_of_api().tokens(holder.clone()))
}

/// Explains the failure of a call on a holder's tokens.
///
/// # Errors
/// The explanation.
pub(crate) fn explain<T>(
    result: pangea_client::Result<T>,
    pangea: &Pangea,
    holder: &TokenHolder,
    attempt: &Attempt<'_>,
) -> Result<T> {
    match (result, holder) {
        (Err(error), TokenHolder::Client { client_id, .. }) if error.kind() == Kind::InvalidClient => {
            let detail = format!(
                "{error}.\n\nCheck that `client_secret` is a secret of client {client_id}, and that it has not expired or been \
                 revoked; and `token_endpoint_auth_method`, where the client is registered with `{POST}`."
            );
            // Not at the secret: Terraform would show the line of the configuration, and with it what is written there.
            Err(Diagnostic::error("Wrong client id or secret", detail).at(Path::attribute("client_id")).into())
        }
        (result, TokenHolder::Actor(client_id)) => {
            let place = place(Some(client_id));
            let attempt = attempt.acting_as(place.client_id);
            acting::sorted(result, pangea, place, &attempt).map_err(|unreached| unreached.into_lookup_error(place))
        }
        (result, _) => result.explain(pangea, attempt),
    }
}

/// Keeps what [`recalled`] needs.
pub(crate) fn remember(holder: &TokenHolder, private: &mut Private) {
    match holder {
        TokenHolder::Login => {}
        TokenHolder::Actor(client_id) => private.set(IMPERSONATE, client_id.as_str()),
        TokenHolder::Client { client_id, client_secret, auth_method } => {
            private.set("client_id", client_id.as_str());
            private.set("client_secret", client_secret.expose_secret());
            if *auth_method == AuthMethod::Post {
                private.set("token_endpoint_auth_method", POST);
            }
        }
    }
}

/// The holder that was remembered.
pub(crate) fn recalled(private: &Private) -> TokenHolder {
    match (private.text(IMPERSONATE), private.text("client_id")) {
        ("", "") => TokenHolder::Login,
        ("", client_id) => TokenHolder::Client {
            client_id: client_id.to_owned(),
            client_secret: SecretString::from(private.text("client_secret")),
            auth_method: auth_method(Some(private.text("token_endpoint_auth_method"))),
        },
        (client_id, _) => TokenHolder::Actor(client_id.to_owned()),
    }
}

fn place(client_id: Option<&str>) -> Place<'_> {
    Place { service: "authorization.access", client_id, domain: None }
}

fn ready_token() -> Diagnostic {
    Diagnostic::error(
        "The login has no secret",
        "Tokens are minted, looked up and revoked with the secret of the client that they belong to, and the provider is logged in with \
         a ready token (`access_token` or PANGEA_ACCESS_TOKEN). Set `client_id` and `client_secret` here or in the provider block, or \
         name a client to act as in `impersonate_client_id`.",
    )
}
