//! Files and objects that change while they are on their way.

use crate::place::{Place, noise, read, text, write};
use std::fs::{self, File};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{Weather, run};

#[test]
fn a_file_that_changes_while_it_is_read_is_named_and_not_left_half() {
    let place = Place::moto();
    let source = place.path("source");
    write(&source, &[("growing", &noise(1, 20 << 20)), ("good", b"good")]);
    let growing = source.join("growing");
    let weather = Weather::start(place.server.port(), move |_, line| {
        if line.contains("partNumber=3") {
            File::options().append(true).open(&growing).unwrap().write_all(b"more").unwrap();
        }
        None
    });
    let mut command = place.command(&[text(&source), &place.url("x")]);
    let ran = run(command.env("AWS_ENDPOINT_URL", place.server.url_at(weather.port())));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("growing changed while it was read"), "{}", ran.stderr);
    assert_eq!(place.keys("x"), ["x/good"]);
    assert_eq!(place.server.uploads(&place.bucket), [""; 0]);
    assert_eq!(place.done(&[text(&source), &place.url("x")])["uploaded"], 1);
}

#[test]
fn an_object_that_changes_while_it_is_read_is_named_and_what_was_here_stays() {
    let place = Place::moto();
    let source = place.path("source");
    write(&source, &[("large", &noise(1, 20 << 20)), ("good", b"good")]);
    place.done(&[text(&source), &place.url("x")]);
    let target = place.path("target");
    write(&target, &[("large", b"as it was")]);
    let (done, bucket) = (AtomicBool::new(false), place.bucket.clone());
    let server = place.server;
    let weather = Weather::start(place.server.port(), move |_, line| {
        if line.starts_with("GET")
            && line.contains("/x/large")
            && !done.swap(true, Ordering::SeqCst)
        {
            server.put(&bucket, "x/large", &noise(2, 20 << 20));
        }
        None
    });
    let mut command = place.command(&[&place.url("x"), text(&target)]);
    let ran = run(command.env("AWS_ENDPOINT_URL", place.server.url_at(weather.port())));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("large changed while it was read"), "{}", ran.stderr);
    assert_eq!(fs::read(target.join("large")).unwrap(), b"as it was");
    let names: Vec<_> =
        fs::read_dir(&target).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

/// What comes is not what was put: nothing of it is kept.
#[test]
fn what_is_not_what_its_etag_says_is_not_kept() {
    let place = Place::versity();
    let source = place.path("source");
    write(&source, &[("small", b"small"), ("large", &noise(1, 20 << 20))]);
    place.done(&[text(&source), &place.url("x")]);
    // A server whose disk lies: the files of versity's gateway are files.
    let data = place.server.data().join(&place.bucket).join("x");
    for name in ["small", "large"] {
        use std::os::unix::fs::FileExt;
        let file = File::options().write(true).open(data.join(name)).unwrap();
        file.write_all_at(b"X", 3).unwrap();
    }
    let target = place.path("target");
    let ran = place.run(&[&place.url("x"), text(&target)]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    for name in ["x/small is not", "x/large is not"] {
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
    assert!(fs::read_dir(&target).unwrap().next().is_none());
    assert_eq!(place.done(&[&place.url("x"), text(&target), "--no-verify"])["downloaded"], 2);
    assert_eq!(read(&target).len(), 2);
}
