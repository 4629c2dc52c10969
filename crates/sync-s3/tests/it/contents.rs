//! `--checksum`: by what is in the files, whatever their times say.

use crate::place::{Place, noise, on_servers, read, text, write};
use std::fs::File;
use std::time::{Duration, SystemTime};

on_servers! {
    content_decides_and_not_the_time
}

fn content_decides_and_not_the_time(place: &Place) {
    let (source, url) = (place.path("source"), place.url("x"));
    let (one, mut two) = (noise(1, (17 << 20) + 5), noise(2, (9 << 20) + 1));
    write(&source, &[("small", b"one"), ("other", b"two"), ("one", &one), ("two", &two)]);
    place.done(&[text(&source), &url]);
    // Touched, and not changed; changed, and its time put back.
    let later = SystemTime::now() + Duration::from_secs(1000);
    for name in ["small", "one"] {
        File::options().write(true).open(source.join(name)).unwrap().set_modified(later).unwrap();
    }
    two[9 << 20] ^= 1;
    write(&source, &[("other", b"TWO"), ("two", &two)]);
    assert_eq!(place.done(&[text(&source), &url, "--dry-run"])["uploaded"], 2);
    let line = [text(&source), &url, "--checksum"];
    let done = place.done(&line);
    assert_eq!((&done["uploaded"], &done["unchanged"]), (&2.into(), &2.into()), "{done}");
    assert_eq!(place.seen("x"), read(&source));
    let done = place.done(&line);
    assert_eq!((&done["uploaded"], &done["compared_by_time"]), (&0.into(), &0.into()), "{done}");
    // The other way round.
    let done = place.done(&[&url, text(&source), "--checksum"]);
    assert_eq!((&done["downloaded"], &done["unchanged"]), (&0.into(), &4.into()), "{done}");
    write(&source, &[("small", b"ONE")]);
    assert_eq!(place.done(&[&url, text(&source), "--checksum"])["downloaded"], 1);
    assert_eq!(place.seen("x"), read(&source));
    // Within S3.
    place.done(&[&url, &place.url("y")]);
    let done = place.done(&[&url, &place.url("y"), "--checksum"]);
    assert_eq!(done["unchanged"], 4, "{done}");
}
