//! What no retry helps ends with 2, and says what to do.

use crate::place::{Place, report, text, write};
use testkit::{S3, run};

#[test]
fn wrong_use_ends_with_2_and_says_why() {
    let place = Place::versity();
    let source = place.path("source");
    write(&source, &[("a", b"a")]);
    let (folder, url) = (text(&source), place.url("x"));
    let file = format!("{folder}/a");
    let inside = place.url("x/inside");
    let cases: [(&[&str], &str); 16] = [
        (&[&url, &inside], "lie apart"),
        (&[&inside, &url], "lie apart"),
        (&[&url, &url], "lie apart"),
        (&[], "SYNC_SOURCE"),
        (&[folder], "SYNC_DEST"),
        (&["ls"], "SYNC_DEST"),
        (&["snyc", folder, &url], "it is no verb"),
        (&[folder, folder], "neither"),
        (&[folder, &url, &url, &url], "unexpected"),
        (&["/no/such/folder", &url], "is not there"),
        (&[&file, &url], "is no directory"),
        (&[folder, "s3://no-such-bucket/x"], "no-such-bucket"),
        (&["ls", "s3://no-such-bucket/x"], "no-such-bucket"),
        (&[folder, &url, "--size-only", "--checksum"], "exclude each other"),
        (&[folder, &url, "--filter", "*.tmp"], "does not begin with"),
        (&[folder, &url, "--max-delete", "120%"], "100%"),
    ];
    for (arguments, said) in cases {
        let ran = place.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    let mut wrong = place.command(&[folder, &url]);
    let wrong = run(wrong.env("AWS_SECRET_ACCESS_KEY", "wr0ng"));
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("wr0ng"), "{}", wrong.stderr);
    let mut away = place.command(&[folder, &url, "--wait", "1s", "--output", "json"]);
    let away = run(away.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
    assert_eq!(away.code, 1, "{}", away.stderr);
    assert_eq!(report(&away.stdout)["exit_code"], 1);
    assert!(place.keys("").is_empty());
}

#[test]
fn no_secret_is_ever_said() {
    let place = Place::versity();
    let source = place.path("source");
    write(&source, &[("a", b"a")]);
    let ran = place.run(&[text(&source), &place.url("x"), "--log-level", "trace"]);
    let (id, secret) = S3::keys_to_it();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(secret) && !text.contains(id), "a secret is in the log");
    }
}

/// Whoever may not read a file names it, and the rest goes.
#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::moto();
    let source = place.path("source");
    write(&source, &[("a", b"a"), ("secret", b"b")]);
    std::fs::set_permissions(place.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::set_permissions(source.join("secret"), PermissionsExt::from_mode(0o600)).unwrap();
    let as_nobody = |arguments: &[&str]| {
        let ours = place.command(&[]);
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(ours.get_program()).args(arguments).envs(place.server.environment());
        run(&mut command)
    };
    let ran = as_nobody(&[text(&source), &place.url("x")]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("secret: not permitted to uid 65534"), "{}", ran.stderr);
    assert_eq!(place.keys("x"), ["x/a"]);
    // Nothing at all may be written there: no retry helps.
    let ran = as_nobody(&[&place.url("x"), text(&source)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    place.put("x", &[("new", b"new")]);
    let ran = as_nobody(&[&place.url("x"), text(&source), "--exclude", "a"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("not permitted"), "{}", ran.stderr);
}
