//! Every folder of manifests, as kustomize builds it and as a real API server takes it.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use testkit::{Kubernetes, Ran, kubectl, run};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All that `kubectl apply -k` may be called with: components are for others to use.
fn folders() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        if let Ok(text) = fs::read_to_string(folder.join("kustomization.yaml"))
            && text.contains("kind: Kustomization")
        {
            found.push(folder.to_owned());
        }
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("manifests"), &mut found);
    found.sort();
    found
}

/// What kustomize makes of a folder, document by document.
pub(crate) fn built(folder: &Path) -> Vec<Value> {
    documents(&run(kubectl().arg("kustomize").arg(folder)).ok())
}

/// The documents of a YAML file; a key that stands twice is an error.
pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap()
}

/// The pod that a job would start, now or by its schedule; of the kinds that start one.
pub(crate) fn pod(document: &Value) -> Option<&Value> {
    let path = match document["kind"].as_str()? {
        "CronJob" => "/spec/jobTemplate/spec/template",
        "Job" => "/spec/template",
        _ => return None,
    };
    document.pointer(path)
}

pub(crate) fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers"]
        .into_iter()
        .filter_map(|list| pod["spec"][list].as_array())
        .flatten()
}

#[test]
fn every_pod_is_hardened_bounded_and_labelled() {
    let folders = folders();
    assert!(folders.len() > 1, "{folders:?}");
    for folder in folders {
        let jobs: Vec<_> = built(&folder).into_iter().filter(|one| pod(one).is_some()).collect();
        assert!(!jobs.is_empty(), "{} has no task", folder.display());
        for job in jobs {
            let name = format!("{} of {}", job["metadata"]["name"], folder.display());
            check_job(&name, &job);
            let pod = pod(&job).unwrap();
            check_pod(&name, pod);
            for container in containers(pod) {
                check_container(&format!("{} in {name}", container["name"]), container);
            }
        }
    }
}

fn check_job(name: &str, job: &Value) {
    let notes = &job["metadata"]["annotations"];
    for note in ["description", "contact", "runbook"] {
        assert!(notes[note].is_string(), "{name} has no annotation {note}");
    }
    let run = if job["kind"] == "CronJob" {
        assert!(notes["schedule"].is_string(), "{name} does not say when it runs");
        assert_eq!(job["spec"]["timeZone"], "Etc/UTC", "{name}");
        assert!(job["spec"]["concurrencyPolicy"].is_string(), "{name}");
        assert!(job["spec"]["startingDeadlineSeconds"].is_number(), "{name}");
        // Kubernetes adds eleven characters for the pods of a run.
        assert!(job["metadata"]["name"].as_str().unwrap().len() <= 52, "{name}");
        &job["spec"]["jobTemplate"]["spec"]
    } else {
        assert!(job["spec"]["ttlSecondsAfterFinished"].is_number(), "{name} stays for ever");
        &job["spec"]
    };
    // Without it one hanging run would hold up all that follow.
    assert!(run["activeDeadlineSeconds"].is_number(), "{name} may hang for ever");
    assert!(run["backoffLimit"].is_number(), "{name}");
    let rules = run["podFailurePolicy"]["rules"].as_array().unwrap();
    assert_eq!(rules[0]["action"], "Ignore", "{name}");
    assert_eq!(rules[0]["onPodConditions"][0]["type"], "DisruptionTarget", "{name}");
    assert_eq!(rules[1]["action"], "FailJob", "{name}");
    let codes = &rules[1]["onExitCodes"]["values"];
    assert!(codes.as_array().unwrap().contains(&json!(2)), "{name} tries again in vain: {codes}");
}

fn check_pod(name: &str, pod: &Value) {
    for label in ["name", "instance", "version", "component", "part-of", "managed-by"] {
        let label = format!("app.kubernetes.io/{label}");
        assert!(pod["metadata"]["labels"][&label].is_string(), "a pod of {name} lacks {label}");
    }
    let spec = &pod["spec"];
    assert_eq!(spec["restartPolicy"], "Never", "{name}");
    assert_eq!(spec["automountServiceAccountToken"], false, "{name}");
    assert_eq!(spec["securityContext"]["runAsNonRoot"], true, "{name}");
    assert_eq!(spec["securityContext"]["runAsUser"], 65532, "{name}");
    assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
    assert_eq!(spec["containers"][0]["name"], "task", "{name}");
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        if let Some(empty) = volume.get("emptyDir") {
            assert!(empty["sizeLimit"].is_string(), "{} of {name} has no limit", volume["name"]);
        }
    }
}

fn check_container(name: &str, container: &Value) {
    let context = &container["securityContext"];
    assert_eq!(context["allowPrivilegeEscalation"], false, "{name}");
    assert_eq!(context["readOnlyRootFilesystem"], true, "{name}");
    assert_eq!(context["capabilities"]["drop"], json!(["ALL"]), "{name}");
    assert!(context["capabilities"].get("add").is_none(), "{name}");
    for kind in ["requests", "limits"] {
        for resource in ["cpu", "memory", "ephemeral-storage"] {
            let value = &container["resources"][kind][resource];
            assert!(value.is_string(), "{name} has no {kind} of {resource}");
        }
    }
    let image = container["image"].as_str().unwrap();
    let tag = image.rsplit_once(':').unwrap_or_else(|| panic!("{name}: {image} has no tag")).1;
    assert!(tag.starts_with(|first: char| first.is_ascii_digit()), "{name}: {image}");
}

#[test]
fn a_real_api_server_takes_every_folder_and_admits_its_pods() {
    let cluster = Kubernetes::start();
    refuses_what_is_wrong(&cluster);
    for (number, folder) in folders().into_iter().enumerate() {
        // An overlay may bring its own namespace; then that one is looked at.
        let own = built(&folder).into_iter().find(|one| one["kind"] == "Namespace");
        let namespace = match &own {
            Some(own) => own["metadata"]["name"].as_str().unwrap().to_owned(),
            None => format!("test-{number}"),
        };
        let mut apply = vec!["apply", "--server-side", "--validate=strict", "-k"];
        let path = folder.display().to_string();
        apply.push(&path);
        if own.is_none() {
            cluster.namespace(&namespace);
            apply.extend(["-n", &namespace]);
        }
        quiet(cluster.kubectl(&apply));
        // Once more: nothing that is applied may stand in the way of the next version.
        quiet(cluster.kubectl(&apply));
        if own.is_some() {
            cluster.kubectl(&["create", "serviceaccount", "default", "-n", &namespace]).ok();
        }
        for example in examples(&folder) {
            quiet(cluster.kubectl(&[
                "apply",
                "--validate=strict",
                "-n",
                &namespace,
                "-f",
                &example,
            ]));
        }
        let stored =
            cluster.kubectl(&["get", "cronjobs,jobs", "-n", &namespace, "-o", "json"]).ok();
        let stored: Value = serde_json::from_str(&stored).unwrap();
        let stored = stored["items"].as_array().unwrap();
        assert!(!stored.is_empty(), "{path}");
        for job in stored {
            quiet(admit(&cluster, &namespace, pod(job).unwrap()));
            if job["kind"] == "CronJob" {
                let name = job["metadata"]["name"].as_str().unwrap();
                let from = format!("--from=cronjob/{name}");
                let now = format!("{name}-now");
                quiet(cluster.kubectl(&["create", "job", &now, &from, "-n", &namespace]));
            }
        }
    }
}

/// The test's own test: this server does refuse an unknown field, and a pod that is not hardened.
fn refuses_what_is_wrong(cluster: &Kubernetes) {
    cluster.namespace("wrong");
    let pod =
        json!({"metadata": {}, "spec": {"containers": [{"name": "task", "image": "task:1"}]}});
    let refused = admit(cluster, "wrong", &pod);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.stderr.contains("violates PodSecurity"), "{refused:?}");
    let unknown = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "wrong"}, "settings": {}
    });
    let arguments = ["apply", "--server-side", "--validate=strict", "-n", "wrong", "-f", "-"];
    let refused = feed(cluster, &arguments, &unknown);
    assert!(refused.stderr.contains("settings"), "{refused:?}");
}

/// Has the server judge a pod as if a Job's controller had made it, without making it.
fn admit(cluster: &Kubernetes, namespace: &str, template: &Value) -> Ran {
    let mut pod = template.clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("judged");
    feed(cluster, &["create", "--dry-run=server", "-n", namespace, "-f", "-"], &pod)
}

fn feed(cluster: &Kubernetes, arguments: &[&str], document: &Value) -> Ran {
    let mut command = cluster.command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let line = format!("{command:?}");
    let mut child = command.spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), document).unwrap();
    Ran::of(line, &child.wait_with_output().unwrap())
}

/// Done, and without a warning.
#[track_caller]
fn quiet(ran: Ran) {
    assert!(!ran.stderr.contains("Warning"), "{ran:?}");
    ran.ok();
}

/// Files that are there to be copied: no kustomization names them.
fn examples(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let example = |path: &PathBuf| path.to_string_lossy().ends_with(".example.yaml");
    entries.filter(example).map(|path| path.display().to_string()).collect()
}
