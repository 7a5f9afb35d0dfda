//! Checks 26 to 32 and 67: values in all their forms. A plan must hand back what a configuration says, so that any attribute
//! that may be set serves as an echo.

use rmpv::Value as Packed;
use serde_json::{Value, json};
use tf_framework::wire::proto::tfplugin6::{DynamicValue, plan_resource_change};

use crate::broken::{Result, broken, ensure};
use crate::checks::resource::make_needed;
use crate::core::{prepared, proposed_new};
use crate::samples::{behind, filled};
use crate::session::{Kind, Said, Session, errors};
use crate::suite::{About, Rules, Suite, VALUES};
use crate::types;
use crate::value::{
    UNKNOWN, complete, dynamic, dynamic_parts, from_wire, is_unknown, pack, to_json, to_msgpack, to_wire, unrefined,
};

/// Terraform's own encodings of 83 values.
const VECTORS: &str = include_str!("../../data/value-vectors.json");

/// A text of several scripts, composed and not.
const TEXTS: [&str; 4] = ["\u{e9}", "e\u{301}", "\u{1f4a5} 日本", "tab\tline\nquote\""];

pub(super) async fn run(suite: &Suite, rules: &mut Rules, said: &mut Vec<Said>) {
    let names: Vec<&String> = suite.samples.resources.keys().collect();
    if names.is_empty() {
        let _ = rules.about(VALUES, [26, 27, 28, 29, 30, 31, 32, 67]);
    }
    for name in names {
        let mut about = rules.about(name, [26, 27, 28, 29, 30, 31, 32, 67]);
        let Ok(mut session) = suite.configured().await else { continue };
        let sample = &suite.samples.resources[name];
        let Ok((needed, made)) = make_needed(&mut session, &sample.needs).await else { continue };
        let config = filled(&sample.config, &|path| behind(&needed, path));
        if let Ok(mut echo) = config.and_then(|config| Echo::new(&mut session, name, &config)) {
            echo.all(&mut about).await;
        }
        for object in made.iter().rev() {
            let _ = session.destroy(object).await;
        }
        said.append(&mut session.said);
    }
}

struct Echo<'a> {
    session: &'a mut Session,
    name: &'a str,
    ty: Value,
    config: Value,
}

impl Echo<'_> {
    fn new<'a>(session: &'a mut Session, name: &'a str, config: &Value) -> Result<Echo<'a>> {
        let ty = session.value_type(Kind::Resource, name)?;
        let config = complete(config.clone(), &ty);
        Ok(Echo { session, name, ty, config })
    }

    async fn all(&mut self, about: &mut About<'_>) {
        let Ok(block) = self.session.block(Kind::Resource, self.name) else { return };
        let settable: Vec<(String, Value)> = block
            .attributes
            .iter()
            .filter(|attribute| (attribute.required || attribute.optional) && !attribute.write_only)
            .filter_map(|attribute| Some((attribute.name.clone(), types::of_attribute(attribute).ok()?)))
            .collect();
        for (name, ty) in &settable {
            self.vectors(about, name, ty).await;
            self.unknowns(about, name, ty).await;
            match types::kind(ty) {
                "number" => self.numbers(about, name).await,
                "string" => self.texts(about, name).await,
                "dynamic" => self.dynamics(about, name).await,
                _ => {}
            }
        }
        about.hold(28, self.in_json().await);
        about.hold(29, self.in_longer_forms().await);
        about.hold(67, self.without_encoding().await);
    }

    /// Plans a create with these bytes as the configuration; none where the provider refuses the value by a rule of its own.
    async fn planned(&mut self, config: DynamicValue) -> Result<Option<Value>> {
        let request = plan_resource_change::Request {
            type_name: self.name.to_owned(),
            prior_state: Some(to_wire(&Value::Null, &self.ty)),
            proposed_new_state: Some(config.clone()),
            config: Some(config),
            client_capabilities: Some(crate::session::CAPABILITIES),
            ..Default::default()
        };
        let answer = self.session.plan_resource_change(request).await?;
        if !errors(&answer.diagnostics).is_empty() {
            return Ok(None);
        }
        from_wire(answer.planned_state.as_ref(), &self.ty).map(Some)
    }

    /// The sample with one attribute in a form of its own.
    fn with(&self, name: &str, packed: Packed) -> DynamicValue {
        let Packed::Map(mut entries) = pack(&self.config, &self.ty) else { return DynamicValue::default() };
        for (key, value) in &mut entries {
            if key.as_str() == Some(name) {
                *value = packed.clone();
            }
        }
        DynamicValue { msgpack: to_msgpack(&Packed::Map(entries)), json: Vec::new() }
    }

    /// Whether an attribute comes back as it went; none where the provider refuses it.
    async fn echoes(&mut self, name: &str, packed: Packed, wanted: &Value) -> Result<Option<()>> {
        let shown = format!("{packed}");
        let config = self.with(name, packed);
        let planned = self.planned(config).await.map_err(|problem| broken!("{name} = {shown}: {problem}"))?;
        let Some(planned) = planned else { return Ok(None) };
        let same = unrefined(&planned[name]) == unrefined(wanted);
        ensure!(same, "{name} = {shown} comes back as {}", planned[name].to_string().replace("\\u0000", ""));
        Ok(Some(()))
    }

    async fn hold(&mut self, about: &mut About<'_>, number: u8, name: &str, packed: Packed, wanted: &Value) {
        if let Some(outcome) = self.echoes(name, packed, wanted).await.transpose() {
            about.hold(number, outcome);
        }
    }

    async fn vectors(&mut self, about: &mut About<'_>, name: &str, ty: &Value) {
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap_or_default();
        for vector in vectors.iter().filter(|vector| vector["type"] == *ty || types::is_dynamic(ty)) {
            let bytes = hex(vector["msgpack"].as_str().unwrap_or_default());
            let value = DynamicValue { msgpack: bytes.clone(), json: Vec::new() };
            let Ok(wanted) = from_wire(Some(&value), &vector["type"]) else { continue };
            let Ok(packed) = rmpv::decode::read_value(&mut bytes.as_slice()) else { continue };
            let wraps = types::is_dynamic(ty) && !types::is_dynamic(&vector["type"]);
            let (packed, wanted) = match wraps {
                true if is_unknown(&wanted) || wanted.is_null() => continue,
                true => (
                    Packed::Array(vec![Packed::Binary(vector["type"].to_string().into_bytes()), packed]),
                    dynamic(&vector["type"], wanted),
                ),
                false => (packed, wanted),
            };
            // Null for an attribute with a default, or of a computed one, is planned as something else.
            let bare = dynamic_parts(&wanted).map_or(&wanted, |(_, value)| value);
            if bare.is_null() || is_unknown(bare) {
                continue;
            }
            self.hold(about, 26, name, packed, &wanted).await;
        }
    }

    async fn unknowns(&mut self, about: &mut About<'_>, name: &str, ty: &Value) {
        let refined = |facts: &[u8]| Packed::Ext(12, facts.to_vec());
        let mut forms = vec![Packed::Ext(0, vec![0]), Packed::Ext(0, Vec::new()), Packed::Ext(5, vec![0])];
        if !types::is_dynamic(ty) {
            forms.push(refined(&[0x81, 0x01, 0xc2]));
            // A fact of a later version, which nobody knows yet.
            forms.push(refined(&[0x82, 0x01, 0xc2, 0x63, 0xc3]));
        }
        match types::kind(ty) {
            "string" => forms.push(refined(&[0x82, 0x01, 0xc2, 0x02, 0xa2, b'p', b'-'])),
            "number" => forms.push(refined(&[0x82, 0x01, 0xc2, 0x03, 0x92, 0x00, 0xc3])),
            "list" | "set" | "map" => forms.push(refined(&[0x82, 0x01, 0xc2, 0x05, 0x01])),
            _ => {}
        }
        for form in forms {
            let shown = format!("{form}");
            let config = self.with(name, form);
            let planned = self.planned(config).await.and_then(|planned| {
                let planned = planned.ok_or_else(|| broken!("it is refused"))?;
                ensure!(is_unknown(&planned[name]), "it is planned as {}", planned[name]);
                Ok(())
            });
            about.hold(27, planned.map_err(|problem| broken!("{name} = unknown as {shown}: {problem}")));
        }
    }

    async fn numbers(&mut self, about: &mut About<'_>, name: &str) {
        for (packed, wanted) in [
            (Packed::from(7), json!(7)),
            (Packed::F64(7.0), json!(7)),
            (Packed::from("7"), json!(7)),
            (Packed::from("0.1"), json!(0.1)),
            (Packed::F64(0.5), json!(0.5)),
            (Packed::from("9223372036854775808"), json!(9_223_372_036_854_775_808_u64)),
        ] {
            self.hold(about, 30, name, packed, &wanted).await;
        }
    }

    async fn texts(&mut self, about: &mut About<'_>, name: &str) {
        for text in TEXTS {
            let wanted = complete(json!(text), &json!("string"));
            self.hold(about, 31, name, Packed::from(text), &wanted).await;
        }
    }

    async fn dynamics(&mut self, about: &mut About<'_>, name: &str) {
        let string = Packed::Binary(b"\"string\"".to_vec());
        for (packed, wanted) in [
            (Packed::Array(vec![string.clone(), Packed::from("x")]), dynamic(&json!("string"), json!("x"))),
            (Packed::Array(vec![string.clone(), Packed::Nil]), dynamic(&json!("string"), Value::Null)),
            (Packed::Array(vec![string, Packed::Ext(0, vec![0])]), dynamic(&json!("string"), json!(UNKNOWN))),
        ] {
            self.hold(about, 32, name, packed, &wanted).await;
        }
        let config = self.with(name, Packed::Nil);
        if let Ok(Some(planned)) = self.planned(config).await {
            let sound = planned[name].is_null() || is_unknown(&planned[name]);
            about.hold(32, sound.then_some(()).ok_or_else(|| broken!("{name} = null is planned as {}", planned[name])));
        }
    }

    async fn in_json(&mut self) -> Result<()> {
        let block = self.session.block(Kind::Resource, self.name)?;
        let proposed = prepared(block, &proposed_new(block, &Value::Null, &self.config));
        let config = prepared(block, &self.config);
        let text = |value: &Value| DynamicValue {
            msgpack: Vec::new(),
            json: to_json(value, &self.ty).to_string().into_bytes(),
        };
        let request = self.session.plan_request(self.name, None, &self.config)?;
        let wanted = self.session.plan_resource_change(request.clone()).await?;
        let request = plan_resource_change::Request {
            config: Some(text(&config)),
            proposed_new_state: Some(text(&proposed)),
            prior_state: Some(text(&Value::Null)),
            ..request
        };
        let found = self.session.plan_resource_change(request).await?;
        ensure!(errors(&found.diagnostics).is_empty(), "the sample in JSON: {}", errors(&found.diagnostics)[0]);
        let same =
            from_wire(found.planned_state.as_ref(), &self.ty)? == from_wire(wanted.planned_state.as_ref(), &self.ty)?;
        ensure!(same, "the sample in JSON is planned differently");
        Ok(())
    }

    async fn in_longer_forms(&mut self) -> Result<()> {
        let plain = to_wire(&self.config, &self.ty);
        let wanted = self.planned(plain).await?;
        let mut msgpack = Vec::new();
        longer(&pack(&self.config, &self.ty), &mut msgpack);
        let found = self.planned(DynamicValue { msgpack, json: Vec::new() }).await?;
        ensure!(found.is_some() && found == wanted, "the sample in longer forms is refused or planned differently");
        Ok(())
    }

    /// A prior state of neither encoding is none.
    async fn without_encoding(&mut self) -> Result<()> {
        let request = self.session.plan_request(self.name, None, &self.config)?;
        let wanted = self.session.plan_resource_change(request.clone()).await?;
        for prior_state in [None, Some(DynamicValue::default())] {
            let request = plan_resource_change::Request { prior_state, ..request.clone() };
            let found = self.session.plan_resource_change(request).await?;
            let said = errors(&found.diagnostics);
            ensure!(said.is_empty(), "a create whose prior state has neither encoding: {}", said[0]);
            ensure!(
                found.planned_state == wanted.planned_state,
                "a prior state of neither encoding is not taken for null"
            );
        }
        Ok(())
    }
}

/// Writes a value with the longest form of everything.
fn longer(packed: &Packed, out: &mut Vec<u8>) {
    let head = |byte: u8, length: usize, out: &mut Vec<u8>| {
        out.push(byte);
        out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    };
    match packed {
        Packed::Integer(number) if number.as_i64().is_some() => {
            out.push(0xd3);
            out.extend(number.as_i64().unwrap_or_default().to_be_bytes());
        }
        Packed::String(text) => {
            head(0xdb, text.as_bytes().len(), out);
            out.extend(text.as_bytes());
        }
        Packed::Binary(bytes) => {
            head(0xc6, bytes.len(), out);
            out.extend(bytes);
        }
        Packed::Array(items) => {
            head(0xdd, items.len(), out);
            items.iter().for_each(|item| longer(item, out));
        }
        Packed::Map(entries) => {
            head(0xdf, entries.len(), out);
            for (key, value) in entries {
                longer(key, out);
                longer(value, out);
            }
        }
        other => out.extend(to_msgpack(other)),
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}
