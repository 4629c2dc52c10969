//! S3 servers: two that nobody wrote together, and the aws command to look at what they hold.

use crate::daemon::Daemon;
use crate::{cache, run};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Ended, with all it holds, when dropped.
pub struct S3 {
    port: u16,
    /// The authority that signed its certificate, if it speaks TLS.
    authority: Option<PathBuf>,
    folder: PathBuf,
    _daemon: Daemon,
}

/// What every one of them knows.
const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const REGION: &str = "eu-test-1";

impl S3 {
    /// Versity's gateway: in Go, over a directory, with TLS by a private authority. It checks
    /// signatures.
    pub fn versity() -> Self {
        let program = cache::installed("s3/versitygw");
        start("versity", |folder, port| {
            let path = |name: &str| folder.join(name).display().to_string();
            for name in ["data", "about"] {
                std::fs::create_dir_all(folder.join(name)).expect("a folder");
            }
            certify(folder);
            let arguments = [
                "--port",
                &format!("127.0.0.1:{port}"),
                "--access",
                ID,
                "--secret",
                SECRET,
                "--region",
                REGION,
                "--cert",
                &path("server.pem"),
                "--key",
                &path("server.key"),
                "--quiet",
                "--keep-alive",
                "posix",
                "--sidecar",
                &path("about"),
                &path("data"),
            ];
            (program.clone(), arguments.map(str::to_owned).to_vec(), true)
        })
    }

    /// moto's server: in Python, in memory, without TLS. It believes every signature.
    pub fn moto() -> Self {
        let program = cache::installed("s3/python/bin/moto_server");
        start("moto", |_, port| {
            let arguments = ["--host", "127.0.0.1", "--port", &port.to_string()];
            (program.clone(), arguments.map(str::to_owned).to_vec(), false)
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The authority's certificate, if it speaks TLS.
    pub fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// Where versity's gateway keeps each bucket as a folder of plain files.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// The same through something that listens at another port.
    pub fn url_at(&self, port: u16) -> String {
        // Certified for this name; plain addresses are names to few clients.
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{port}")
    }

    /// What a program is to be told to find it, and to be let in.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ];
        if let Some(authority) = &self.authority {
            all.push(("AWS_CA_BUNDLE", authority.display().to_string()));
        }
        all
    }

    /// The access key's id, and the secret that must be seen nowhere.
    pub fn keys_to_it() -> (&'static str, &'static str) {
        (ID, SECRET)
    }

    /// A bucket with nothing in it.
    pub fn create_bucket(&self, name: &str) {
        run(self
            .aws()
            .args(["s3api", "create-bucket", "--bucket", name])
            .args(["--create-bucket-configuration", &format!("LocationConstraint={REGION}")]))
        .ok();
    }

    /// The field's own client, which knows nothing of ours.
    pub fn aws(&self) -> Command {
        let mut aws = Command::new(cache::installed("s3/python/bin/aws"));
        aws.envs(self.environment());
        aws.env("AWS_CONFIG_FILE", "/nowhere").env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
        aws.env("AWS_PAGER", "")
            .env("AWS_DEFAULT_OUTPUT", "json")
            .env("AWS_DEFAULT_REGION", REGION);
        aws
    }

    /// Keys of all objects that begin like this.
    pub fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let mut list = self.aws();
        list.args(["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", prefix]);
        lines(&run(list.args(["--query", "Contents[].[Key]", "--output", "text"])).ok())
    }

    /// Ids of all uploads that are neither completed nor aborted.
    pub fn uploads(&self, bucket: &str) -> Vec<String> {
        let mut list = self.aws();
        list.args(["s3api", "list-multipart-uploads", "--bucket", bucket]);
        lines(&run(list.args(["--query", "Uploads[].[UploadId]", "--output", "text"])).ok())
    }

    /// An object, as another client reads it.
    pub fn object(&self, bucket: &str, key: &str) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut get = self.aws();
        get.args(["s3api", "get-object", "--bucket", bucket, "--key", key]).arg(file.path());
        run(&mut get).ok();
        std::fs::read(file.path()).expect("it was written")
    }

    /// Puts an object with another client.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("it can be written");
        let mut put = self.aws();
        put.args(["s3api", "put-object", "--bucket", bucket, "--key", key, "--body"]);
        run(put.arg(file.path())).ok();
    }

    pub fn delete(&self, bucket: &str, key: &str) {
        let mut delete = self.aws();
        run(delete.args(["s3api", "delete-object", "--bucket", bucket, "--key", key])).ok();
    }
}

/// `None` is what the command prints of a list that is not there.
fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty() && *line != "None").map(str::to_owned).collect()
}

/// Another process may take the free port before the server does: then another port.
fn start(name: &str, how: impl Fn(&Path, u16) -> (PathBuf, Vec<String>, bool)) -> S3 {
    let mut said = String::new();
    for _ in 0..5 {
        let folder = Daemon::folder(name);
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let (program, arguments, tls) = how(&folder, port);
        let daemon = Daemon::start(&folder, &program, &arguments);
        if daemon.answers(|| TcpStream::connect(("127.0.0.1", port)).is_ok()) {
            let authority = tls.then(|| folder.join("authority.pem"));
            return S3 { port, authority, folder, _daemon: daemon };
        }
        said = daemon.log();
    }
    panic!("{name} does not start:\n{said}");
}

/// An authority, and a certificate for this machine that it signed.
fn certify(folder: &Path) {
    let key = || rcgen::KeyPair::generate().expect("a key");
    let named = |name: &str| {
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params
    };
    let mut params = named("authority");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = key();
    let authority = params.self_signed(&authority_key).expect("a certificate");
    let issuer = rcgen::Issuer::new(params, authority_key);
    let server_key = key();
    let server = named("localhost").signed_by(&server_key, &issuer).expect("a certificate");
    for (name, pem) in [
        ("authority.pem", authority.pem()),
        ("server.pem", server.pem()),
        ("server.key", server_key.serialize_pem()),
    ] {
        std::fs::write(folder.join(name), pem).expect("it can be written");
    }
}
