//! The CLI configuration that lets Terraform and OpenTofu use a freshly built provider, with no `init`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The source address of our provider. Short on purpose: each product then means its own registry.
pub const SOURCE: &str = "pangea/pangea";

/// Writes `cli.tfrc` into `folder`, with the provider `source` taken from the folder that holds the binary `provider`, and gives its path
/// for `TF_CLI_CONFIG_FILE`.
pub fn cli_configuration(folder: &Path, source: &str, provider: &Path) -> Result<PathBuf> {
    let binaries = provider.parent().context("the provider's binary stands in no folder")?;
    let file = folder.join("cli.tfrc");
    fs::write(&file, text(source, binaries)).with_context(|| format!("can't write {}", file.display()))?;
    Ok(file)
}

fn text(source: &str, binaries: &Path) -> String {
    // HCL strings take the same escapes as JSON's, but would expand a template mark.
    let binaries =
        serde_json::Value::from(binaries.to_string_lossy()).to_string().replace("${", "$${").replace("%{", "%%{");
    format!("provider_installation {{\n  dev_overrides {{\n    \"{source}\" = {binaries}\n  }}\n  direct {{}}\n}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_odd_letters_is_quoted() {
        assert!(text(SOURCE, Path::new("/a \"b\"/${c}")).contains(r#""pangea/pangea" = "/a \"b\"/$${c}""#));
    }
}
