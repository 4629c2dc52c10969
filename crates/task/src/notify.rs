//! Tells people how it ended: Slack, ntfy, or any webhook.
//!
//! A further service is a variant of `Channel`, known by its host or the prefix of its URL, and
//! its message.

use crate::http::{self, Http};
use crate::outcome::Outcome;
use crate::{Error, NotifyOn, Result, Secret, TaskSettings, secret, show};
use futures_util::future::join_all;
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};

const VARIABLE: &str = "NOTIFY_URL";

pub(crate) struct Notices {
    on: NotifyOn,
    channels: Vec<Channel>,
}

#[derive(Debug, PartialEq)]
enum Channel {
    Slack(Url),
    Ntfy(Url),
    Webhook(Url),
}

impl Notices {
    pub(crate) fn open(settings: &TaskSettings) -> Result<Self> {
        let given: Vec<_> = settings.notify_url.iter().map(Secret::expose).collect();
        let given = (!given.is_empty()).then(|| Secret::from(given.join(",")));
        let list = secret::given_or_file(VARIABLE, given.as_ref())?;
        let channels = list.iter().flat_map(|list| list.expose().split([',', '\n']));
        let channels = channels.map(str::trim).filter(|url| !url.is_empty());
        let channels = channels.map(Channel::parse).collect::<Result<_>>()?;
        Ok(Self { on: settings.notify_on, channels })
    }

    pub(crate) fn needs_http(&self) -> bool {
        !self.channels.is_empty()
    }

    pub(crate) async fn send(&self, http: &Http, outcome: &Outcome) {
        if outcome.success() && self.on == NotifyOn::Failure {
            return;
        }
        join_all(self.channels.iter().map(async |channel| {
            http::send("the notice", channel.url(), channel.request(http, outcome)).await;
        }))
        .await;
    }
}

impl Channel {
    fn parse(text: &str) -> Result<Self> {
        let url = |text: &str| http::url(VARIABLE, &Secret::from(text));
        if let Some((service, rest)) =
            text.split_once("+http").filter(|(service, _)| !service.contains(':'))
        {
            let url = url(&format!("http{rest}"))?;
            return match service {
                "slack" => Ok(Self::Slack(url)),
                "ntfy" => Ok(Self::Ntfy(url)),
                _ => Err(Error::usage(format!(
                    "{VARIABLE} starts with a service that is not known: slack+ and ntfy+ are"
                ))),
            };
        }
        let url = url(text)?;
        Ok(match url.host_str() {
            Some("hooks.slack.com") => Self::Slack(url),
            Some("ntfy.sh") => Self::Ntfy(url),
            _ => Self::Webhook(url),
        })
    }

    fn url(&self) -> &Url {
        let (Self::Slack(url) | Self::Ntfy(url) | Self::Webhook(url)) = self;
        url
    }

    fn request(&self, http: &Http, outcome: &Outcome) -> RequestBuilder {
        let request = http.post(self.url().clone());
        match self {
            Self::Slack(_) => {
                let text =
                    format!("*{}*\n{}", escape_slack(&title(outcome)), escape_slack(text(outcome)));
                post_json(request, &json!({ "text": text }))
            }
            Self::Ntfy(_) => {
                let (priority, tag) = if outcome.success() {
                    ("default", "white_check_mark")
                } else {
                    ("high", "warning")
                };
                request
                    .header("title", title(outcome))
                    .header("priority", priority)
                    .header("tags", tag)
                    .body(text(outcome).to_owned())
            }
            Self::Webhook(_) => post_json(request, &webhook(outcome)),
        }
    }
}

fn post_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

fn title(outcome: &Outcome) -> String {
    let took = show::duration(outcome.took);
    match outcome.status() {
        "done" => format!("{} done in {took}", outcome.task),
        status => {
            format!("{} {status} after {took}, exit code {}", outcome.task, outcome.exit as u8)
        }
    }
}

fn text(outcome: &Outcome) -> &str {
    outcome.error.as_deref().unwrap_or(outcome.summary())
}

/// Slack reads `<…>` as links and mentions: an error must not call the whole channel.
fn escape_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn webhook(outcome: &Outcome) -> Value {
    let report = outcome.report.as_ref();
    json!({
        "task": outcome.task,
        "status": outcome.status(),
        "exit_code": outcome.exit as u8,
        "error": outcome.error,
        "summary": report.map(|report| &report.summary),
        "items": report.map(|report| report.items),
        "bytes": report.map(|report| report.bytes),
        "incomplete": report.map(|report| &report.incomplete),
        "duration_seconds": outcome.took.as_secs_f64(),
        "title": title(outcome),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_known_by_prefix_or_host() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let cases = [
            ("https://hooks.slack.com/x", Channel::Slack(url("https://hooks.slack.com/x"))),
            ("slack+https://chat.lan/x", Channel::Slack(url("https://chat.lan/x"))),
            ("https://ntfy.sh/x", Channel::Ntfy(url("https://ntfy.sh/x"))),
            ("ntfy+http://ntfy.lan/x", Channel::Ntfy(url("http://ntfy.lan/x"))),
            ("https://ops.lan/x?a=b+http", Channel::Webhook(url("https://ops.lan/x?a=b+http"))),
        ];
        for (text, channel) in cases {
            assert_eq!(Channel::parse(text).unwrap(), channel);
        }
        let error = Channel::parse("fax+https://s3cret/x").unwrap_err();
        assert!(!format!("{error:#}").contains("s3cret"));
    }

    #[test]
    fn nothing_in_a_message_calls_a_slack_channel() {
        assert_eq!(escape_slack("<!channel> & co"), "&lt;!channel&gt; &amp; co");
    }
}
