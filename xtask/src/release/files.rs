//! The files of a release: the command, the wheel, the source, bills of materials, and their digests. The same source gives
//! the same bytes: every time in them is that of the commit, every list is sorted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::settings::{self, Place};
use super::{VERSION, about, clean, git, name};
use crate::Failure;
use crate::command::{cargo, root, succeed, target, weightseal};
use crate::python;
use crate::venv::{SYSTEM_PYTHON, Venv};

/// What was built.
pub(crate) struct Release {
    /// Where the files are.
    pub(crate) folder: PathBuf,
    /// Their names, sorted.
    pub(crate) files: Vec<String>,
    /// The command that is in one of them.
    pub(crate) command: PathBuf,
}

const SHELLS: [(&str, &str); 3] =
    [("bash", "weightseal.bash"), ("fish", "weightseal.fish"), ("zsh", "_weightseal")];
const DOCUMENTS: [&str; 4] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// The licences of others, in the archive and in the wheel.
pub(crate) const NOTICES: &str = "THIRD-PARTY-NOTICES.txt";

/// Asks the schema of CycloneDX.
const VALIDATE: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for path in sys.argv[1:]:
    with open(path, encoding='utf-8') as file:
        fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
    if fault is not None:
        sys.exit(f'{path}: {fault}')
    print(f'{path}: valid CycloneDX 1.6')
";

impl Release {
    /// Builds all files. What is built already is used again.
    pub(crate) fn build() -> Result<Self, Failure> {
        let folder = clean(&target().join("dist"))?;
        let platform = settings::platform()?;
        let time = time()?;
        succeed(&mut settings::build_command(&Place::here()))?;
        let wheel = python::build_wheel()?;
        let wheel_file = folder.join(name(&wheel));
        fs::copy(&wheel, &wheel_file).map_err(|error| about(&wheel, error))?;

        let package = format!("weightseal-{VERSION}-{platform}");
        let stage = clean(&target().join("release-stage"))?;
        lay_out(&stage.join(&package), &platform)?;
        archive(&stage, &package, &time, &folder)?;
        source(&folder)?;

        let bills = [
            (folder.join(format!("{package}.cdx.json")), "weightseal-cli", weightseal()),
            (folder.join(format!("weightseal-{VERSION}-python.cdx.json")), "weightseal-python", wheel_file),
        ];
        for (bill, package, built) in &bills {
            let mut sbom = Command::new(SYSTEM_PYTHON);
            sbom.arg(root().join("testkit/sbom.py")).args([package, platform.as_str()]).arg(built).arg(bill);
            succeed(sbom.env("SOURCE_DATE_EPOCH", &time).env("CARGO", cargo(&[]).get_program()))?;
        }
        validate(&bills.map(|(bill, ..)| bill));
        digests(&folder)?;
        let command = stage.join(&package).join("weightseal");
        Ok(Self { files: names(&folder)?, folder, command })
    }
}

/// What is in the archive of the command.
fn lay_out(folder: &Path, platform: &str) -> Result<(), Failure> {
    let man = folder.join("man");
    let completions = folder.join("completions");
    for new in [&man, &completions] {
        fs::create_dir_all(new).map_err(|error| about(new, error))?;
    }
    let command = folder.join("weightseal");
    fs::copy(weightseal(), &command).map_err(|error| about(&command, error))?;
    for document in DOCUMENTS {
        fs::copy(root().join(document), folder.join(document)).map_err(|error| about(folder, error))?;
    }
    notices("weightseal-cli", platform, &folder.join(NOTICES))?;
    succeed(Command::new(&command).args(["man", "--quiet", "--output"]).arg(&man))?;
    for (shell, file) in SHELLS {
        let path = completions.join(file);
        let file = fs::File::create(&path).map_err(|error| about(&path, error))?;
        succeed(Command::new(&command).args(["completions", shell]).stdout(file))?;
    }
    Ok(())
}

/// A folder as `.tar.gz`, with one owner, one time and one order.
fn archive(stage: &Path, package: &str, time: &str, to: &Path) -> Result<(), Failure> {
    let file = to.join(format!("{package}.tar"));
    let mut tar = Command::new("tar");
    tar.args(["--format=ustar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"]);
    tar.args(["--mode=u=rwX,go=rX", &format!("--mtime=@{time}")]);
    succeed(tar.arg("-C").arg(stage).arg("-cf").arg(&file).arg(package))?;
    compress(&file)
}

/// The committed source, as `.tar.gz`. Git gives it the time of the commit.
fn source(to: &Path) -> Result<(), Failure> {
    let file = to.join(format!("weightseal-{VERSION}-source.tar"));
    let mut export = Command::new("git");
    export.args(["-c", "tar.umask=022", "archive", "--format=tar"]);
    export.arg(format!("--prefix=weightseal-{VERSION}/")).arg("-o").arg(&file).arg("HEAD");
    succeed(export.current_dir(root()))?;
    compress(&file)
}

/// Without name and time of the file.
fn compress(file: &Path) -> Result<(), Failure> {
    succeed(Command::new("gzip").args(["-9", "-n", "-f"]).arg(file))
}

/// Holds bills of materials against the schema, where the package with it can be had.
fn validate(bills: &[PathBuf]) {
    let checked = Venv::cyclonedx()
        .ready()
        .and_then(|python| succeed(Command::new(python).args(["-I", "-c", VALIDATE]).args(bills)));
    if let Err(failure) = checked {
        println!("\n==> NOT CHECKED against the schema of CycloneDX: {failure}");
    }
}

/// `SHA256SUMS`, as `sha256sum --check` reads it.
fn digests(folder: &Path) -> Result<(), Failure> {
    let output = Command::new(weightseal()).arg("digest").args(names(folder)?).current_dir(folder).output();
    let output = output.map_err(|error| Failure::new("weightseal digest", error))?;
    if !output.status.success() {
        return Err(Failure::new("weightseal digest", String::from_utf8_lossy(&output.stderr)));
    }
    let path = folder.join("SHA256SUMS");
    fs::write(&path, output.stdout).map_err(|error| about(&path, error))?;
    let mut check = Command::new("sha256sum");
    succeed(check.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(folder))
}

fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| about(folder, error))?;
    let mut names: Vec<String> = entries.flatten().map(|entry| name(&entry.path())).collect();
    names.sort();
    Ok(names)
}

/// The licences of all that is linked into a package.
pub(crate) fn notices(package: &str, platform: &str, to: &Path) -> Result<(), Failure> {
    let mut notices = Command::new(SYSTEM_PYTHON);
    notices.arg(root().join("testkit/notices.py")).args([package, platform]).arg(to);
    succeed(notices.env("CARGO", cargo(&[]).get_program()))
}

/// The only time in the files, in seconds since 1970: SOURCE_DATE_EPOCH, else the time of the commit.
fn time() -> Result<String, Failure> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(time) if !time.is_empty() => Ok(time),
        _ => git(&["log", "-1", "--format=%ct"]),
    }
}
