//! Pages as the server sends them: asked for again while it is away or overloaded, and never faster than agreed to.
//!
//! No answer and no query of a URL is shown: both may hold what is secret.

mod auth;
mod patience;

use crate::config::Source;
use crate::settings::Settings;
use patience::Pace;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, LINK};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Response, StatusCode, Url};
use serde_json::value::RawValue;
use std::time::Duration;
use task::{Context, Error, Result, Task, Tries, http, show};

const TO_CONNECT: Duration = Duration::from_secs(10);
const REDIRECTS: usize = 5;

pub(crate) struct Api<'a> {
    task: &'a Task,
    client: reqwest::Client,
    headers: HeaderMap,
    pace: Pace,
    largest: u64,
    /// Host and path, for people.
    place: String,
}

/// A page, whole and of proper grammar.
pub(crate) struct Answer {
    pub whole: Box<RawValue>,
    /// The headers `Link`.
    pub links: Vec<String>,
    /// Where it came from in the end.
    pub url: Url,
    pub bytes: u64,
}

/// Why there is none, and how long the server wants to be left alone.
struct Refusal {
    error: Error,
    after: Option<Duration>,
}

impl<'a> Api<'a> {
    pub(crate) fn open(
        task: &'a Task,
        settings: &Settings,
        source: &Source,
        base: &Url,
    ) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &source.headers {
            let wrong = || Error::usage(format!("the header {name} of --config cannot be sent"));
            let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            if ["authorization", "cookie", "proxy-authorization"].contains(&known.as_str()) {
                return Err(Error::usage(format!(
                    "the header {name} of --config is a secret: give it as API_KEY, and say source.auth"
                )));
            }
            headers.insert(known, HeaderValue::from_str(&value.0).map_err(|_| wrong())?);
        }
        if let Some((name, value)) =
            auth::header(source.auth.as_ref(), settings.api.user()?.as_deref())?
        {
            headers.insert(name, value);
        }
        let client = http::builder()?
            .timeout(settings.api.timeout)
            .connect_timeout(TO_CONNECT.min(settings.api.timeout))
            .redirect(Policy::custom(redirect));
        Ok(Self {
            task,
            client: http::built(client)?,
            headers,
            pace: Pace::new(source.rate)?,
            largest: settings.api.max_page(),
            place: place(base),
        })
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Tried again within `--wait`: asking changes nothing.
    pub(crate) async fn page(&self, url: Url, number: u64) -> Result<Answer> {
        let what = format!("read page {number} of {}", self.place);
        let mut tries = Tries::new(self.task, &what);
        loop {
            self.task.until_stopped(self.pace.wait()).await?;
            let attempt = async { Ok(self.attempt(url.clone()).await) };
            let refusal = match self.task.until_stopped(attempt).await? {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            let cannot = |error: Error| {
                // After several tries it says so itself.
                if error.to_string().starts_with("cannot ") {
                    return error;
                }
                Error::new(error.exit(), format!("cannot {what}")).because(error)
            };
            if let Some(after) = refusal.after {
                if after > self.task.wait() {
                    return Err(cannot(refusal.error.because(format!(
                        "it wants to be asked again in {}, and --wait is {}",
                        show::duration(after),
                        show::duration(self.task.wait())
                    ))));
                }
                tracing::info!("the server wants to be asked again in {}", show::duration(after));
                let pause = async {
                    tokio::time::sleep(after).await;
                    Ok(())
                };
                self.task.until_stopped(pause).await?;
            }
            tries.again(refusal.error).await.map_err(cannot)?;
        }
    }

    async fn attempt(&self, url: Url) -> Result<Answer, Refusal> {
        let request = self.client.get(url).headers(self.headers.clone());
        let response = request.send().await.map_err(network)?;
        let status = response.status();
        if !status.is_success() {
            return Err(refused(status, response.headers()));
        }
        let url = response.url().clone();
        let links = response.headers().get_all(LINK).iter();
        let links = links.filter_map(|link| link.to_str().ok().map(str::to_owned)).collect();
        let body = self.body(response).await?;
        let bytes = body.len() as u64;
        Ok(Answer { whole: parsed(body)?, links, url, bytes })
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Refusal> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if (body.len() + chunk.len()) as u64 > self.largest {
                return Err(Refusal::from(Error::usage(format!(
                    "the page is larger than --max-page {}: ask for smaller pages in source.query, or \
                     allow more, and more memory",
                    show::bytes(self.largest)
                ))));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, after: None }
    }
}

/// Host and path; what follows may be a secret.
pub(crate) fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// An answer that was cut off may be whole the next time.
fn parsed(body: Vec<u8>) -> Result<Box<RawValue>, Refusal> {
    let text = String::from_utf8(body).failed(|| "the answer is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let text = if text.trim().is_empty() { "null".to_owned() } else { text };
    RawValue::from_string(text)
        .failed(|| "the answer is no proper JSON, or was cut off".to_owned())
        .map_err(Refusal::from)
}

fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let first = attempt.previous().first();
    if first.is_none_or(|first| first.origin() != attempt.url().origin()) {
        let to = attempt.url().origin().ascii_serialization();
        return attempt.error(format!("the server points to {to}: set API_URL to what is there"));
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error("the server points on and on");
    }
    attempt.follow()
}

fn network(error: reqwest::Error) -> Refusal {
    let error = error.without_url();
    let error = if error.is_redirect() {
        Error::usage("the page is elsewhere").because(error)
    } else if error.is_timeout() {
        Error::failed("no answer in time (--timeout)").because(error)
    } else {
        Error::failed("the connection failed").because(error)
    };
    Refusal::from(error)
}

fn refused(status: StatusCode, headers: &HeaderMap) -> Refusal {
    let said = format!("the server answers {status}");
    let error = match status.as_u16() {
        408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=529 => Error::failed(said),
        401 | 403 => Error::usage(format!("{said}: look at API_KEY, and at source.auth")),
        _ => Error::usage(said),
    };
    Refusal { error, after: patience::after(headers) }
}
