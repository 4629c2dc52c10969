//! Where the suite runs: one server of each kind for all tests, a bucket or folder for each.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use storage::{Keys, S3Settings, Store};
use task::Task;
use tempfile::TempDir;
use testkit::S3;

// They end with this process: statics are never dropped, but the servers notice that it is gone.
static VERSITY: LazyLock<S3> = LazyLock::new(S3::versity);
static MOTO: LazyLock<S3> = LazyLock::new(S3::moto);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    Versity,
    Moto,
}

impl Kind {
    pub(crate) fn server(self) -> &'static S3 {
        match self {
            Self::Versity => &VERSITY,
            Self::Moto => &MOTO,
            Self::Directory => panic!("a directory has no server"),
        }
    }
}

/// A place of one test's own.
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) task: Task,
    pub(crate) store: Store,
    pub(crate) bucket: String,
    folder: TempDir,
}

/// How long what fails is tried again.
pub(crate) const WAIT: Duration = Duration::from_secs(20);

impl Place {
    pub(crate) async fn new(kind: Kind) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = TempDir::new().unwrap();
        let bucket = format!("test-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let task = Task::standalone(false, WAIT);
        let store = if kind == Kind::Directory {
            Store::directory(folder.path()).await.unwrap()
        } else {
            kind.server().create_bucket(&bucket);
            let url = format!("s3://{bucket}/some/place");
            Store::open(&task, &url, &settings(kind.server())).await.unwrap()
        };
        Self { kind, task, store, bucket, folder }
    }

    pub(crate) fn server(&self) -> &'static S3 {
        self.kind.server()
    }

    /// Another store of the same server.
    pub(crate) async fn open(&self, url: &str) -> Store {
        Store::open(&self.task, url, &settings(self.server())).await.unwrap()
    }

    /// All there is, by someone else's eyes: hidden files, markers and unfinished uploads too.
    pub(crate) async fn all(&self) -> Vec<String> {
        self.task.cleaned().await;
        let mut all: Vec<String> = if self.kind == Kind::Directory {
            let entries = std::fs::read_dir(self.folder.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        } else {
            let keys = self.server().keys(&self.bucket, "");
            let uploads = self.server().uploads(&self.bucket);
            let name = |key: String| key.trim_start_matches("some/place/").to_owned();
            keys.into_iter().map(name).chain(uploads).collect()
        };
        all.sort();
        all
    }

    /// A file, by someone else's eyes.
    pub(crate) fn seen(&self, name: &str) -> Vec<u8> {
        if self.kind == Kind::Directory {
            std::fs::read(self.folder.path().join(name)).unwrap()
        } else {
            self.server().object(&self.bucket, &format!("some/place/{name}"))
        }
    }

    /// Puts a file that is someone else's.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        if self.kind == Kind::Directory {
            std::fs::write(self.folder.path().join(name), bytes).unwrap();
        } else {
            self.server().put(&self.bucket, &format!("some/place/{name}"), bytes);
        }
    }
}

/// Settings that find a server without the environment, which all tests of a process share.
pub(crate) fn settings(server: &S3) -> S3Settings {
    let (id, secret) = S3::keys_to_it();
    S3Settings {
        s3_endpoint_url: Some(server.url()),
        s3_region: Some("eu-test-1".to_owned()),
        s3_ca_bundle: server.authority().map(Path::to_owned),
        s3_timeout: Some(Duration::from_secs(5)),
        s3_keys: Some(Keys { id: id.into(), secret: secret.into(), token: None }),
        ..S3Settings::default()
    }
}

/// The same test in every kind of store.
macro_rules! everywhere {
    ($($test:ident)*) => {
        $crate::kinds::everywhere!(@in directory Directory $($test)*);
        $crate::kinds::everywhere!(@in versity Versity $($test)*);
        $crate::kinds::everywhere!(@in moto Moto $($test)*);
    };
    (@in $module:ident $kind:ident $($test:ident)*) => {
        mod $module {
            use crate::kinds::{Kind, Place};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(Place::new(Kind::$kind).await).await;
                }
            )*
        }
    };
}

/// The same test in both servers.
macro_rules! on_servers {
    ($($test:ident)*) => {
        $crate::kinds::everywhere!(@in versity Versity $($test)*);
        $crate::kinds::everywhere!(@in moto Moto $($test)*);
    };
}

pub(crate) use {everywhere, on_servers};
