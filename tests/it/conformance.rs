//! The conformance suite on the built provider, with the samples of `tests/conformance`.

use std::path::Path;

use tf_conformance::{Samples, Scope, Suite};

#[tokio::test]
async fn the_provider_conforms() {
    let emulator = pangea_emulator::Server::start(pangea_emulator::Options::default()).unwrap();
    let mut samples = Samples::read(&xtask::workspace().join("tests/conformance")).unwrap();
    samples.provider.environment.extend(emulator.environment());
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea")).to_owned();
    let report = Suite { binary, samples, scope: Scope::All }.run().await;
    assert_eq!(report.failed(), [0; 0], "{report}");
    println!("{report}");
}
