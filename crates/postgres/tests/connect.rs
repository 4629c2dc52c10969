//! Connecting to real servers in every way that libpq knows, and being told why not.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use postgres::Endpoint;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use task::{Exit, Task};
use testkit::{Postgres, Settings};

/// Whom the server of these tests wants to be told what, and who may do without TLS.
const HBA: &str = "\
local all all trust
hostssl all only_plain 127.0.0.1/32 reject
host all postgres 127.0.0.1/32 trust
host all only_plain 127.0.0.1/32 trust
hostssl all only_tls 127.0.0.1/32 trust
host all ann_scram 127.0.0.1/32 scram-sha-256
host all ann_md5 127.0.0.1/32 md5
";

struct Secured {
    server: Arc<Postgres>,
    /// The file of the CA that signed its certificate, of another CA, and its own certificate.
    root: String,
    other: String,
    own: String,
}

/// Made once: its certificate is for `localhost`, not for 127.0.0.1.
static SERVER: LazyLock<Secured> = LazyLock::new(|| {
    let authority = || {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (root, other) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &root).unwrap().pem();
    let server = Postgres::private(
        17,
        &Settings {
            lines: "ssl = on\npassword_encryption = 'md5'".into(),
            hba: Some(HBA.into()),
            files: vec![
                ("server.crt".into(), certificate.clone()),
                ("server.key".into(), key.serialize_pem()),
            ],
        },
    );
    let file = |name: &str, content: &str| {
        let path = server.socket().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let (root, other) = (file("root.pem", &root.pem()), file("other.pem", &other.pem()));
    let own = file("own.pem", &certificate);
    for role in ["only_plain", "only_tls", "ann_md5"] {
        server.statement(&format!("CREATE ROLE {role} LOGIN PASSWORD 'se:cr\\et'"));
    }
    server.statement(
        "SET password_encryption = 'scram-sha-256';
         CREATE ROLE ann_scram LOGIN PASSWORD 'se:cr\\et'",
    );
    Secured { server, root, other, own }
});

/// Connects and says whether TLS is in use, or how it failed.
async fn connect(user: &str, host: &str, options: &str) -> Result<bool, (Exit, String)> {
    let port = SERVER.server.port();
    let url = format!("postgres://{user}@{host}:{port}/postgres?{options}");
    let endpoint = Endpoint::from_url(&url).unwrap();
    match endpoint.connect("connect-test").await {
        Err(error) => Err((error.exit(), format!("{error:#}"))),
        Ok(client) => {
            let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            Ok(client.query_one(sql, &[]).await.unwrap().get(0))
        }
    }
}

#[tokio::test]
async fn disable_uses_no_tls_and_prefer_and_require_do() {
    assert_eq!(connect("postgres", "localhost", "sslmode=disable").await, Ok(false));
    assert_eq!(connect("postgres", "localhost", "sslmode=prefer").await, Ok(true));
    assert_eq!(connect("postgres", "localhost", "sslmode=require").await, Ok(true));
    assert_eq!(connect("postgres", "127.0.0.1", "sslmode=require").await, Ok(true));
}

#[tokio::test]
async fn prefer_does_without_tls_where_the_server_wants_none() {
    assert_eq!(connect("only_plain", "localhost", "sslmode=prefer").await, Ok(false));
    let (exit, text) = connect("only_plain", "localhost", "sslmode=require").await.unwrap_err();
    assert_eq!(exit, Exit::Usage, "{text}");
    let (exit, text) = connect("only_tls", "localhost", "sslmode=disable").await.unwrap_err();
    assert_eq!(exit, Exit::Usage, "{text}");
    assert!(text.contains("no pg_hba.conf entry"), "{text}");
}

#[tokio::test]
async fn require_means_it_where_the_server_has_no_tls() {
    let plain = Postgres::start(15);
    let url = |mode| format!("{}/postgres?sslmode={mode}", plain.server_url());
    assert!(Endpoint::from_url(&url("prefer")).unwrap().connect("test").await.is_ok());
    let endpoint = Endpoint::from_url(&url("require")).unwrap();
    let error = endpoint.connect("test").await.err().unwrap();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(format!("{error:#}").contains("server does not support TLS"), "{error:#}");
}

#[tokio::test]
async fn verify_ca_looks_at_the_signer_alone() {
    let options = |file: &str| format!("sslmode=verify-ca&sslrootcert={file}");
    assert_eq!(connect("postgres", "localhost", &options(&SERVER.root)).await, Ok(true));
    assert_eq!(connect("postgres", "127.0.0.1", &options(&SERVER.root)).await, Ok(true));
    assert_eq!(connect("postgres", "127.0.0.1", &options(&SERVER.own)).await, Ok(true));
    for options in [options(&SERVER.other), "sslmode=verify-ca".into()] {
        let (exit, text) = connect("postgres", "localhost", &options).await.unwrap_err();
        assert_eq!(exit, Exit::Usage, "{text}");
        assert!(text.contains("invalid peer certificate"), "{text}");
    }
}

#[tokio::test]
async fn verify_full_looks_at_the_name_too() {
    for file in [&SERVER.root, &SERVER.own] {
        let options = format!("sslmode=verify-full&sslrootcert={file}");
        assert_eq!(connect("postgres", "localhost", &options).await, Ok(true));
        let (exit, text) = connect("postgres", "127.0.0.1", &options).await.unwrap_err();
        assert_eq!(exit, Exit::Usage, "{text}");
        assert!(text.contains("not valid for name"), "{text}");
    }
}

#[tokio::test]
async fn require_with_a_root_certificate_is_verify_ca_as_in_libpq() {
    let options = format!("sslmode=require&sslrootcert={}", SERVER.other);
    assert!(connect("postgres", "localhost", &options).await.is_err());
}

#[tokio::test]
async fn passwords_work_by_scram_and_md5_with_and_without_tls() {
    for user in ["ann_scram", "ann_md5"] {
        for mode in ["disable", "require"] {
            let options = format!("sslmode={mode}");
            let right = connect(&format!("{user}:se%3Acr%5Cet"), "localhost", &options).await;
            assert_eq!(right, Ok(mode == "require"), "{user}");
            let wrong = connect(&format!("{user}:wrong"), "localhost", &options).await;
            let (exit, text) = wrong.unwrap_err();
            assert_eq!(exit, Exit::Usage, "{text}");
            assert!(text.contains(&format!("authentication failed for user \"{user}\"")), "{text}");
        }
    }
    let (exit, text) = connect("ann_scram", "localhost", "sslmode=disable").await.unwrap_err();
    assert_eq!(exit, Exit::Usage, "{text}");
    assert!(text.contains("password missing"), "{text}");
}

#[tokio::test]
async fn a_password_file_is_used_and_the_database_counts() {
    let path = std::env::temp_dir().join(format!("connect-{}-pgpass", std::process::id()));
    let port = SERVER.server.port();
    fs::write(&path, format!("localhost:{port}:postgres:ann_scram:se\\:cr\\\\et\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let options = format!("passfile={}", path.display());
    assert_eq!(connect("ann_scram", "localhost", &options).await, Ok(true));
    let url = format!("postgres://ann_scram@localhost:{port}/postgres?{options}");
    let other = Endpoint::from_url(&url).unwrap().with_database("template1");
    assert_eq!(other.connect("test").await.err().unwrap().exit(), Exit::Usage);
    fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_socket_works_whatever_the_sslmode() {
    let socket = SERVER.server.socket().display().to_string().replace('/', "%2F");
    assert_eq!(connect("postgres", &socket, "sslmode=verify-full").await, Ok(false));
}

#[tokio::test]
async fn a_missing_database_is_wrong_use_and_a_missing_server_a_failure() {
    let endpoint = Endpoint::from_url(SERVER.server.server_url()).unwrap();
    let error = endpoint.with_database("nowhere").connect("test").await.err().unwrap();
    assert_eq!(error.exit(), Exit::Usage);
    let text = format!("{error:#}");
    assert!(text.contains("database \"nowhere\" does not exist"), "{text}");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = Endpoint::from_url(&format!("postgres://ann@{nobody}/shop")).unwrap();
    let error = away.connect("test").await.err().unwrap();
    assert_eq!(error.exit(), Exit::Failed);
    assert!(format!("{error:#}").contains("Connection refused"), "{error:#}");
}

#[tokio::test]
async fn waits_for_a_server_that_comes_later() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let endpoint = Endpoint::from_url(&format!("postgres://postgres@{address}/postgres")).unwrap();
    let task = Task::standalone(false, Duration::from_secs(30));
    let target = SERVER.server.port();
    let (client, ()) = tokio::join!(endpoint.connect_waiting(&task, "test"), async {
        tokio::task::yield_now().await;
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut far = tokio::net::TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                tokio::spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
    });
    assert_eq!(client.unwrap().query_one("SELECT 1", &[]).await.unwrap().get::<_, i32>(0), 1);
}

#[tokio::test]
async fn a_lost_connection_says_why() {
    let server = Postgres::start(15);
    let endpoint = Endpoint::from_url(&format!("{}/postgres", server.server_url())).unwrap();
    let client = endpoint.connect("lost-test").await.unwrap();
    server.statement(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lost-test'",
    );
    while !client.is_closed() {
        tokio::task::yield_now().await;
    }
    let error = client.query("SELECT 1", &[]).await.unwrap_err();
    let error = client.explain(error, "cannot count");
    assert_eq!(error.exit(), Exit::Failed);
    assert_eq!(
        format!("{error:#}"),
        "cannot count: lost the connection: terminating connection due to administrator command"
    );
}

#[tokio::test]
async fn a_statement_can_be_cancelled() {
    let port = SERVER.server.port();
    let url = format!("postgres://postgres@localhost:{port}/postgres?sslmode=require");
    let client = Endpoint::from_url(&url).unwrap().connect("cancel-test").await.unwrap();
    let (done, cancelled) = tokio::join!(client.batch_execute("SELECT pg_sleep(60)"), async {
        let sql = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'cancel-test' \
                   AND wait_event = 'PgSleep'";
        while SERVER.server.statement(sql).trim() != "1" {
            tokio::task::yield_now().await;
        }
        client.cancel().await
    });
    cancelled.unwrap();
    let error = client.explain(done.unwrap_err(), "cannot sleep");
    assert!(format!("{error:#}").contains("canceling statement"), "{error:#}");
}
