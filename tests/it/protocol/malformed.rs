//! Requests that no sound Terraform sends: each gets an error that a person can read, and the process lives on.

use serde_json::{Value, json};
use tf_framework::wire::proto::tfplugin6::{
    Diagnostic, DynamicValue, apply_resource_change, configure_provider, plan_resource_change, read_resource,
    validate_resource_config,
};

use super::{PROJECT, RESOURCES, sample};
use crate::host::values::{from_wire, to_wire};
use crate::host::{Host, Object, errors};

fn assert_refused(diagnostics: &[Diagnostic]) {
    let errors = errors(diagnostics);
    assert!(errors.len() == 1 && errors[0].starts_with("Unreadable value from Terraform"), "{errors:?}");
}

#[tokio::test]
async fn a_value_that_is_cut_is_told_in_plain_words_and_nothing_is_lost() {
    let mut host = Host::start().await;
    let sound = host.wire(PROJECT, &sample(PROJECT));
    let cut = DynamicValue { msgpack: sound.msgpack[..9].to_vec(), json: Vec::new() };
    let type_name = PROJECT.to_owned();
    // What Terraform had stays: nothing else is known of the object.
    let request = read_resource::Request {
        type_name: type_name.clone(),
        current_state: Some(cut.clone()),
        private: b"{}".to_vec(),
        ..Default::default()
    };
    let answer = host.provider.read_resource(request).await.unwrap().into_inner();
    assert_refused(&answer.diagnostics);
    assert!(answer.new_state.as_ref() == Some(&cut) && answer.private == b"{}");
    let request = apply_resource_change::Request {
        type_name,
        prior_state: Some(sound.clone()),
        planned_state: Some(cut.clone()),
        config: Some(sound.clone()),
        ..Default::default()
    };
    let answer = host.provider.apply_resource_change(request).await.unwrap().into_inner();
    assert_refused(&answer.diagnostics);
    assert!(answer.new_state.as_ref() == Some(&sound));
    // A configuration that can't be read leaves the one before it.
    let request = configure_provider::Request { config: Some(cut), ..Default::default() };
    assert_refused(&host.provider.configure_provider(request).await.unwrap().into_inner().diagnostics);
    let made = host.create(PROJECT, sample(PROJECT)).await;
    host.destroy(&made).await;
}

/// A value with neither encoding is null; so is one that is not there at all.
#[tokio::test]
async fn an_empty_value_is_null() {
    let mut host = Host::start().await;
    let made = host.create(PROJECT, sample(PROJECT)).await;
    for null in [None, Some(DynamicValue::default())] {
        let destroy = plan_resource_change::Request {
            proposed_new_state: null.clone(),
            config: null.clone(),
            ..host.plan_request(PROJECT, Some(&made), &Value::Null)
        };
        let answer = host.plan_answer(destroy).await;
        assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
        assert_eq!(from_wire(answer.planned_state.as_ref(), &host.value_type(PROJECT)), Value::Null);

        let request = read_resource::Request { current_state: null.clone(), ..host.read_request(&made) };
        let answer = host.provider.read_resource(request).await.unwrap().into_inner();
        assert_eq!(from_wire(answer.new_state.as_ref(), &host.value_type(PROJECT)), Value::Null);

        // Nothing into nothing is no change that Terraform asks for.
        let request = apply_resource_change::Request {
            type_name: PROJECT.to_owned(),
            prior_state: null.clone(),
            planned_state: null.clone(),
            config: null,
            ..Default::default()
        };
        let answer = host.provider.apply_resource_change(request).await.unwrap().into_inner();
        assert_eq!(errors(&answer.diagnostics).len(), 1);
    }
    host.destroy(&made).await;
}

/// Each attribute with a value of each wrong kind: the error names the attribute.
#[tokio::test]
async fn a_value_of_the_wrong_kind_is_named() {
    let mut host = Host::start().await;
    let wrong = [json!("text"), json!(1.5), json!(true), json!([1]), json!({ "a": 1 })];
    for type_name in RESOURCES {
        let sound = host.wire(type_name, &sample(type_name));
        let types = host.value_type(type_name)[1].clone();
        for (name, ty) in types.as_object().unwrap() {
            for value in &wrong {
                let fits = match ty.as_str() {
                    Some("string") => value.is_string(),
                    // Terraform may write any number as a decimal text, and `text` is none.
                    Some("number") => value.is_number(),
                    Some("bool") => value.is_boolean(),
                    _ => false,
                };
                if fits {
                    continue;
                }
                let mut config = from_wire(Some(&sound), &host.value_type(type_name));
                config[name] = value.clone();
                let request = validate_resource_config::Request {
                    type_name: type_name.to_owned(),
                    config: Some(to_wire(&config)),
                    ..Default::default()
                };
                let answer = host.provider.validate_resource_config(request).await.unwrap().into_inner();
                let said = errors(&answer.diagnostics);
                assert!(said.len() == 1 && said[0].contains(name), "{type_name}.{name} = {value}: {said:?}");
            }
        }
    }
}

/// A state that was edited by hand may lack what every stored object has.
#[tokio::test]
async fn a_state_without_an_id_is_no_crash() {
    let mut host = Host::start().await;
    for type_name in RESOURCES {
        let state = from_wire(Some(&host.wire(type_name, &sample(type_name))), &host.value_type(type_name));
        let object = Object { type_name, state, private: Vec::new(), identity: Value::Null };
        let answer = host.read_answer(&object).await;
        for error in errors(&answer.diagnostics) {
            assert!(!error.contains("panicked"), "{error}");
        }
        let request = host.plan_request(type_name, Some(&object), &sample(type_name));
        for error in errors(&host.plan_answer(request).await.diagnostics) {
            assert!(!error.contains("panicked"), "{error}");
        }
        let planned = host.plan(type_name, Some(&object), Value::Null).await;
        assert!(planned.state.is_null());
    }
}
