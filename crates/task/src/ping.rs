//! The dead man's switch: a service that raises the alarm when it does not hear from us.

use crate::http::{self, Http};
use crate::{Result, TaskSettings, secret};
use reqwest::Url;

pub(crate) struct Ping(Option<Url>);

impl Ping {
    pub(crate) fn open(settings: &TaskSettings) -> Result<Self> {
        let variable = "PING_URL";
        let given = secret::given_or_file(variable, settings.ping_url.as_ref())?;
        Ok(Self(given.map(|given| http::url(variable, &given)).transpose()?))
    }

    pub(crate) fn needs_http(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) async fn start(&self, http: &Http) {
        self.call(http, "start").await;
    }

    pub(crate) async fn end(&self, http: &Http, success: bool) {
        self.call(http, if success { "" } else { "fail" }).await;
    }

    async fn call(&self, http: &Http, event: &str) {
        let Some(base) = &self.0 else { return };
        let url = at(base, event);
        let request = http.get(url.clone());
        http::send("the ping", &url, request).await;
    }
}

fn at(base: &Url, event: &str) -> Url {
    let mut url = base.clone();
    if !event.is_empty()
        && let Ok(mut path) = url.path_segments_mut()
    {
        path.pop_if_empty().push(event);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_is_the_end_of_the_path_and_a_query_stays() {
        let at = |base: &str, event| at(&base.parse().unwrap(), event).to_string();
        assert_eq!(at("https://hc/uuid", "start"), "https://hc/uuid/start");
        assert_eq!(at("https://hc/uuid/?create=1", "fail"), "https://hc/uuid/fail?create=1");
        assert_eq!(at("https://hc/uuid/", ""), "https://hc/uuid/");
    }
}
