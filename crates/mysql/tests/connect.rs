//! Connecting to real servers in every way that their clients know, and being told why not.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use mysql::Endpoint;
use mysql_async::prelude::Queryable;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fs;
use std::sync::{Arc, LazyLock};
use task::Exit;
use tempfile::TempDir;
use testkit::Mysql;

struct Secured {
    servers: Vec<Arc<Mysql>>,
    folder: TempDir,
}

impl Secured {
    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

/// Made once: their certificate is for `localhost`, not for 127.0.0.1.
static SECURED: LazyLock<Secured> = LazyLock::new(|| {
    let authority = || {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (root, other) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("root.pem", root.pem()),
        ("other.pem", other.pem()),
        ("server.pem", certificate.pem()),
        ("server.key", key.serialize_pem()),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let secured = Secured { servers: Vec::new(), folder };
    let options = [
        format!("--ssl-ca={}", secured.file("root.pem")),
        format!("--ssl-cert={}", secured.file("server.pem")),
        format!("--ssl-key={}", secured.file("server.key")),
    ];
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let servers = ["mysql-9", "mariadb-10"].map(|release| Mysql::private(release, &options));
    for server in &servers {
        server.statement("CREATE USER only_tls@'%' REQUIRE SSL");
    }
    Secured { servers: servers.to_vec(), ..secured }
});

async fn connect_to(url: &str) -> Result<bool, (Exit, String)> {
    match Endpoint::from_url(url).unwrap().connect("connect-test").await {
        Err(error) => Err((error.exit(), format!("{error:#}"))),
        Ok(mut client) => {
            let cipher: Option<(String, String)> =
                client.query_first("SHOW SESSION STATUS LIKE 'Ssl_cipher'").await.unwrap();
            Ok(!cipher.unwrap().1.is_empty())
        }
    }
}

/// Connects and says whether TLS is in use, or how it failed.
async fn connect(
    server: &Mysql,
    user: &str,
    host: &str,
    options: &str,
) -> Result<bool, (Exit, String)> {
    connect_to(&format!("mysql://{user}@{host}:{}?{options}", server.port())).await
}

#[tokio::test]
async fn the_certificate_is_looked_at_as_far_as_the_mode_says() {
    let ca = |mode: &str, name: &str| format!("ssl-mode={mode}&ssl-ca={}", SECURED.file(name));
    for server in &SECURED.servers {
        let release = server.release();
        for (mode, tls) in [("DISABLED", false), ("PREFERRED", true), ("REQUIRED", true)] {
            let found = connect(server, "root", "127.0.0.1", &format!("ssl-mode={mode}")).await;
            assert_eq!(found, Ok(tls), "{release} {mode}");
        }
        let right = ca("VERIFY_CA", "root.pem");
        assert_eq!(connect(server, "root", "localhost", &right).await, Ok(true), "{release}");
        let right = ca("VERIFY_IDENTITY", "root.pem");
        assert_eq!(connect(server, "root", "localhost", &right).await, Ok(true), "{release}");
        for (host, options) in [
            ("127.0.0.1", right),
            ("localhost", ca("VERIFY_IDENTITY", "other.pem")),
            ("localhost", ca("VERIFY_CA", "other.pem")),
            ("localhost", "ssl-mode=VERIFY_CA".to_owned()),
        ] {
            let (exit, text) = connect(server, "root", host, &options).await.unwrap_err();
            assert_eq!(exit, Exit::Usage, "{release} {options}: {text}");
        }
        let (exit, text) =
            connect(server, "only_tls", "127.0.0.1", "ssl-mode=DISABLED").await.unwrap_err();
        assert_eq!(exit, Exit::Usage, "{release}: {text}");
        assert_eq!(connect(server, "only_tls", "127.0.0.1", "").await, Ok(true), "{release}");
    }
}

#[tokio::test]
async fn preferred_does_without_tls_and_required_means_it() {
    let plain = Mysql::start("mariadb-10");
    assert_eq!(connect(&plain, "root", "127.0.0.1", "").await, Ok(false));
    let (exit, text) = connect(&plain, "root", "127.0.0.1", "ssl-mode=REQUIRED").await.unwrap_err();
    assert_eq!(exit, Exit::Usage, "{text}");
}

#[tokio::test]
async fn every_way_to_say_a_password_works() {
    let (mysql, mariadb) = (Mysql::start("mysql-9"), Mysql::start("mariadb-11"));
    mysql.statement("CREATE USER sha2@'%' IDENTIFIED WITH caching_sha2_password BY 'se:c/r et'");
    mariadb.statement(
        "CREATE USER native@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('se:c/r et')",
    );
    let places = [(&mysql, "sha2"), (&mariadb, "native")];
    for (server, user) in places {
        for options in ["", "ssl-mode=DISABLED"] {
            let url = |password: &str| {
                format!("mysql://{user}:{password}@127.0.0.1:{}?{options}", server.port())
            };
            // Twice: the second time the server knows it.
            for _ in 0..2 {
                let found = connect_to(&url("se%3Ac%2Fr%20et")).await;
                assert!(found.is_ok(), "{user} {options}: {found:?}");
            }
            let (exit, text) = connect_to(&url("wrong")).await.unwrap_err();
            assert_eq!(exit, Exit::Usage, "{user}: {text}");
            assert!(!text.contains("wrong"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_socket_does_where_it_is_named() {
    for release in Mysql::RELEASES {
        let server = Mysql::start(release);
        let url = format!("mysql://root@nowhere:1?socket={}", server.socket().display());
        assert_eq!(connect_to(&url).await, Ok(false), "{release}");
    }
}

#[tokio::test]
async fn who_is_away_may_come_back_and_who_is_unknown_may_not() {
    let (exit, text) = connect_to("mysql://root@127.0.0.1:1").await.unwrap_err();
    assert_eq!(exit, Exit::Failed, "{text}");
    let server = Mysql::start("mysql-9");
    let url = format!("mysql://root@127.0.0.1:{}/nowhere", server.port());
    let (exit, text) = connect_to(&url).await.unwrap_err();
    assert_eq!(exit, Exit::Usage, "{text}");
    assert!(text.contains("nowhere"), "{text}");
}
