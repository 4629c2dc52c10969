//! A browser without a window, to look at pages as their readers do.

use crate::cache;
use base64::Engine;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use tempfile::TempDir;

/// Chromium, spoken to over a pipe. Ended when dropped.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    number: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub width: u32,
    pub height: u32,
    /// The reader prefers light letters on dark ground.
    pub dark: bool,
}

/// More than any answer takes, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

impl Browser {
    pub fn start() -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder");
        // Chromium reads from descriptor 3 and writes to 4.
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#, "sh"]);
        command.arg(cache::command("chromium"));
        command.args([
            "--headless",
            "--remote-debugging-pipe",
            "--disable-gpu",
            "--hide-scrollbars",
        ]);
        // Pages of our own making, and root has no sandbox.
        command.args(["--no-sandbox", "--disable-dev-shm-usage", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update"]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.env("HOME", profile.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("sh");
        let to = child.stdin.take().expect("a pipe");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let (heard, from) = mpsc::channel();
        std::thread::spawn(move || {
            for message in out.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("chromium speaks JSON");
                if heard.send(message).is_err() {
                    break;
                }
            }
        });
        let events = Vec::new();
        let mut browser =
            Self { child, to, from, session: None, number: 0, events, _profile: profile };
        let target = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", &target);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// Opens a file, and returns once all of it is shown.
    pub fn open(&mut self, file: &Path, view: View) {
        let View { width, height, dark } = view;
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
        );
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.ask("Emulation.setEmulatedMedia", &features);
        self.events.clear();
        let url = format!("file://{}", file.display());
        let gone = self.ask("Page.navigate", &json!({ "url": url }));
        assert!(gone.get("errorText").is_none(), "{url}: {gone}");
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            self.hear();
        }
    }

    /// What an expression of JavaScript says of the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let answer = self.ask("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Errors and warnings that the console shows, scripts that failed, and what was asked for besides the
    /// page itself.
    pub fn complaints(&mut self) -> Vec<String> {
        // What came before this answer has been heard.
        self.evaluate("1");
        let mut pages = 0;
        let complaint = |event: &Value| match event["method"].as_str()? {
            "Log.entryAdded" | "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" => {
                Some(event["params"].to_string())
            }
            "Network.requestWillBeSent" => {
                let url = event["params"]["request"]["url"].as_str()?;
                pages += u32::from(url.starts_with("file:"));
                let own = url.starts_with("data:") || (url.starts_with("file:") && pages == 1);
                (!own).then(|| format!("asked for {url}"))
            }
            _ => None,
        };
        self.events.iter().filter_map(complaint).collect()
    }

    /// The whole page, as a PNG.
    pub fn picture(&mut self) -> Vec<u8> {
        let size = self.ask("Page.getLayoutMetrics", &json!({}))["cssContentSize"].clone();
        let clip =
            json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let asked = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.ask("Page.captureScreenshot", &asked);
        let text = answer["data"].as_str().expect("a picture");
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).and_then(|()| self.to.flush()).expect("chromium listens");
        loop {
            if let Some(answer) = self.hear() {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// One message; an answer to the last question, or an event, which is kept.
    fn hear(&mut self) -> Option<Value> {
        let message = self.from.recv_timeout(PATIENCE).expect("chromium answers");
        if message["id"] == self.number {
            return Some(message);
        }
        self.events.push(message);
        None
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: View = View { width: 390, height: 800, dark: true };

    fn page(html: &str) -> tempfile::NamedTempFile {
        let page = tempfile::Builder::new().suffix(".html").tempfile().unwrap();
        std::fs::write(page.path(), html).unwrap();
        page
    }

    #[test]
    fn a_page_is_seen_as_it_was_asked_for() {
        let mut browser = Browser::start();
        let page = page("<!doctype html><meta name=viewport content=width=device-width><p>a");
        browser.open(page.path(), VIEW);
        assert_eq!(browser.evaluate("innerWidth"), 390);
        assert_eq!(browser.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"), true);
        assert_eq!(browser.complaints(), [""; 0]);
        assert!(browser.picture().starts_with(b"\x89PNG"));
    }

    #[test]
    fn what_is_wrong_with_a_page_is_told() {
        let mut browser = Browser::start();
        for bad in [
            "<script>console.error('x')</script>",
            "<script>no.such()</script>",
            "<img src=http://127.0.0.1:1/x>",
            "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><p style='color:red'>a",
        ] {
            let page = page(&format!("<!doctype html>{bad}"));
            browser.open(page.path(), VIEW);
            assert_ne!(browser.complaints(), [""; 0], "{bad}");
        }
    }
}
