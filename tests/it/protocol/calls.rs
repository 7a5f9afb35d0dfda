//! Calls before the provider is configured. What each of the 36 answers is the framework's matter, and the conformance suite's.

use tf_framework::wire::proto::tfplugin6::{self as proto};

use super::{CLIENT, PROJECT, sample};
use crate::host::values::has_unknown;
use crate::host::{Host, errors};

/// Terraform configures before it asks for these, but a configuration may have failed.
#[tokio::test]
async fn what_has_to_reach_the_service_says_that_nothing_is_configured_and_loses_nothing() {
    let mut host = Host::unconfigured().await;
    let (type_name, config) = (CLIENT.to_owned(), Some(host.wire(CLIENT, &sample(CLIENT))));
    let id = "psa_abcdefghijklmnopqrstuvwxyz234567".to_owned();
    let request = proto::import_resource_state::Request { type_name: type_name.clone(), id, ..Default::default() };
    let answer = host.provider.import_resource_state(request).await.unwrap().into_inner();
    assert_eq!(not_configured(&answer.diagnostics), 1);

    let request = proto::read_resource::Request {
        type_name: type_name.clone(),
        current_state: config.clone(),
        private: b"{}".to_vec(),
        ..Default::default()
    };
    let answer = host.provider.read_resource(request.clone()).await.unwrap().into_inner();
    assert_eq!(not_configured(&answer.diagnostics), 1);
    assert!(answer.new_state == request.current_state && answer.private == request.private);

    let planned_state = config.clone();
    let request = proto::apply_resource_change::Request { type_name, planned_state, config, ..Default::default() };
    let answer = host.provider.apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!(not_configured(&answer.diagnostics), 1);
    assert!(answer.new_state.is_none_or(|state| state.msgpack.is_empty()));
}

fn not_configured(diagnostics: &[proto::Diagnostic]) -> usize {
    errors(diagnostics).iter().filter(|error| error.starts_with("The provider is not configured")).count()
}

#[tokio::test]
async fn a_plan_without_a_configured_provider_still_holds_nothing_that_is_made_up() {
    let mut host = Host::unconfigured().await;
    for type_name in [PROJECT, CLIENT] {
        let planned = host.plan(type_name, None, sample(type_name)).await;
        assert!(has_unknown(&planned.state["id"]), "{}", planned.state);
    }
}
