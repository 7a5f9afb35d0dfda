//! `action "pangea_client_secret_rotate"`: lets Vault put a new secret in the place of one.

use pangea_client::RotationState;
use tf_framework::{Action, Diagnostics, Model, Path, Progress, Result, Value, async_trait};

use crate::{acting, ids, in_vault::InVault, provider::Pangea};

/// Has Vault rotate a client's secret: a new one, with an id and a value of its own, takes its place.
///
/// The new value is shown by nothing here. It stays in Vault, where `ephemeral.pangea_client_secret` reads it by the new id, which is
/// told as progress.
#[derive(Clone, Model)]
pub struct ClientSecretRotate {
    /// Id of the client, `psa_…`.
    #[attr(required, length(1..=255))]
    pub client_id: Value<String>,
    /// Id of the secret, `pce_…`, or of one that it took the place of: Vault keeps both as versions of one item.
    #[attr(required, length(1..=255))]
    pub client_secret_id: Value<String>,
    /// How long the old value stays good, such as `24h` or `14d`. Left to Vault where it is not set.
    #[attr(optional, must("be a number and a unit, such as `30minutes`, `24h` or `14d`", is_duration))]
    pub grace_period: Value<String>,
    /// What becomes of the old value after that: `deactivated`, `suspended` or `destroyed`. Left to Vault where it is not set.
    #[attr(optional, one_of(&["deactivated", "suspended", "destroyed"]))]
    pub rotation_state: Value<String>,
    /// The client (`psa_…`) as which Vault is asked: one of the project whose Vault holds the secret. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Domain of that project's services, where it is not the provider's, such as `aws.eu.pangea.cloud`.
    #[attr(optional, length(1..=255))]
    pub domain: Value<String>,
}

#[async_trait]
impl Action<Pangea> for ClientSecretRotate {
    const NAME: &'static str = "pangea_client_secret_rotate";

    fn validate(config: &ClientSecretRotate, diagnostics: &mut Diagnostics) {
        let client = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        let secret = ids::misplaced(&config.client_secret_id, Path::attribute("client_secret_id"), ids::CLIENT_SECRET);
        client.into_iter().chain(secret).for_each(|problem| diagnostics.push(problem));
        acting::check_actor(&config.impersonate_client_id, diagnostics);
    }

    async fn invoke(pangea: &Pangea, config: ClientSecretRotate, progress: &mut Progress) -> Result<()> {
        let secret = InVault {
            client_id: config.client_id.as_deref().unwrap_or_default(),
            client_secret_id: config.client_secret_id.as_deref().unwrap_or_default(),
            actor: pangea.actor_of(&config.impersonate_client_id),
            domain: &config.domain,
        };
        let state = RotationState::ALL.into_iter().find(|state| config.rotation_state.as_deref() == Some(state.word()));
        let grace_period = config.grace_period.as_deref();
        let rotated = secret.on_item(pangea, "rotate", async |vault, found| {
            vault.rotate_client_secret(&found.item_id, state, grace_period).await
        });
        let new = rotated.await?;
        let until = grace_period.map_or("for as long as Vault says".to_owned(), |period| format!("for {period}"));
        let told = format!(
            "Secret {} is the current version of the item of {} now. The version that it took the place of stays good {until}.",
            new.client_secret_id, secret.client_secret_id
        );
        progress.say(told).await;
        Ok(())
    }
}

/// Whether a text reads as a duration of Pangea: digits and a unit.
fn is_duration(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_word = !unit.is_empty() && unit.chars().all(|c| c.is_ascii_lowercase());
    unit.len() < text.len() && is_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert!(["14d", "24h", "30minutes", "0s"].into_iter().all(is_duration));
        assert!(!["", "14", "d", "1 d", "-1d", "1D", "soon"].into_iter().any(is_duration));
    }
}
