//! The law of names: a task is a crate, a folder of manifests, a module of these tests and a row of
//! the README, all of one name, and its manifests say only what its program understands. Whoever
//! adds a task edits no list but the README's, and is told here what is still missing.

use crate::manifests::{built, containers, documents, pod, root};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use testkit::run;
use tests::program;

/// Manifests that belong to no single task.
const SHARED: [&str; 2] = ["hardened", "overlays"];

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn text(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Programs are named verb-noun, libraries by one noun.
fn tasks() -> BTreeSet<String> {
    let program = |name: &String| root().join(format!("crates/{name}/src/main.rs")).exists();
    let tasks: BTreeSet<_> = names("crates").into_iter().filter(program).collect();
    assert!(!tasks.is_empty(), "crates/ has no program");
    tasks
}

#[test]
fn every_task_is_in_its_four_places() {
    let (modules, readme) = (text("tests/e2e/main.rs"), text("README.md"));
    for task in tasks() {
        assert!(task.contains('-'), "crates/{task}: a program is named verb-noun");
        let manifests = root().join("manifests").join(&task).join("kustomization.yaml");
        assert!(manifests.exists(), "{task} has no manifests: {}", manifests.display());
        let module = task.replace('-', "_");
        let declared = modules.lines().any(|line| line == format!("mod {module};"));
        assert!(declared, "{task} has no end-to-end test: tests/e2e/main.rs lacks mod {module}");
        let row = format!("| `{task}` | ");
        let row = readme.lines().find(|line| line.starts_with(&row));
        let row = row.unwrap_or_else(|| panic!("{task} is missing in the README's table"));
        assert!(!row.contains("coming"), "the README says that {task} is still coming: {row}");
    }
}

#[test]
fn nothing_bears_the_name_of_a_task_that_is_not_there() {
    let tasks = tasks();
    for name in names("manifests") {
        let known = tasks.contains(&name) || SHARED.contains(&name.as_str());
        assert!(known, "manifests/{name} belongs to no program");
    }
    let readme = text("README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| `") && line.contains("| there |"));
    let promised: BTreeSet<_> =
        rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect();
    assert_eq!(promised, tasks, "what the README says is there");
}

#[test]
fn no_recipe_has_a_list_of_tasks() {
    for path in ["images/Dockerfile", "scripts/build-images", "Cargo.toml", ".ci/run"] {
        for task in tasks() {
            assert!(!text(path).contains(&task), "{path} names {task}");
        }
    }
}

#[test]
fn manifests_say_only_what_the_program_understands() {
    for task in tasks() {
        let help = run(program(&task).arg("--help")).ok();
        // Variables are upper case, and the text about a program is not.
        let known: BTreeSet<_> = words(&help).collect();
        for folder in folders_that_run(&task) {
            let (mut asked, shown) = (0, folder.display());
            for (source, name) in variables(&folder, &task) {
                asked += 1;
                let known = known.contains(name.as_str());
                assert!(known, "{task} does not know {name}, set by {source} of {shown}");
            }
            for arguments in arguments(&folder, &task) {
                // A wrong verb or flag is an error even when help is asked for.
                let ran = run(program(&task).args(&arguments).arg("--help"));
                let said = &ran.stderr;
                assert_eq!(ran.code, 0, "{task} does not understand {arguments:?}: {said}");
            }
            assert!(asked > 0, "{task} is told nothing by {shown}");
        }
    }
}

#[test]
fn a_program_refuses_an_argument_it_does_not_know_even_with_help() {
    for task in tasks() {
        for argument in ["--no-such-flag", "no-such-verb"] {
            let ran = run(program(&task).args([argument, "--help"]));
            assert_eq!(ran.code, 2, "{task} {argument} --help: {}", ran.stdout);
        }
    }
}

/// The task's own folder, and every overlay of it.
fn folders_that_run(task: &str) -> Vec<PathBuf> {
    let manifests = root().join("manifests");
    let overlays = names("manifests/overlays").into_iter().map(|name| format!("overlays/{name}"));
    let mut found: Vec<_> = overlays.map(|name| manifests.join(name)).collect();
    found.retain(|folder| {
        built(folder)
            .iter()
            .filter_map(pod)
            .flat_map(containers)
            .any(|one| one["image"].as_str().unwrap().starts_with(&format!("nightshift/{task}:")))
    });
    found.push(manifests.join(task));
    found
}

fn words(help: &str) -> impl Iterator<Item = &str> {
    help.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        // As short as TZ.
        .filter(|word| word.len() > 1)
}

/// The containers that run this task's image, of all that a folder makes.
fn own_containers(folder: &Path, task: &str) -> Vec<Value> {
    let documents = built(folder);
    let image = format!("nightshift/{task}:");
    let own = |container: &&Value| container["image"].as_str().unwrap().starts_with(&image);
    let found: Vec<_> =
        documents.iter().filter_map(pod).flat_map(containers).filter(own).cloned().collect();
    assert!(!found.is_empty(), "{} never runs {image}", folder.display());
    found
}

fn arguments(folder: &Path, task: &str) -> Vec<Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list =
        |container: Value| container["args"].as_array().map(|args| args.iter().map(text).collect());
    own_containers(folder, task).into_iter().filter_map(list).collect()
}

/// Who sets a variable, and which: containers, and the maps and Secrets they take whole.
fn variables(folder: &Path, task: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut taken = BTreeSet::new();
    for container in own_containers(folder, task) {
        for variable in container["env"].as_array().into_iter().flatten() {
            found.push(("a container".to_owned(), variable["name"].as_str().unwrap().to_owned()));
        }
        for source in container["envFrom"].as_array().into_iter().flatten() {
            for kind in ["secretRef", "configMapRef"] {
                taken.extend(source[kind]["name"].as_str().map(str::to_owned));
            }
        }
    }
    let mut maps = built(folder);
    let example = folder.join("secret.example.yaml");
    if let Ok(text) = fs::read_to_string(&example) {
        maps.extend(documents(&text));
    }
    for map in maps {
        let name = map["metadata"]["name"].as_str().unwrap().to_owned();
        if !["Secret", "ConfigMap"].contains(&map["kind"].as_str().unwrap())
            || !taken.contains(&name)
        {
            continue;
        }
        for keys in ["data", "stringData"] {
            for key in map[keys].as_object().into_iter().flatten() {
                found.push((format!("{} {name}", map["kind"]), key.0.clone()));
            }
        }
    }
    found
}
