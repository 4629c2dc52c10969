//! A server on its bad day: every fifth request goes wrong, and all arrives nevertheless.

use crate::place::{Place, noise, read, sample, text, write};
use testkit::{Ran, Trouble, Weather, run};

const ALL: [Trouble; 6] = [
    Trouble::Answer(500, "InternalError"),
    Trouble::Answer(503, "SlowDown"),
    Trouble::Reset,
    Trouble::Stall,
    Trouble::Lost,
    Trouble::Torn,
];

fn every_fifth(place: &Place) -> Weather {
    Weather::start(place.server.port(), |number, _| {
        (number % 5 == 0).then(|| ALL[(number / 5) as usize % ALL.len()])
    })
}

fn behind(place: &Place, weather: &Weather, arguments: &[&str]) -> Ran {
    let mut command = place.command(arguments);
    command.env("AWS_ENDPOINT_URL", place.server.url_at(weather.port()));
    run(command.env("S3_TIMEOUT", "2s"))
}

#[test]
fn everything_succeeds_though_every_fifth_request_fails() {
    let place = Place::moto();
    let source = place.path("source");
    let files = sample(&source, 26 << 20);
    let weather = every_fifth(&place);
    let (url, other) = (place.url("x"), place.url("y"));
    let ran = behind(&place, &weather, &[text(&source), &url]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("ERROR"), "what went well is no error: {}", ran.stderr);
    assert_eq!(place.seen("x"), files);
    let ran = behind(&place, &weather, &[&url, &other]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(place.seen("y"), files);
    let target = place.path("target");
    let ran = behind(&place, &weather, &[&other, text(&target)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(read(&target), files);
    let few = place.path("few");
    write(&few, &[("a", &files["a"])]);
    let line = [text(&few), &url, "--delete", "--max-delete", "100%", "--size-only"];
    let ran = behind(&place, &weather, &line);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(place.keys("x"), ["x/a"]);
    assert!(weather.troubled() > 30, "{}", weather.troubled());
    assert_eq!(place.server.uploads(&place.bucket), [""; 0]);
}

/// One key that the server never takes: it is named, the others go, and nothing is deleted.
#[test]
fn one_file_that_fails_does_not_keep_the_others() {
    let place = Place::moto();
    place.put("x", &[("old", b"old"), ("older", b"older")]);
    let source = place.path("source");
    write(&source, &[("a", b"a"), ("bad", b"bad"), ("c", b"c"), ("large", &noise(1, 17 << 20))]);
    let weather = Weather::start(place.server.port(), |_, line| {
        let bad =
            line.starts_with("PUT") && (line.contains("/bad") || line.contains("partNumber=2"));
        bad.then_some(Trouble::Answer(500, "InternalError"))
    });
    let line = [text(&source), &place.url("x"), "--wait", "1s", "--delete"];
    let ran = behind(&place, &weather, &line);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    for name in ["bad FAILED", "large FAILED", "deletes withheld  2"] {
        assert!(ran.stdout.contains(name), "{}", ran.stdout);
    }
    assert_eq!(place.keys("x"), ["x/a", "x/c", "x/old", "x/older"]);
    assert_eq!(place.server.uploads(&place.bucket), [""; 0]);
}

/// A list that breaks off is no list: nothing is taken for missing.
#[test]
fn a_list_that_cannot_be_read_to_its_end_deletes_nothing() {
    let place = Place::moto();
    let names: Vec<String> = (0..1500).map(|number| format!("{number:04}")).collect();
    let source = place.path("source");
    for name in &names {
        std::fs::write(source.join(name), name).unwrap();
    }
    place.done(&[text(&source), &place.url("x")]);
    let target = place.path("target");
    place.done(&[&place.url("x"), text(&target)]);
    let weather = Weather::start(place.server.port(), |_, line| {
        line.contains("continuation-token").then_some(Trouble::Answer(503, "SlowDown"))
    });
    let line = [&place.url("x"), text(&target), "--delete", "--wait", "1s"];
    let ran = behind(&place, &weather, &line);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(read(&target).len(), 1500);
}
