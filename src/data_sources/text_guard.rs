//! `data.pangea_text_guard`: what AI Guard makes of a text.

use pangea_client::{GuardInput, GuardMessage, GuardRequest};
use serde_json::Value as Json;
use tf_framework::{Context, DataSource, Diagnostics, Model, Result, Value, async_trait};

use crate::{
    acting::{self, Place},
    diagnose::Attempt,
    provider::Pangea,
};

/// AI Guard's host label.
const SERVICE: &str = "ai-guard";

/// The largest input that AI Guard takes, in bytes.
const MAX_BYTES: usize = 20 * 1024;

/// What AI Guard makes of a text or a conversation: for `check` blocks that notice when a guard no longer blocks what it should.
///
/// The text is sent to AI Guard at each plan, and stands in the state.
#[derive(Clone, Debug, Model)]
pub struct TextGuard {
    /// The text to look at, up to 20 KiB. Either this or `messages` is set.
    #[attr(optional, must("have at most 20480 bytes", fits))]
    pub text: Value<String>,
    /// The conversation to look at, up to 20 KiB.
    #[attr(optional, size(1..=usize::MAX))]
    pub messages: Value<Vec<Message>>,
    /// The recipe to look with. AI Guard's default is `pangea_prompt_guard`.
    #[attr(optional_computed, length(1..=255))]
    pub recipe: Value<String>,
    /// The client (`psa_…`) to ask as: one of the project. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Domain of the project's services, where it is not the provider's, such as `aws.eu.pangea.cloud`.
    #[attr(optional, length(1..=255))]
    pub domain: Value<String>,
    /// Whether AI Guard blocks it.
    #[attr(computed)]
    pub blocked: Value<bool>,
    /// Whether AI Guard changed it.
    #[attr(computed)]
    pub transformed: Value<bool>,
    /// The detectors that found something, in alphabetical order.
    #[attr(computed)]
    pub detected: Value<Vec<String>>,
    /// What each detector found, as a JSON object.
    #[attr(computed)]
    pub detectors: Value<String>,
}

/// One message of a conversation.
#[derive(Clone, Debug, Model)]
pub struct Message {
    /// Who says it, such as `system` or `user`.
    #[attr(optional, length(1..=255))]
    pub role: Value<String>,
    /// What is said.
    #[attr(required)]
    pub content: Value<String>,
}

#[async_trait]
impl DataSource<Pangea> for TextGuard {
    const NAME: &'static str = "pangea_text_guard";

    fn validate(config: &TextGuard, diagnostics: &mut Diagnostics) {
        acting::check_actor(&config.impersonate_client_id, diagnostics);
        let problem = match (config.text.is_null(), config.messages.is_null()) {
            (true, true) => "Neither is set.",
            (false, false) => "Both are set.",
            _ => return,
        };
        diagnostics.error(
            "What is AI Guard to look at?",
            format!("AI Guard looks either at a `text` or at `messages`. {problem} Set one of the two."),
        );
    }

    async fn read(pangea: &Pangea, config: TextGuard, _: &mut Context<TextGuard>) -> Result<TextGuard> {
        let actor = pangea.actor_of(&config.impersonate_client_id);
        let place = Place { service: SERVICE, client_id: actor.as_deref(), domain: config.domain.as_deref() };
        let attempt = Attempt::new("have AI Guard look at", "text", "")
            .needing("pangea:service:ai-guard:read")
            .at_service(SERVICE)
            .acting_as(place.client_id)
            .fields(&[("text", "text"), ("messages", "messages"), ("recipe", "recipe")]);
        let verdict = async {
            let api = pangea.at(place)?;
            acting::sorted(api.ai_guard().guard_text(&config.request()).await, pangea, place, &attempt)
        };
        let verdict = verdict.await.map_err(|unreached| unreached.into_lookup_error(place))?;
        let found = |(name, detector): (&String, &Json)| (detector["detected"] == true).then(|| name.clone());
        let mut detected: Vec<String> = verdict.detectors.iter().filter_map(found).collect();
        detected.sort();
        Ok(TextGuard {
            recipe: if config.recipe.is_known() { config.recipe } else { verdict.recipe.into() },
            blocked: verdict.blocked.into(),
            transformed: verdict.transformed.into(),
            detected: detected.into(),
            detectors: Json::Object(verdict.detectors).to_string().into(),
            ..config
        })
    }
}

impl TextGuard {
    fn request(&self) -> GuardRequest {
        let message = |message: &Message| GuardMessage {
            role: message.role.known().cloned(),
            content: message.content.clone().unwrap_or_default(),
        };
        let input = match (&self.text, &self.messages) {
            (_, Value::Known(messages)) => GuardInput::Messages(messages.iter().map(message).collect()),
            (text, _) => GuardInput::Text(text.clone().unwrap_or_default()),
        };
        GuardRequest { input, recipe: self.recipe.known().cloned() }
    }
}

fn fits(text: &str) -> bool {
    text.len() <= MAX_BYTES
}
