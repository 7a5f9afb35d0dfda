//! What the configuration of each service holds: its fields, their defaults, and what may never change.

use serde_json::{Map, Value, json};

use crate::call::Service;
use crate::fields::Fields;
use crate::store::Document;

/// The fields of one version of one service's configuration.
pub(super) type Form = &'static [Field];

/// One field: its name, what it holds, and its default as JSON; an empty default leaves it out.
pub(super) struct Field(&'static str, Kind, &'static str);

enum Kind {
    Text,
    /// A text or nothing, which is answered as null.
    Nullable,
    /// Such as `14d`.
    Duration,
    Flag,
    Shards,
    Words(&'static [&'static str]),
    Word(&'static [&'static str]),
    Texts,
    Object,
    Array,
    /// The audit schema, which is there from the start and stays.
    Schema,
    Version,
}

/// The fields of a body's version. A configuration that exists keeps its version and its schema.
pub(super) fn of(service: Service, fields: &mut Fields<'_>, existing: Option<&Document>) -> Form {
    let form = match service {
        Service::Redact => {
            if let Some(version) = fields.word("version", &["1.0.0", "2.0.0"]) {
                must_stay(fields, existing, "version", &json!(version));
            }
            REDACT
        }
        Service::AiGuard => AI_GUARD,
        _ => {
            // The official clients leave it out when they update.
            let kept = existing.and_then(|existing| existing.get("version")).and_then(Value::as_u64);
            let version = fields.number("version", 1, 3).or(kept).unwrap_or(1);
            must_stay(fields, existing, "version", &json!(version));
            match version {
                1 => AUDIT_1,
                2 => AUDIT_2,
                _ => AUDIT_3,
            }
        }
    };
    if let (Some(existing), Some(schema)) = (existing, fields.raw("schema").cloned()) {
        must_stay(fields, Some(existing), "schema", &schema);
    }
    form
}

/// Reads the fields, with the default where one is left out. A field of another version is refused; version and schema of a
/// configuration that exists are kept.
pub(super) fn read(form: Form, fields: &mut Fields<'_>, existing: Option<&Document>) -> Map<String, Value> {
    let known: Vec<&str> = form.iter().map(|Field(name, ..)| *name).chain(ALWAYS).collect();
    fields.only(&known);
    let mut read = Map::new();
    if let Some(name) = fields.raw("name") {
        read.insert("name".to_owned(), name.clone());
    }
    for Field(name, kind, default) in form {
        let kept =
            existing.filter(|_| matches!(kind, Kind::Schema | Kind::Version)).and_then(|existing| existing.get(*name));
        check(fields, name, kind, kept.is_none());
        let default = || serde_json::from_str(default).ok();
        if let Some(value) = kept.or(fields.raw(name)).cloned().or_else(default) {
            read.insert((*name).to_owned(), value);
        }
    }
    read
}

fn check(fields: &mut Fields<'_>, name: &str, kind: &Kind, is_new: bool) {
    match kind {
        Kind::Text | Kind::Nullable => drop(fields.optional(name)),
        Kind::Duration => {
            if fields.optional(name).is_some_and(|text| !is_duration(&text)) {
                fields.note(
                    "BadFormatPangeaDuration",
                    name,
                    format!("The field {name} must be a duration such as 14d"),
                );
            }
        }
        Kind::Flag => fields.flag(name),
        Kind::Shards => drop(fields.number(name, 1, 100)),
        Kind::Words(words) => drop(fields.words(name, words, false)),
        Kind::Word(words) => drop(fields.word(name, words)),
        Kind::Texts => drop(fields.texts(name)),
        Kind::Object => drop(fields.object(name, |_| ())),
        Kind::Array => drop(fields.objects(name, |_| ())),
        Kind::Schema => {
            if is_new && !fields.has(name) {
                fields.note("FieldRequired", name, format!("The field {name} is required in this version"));
            }
            fields.object(name, check_schema);
        }
        Kind::Version => {}
    }
}

fn check_schema(schema: &mut Fields<'_>) {
    schema.objects("fields", |field| {
        let id = field.required("id");
        let starts_well = id.bytes().next().is_none_or(|byte| byte.is_ascii_lowercase());
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !starts_well || !id.bytes().all(is_plain) || id.len() > 32 || id == "received_at" {
            field.note("DoesNotMatchPattern", "id", "The field id must match ^[a-z][0-9a-z_]*$, up to 32 characters");
        }
        let kind = field.required("type");
        if !kind.is_empty() {
            field.member("type", &kind, &["boolean", "datetime", "integer", "string", "string-unindexed", "text"]);
        }
    });
}

fn must_stay(fields: &mut Fields<'_>, existing: Option<&Document>, name: &str, value: &Value) {
    if existing.is_some_and(|existing| existing.get(name) != Some(value)) {
        fields.note("IsReadOnly", name, format!("The field {name} is set when the configuration is created and stays"));
    }
}

fn is_duration(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && UNITS.contains(&unit)
}

const UNITS: [&str; 29] = [
    "d", "da", "day", "days", "h", "hour", "hr", "hrs", "hours", "mi", "min", "mins", "minute", "minutes", "mo", "mon",
    "month", "months", "s", "sec", "secs", "second", "seconds", "w", "week", "weeks", "y", "year", "years",
];

/// Known in every body: what identifies the object, and what official clients add to every call.
const ALWAYS: [&str; 5] = ["id", "name", "created_at", "updated_at", "config_id"];

const AUDIT_FIELDS: [&str; 9] = ["message", "new", "old", "actor", "action", "status", "target", "tenant_id", "source"];

const AUDIT_1: Form = &[
    Field("version", Kind::Version, "1"),
    Field("retention", Kind::Duration, ""),
    Field("hot_storage", Kind::Duration, "\"14d\""),
    Field("cold_query_result_retention", Kind::Duration, "\"2d\""),
    Field("query_result_retention", Kind::Duration, "\"2d\""),
    Field("redact_service_config_id", Kind::Nullable, "null"),
    Field("redaction_fields", Kind::Words(&AUDIT_FIELDS), ""),
    Field("shards", Kind::Shards, ""),
    Field("vault_service_config_id", Kind::Nullable, "null"),
    Field("vault_key_id", Kind::Text, ""),
    Field("vault_sign", Kind::Flag, "false"),
];

const AUDIT_2: Form = &[
    Field("version", Kind::Version, "2"),
    Field("schema", Kind::Schema, ""),
    Field("retention", Kind::Duration, ""),
    Field("hot_storage", Kind::Duration, "\"14d\""),
    Field("cold_query_result_retention", Kind::Duration, "\"2d\""),
    Field("query_result_retention", Kind::Duration, "\"2d\""),
    Field("redact_service_config_id", Kind::Nullable, "null"),
    Field("shards", Kind::Shards, ""),
    Field("vault_service_config_id", Kind::Nullable, "null"),
    Field("vault_key_id", Kind::Text, ""),
    Field("vault_sign", Kind::Flag, "false"),
    Field("forwarding_configuration", Kind::Object, ""),
    Field("ui_metadata", Kind::Object, ""),
];

const AUDIT_3: Form = &[
    Field("version", Kind::Version, "3"),
    Field("schema", Kind::Schema, ""),
    Field("hot_storage", Kind::Duration, "\"14d\""),
    Field("warm_storage", Kind::Duration, ""),
    Field("cold_storage", Kind::Duration, ""),
    Field("cold_query_result_retention", Kind::Duration, "\"2d\""),
    Field("query_result_retention", Kind::Duration, "\"2d\""),
    Field("redact_service_config_id", Kind::Nullable, "null"),
    Field("shards", Kind::Shards, ""),
    Field("vault_service_config_id", Kind::Nullable, "null"),
    Field("vault_key_id", Kind::Text, ""),
    Field("vault_sign", Kind::Flag, "false"),
    Field("forwarding_configuration", Kind::Object, ""),
    Field("ui_metadata", Kind::Object, ""),
    Field("partition_overrides", Kind::Array, ""),
    Field("datastore", Kind::Word(&["default", "postgresql"]), ""),
];

const REDACT: Form = &[
    Field("version", Kind::Version, "\"2.0.0\""),
    Field("enabled_rules", Kind::Texts, "[]"),
    Field("enforce_enabled_rules", Kind::Flag, "false"),
    Field("redactions", Kind::Object, ""),
    Field("vault_service_config_id", Kind::Nullable, "null"),
    Field("salt_vault_secret_id", Kind::Nullable, "null"),
    Field("fpe_vault_secret_id", Kind::Nullable, "null"),
    Field("rules", Kind::Object, ""),
    Field("rulesets", Kind::Object, ""),
    Field("supported_languages", Kind::Words(&["en"]), ""),
];

const AI_GUARD: Form = &[
    Field("audit_data_activity", Kind::Object, ""),
    Field("connections", Kind::Object, ""),
    Field("recipes", Kind::Object, ""),
];
