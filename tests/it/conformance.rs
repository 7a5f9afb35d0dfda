//! The conformance suite on the built provider, with the samples of `tests/conformance`.

use std::path::Path;

use tf_conformance::{Samples, Scope, Suite};

fn suite(emulator: &pangea_emulator::Server) -> Suite {
    let mut samples = Samples::read(&xtask::workspace().join("tests/conformance")).unwrap();
    samples.provider.environment.extend(emulator.environment());
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea")).to_owned();
    Suite { binary, samples, scope: Scope::All }
}

#[tokio::test]
async fn the_provider_conforms() {
    let emulator = pangea_emulator::Server::start(pangea_emulator::Options::default()).unwrap();
    let report = suite(&emulator).run().await;
    assert_eq!(report.failed(), [0; 0], "{report}");
    println!("{report}");
}

/// What has no sample is checked for little.
#[tokio::test]
async fn everything_that_the_provider_offers_has_a_sample() {
    let emulator = pangea_emulator::Server::start(pangea_emulator::Options::default()).unwrap();
    let suite = suite(&emulator);
    let (schema, samples) = (suite.session().await.unwrap().schema, &suite.samples);
    let kinds: [(&str, Vec<&String>, Vec<&String>); 6] = [
        ("resources", schema.resource_schemas.keys().collect(), samples.resources.keys().collect()),
        ("data-sources", schema.data_source_schemas.keys().collect(), samples.data_sources.keys().collect()),
        (
            "ephemeral-resources",
            schema.ephemeral_resource_schemas.keys().collect(),
            samples.ephemeral_resources.keys().collect(),
        ),
        ("functions", schema.functions.keys().collect(), samples.functions.keys().collect()),
        ("list-resources", schema.list_resource_schemas.keys().collect(), samples.list_resources.keys().collect()),
        ("actions", schema.action_schemas.keys().collect(), samples.actions.keys().collect()),
    ];
    for (kind, offered, sampled) in kinds {
        assert_eq!(offered, sampled, "the files in tests/conformance/{kind} are not those of what the provider offers");
    }
}
