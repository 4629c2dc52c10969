//! Encrypted backups: made without an identity, opened with it, by us and by age itself.

use super::corpus;
use super::s3::Remote;
use super::store::{feed, judged};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testkit::{Damage, Postgres, Ran, S3, installed, run};
use tests::program;

const ROWS: &str = "
CREATE TABLE visit (id bigint PRIMARY KEY, page text NOT NULL);
INSERT INTO visit SELECT i, md5(i::text) || md5((i * 7)::text) FROM generate_series(1, 100000) i;
CREATE INDEX ON visit (page);
";

/// A pair of keys that `age-keygen` made.
struct Pair {
    identity: PathBuf,
    recipient: String,
}

impl Pair {
    fn new(folder: &Path, name: &str) -> Self {
        let identity = folder.join(name);
        let keygen = || Command::new(installed("s3/age-keygen"));
        run(keygen().arg("-o").arg(&identity)).ok();
        let recipient = run(keygen().arg("-y").arg(&identity)).ok().trim().to_owned();
        Self { identity, recipient }
    }
}

#[test]
fn an_encrypted_backup_is_proven_without_an_identity_and_restored_with_one() {
    let keys = tempfile::tempdir().unwrap();
    let [ours, theirs, strangers] =
        ["ours", "theirs", "strangers"].map(|name| Pair::new(keys.path(), name));
    let database = Postgres::start(15).create_database();
    database.psql(ROWS);
    let store = tempfile::tempdir().unwrap();
    let ask = |database: &testkit::Database, arguments: &[&str], identity: Option<&Pair>| -> Ran {
        let mut command = program("backup-postgres");
        command.args(arguments).envs(database.environment()).env("BACKUP_STORE", store.path());
        command.env("BACKUP_NAME", "shop");
        if let Some(pair) = identity {
            command.env("AGE_IDENTITY_FILE", &pair.identity);
        }
        run(&mut command)
    };
    let to = ["backup", "--encrypt-to", &ours.recipient, "--encrypt-to", &theirs.recipient];
    let made = ask(&database, &to, None);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("read back and proven"), "{}", made.stdout);
    let file = artifact(store.path());
    let manifest = std::fs::read_to_string(format!("{}.manifest.json", file.display())).unwrap();
    assert!(manifest.contains(&ours.recipient) && manifest.contains(&theirs.recipient));

    let unopened = ask(&database, &["verify"], None);
    assert_eq!(unopened.code, 0, "{}", unopened.stderr);
    assert!(unopened.stderr.contains("NOT checked"), "{}", unopened.stderr);
    for pair in [&ours, &theirs] {
        let opened = ask(&database, &["verify"], Some(pair));
        assert_eq!(opened.code, 0, "{}", opened.stderr);
        assert!(opened.stdout.contains("100000 rows"), "{}", opened.stdout);
    }
    assert_eq!(ask(&database, &["verify"], Some(&strangers)).code, 2);
    let url = database.url();
    assert_eq!(ask(&database, &["verify", "--restore-to", &url], Some(&ours)).code, 0);

    let target = corpus::empty(database.server(), "encryption");
    for identity in [None, Some(&strangers)] {
        let refused = ask(&target, &["restore"], identity);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("AGE_IDENTITY_FILE"), "{}", refused.stderr);
    }
    let restored = ask(&target, &["restore"], Some(&theirs));
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    let wanted = judged(&database, "encryption", &[]);
    assert_eq!(judged(&target, "encryption", &[]), wanted);

    // age -d | gunzip | psql
    let stock = corpus::empty(database.server(), "encryption");
    let mut age = Command::new(installed("s3/age"));
    age.args(["-d", "-i"]).arg(&ours.identity).arg(&file).stdout(Stdio::piped());
    let mut age = age.spawn().unwrap();
    let mut gunzip = Command::new("gunzip");
    gunzip.stdin(age.stdout.take().unwrap()).stdout(Stdio::piped());
    let mut gunzip = gunzip.spawn().unwrap();
    feed(&stock, gunzip.stdout.take().unwrap().into());
    assert!(age.wait().unwrap().success() && gunzip.wait().unwrap().success());
    assert_eq!(judged(&stock, "encryption", &[]), wanted);

    // What is damaged is found with and without the identity.
    let whole = std::fs::read(&file).unwrap();
    for damage in [
        Damage::Flip { at: 60, bit: 1 },
        Damage::Flip { at: whole.len() / 2, bit: 1 },
        Damage::Cut(whole.len() - 65_552),
        Damage::Cut(whole.len() - 1),
    ] {
        std::fs::write(&file, damage.to(&whole)).unwrap();
        for identity in [None, Some(&ours)] {
            let found = ask(&database, &["verify"], identity);
            assert_eq!(found.code, 3, "{damage:?}: {}", found.stderr);
        }
        let refused = ask(&target, &["restore", "--clean"], Some(&ours));
        assert_eq!(refused.code, 3, "{damage:?}: {}", refused.stderr);
    }

    let wrong = ask(&database, &["backup", "--encrypt-to", "age1nonsense"], None);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
}

#[test]
fn an_encrypted_backup_in_s3_comes_back() {
    let keys = tempfile::tempdir().unwrap();
    let ours = Pair::new(keys.path(), "ours");
    let recipients = keys.path().join("recipients");
    std::fs::write(&recipients, format!("# the safe\n{}\n", ours.recipient)).unwrap();
    let server = S3::versity();
    let remote = Remote::new(&server, ROWS);
    run(remote.command(&["backup"]).env("RECIPIENTS_FILE", &recipients)).ok();
    assert!(remote.artifact().ends_with(".sql.gz.age"), "{}", remote.artifact());
    run(remote.command(&["verify"]).env("AGE_IDENTITY_FILE", &ours.identity)).ok();
    let target = corpus::empty(remote.database.server(), "encryption");
    let mut restore = remote.command_for(&target, &["restore"]);
    run(restore.env("AGE_IDENTITY_FILE", &ours.identity)).ok();
    let wanted = judged(&remote.database, "encryption", &[]);
    assert_eq!(judged(&target, "encryption", &[]), wanted);
}

fn artifact(store: &Path) -> PathBuf {
    let files = std::fs::read_dir(store).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "age")).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}
