//! Images as a cluster would run them: another user, nothing writable, no capability, 64 MiB.

use crate::manifests::root;
use std::path::Path;
use std::process::Command;
use testkit::{Docker, run};
use tests::outside;

/// Who runs in them.
pub(crate) const USER: u32 = 65532;

/// The image of a task, in a daemon of the test's own.
pub(crate) struct Image {
    docker: Docker,
    name: String,
}

impl Image {
    /// Builds it, and looks at what it says of itself.
    pub(crate) fn build(task: &str) -> Self {
        let docker = Docker::start();
        let mut build = outside(root().join("scripts/build-images"));
        build.arg(task).env("DOCKER_HOST", docker.host()).env_remove("REGISTRY");
        let name = run(&mut build).ok().lines().last().unwrap().to_owned();
        let image = Self { docker, name };
        image.says_what_it_is(task);
        image
    }

    fn says_what_it_is(&self, task: &str) {
        let inspect = |format: &str| {
            let arguments = ["image", "inspect", "--format", format, &self.name];
            run(self.docker().args(arguments)).ok().trim().to_owned()
        };
        assert_eq!(inspect("{{.Config.User}}"), "65532:65532");
        assert_eq!(inspect("{{json .Config.Entrypoint}}"), r#"["/task"]"#);
        let label = |name: &str| {
            inspect(&format!("{{{{index .Config.Labels \"org.opencontainers.image.{name}\"}}}}"))
        };
        assert_eq!(label("title"), task);
        assert_eq!(label("licenses"), "Apache-2.0");
        assert_eq!(self.name.rsplit_once(':').unwrap().1, label("version"));
        assert!(label("revision").len() >= 40, "{}", label("revision"));
        let size: u64 = inspect("{{.Size}}").parse().unwrap();
        assert!(size <= 16_000_000, "{size} bytes");
    }

    pub(crate) fn docker(&self) -> Command {
        self.docker.command()
    }

    /// `docker run` of a container with all that a hardened pod has; arguments of the task follow.
    pub(crate) fn command(
        &self,
        container: &str,
        mounts: &[(&Path, &str)],
        environment: &[(&str, String)],
    ) -> Command {
        let mut command = self.docker();
        command.args(["run", "--rm", "--name", container]);
        command.args(["--read-only", "--cap-drop", "ALL", "--network", "host"]);
        command.args(["--security-opt", "no-new-privileges"]);
        command.args(["--memory", "64m", "--memory-swap", "64m", "--user", &USER.to_string()]);
        for (from, to) in mounts {
            command.args(["--volume", &format!("{}:{to}", from.display())]);
        }
        for (name, value) in environment {
            command.args(["--env", &format!("{name}={value}")]);
        }
        command.arg(&self.name);
        command
    }
}

/// A folder that the image's user may write to.
pub(crate) fn writable() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(USER), Some(USER)).unwrap();
    folder
}
