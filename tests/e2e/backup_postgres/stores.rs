//! Several stores at once: done when all hold the backup, and told which do when one fails.

use super::s3::Remote;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{S3, Trouble, Weather, run};

const ROWS: &str = "
CREATE TABLE visit (id bigint PRIMARY KEY, page text NOT NULL);
INSERT INTO visit SELECT i, md5(i::text) || md5((i * 7)::text) FROM generate_series(1, 300000) i;
";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn to_both(remote: &Remote<'_>, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = remote.command(arguments);
    command.env("BACKUP_STORE", format!("{},s3://{}/copy", folder.display(), remote.bucket));
    command
}

#[test]
fn a_backup_goes_to_all_stores_or_the_run_fails() {
    let server = S3::moto();
    let remote = Remote::new(&server, ROWS);
    let folder = tempfile::tempdir().unwrap();
    let made = run(&mut to_both(&remote, folder.path(), &["backup", "--keep-days", "0"]));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let here = files(folder.path());
    let there = server.keys(&remote.bucket, "copy/");
    assert_eq!((here.len(), there.len()), (2, 2), "{here:?} {there:?}");
    for (file, key) in here.iter().zip(&there) {
        assert!(key.ends_with(file.file_name().unwrap().to_str().unwrap()));
        let seen = server.object(&remote.bucket, key);
        assert!(seen == std::fs::read(file).unwrap(), "{key} differs");
    }
    // The other verbs look at the first, or at the one that is named.
    run(&mut to_both(&remote, folder.path(), &["verify"])).ok();
    let url = format!("s3://{}/copy", remote.bucket);
    run(&mut to_both(&remote, folder.path(), &["verify", "--store", &url])).ok();

    // S3 fails in the middle: the directory has the backup, and the run says so and has failed.
    let weather = Weather::start(server.port(), |_, line| {
        line.contains("partNumber=2").then_some(Trouble::Answer(500, "InternalError"))
    });
    let mut second = to_both(&remote, folder.path(), &["backup", "--wait", "1s"]);
    second.env("AWS_ENDPOINT_URL", server.url_at(weather.port()));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let failed = run(&mut second);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    let said = failed.stderr.lines().last().unwrap();
    assert!(said.contains("not in every store") && said.contains("cannot write part 2"), "{said}");
    assert!(said.contains(folder.path().to_str().unwrap()), "{said}");
    assert_eq!(files(folder.path()).len(), 4);
    run(&mut to_both(&remote, folder.path(), &["verify"])).ok();
    assert_eq!(server.keys(&remote.bucket, "copy/").len(), 2, "nothing partial is left");
    assert_eq!(server.uploads(&remote.bucket), [""; 0]);

    // One that cannot be written when the run begins ends it before any work.
    let mut third = to_both(&remote, folder.path(), &["backup"]);
    third.env("BACKUP_STORE", format!("{},/no/such/folder", folder.path().display()));
    let refused = run(&mut third);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert_eq!(files(folder.path()).len(), 4);
    let twice = format!("{0},{0}", folder.path().display());
    let refused = run(to_both(&remote, folder.path(), &["backup"]).env("BACKUP_STORE", twice));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
}
