//! `ls`, beside the aws command's.

use crate::place::{Place, noise, on_servers, report, text, write};
use testkit::run;

on_servers! {
    lists_what_aws_lists
}

fn lists_what_aws_lists(place: &Place) {
    let source = place.path("source");
    write(&source, &[("a", b"a"), ("b/c", b"bc"), ("b/d/e", &noise(1, 5000)), ("z z", b"")]);
    let url = place.url("x");
    place.done(&[text(&source), &url]);
    for more in [&[][..], &["--recursive"], &["--recursive", "--summarize"]] {
        let ours = place.run(&[&["ls", &format!("{url}/")], more].concat()).ok();
        let mut theirs = place.server.aws();
        theirs.env("TZ", "UTC").args(["s3", "ls", &format!("{url}/")]).args(more);
        // aws names keys from the bucket on when it lists recursively.
        let theirs = run(&mut theirs).ok().replace(" x/", " ");
        let plain = |text: &str| -> Vec<String> {
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut lines: Vec<String> = text.lines().map(words).collect();
            lines.sort();
            lines
        };
        assert_eq!(plain(&ours), plain(&theirs), "{more:?}");
    }
    let listed = report(&place.run(&["ls", &url, "--output", "json"]).ok());
    let objects = listed["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 3, "{listed}");
    assert_eq!((&listed["count"], &listed["bytes"]), (&2.into(), &1.into()), "{listed}");
    let nothing = report(&place.run(&["ls", &place.url("none"), "--output", "json"]).ok());
    assert_eq!((&nothing["objects"], &nothing["count"]), (&serde_json::json!([]), &0.into()));
}
