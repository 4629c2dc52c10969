//! A Kubernetes API server with its etcd: it stores, validates and admits as a cluster does, and
//! runs nothing, for there is no controller, scheduler or node.

use crate::daemon::Daemon;
use crate::{Ran, cache, run};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Both ended when dropped.
pub struct Kubernetes {
    kubeconfig: PathBuf,
    // In this order: the server first, then what it stores in.
    server: Daemon,
    etcd: Daemon,
}

const TOKEN: &str = "test";

impl Kubernetes {
    pub fn start() -> Self {
        // Another process may take a free port before the server does: then other ports.
        let mut log = String::new();
        for _ in 0..5 {
            match Self::launch() {
                Ok(cluster) => return cluster,
                Err(said) => log = said,
            }
        }
        panic!("no Kubernetes API server:\n{log}");
    }

    fn launch() -> Result<Self, String> {
        let [client, peer, secure] = free_ports();
        let folder = Daemon::folder("etcd");
        let (client, peer) =
            (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
        let etcd = Daemon::start(
            &folder,
            Path::new(&cache::command("etcd")),
            &[
                format!("--data-dir={}", folder.join("data").display()),
                format!("--listen-client-urls={client}"),
                format!("--advertise-client-urls={client}"),
                format!("--listen-peer-urls={peer}"),
                format!("--initial-advertise-peer-urls={peer}"),
                format!("--initial-cluster=default={peer}"),
                "--unsafe-no-fsync".to_owned(),
            ],
        );

        let folder = Daemon::folder("apiserver");
        let file = |name: &str| folder.join(name).display().to_string();
        run(Command::new("openssl").args(["genrsa", "-out", &file("key"), "2048"])).ok();
        write(&folder.join("tokens"), &format!("{TOKEN},admin,admin,system:masters\n"));
        let url = format!("https://127.0.0.1:{secure}");
        let kubeconfig = folder.join("kubeconfig");
        write(&kubeconfig, &configuration(&url));
        let server = Daemon::start(
            &folder,
            &cache::installed("kubernetes/kube-apiserver"),
            &[
                format!("--etcd-servers={client}"),
                format!("--cert-dir={}", file("certificates")),
                "--bind-address=127.0.0.1".to_owned(),
                format!("--secure-port={secure}"),
                format!("--token-auth-file={}", file("tokens")),
                "--authorization-mode=RBAC".to_owned(),
                format!("--service-account-issuer={url}"),
                format!("--service-account-key-file={}", file("key")),
                format!("--service-account-signing-key-file={}", file("key")),
                "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            ],
        );
        let cluster = Self { kubeconfig, server, etcd };
        let ready = || cluster.kubectl(&["get", "--raw", "/readyz"]).code == 0;
        if cluster.server.answers(ready) {
            Ok(cluster)
        } else {
            Err(format!("{}\n{}", cluster.etcd.log(), cluster.server.log()))
        }
    }

    /// For `KUBECONFIG`.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    pub fn kubectl(&self, arguments: &[&str]) -> Ran {
        run(self.command().args(arguments))
    }

    /// `kubectl` that speaks with this server, for a test that adds to it.
    pub fn command(&self) -> Command {
        let mut command = kubectl();
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    /// A namespace that enforces `restricted`, with the account that a controller would make.
    #[track_caller]
    pub fn namespace(&self, name: &str) {
        self.kubectl(&["create", "namespace", name]).ok();
        let labels =
            ["enforce", "warn"].map(|mode| format!("pod-security.kubernetes.io/{mode}=restricted"));
        self.kubectl(&["label", "namespace", name, &labels[0], &labels[1]]).ok();
        self.kubectl(&["create", "serviceaccount", "default", "-n", name]).ok();
    }
}

/// `kubectl` of the API server's version, that speaks with no server.
pub fn kubectl() -> Command {
    let mut command = Command::new(cache::installed("kubernetes/kubectl"));
    command.env("KUBECONFIG", "/dev/null");
    command
}

fn free_ports() -> [u16; 3] {
    // All held until all are known: no port twice.
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}

fn write(path: &Path, content: &str) {
    fs::write(path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn configuration(url: &str) -> String {
    format!(
        r#"{{"apiVersion": "v1", "kind": "Config", "current-context": "test",
"contexts": [{{"name": "test", "context": {{"cluster": "test", "user": "test"}}}}],
"clusters": [{{"name": "test", "cluster": {{"server": "{url}", "insecure-skip-tls-verify": true}}}}],
"users": [{{"name": "test", "user": {{"token": "{TOKEN}"}}}}]}}"#
    )
}
