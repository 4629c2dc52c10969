//! What Prometheus gets to know: pushed to a Pushgateway, or left as a textfile for the node
//! exporter.
//!
//! The time of the last success is sent after a success only, and kept at a failure: an alert on
//! its age is the one that catches everything, a job that never ran too.

use crate::http::{self, Http};
use crate::outcome::Outcome;
use crate::{Context, Error, Result, TaskSettings, secret};
use jiff::Timestamp;
use reqwest::Url;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const DURATION: &str = "nightshift_duration_seconds";
const SUCCESS: &str = "nightshift_success";
const LAST_SUCCESS: &str = "nightshift_last_success_timestamp_seconds";
const ITEMS: &str = "nightshift_items";
const BYTES: &str = "nightshift_bytes";

pub(crate) struct Metrics {
    job: String,
    gateway: Option<Url>,
    file: Option<PathBuf>,
}

impl Metrics {
    pub(crate) fn open(task: &str, settings: &TaskSettings) -> Result<Self> {
        let variable = "PUSHGATEWAY_URL";
        let job = settings.metrics_job.as_deref().filter(|job| !job.is_empty()).unwrap_or(task);
        let gateway = secret::given_or_file(variable, settings.pushgateway_url.as_ref())?
            .map(|given| gateway(http::url(variable, &given)?, job))
            .transpose()?;
        let file = settings.metrics_file.clone().filter(|file| !file.as_os_str().is_empty());
        Ok(Self { job: job.to_owned(), gateway, file })
    }

    pub(crate) fn needs_http(&self) -> bool {
        self.gateway.is_some()
    }

    pub(crate) fn write(&self, outcome: &Outcome) {
        let Some(file) = &self.file else { return };
        if let Err(error) = write(file, &self.text(outcome)) {
            let error = format!("{error:#}");
            tracing::warn!(error, "cannot write the metrics");
        }
    }

    /// POST, which replaces what it names and leaves the rest: PUT would take the last success
    /// away.
    pub(crate) async fn push(&self, http: &Http, outcome: &Outcome) {
        let Some(url) = &self.gateway else { return };
        let request = http
            .post(url.clone())
            .header("content-type", "text/plain; version=0.0.4")
            .body(self.text(outcome));
        http::send("the metrics", url, request).await;
    }

    fn text(&self, outcome: &Outcome) -> String {
        let labels = format!("{{task=\"{}\",job=\"{}\"}}", outcome.task, escape(&self.job));
        let mut text = String::new();
        let mut gauge = |name: &str, help: &str, value: f64| {
            let _ =
                write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{labels} {value}\n");
        };
        gauge(DURATION, "How long the last run took.", outcome.took.as_secs_f64());
        gauge(SUCCESS, "Whether the last run did all it had to.", f64::from(outcome.success()));
        if outcome.success() {
            let now = Timestamp::now().as_second() as f64;
            gauge(LAST_SUCCESS, "When the last successful run ended.", now);
        }
        if let Some(report) = &outcome.report {
            gauge(ITEMS, "Items the last run dealt with.", report.items as f64);
            gauge(BYTES, "Bytes the last run dealt with.", report.bytes as f64);
        }
        text
    }
}

fn gateway(mut url: Url, job: &str) -> Result<Url> {
    url.path_segments_mut()
        .map_err(|()| Error::usage("PUSHGATEWAY_URL cannot be a base"))?
        .pop_if_empty()
        .extend(["metrics", "job", job]);
    Ok(url)
}

fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Whole or not at all, since the node exporter may read at any moment.
fn write(path: &Path, text: &str) -> Result<()> {
    let mut text = text.to_owned();
    if !text.contains(LAST_SUCCESS) {
        text.push_str(&last_success(path));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    fs::write(&partial, text)
        .and_then(|()| fs::rename(&partial, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&partial);
        })
        .failed(|| format!("cannot write {}", path.display()))
}

/// The lines about the last success that the file holds now.
fn last_success(path: &Path) -> String {
    let old = fs::read_to_string(path).unwrap_or_default();
    old.lines().filter(|line| line.contains(LAST_SUCCESS)).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;
    use std::time::Duration;

    fn outcome(result: Result<Report>) -> Outcome {
        Outcome::new("backup-postgres", result, false, Duration::from_millis(1500))
    }

    fn metrics() -> Metrics {
        Metrics { job: "shop \"1\"".into(), gateway: None, file: None }
    }

    #[test]
    fn a_failure_says_nothing_of_last_success_items_and_bytes() {
        let text = metrics().text(&outcome(Err(Error::failed("away"))));
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                r#"nightshift_duration_seconds{task="backup-postgres",job="shop \"1\""} 1.5"#,
                r#"nightshift_success{task="backup-postgres",job="shop \"1\""} 0"#,
            ]
        );
    }

    #[test]
    fn a_file_keeps_the_last_success_over_failures() {
        let path = std::env::temp_dir().join(format!("metrics-{}.prom", std::process::id()));
        let report = Report { items: 3, bytes: 1 << 40, ..Report::default() };
        write(&path, &metrics().text(&outcome(Ok(report)))).unwrap();
        let good = fs::read_to_string(&path).unwrap();
        assert!(good.contains(
            "nightshift_bytes{task=\"backup-postgres\",job=\"shop \\\"1\\\"\"} 1099511627776\n"
        ));
        for _ in 0..2 {
            write(&path, &metrics().text(&outcome(Err(Error::failed("away"))))).unwrap();
        }
        let bad = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let kept = |text: &str| {
            let lines = text.lines().filter(|line| line.contains("last_success"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(kept(&good).len(), 3);
        assert_eq!(kept(&good), kept(&bad));
        assert!(bad.contains("} 0\n") && !bad.contains("nightshift_items"));
    }

    #[test]
    fn the_gateway_may_have_a_path_and_the_job_any_name() {
        let url = |base: &str| gateway(base.parse().unwrap(), "a b").unwrap().to_string();
        assert_eq!(url("http://push:9091"), "http://push:9091/metrics/job/a%20b");
        assert_eq!(url("https://x/push/"), "https://x/push/metrics/job/a%20b");
    }
}
