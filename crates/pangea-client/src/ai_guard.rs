//! AI Guard's text guard, at `ai-guard`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    error::Result,
    lenient,
    request::{Decode, Request, Service},
};

/// The calls on AI Guard. Made by [`Api::ai_guard`]. They carry AI Guard's own token where one is configured, else the login's.
#[derive(Clone, Copy, Debug)]
pub struct AiGuard<'a> {
    pub(crate) api: &'a Api,
}

impl AiGuard<'_> {
    /// Has a text or a conversation looked at, and says whether it is blocked.
    ///
    /// # Errors
    /// [`Kind::ServiceNotEnabled`](crate::Kind::ServiceNotEnabled) where AI Guard is not enabled in the token's project.
    pub async fn guard_text(&self, guarded: &GuardRequest) -> Result<GuardVerdict> {
        self.api.send(guard(guarded)).await
    }
}

/// What is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardRequest {
    /// The text, or the conversation.
    pub input: GuardInput,
    /// The recipe to look with. The service's default is `pangea_prompt_guard`.
    pub recipe: Option<String>,
}

/// What AI Guard looks at: up to 20 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuardInput {
    /// One text.
    Text(String),
    /// A conversation.
    Messages(Vec<GuardMessage>),
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuardMessage {
    /// Who says it, such as `system` or `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What is said.
    pub content: String,
}

/// What AI Guard makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GuardVerdict {
    /// Whether it is to be kept from the model.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub blocked: bool,
    /// Whether it was changed.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub transformed: bool,
    /// The recipe that was used.
    pub recipe: Option<String>,
    /// What each detector found, by its name, as the service wrote it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub detectors: Map<String, Value>,
}

fn guard(guarded: &GuardRequest) -> Request<GuardVerdict> {
    let mut body = Map::new();
    match &guarded.input {
        GuardInput::Text(text) => body.insert("text".to_owned(), json!(text)),
        GuardInput::Messages(messages) => body.insert("messages".to_owned(), json!(messages)),
    };
    if let Some(recipe) = &guarded.recipe {
        body.insert("recipe".to_owned(), json!(recipe));
    }
    Request::<Value>::call(Service::AI_GUARD, ["v1", "text", "guard"], Value::Object(body))
        .decoding(Decode::Json(serde_json::from_value))
        .with_service_token()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_text_or_a_conversation_is_looked_at_as_the_service() {
        let text = GuardRequest { input: GuardInput::Text("a".into()), recipe: None };
        expect![[r#"
            POST ai-guard /v1/text/guard Envelope Freely Service
              {"text":"a"}"#]]
        .assert_eq(&guard(&text).shown());
        let message = GuardMessage { role: Some("user".into()), content: "a".into() };
        let messages = GuardRequest { input: GuardInput::Messages(vec![message]), recipe: Some("r".into()) };
        expect![[r#"
            POST ai-guard /v1/text/guard Envelope Freely Service
              {"messages":[{"content":"a","role":"user"}],"recipe":"r"}"#]]
        .assert_eq(&guard(&messages).shown());
    }

    #[test]
    fn a_verdict_without_a_word_on_blocking_blocks_nothing() {
        let verdict: GuardVerdict = serde_json::from_value(json!({ "detectors": {} })).unwrap();
        assert!(!verdict.blocked);
    }
}
