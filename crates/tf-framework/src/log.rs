//! Log lines as the host reads them: one JSON object a line on stderr, in the form of hclog.
//!
//! Only the framework and the crates that a provider names are heard. Libraries are not: at the finest level an HTTP library
//! prints headers, and with them bearer tokens.

mod output;
mod panics;

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

pub(crate) use output::flush;
pub(crate) use panics::PanicMessage;
pub(crate) use panics::install_hook;
// Public for tests alone, through `wire::proto`.
#[cfg_attr(not(feature = "client"), allow(unreachable_pub))]
pub use panics::guarded;

/// The names of the fields that Terraform's own frameworks put on their lines.
pub(crate) mod keys {
    /// The provider's source address.
    pub(crate) const TF_PROVIDER_ADDR: &str = "tf_provider_addr";
    /// One id for all lines of a request.
    pub(crate) const TF_REQ_ID: &str = "tf_req_id";
    /// The call, such as `ReadResource`.
    pub(crate) const TF_RPC: &str = "tf_rpc";
    /// The protocol's version, on lines of the module `sdk.proto`.
    pub(crate) const TF_PROTO_VERSION: &str = "tf_proto_version";
    /// The type of the managed resource that the request is about.
    pub(crate) const TF_RESOURCE_TYPE: &str = "tf_resource_type";
    /// The type of the data source that the request is about.
    pub(crate) const TF_DATA_SOURCE_TYPE: &str = "tf_data_source_type";
    /// The type of the ephemeral resource that the request is about.
    pub(crate) const TF_EPHEMERAL_RESOURCE_TYPE: &str = "tf_ephemeral_resource_type";
    /// The type of the list resource that the request is about.
    pub(crate) const TF_LIST_RESOURCE_TYPE: &str = "tf_list_resource_type";
    /// The type of the action that the request is about.
    pub(crate) const TF_ACTION_TYPE: &str = "tf_action_type";
    /// The type of the state store that the request is about.
    pub(crate) const TF_STATE_STORE_TYPE: &str = "tf_state_store_type";
    /// The function that the request calls.
    pub(crate) const TF_FUNCTION_NAME: &str = "tf_function_name";
    /// How long a request took in the provider, in milliseconds.
    pub(crate) const TF_REQ_DURATION_MS: &str = "tf_req_duration_ms";
    /// How many errors an answer holds.
    pub(crate) const DIAGNOSTIC_ERROR_COUNT: &str = "diagnostic_error_count";
    /// How many warnings an answer holds.
    pub(crate) const DIAGNOSTIC_WARNING_COUNT: &str = "diagnostic_warning_count";
    /// `ERROR` or `WARNING`.
    pub(crate) const DIAGNOSTIC_SEVERITY: &str = "diagnostic_severity";
    /// The title of a diagnostic.
    pub(crate) const DIAGNOSTIC_SUMMARY: &str = "diagnostic_summary";
    /// The text of a diagnostic.
    pub(crate) const DIAGNOSTIC_DETAIL: &str = "diagnostic_detail";
    /// What a diagnostic points at.
    pub(crate) const DIAGNOSTIC_ATTRIBUTE: &str = "diagnostic_attribute";
    /// Whether the host takes "not yet" for an answer.
    pub(crate) const TF_CLIENT_CAPABILITY_DEFERRAL_ALLOWED: &str = "tf_client_capability_deferral_allowed";
    /// Whether the host keeps what is write-only out of the state.
    pub(crate) const TF_CLIENT_CAPABILITY_WRITE_ONLY_ATTRIBUTES_ALLOWED: &str =
        "tf_client_capability_write_only_attributes_allowed";
    /// Whether the host stores what a plan knows besides.
    pub(crate) const TF_CLIENT_CAPABILITY_STORE_PLANNED_PRIVATE: &str = "tf_client_capability_store_planned_private";
    /// Whether the host knows blocks that the provider fills in.
    pub(crate) const TF_CLIENT_CAPABILITY_COMPUTED_BLOCKS_ALLOWED: &str =
        "tf_client_capability_computed_blocks_allowed";
    /// Whether the provider is asked to plan a destroy.
    pub(crate) const TF_SERVER_CAPABILITY_PLAN_DESTROY: &str = "tf_server_capability_plan_destroy";
    /// Whether the host may leave out the call for the schema.
    pub(crate) const TF_SERVER_CAPABILITY_GET_PROVIDER_SCHEMA_OPTIONAL: &str =
        "tf_server_capability_get_provider_schema_optional";
    /// Whether the provider takes over the state of other types.
    pub(crate) const TF_SERVER_CAPABILITY_MOVE_RESOURCE_STATE: &str = "tf_server_capability_move_resource_state";
    /// Whether the provider generates configuration.
    pub(crate) const TF_SERVER_CAPABILITY_GENERATE_RESOURCE_CONFIG: &str =
        "tf_server_capability_generate_resource_config";
}

/// The module of lines about the protocol.
pub(crate) const SDK_PROTO: &str = "sdk.proto";
/// The module of the framework's other lines.
pub(crate) const SDK_FRAMEWORK: &str = "sdk.framework";
/// The module of the provider's own lines.
const PROVIDER: &str = "provider";

/// The protocol version of this framework, which only ever stands in logs.
const PROTOCOL_VERSION: &str = "6.11";

/// Longest line in bytes: the host reads at most 64 KiB at once, and takes the rest for raw text.
const MAX_LINE: usize = 60 * 1024;

/// Starts logging at `level` for the framework and for the named crates. Later calls change nothing.
pub(crate) fn init(level: LevelFilter, crates: &'static [&'static str]) {
    let layer = HostLines { level, crates };
    // It fails where a subscriber is set already; that one was meant.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
}

/// The span of one request: every line written inside carries its fields.
///
/// The names of what the request is about are recorded once they are known, with
/// `span.record(keys::TF_RESOURCE_TYPE, name)`.
pub(crate) fn request_span(rpc: &'static str, provider_address: &str) -> Span {
    let span = tracing::error_span!(
        target: SDK_PROTO,
        "request",
        { keys::TF_PROVIDER_ADDR } = provider_address,
        { keys::TF_RPC } = rpc,
        { keys::TF_REQ_ID } = tracing::field::Empty,
        { keys::TF_RESOURCE_TYPE } = tracing::field::Empty,
        { keys::TF_DATA_SOURCE_TYPE } = tracing::field::Empty,
        { keys::TF_EPHEMERAL_RESOURCE_TYPE } = tracing::field::Empty,
        { keys::TF_LIST_RESOURCE_TYPE } = tracing::field::Empty,
        { keys::TF_ACTION_TYPE } = tracing::field::Empty,
        { keys::TF_STATE_STORE_TYPE } = tracing::field::Empty,
        { keys::TF_FUNCTION_NAME } = tracing::field::Empty,
    );
    if !span.is_disabled() {
        span.record(keys::TF_REQ_ID, request_id());
    }
    span
}

/// A random UUID, version 4.
fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness the id is no less an id of a log line, so a failure is left alone.
    let _ = rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |part: &[u8]| part.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!(
        "{}-{}-{}-{}-{}",
        hex(&bytes[..4]),
        hex(&bytes[4..6]),
        hex(&bytes[6..8]),
        hex(&bytes[8..10]),
        hex(&bytes[10..])
    )
}

/// Writes each event as a line, with the fields of the spans around it.
struct HostLines {
    level: LevelFilter,
    crates: &'static [&'static str],
}

/// What a span was given, kept until its lines are written.
struct SpanFields(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for HostLines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && self.module(metadata.target()).is_some()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Map::new();
        attributes.record(&mut Collect(&mut fields));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<SpanFields>()
        {
            values.record(&mut Collect(&mut fields.0));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Map::new();
        let scope = context.event_scope(event);
        for span in scope.into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(outer) = span.extensions().get::<SpanFields>() {
                fields.extend(outer.0.clone());
            }
        }
        event.record(&mut Collect(&mut fields));
        let metadata = event.metadata();
        let module = self.module(metadata.target()).unwrap_or(PROVIDER);
        output::write(line(fields, *metadata.level(), module, Timestamp::now()));
    }
}

impl HostLines {
    /// The module under which a target's lines appear; none for a target that is not heard.
    fn module<'a>(&self, target: &'a str) -> Option<&'a str> {
        let (root, rest) = target.split_once("::").unwrap_or((target, ""));
        match root {
            "tf_framework" if rest.starts_with("wire") || rest.starts_with("serve") => Some(SDK_PROTO),
            "tf_framework" => Some(SDK_FRAMEWORK),
            PROVIDER | SDK_PROTO | SDK_FRAMEWORK => Some(root),
            _ if root.starts_with("provider.") => Some(root),
            _ if self.crates.contains(&root) => Some(PROVIDER),
            _ => None,
        }
    }
}

/// One line, newline included. `message` is the event's own text; the keys with `@` are hclog's, and a field of such a name
/// never gets through: Terraform panics on a level or message that is not a string.
fn line(mut fields: Map<String, Value>, level: Level, module: &str, now: Timestamp) -> Vec<u8> {
    fields.retain(|key, _| !key.starts_with('@'));
    let message = match fields.remove("message") {
        Some(Value::String(message)) => message,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    if module == SDK_PROTO {
        fields.insert(keys::TF_PROTO_VERSION.to_owned(), PROTOCOL_VERSION.into());
    }
    fields.insert("@level".to_owned(), level_name(level).into());
    fields.insert("@message".to_owned(), message.into());
    fields.insert("@module".to_owned(), module.into());
    // Exactly six digits: with any other number the host no longer takes the line for JSON.
    let timestamp = now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    fields.insert("@timestamp".to_owned(), timestamp.into());

    let mut line = bytes(&fields);
    // Halving the longest text leaves the others whole. Each turn frees at least a byte, and a text of a hundred is short
    // enough to be left alone.
    while line.len() > MAX_LINE && halve_longest(&mut fields) {
        line = bytes(&fields);
    }
    if line.len() > MAX_LINE {
        fields.retain(|key, _| key.starts_with('@'));
        line = bytes(&fields);
    }
    line
}

fn bytes(fields: &Map<String, Value>) -> Vec<u8> {
    // A map of strings and numbers always has a JSON form; an empty line would be the answer otherwise.
    let mut bytes = serde_json::to_vec(fields).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Whether there was a text that could be cut.
fn halve_longest(fields: &mut Map<String, Value>) -> bool {
    const LEFT_ALONE: usize = 100;
    let longest = fields
        .values_mut()
        .filter_map(|value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
        .max_by_key(|text| text.len());
    match longest {
        Some(text) if text.len() > LEFT_ALONE => {
            text.truncate(text.floor_char_boundary(text.len() / 2));
            text.push('…');
            true
        }
        _ => false,
    }
}

/// The level as hclog spells it; it does not know `warning`.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Takes the fields of a span or an event. A later value of a name replaces an earlier one.
struct Collect<'a>(&'a mut Map<String, Value>);

impl Collect<'_> {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    fn written(fields: Value, level: Level, module: &str) -> String {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let now = "2024-02-03T04:05:06.5Z".parse().unwrap();
        String::from_utf8(line(fields, level, module, now)).unwrap()
    }

    #[test]
    fn a_line_has_six_digits_and_hclogs_keys() {
        let line = written(json!({ "message": "read it", "count": 3 }), Level::WARN, "provider");
        expect![[r#"
            {"@level":"warn","@message":"read it","@module":"provider","@timestamp":"2024-02-03T04:05:06.500000Z","count":3}
        "#]]
        .assert_eq(&line);
    }

    #[test]
    fn a_line_about_the_protocol_names_its_version() {
        expect![[r#"
            {"@level":"trace","@message":"","@module":"sdk.proto","@timestamp":"2024-02-03T04:05:06.500000Z","tf_proto_version":"6.11"}
        "#]]
        .assert_eq(&written(json!({}), Level::TRACE, SDK_PROTO));
    }

    #[test]
    fn a_field_cannot_take_the_place_of_a_key_of_hclog() {
        let line = written(json!({ "@level": 7, "message": 12, "@other": 1 }), Level::INFO, "provider");
        expect![[r#"
            {"@level":"info","@message":"12","@module":"provider","@timestamp":"2024-02-03T04:05:06.500000Z"}
        "#]]
        .assert_eq(&line);
    }

    #[test]
    fn a_long_line_is_cut_where_it_is_longest() {
        let line = written(json!({ "message": "short", "body": "\u{1}é".repeat(50_000) }), Level::DEBUG, "provider");
        assert!(line.len() <= MAX_LINE, "{} bytes", line.len());
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["@message"], "short");
        assert!(line["body"].as_str().unwrap().ends_with('…'));
    }

    #[test]
    fn a_line_of_too_many_fields_keeps_its_message() {
        let mut fields = (0..20_000).map(|index| (format!("field_{index}"), Value::from(index))).collect::<Map<_, _>>();
        fields.insert("message".to_owned(), "kept".into());
        let line = written(Value::Object(fields), Level::DEBUG, "provider");
        assert!(line.len() <= MAX_LINE);
        assert!(line.contains(r#""@message":"kept""#));
    }

    #[test]
    fn libraries_are_not_heard() {
        let lines = HostLines { level: LevelFilter::TRACE, crates: &["my_provider"] };
        let modules = [
            "h2::codec",
            "hyper_util::client",
            "tf_framework::plan",
            "tf_framework::wire::tls",
            "my_provider::resources",
            "provider.http",
        ]
        .map(|target| lines.module(target));
        assert_eq!(
            modules,
            [None, None, Some("sdk.framework"), Some("sdk.proto"), Some("provider"), Some("provider.http")]
        );
    }

    #[test]
    fn a_request_id_is_a_uuid_of_version_4() {
        let id = request_id();
        let shape = id.chars().map(|c| if c == '-' { '-' } else { 'x' }).collect::<String>();
        assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        assert_eq!(&id[14..15], "4");
        assert_ne!(id, request_id());
    }
}
