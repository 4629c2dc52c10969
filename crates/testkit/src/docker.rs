//! A Docker daemon: of its own, with its own socket and its own images, so that it meets no other.

use crate::cache;
use crate::daemon::Daemon;
use std::path::Path;
use std::process::Command;

/// Ended, with all its images, when dropped; or the daemon that `DOCKER_HOST` names, which is not.
pub struct Docker {
    host: String,
    _daemon: Option<Daemon>,
}

impl Docker {
    pub fn start() -> Self {
        if let Ok(host) = std::env::var("DOCKER_HOST") {
            return Self { host, _daemon: None };
        }
        assert!(cache::is_root(), "dockerd runs as root only: be root, or set DOCKER_HOST");
        let folder = Daemon::folder("docker");
        let host = format!("unix://{}/sock", folder.display());
        let path = |name: &str| folder.join(name).display().to_string();
        let arguments = [
            format!("--host={host}"),
            format!("--data-root={}", path("data")),
            format!("--exec-root={}", path("exec")),
            format!("--pidfile={}", path("pid")),
            // What works everywhere, also inside a container; no network is made or changed.
            "--storage-driver=vfs".to_owned(),
            "--bridge=none".to_owned(),
            "--iptables=false".to_owned(),
            "--ip6tables=false".to_owned(),
        ];
        let program = cache::command("dockerd");
        let daemon = Daemon::start(&folder, Path::new(&program), &arguments);
        let docker = Self { host, _daemon: None };
        let up = daemon.answers(|| crate::run(docker.command().arg("info")).code == 0);
        assert!(up, "dockerd does not start:\n{}", daemon.log());
        Self { _daemon: Some(daemon), ..docker }
    }

    /// For `DOCKER_HOST`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `docker` that speaks with this daemon.
    pub fn command(&self) -> Command {
        let mut command = Command::new(cache::command("docker"));
        command.env("DOCKER_HOST", &self.host);
        command
    }
}
