//! A schema as the registries' pages show it: attributes by who sets them, nested ones below with an anchor each.

use serde_json::{Value, json};

/// The description of a whole type, or of a function.
pub(super) fn description(schema: &Value) -> &str {
    let text = schema["block"]["description"].as_str().or_else(|| schema["description"].as_str());
    text.unwrap_or_default().trim()
}

/// Everything that a block may hold.
pub(super) fn block(block: &Value) -> String {
    let mut text = groups(block, &[], "### ");
    nested(block, &[], &mut text);
    if text.is_empty() { "It has no arguments.".to_owned() } else { text.trim_end().to_owned() }
}

/// The attributes of an identity.
pub(super) fn identity(identity: &Value) -> String {
    let attributes = sorted(&identity["attributes"]);
    let group = |title: &str, key: &str| {
        let wanted = attributes.iter().filter(|(_, attribute)| attribute[key] == true);
        let lines: String = wanted
            .map(|(name, attribute)| {
                let kind = kind(attribute);
                format!("- `{name}` ({kind}) {}\n", collapsed(&attribute["description"]))
            })
            .collect();
        if lines.is_empty() { lines } else { format!("#### {title}\n\n{lines}\n") }
    };
    (group("Required", "required_for_import") + &group("Optional", "optional_for_import")).trim_end().to_owned()
}

/// A function as it is called, and what it gives.
pub(super) fn signature(name: &str, function: &Value) -> String {
    let parameter = |parameter: &Value| {
        let name = parameter["name"].as_str().unwrap_or_default();
        format!("{name} {}", written(&parameter["type"]))
    };
    let mut parameters: Vec<_> = function["parameters"].as_array().into_iter().flatten().map(parameter).collect();
    if !function["variadic_parameter"].is_null() {
        parameters.push(format!("{}...", parameter(&function["variadic_parameter"])));
    }
    format!("```text\n{name}({}) {}\n```", parameters.join(", "), written(&function["return_type"]))
}

/// The parameters of a function, in order.
pub(super) fn arguments(function: &Value) -> String {
    let line = |parameter: &Value, extra: &str| {
        let nullable = if parameter["is_nullable"] == true { ", Nullable" } else { "" };
        format!(
            "1. `{}` ({extra}{}{nullable}) {}\n",
            parameter["name"].as_str().unwrap_or_default(),
            kind(parameter),
            collapsed(&parameter["description"])
        )
    };
    let parameters = function["parameters"].as_array().into_iter().flatten();
    let mut text: String = parameters.map(|parameter| line(parameter, "")).collect();
    if !function["variadic_parameter"].is_null() {
        text += &line(&function["variadic_parameter"], "Variadic, ");
    }
    if text.is_empty() { "It takes no arguments.".to_owned() } else { text }
}

/// The entries of one level under the headings of who sets them.
fn groups(block: &Value, path: &[&str], heading: &str) -> String {
    let mut text = String::new();
    for title in ["Required", "Optional", "Read-Only"] {
        let mut entries: Vec<(&str, String)> = Vec::new();
        for (name, attribute) in sorted(&block["attributes"]) {
            if presence(attribute) == title {
                entries.push((name, attribute_entry(name, attribute, path)));
            }
        }
        for (name, nested) in sorted(&block["block_types"]) {
            if block_presence(nested) == title {
                entries.push((name, block_entry(name, nested, path)));
            }
        }
        if entries.is_empty() {
            continue;
        }
        entries.sort();
        let colon = if heading.is_empty() { ":" } else { "" };
        let lines: String = entries.into_iter().map(|(_, entry)| entry + "\n").collect();
        text += &format!("{heading}{title}{colon}\n\n{lines}\n");
    }
    text
}

/// The schemas of nested attributes and blocks, each behind its anchor, outermost first.
fn nested(block: &Value, path: &[&str], text: &mut String) {
    let attributes = sorted(&block["attributes"]).into_iter().filter_map(|(name, attribute)| {
        let inner = &attribute["nested_type"];
        (!inner.is_null()).then_some((name, inner))
    });
    let blocks = sorted(&block["block_types"]).into_iter().map(|(name, nested)| (name, &nested["block"]));
    let mut all: Vec<_> = attributes.chain(blocks).collect();
    all.sort_by_key(|(name, _)| *name);
    for (name, inner) in all {
        let path = [path, &[name]].concat();
        *text += &format!("<a id=\"{}\"></a>\n### Nested Schema for `{}`\n\n", anchor(&path), path.join("."));
        *text += &groups(inner, &path, "");
        nested(inner, &path, text);
    }
}

fn attribute_entry(name: &str, attribute: &Value, path: &[&str]) -> String {
    let flag = |key: &str, word: &'static str| if attribute[key] == true { word } else { "" };
    let flags = [
        flag("sensitive", ", Sensitive"),
        flag("deprecated", ", Deprecated"),
        flag(
            "write_only",
            ", [Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)",
        ),
    ]
    .concat();
    let below = if attribute["nested_type"].is_null() { String::new() } else { see_below(path, name) };
    format!("- `{name}` ({}{flags}) {}{below}", kind(attribute), collapsed(&attribute["description"]))
}

fn block_entry(name: &str, nested: &Value, path: &[&str]) -> String {
    let nesting = match nested["nesting_mode"].as_str().unwrap_or_default() {
        "single" | "group" => String::new(),
        other => format!(" {}", capital(other)),
    };
    let bound = |key: &str, word: &str| {
        nested[key].as_u64().filter(|bound| *bound > 0).map_or(String::new(), |bound| format!(", {word}: {bound}"))
    };
    let bounds =
        if nesting.is_empty() { String::new() } else { bound("min_items", "Min") + &bound("max_items", "Max") };
    let text = collapsed(&nested["block"]["description"]);
    format!("- `{name}` (Block{nesting}{bounds}) {text}{}", see_below(path, name))
}

fn see_below(path: &[&str], name: &str) -> String {
    format!(" (see [below for nested schema](#{}))", anchor(&[path, &[name]].concat()))
}

fn anchor(path: &[&str]) -> String {
    format!("nestedatt--{}", path.join("--"))
}

fn presence(attribute: &Value) -> &'static str {
    match () {
        () if attribute["required"] == true => "Required",
        () if attribute["optional"] == true => "Optional",
        () => "Read-Only",
    }
}

fn block_presence(nested: &Value) -> &'static str {
    if nested["min_items"].as_u64().is_some_and(|least| least > 0) { "Required" } else { "Optional" }
}

/// The type as the registries' pages write it: `List of String`.
fn kind(attribute: &Value) -> String {
    let nested = &attribute["nested_type"];
    if !nested.is_null() {
        let nesting = nested["nesting_mode"].as_str().unwrap_or_default();
        return if nesting == "single" { "Attributes".to_owned() } else { format!("Attributes {}", capital(nesting)) };
    }
    match &attribute["type"] {
        Value::String(simple) if simple == "bool" => "Boolean".to_owned(),
        Value::String(simple) => capital(simple),
        Value::Array(of) => match of.as_slice() {
            [Value::String(name), _] if name == "object" => "Object".to_owned(),
            [Value::String(name), _] if name == "tuple" => "Tuple".to_owned(),
            [Value::String(collection), element] => {
                format!("{} of {}", capital(collection), kind(&json!({ "type": element })))
            }
            _ => "Dynamic".to_owned(),
        },
        _ => "Dynamic".to_owned(),
    }
}

/// The type as a configuration writes it: `list(string)`.
fn written(ty: &Value) -> String {
    match ty {
        Value::String(simple) => simple.clone(),
        Value::Array(of) => match of.as_slice() {
            [Value::String(name), Value::Object(attributes)] if name == "object" => {
                let attributes = attributes.iter().map(|(name, ty)| format!("{name} = {}", written(ty)));
                format!("object({{ {} }})", attributes.collect::<Vec<_>>().join(", "))
            }
            [Value::String(name), Value::Array(types)] if name == "tuple" => {
                format!("tuple([{}])", types.iter().map(written).collect::<Vec<_>>().join(", "))
            }
            [Value::String(collection), element] => format!("{collection}({})", written(element)),
            _ => "dynamic".to_owned(),
        },
        _ => "dynamic".to_owned(),
    }
}

fn sorted(entries: &Value) -> Vec<(&str, &Value)> {
    let entries = entries.as_object().into_iter().flatten();
    let mut all: Vec<_> = entries.map(|(name, value)| (name.as_str(), value)).collect();
    all.sort_by_key(|(name, _)| *name);
    all
}

fn collapsed(text: &Value) -> String {
    text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
