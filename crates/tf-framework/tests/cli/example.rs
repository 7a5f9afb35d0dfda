//! The binaries of the example providers.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Cargo builds the examples before it runs all tests of the package, but not for one test binary alone.
#[track_caller]
pub(crate) fn example(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let binary = built.join("examples").join(format!("terraform-provider-{name}"));
    assert!(is_fresh(&binary), "{} is not there or older than its source; {BUILD}", binary.display());
    binary
}

const BUILD: &str = "build it with: cargo build -p tf-framework --examples";

/// Whether the binary was built from what its sources are now: Cargo lists them beside it.
fn is_fresh(binary: &Path) -> bool {
    let changed = |file: &Path| fs::metadata(file).and_then(|file| file.modified());
    let Ok(built) = changed(binary) else { return false };
    let list = fs::read_to_string(binary.with_extension("d")).unwrap();
    let (_, sources) = list.trim_end().split_once(": ").unwrap();
    // A space inside a name comes with a backslash.
    let sources = sources.replace("\\ ", "\0");
    let is_older = |source: &str| changed(Path::new(&source.replace('\0', " "))).is_ok_and(|changed| changed <= built);
    sources.split(' ').all(is_older)
}
