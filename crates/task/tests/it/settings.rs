//! Flags, environment variables, secrets.

use crate::process::{Place, run, sample};

#[test]
fn help_is_the_programs_own_and_complete() {
    let ended = run(sample(&["--help"]).env("PING_URL", "https://ping/s3cret"));
    assert_eq!(ended.code, 0);
    assert!(ended.stdout.starts_with("Ends in the way it is told to\n"), "{}", ended.stdout);
    let text = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for variable in ["DRY_RUN", "WAIT", "OUTPUT", "LOG_FORMAT", "NOTIFY_URL", "METRICS_FILE"] {
        assert!(text.contains(&format!("[env: {variable}")), "{variable}: {text}");
    }
    assert!(!ended.stdout.contains("s3cret"), "{}", ended.stdout);
    assert_eq!(run(&mut sample(&["--version"])).code, 0);
}

#[test]
fn wrong_use_is_two_and_kubernetes_gets_to_know() {
    let place = Place::holding("");
    let ended = run(sample(&["--wait", "soon"]).env("TERMINATION_LOG", &place.0));
    assert_eq!(ended.code, 2);
    let said = "invalid value 'soon' for '--wait <WAIT>': write it like 90s, 5m or 1h 30m\n";
    assert_eq!(place.text(), said);
    assert_eq!(run(&mut sample(&["--nonsense"])).code, 2);
    assert_eq!(run(sample(&[]).env("OUTPUT", "xml")).code, 2);
}

#[test]
fn a_dry_run_by_flag_before_and_after_the_verb_or_by_variable() {
    let dry = |arguments: &[&str], variable: &str| {
        let ended = run(sample(arguments).env("DRY_RUN", variable));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.stderr.contains("dry run true")
    };
    assert!(dry(&["--dry-run"], ""));
    assert!(dry(&["--dry-run", "done"], "false"));
    assert!(dry(&["done", "--dry-run"], "false"));
    for yes in ["true", "1", "yes", "on"] {
        assert!(dry(&["done"], yes), "{yes}");
    }
    for no in ["false", "0", "no", "off", ""] {
        assert!(!dry(&["done"], no), "{no}");
    }
    assert_eq!(run(sample(&[]).env("DRY_RUN", "ture")).code, 2);
}

#[test]
fn no_secret_is_ever_shown() {
    let secrets = [
        ("NOTIFY_URL", "s3cret, https://hooks.slack.com/s3cret"),
        ("PING_URL", "ftp://s3cret"),
        ("PUSHGATEWAY_URL", "http://user:s3cret@[push"),
    ];
    for (variable, value) in secrets {
        for arguments in [["settings"], ["--help"], ["--nonsense"]] {
            let ended = run(sample(&arguments).env(variable, value));
            assert!(!ended.stdout.contains("s3cret"), "{}", ended.stdout);
            assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
        }
        let ended = run(sample(&[]).env(variable, value));
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains(&format!("ERROR {variable} ")), "{}", ended.stderr);
    }
    let url = "https://127.0.0.1:1/s3cret";
    let ended = run(sample(&["settings"]).env("PING_URL", url));
    assert_eq!(ended.code, 0);
    assert!(ended.stdout.contains("***"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("s3cret") && !ended.stderr.contains("s3cret"));
    assert!(ended.stderr.contains("WARN cannot send the ping to 127.0.0.1: "), "{}", ended.stderr);
}

#[test]
fn a_bad_file_of_a_secret_is_wrong_use() {
    let empty = Place::holding("\n");
    let ended = run(sample(&[]).env("PING_URL_FILE", &empty.0));
    assert_eq!(ended.code, 2);
    let said = format!("{}, which PING_URL_FILE names, is empty", empty.str());
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);

    let mut both = sample(&["--ping-url", "http://x"]);
    let ended = run(both.env("PING_URL_FILE", &empty.0));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("both PING_URL and PING_URL_FILE are set"), "{}", ended.stderr);
}
