//! Secrets never show: not in errors, not in the configuration's `Debug`, not in the log.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use tracing::field::{Field, Visit};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use super::world::{CLIENT_ID, CLIENT_SECRET, Reaction, World, json};
use crate::{Config, NewClient};

/// Collects every event of this thread, whatever crate wrote it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut log = self.0.lock().unwrap();
        event.record(&mut Line(&mut log));
        log.push('\n');
    }
}

struct Line<'l>(&'l mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

#[tokio::test]
async fn planted_secrets_show_nowhere() {
    // Not shaped like Pangea's own, so that only what was sent gives them away.
    const TOKEN: &str = "planted token/1";
    const SERVICE_TOKEN: &str = "plantedservicetoken";
    const SECRET: &str = "planted+secret=2";
    let echo = |call: &super::world::Call| {
        let body = format!(
            "{} {} {} {SECRET} {SERVICE_TOKEN}",
            call.headers,
            call.body,
            BASE64_STANDARD.encode(call.headers.as_bytes())
        );
        Some(match call.line.as_str() {
            line if line.ends_with("/oauth/token") && call.body.contains("grant_type") => {
                json(200, &format!(r#"{{"access_token":"{TOKEN}"}}"#))
            }
            line if line.ends_with("/register") => {
                json(200, &format!(r#"{{"client_id":1,"client_secret":"{CLIENT_SECRET}"}}"#))
            }
            line if line.ends_with("/jwks") => json(500, &body),
            line if line.ends_with("/psa_cut") => Reaction::Bytes(format!("HTTP/1.1 {body}").into_bytes()),
            _ => json(
                400,
                &format!(r#"{{"error":"invalid_request","error_description":{:?}}}"#, body.replace("\r\n", " ")),
            ),
        })
    };
    let planted = |config: Config| Config {
        service_token: Some(SERVICE_TOKEN.into()),
        credentials: crate::Credentials::ClientCredentials {
            client_id: CLIENT_ID.into(),
            client_secret: SECRET.into(),
            auth_method: crate::AuthMethod::Post,
            scopes: None,
        },
        ..config
    };
    let log = Log::default();
    // While there is a single subscriber, an event that another test's thread meets first is switched off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing_subscriber::registry().with(log.clone()).set_default();
    let world = World::with(echo, planted).await;
    let errors = [
        world.api.clients().get("psa_a").await.unwrap_err(),
        world.api.clients().get("psa_cut").await.unwrap_err(),
        world.api.clients().register(&NewClient::default()).await.unwrap_err(),
        world.api.authn().jwks().await.unwrap_err(),
    ];
    world.api.shutdown().await;

    let mut shown = format!("{:?} {errors:?}", world.api);
    for error in &errors {
        let mut cause: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = cause {
            writeln!(shown, "{error} {error:?}").unwrap();
            cause = error.source();
        }
    }
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("request answered") && log.contains("/v1beta/oauth/clients/psa_a"), "{log}");
    for (name, text) in [("errors", &shown), ("log", &log)] {
        for secret in [TOKEN, SERVICE_TOKEN, SECRET, CLIENT_SECRET] {
            let escaped = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
            let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            // Base64 of a longer text that holds the secret, at each of the three places where it can begin.
            let encoded = ["", "x", "xy"].map(|before| {
                let encoded = BASE64_STANDARD.encode(format!("{before}{secret}"));
                encoded[4..encoded.len() - 4].to_owned()
            });
            for form in [secret, &escaped, &in_form].into_iter().chain(encoded.iter().map(String::as_str)) {
                assert!(!text.contains(form), "{secret} shows in the {name} as {form}:\n{text}");
            }
        }
    }
}
