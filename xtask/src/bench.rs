//! `cargo xtask bench`: whole commands measured side by side, written to `docs/benchmarks.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{root, shown, status, succeed, target, weightseal};
use crate::test::release_build;
use crate::venv::Venv;

/// The version of `b3sum` that is measured: that of the library `blake3` in `Cargo.lock`.
const B3SUM: &str = "1.8.7";

/// Measures with the release build. Options are those of `testkit/bench`.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    check(options)?;
    succeed(&mut release_build())?;
    let reference = Venv::model_signing().ready()?;
    let mut bench = Command::new(&reference);
    bench.arg("-B").arg(root().join("testkit/bench"));
    bench.arg("--weightseal").arg(weightseal()).arg("--python").arg(&reference);
    bench.arg("--work").arg(work());
    match b3sum() {
        Ok(program) => {
            bench.arg("--b3sum").arg(program);
        }
        Err(failure) => println!("NOT MEASURED: b3sum: {failure}"),
    }
    if !options.contains(&"--quick") && !options.contains(&"--to") {
        bench.arg("--to").arg(root().join("docs"));
    }
    bench.args(options);
    succeed(&mut bench)
}

/// Says what is wrong with the options before anything is built.
fn check(options: &[&str]) -> Result<(), Failure> {
    let mut words = options.iter();
    while let Some(&word) = words.next() {
        let fine = match word {
            "--quick" => true,
            "--rounds" | "--patience" => words.next().is_some_and(|number| number.parse::<u32>().is_ok()),
            "--to" => words.next().is_some_and(|folder| Path::new(folder).is_dir()),
            _ => false,
        };
        if !fine {
            let known =
                "there are --quick, --rounds NUMBER, --patience SECONDS and --to FOLDER, one that exists";
            return Err(Failure::new(
                format!("bench {word}"),
                "there is no such option, or its value does not fit",
            )
            .hint(known));
        }
    }
    Ok(())
}

/// Where the measured files lie, about 8 GiB: in `WEIGHTSEAL_BENCH_DIR`, else under the build folder.
fn work() -> PathBuf {
    match std::env::var_os("WEIGHTSEAL_BENCH_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => std::env::current_dir().unwrap_or_default().join(folder),
        None => target().join("bench"),
    }
}

/// The program `b3sum` under the build folder: the one that is there, or a new one.
fn b3sum() -> Result<PathBuf, Failure> {
    let folder = target().join("bench-tools");
    let program = folder.join("bin").join(format!("b3sum{}", std::env::consts::EXE_SUFFIX));
    let version = Command::new(&program).arg("--version").output();
    if version.is_ok_and(|said| said.stdout.trim_ascii() == format!("b3sum {B3SUM}").as_bytes()) {
        return Ok(program);
    }
    let mut install = crate::command::cargo(&["install", "b3sum", "--version", B3SUM, "--locked", "--quiet"]);
    install.arg("--root").arg(&folder);
    println!("{}", shown(&install));
    match status(&mut install)?.success() {
        true => Ok(program),
        false => Err(Failure::new(shown(&install), "it was not installed")),
    }
}
