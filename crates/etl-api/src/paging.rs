//! Which page comes next, and that pages come to an end.
//!
//! A next page lies where the first one does: credentials never go to another origin. One that was read before is
//! a loop.

use crate::api::Answer;
use crate::config::Paging;
use crate::json;
use crate::link;
use reqwest::Url;
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use task::{Error, Result};

pub(crate) struct Pager<'a> {
    how: &'a Paging,
    base: Url,
    /// Hashes of all URLs that were asked for.
    seen: HashSet<u64>,
    /// Of the records of the last page.
    last: u64,
    page: u64,
    records: u64,
}

impl<'a> Pager<'a> {
    pub(crate) fn new(how: &'a Paging, base: Url) -> Self {
        let page = if let Paging::Page(page) = how { page.start } else { 0 };
        Self { how, base, seen: HashSet::new(), last: 0, page, records: 0 }
    }

    pub(crate) fn first(&mut self) -> Url {
        let url = match self.how {
            Paging::Page(page) => with(&self.base, &page.param, &page.start.to_string()),
            Paging::Offset(offset) => with(&self.base, &offset.param, "0"),
            _ => self.base.clone(),
        };
        self.seen.insert(hash(url.as_str()));
        url
    }

    /// After an answer that holds these records.
    pub(crate) fn next(&mut self, answer: &Answer, records: &[&RawValue]) -> Result<Option<Url>> {
        let url = match self.how {
            Paging::None => None,
            Paging::Link => {
                let found = answer.links.iter().find_map(|header| link::next(header));
                found.map(|target| self.target(target, answer)).transpose()?
            }
            Paging::Next(path) => {
                let found = self.word(&answer.whole, &path.0)?;
                found.map(|target| self.target(&target, answer)).transpose()?
            }
            Paging::Cursor(cursor) => {
                let found = self.word(&answer.whole, &cursor.path.0)?;
                found.map(|word| with(&self.base, &cursor.param, &word))
            }
            Paging::Page(page) => {
                self.page = self.page.saturating_add(1);
                let url = with(&self.base, &page.param, &self.page.to_string());
                self.counted(&page.param, records)?.then_some(url)
            }
            Paging::Offset(offset) => {
                self.records += records.len() as u64;
                let url = with(&self.base, &offset.param, &self.records.to_string());
                self.counted(&offset.param, records)?.then_some(url)
            }
        };
        if let Some(url) = &url
            && !self.seen.insert(hash(url.as_str()))
        {
            return Err(Error::usage(
                "the pages go in a circle: the next page is one that was read before",
            ));
        }
        Ok(url)
    }

    /// Whether there may be more: a server may send fewer records than it was asked for, so only a page without
    /// any is the last one.
    fn counted(&mut self, param: &str, records: &[&RawValue]) -> Result<bool> {
        if records.is_empty() {
            return Ok(false);
        }
        let mut hasher = DefaultHasher::new();
        for record in records {
            record.get().hash(&mut hasher);
        }
        let this = hasher.finish();
        if std::mem::replace(&mut self.last, this) == this {
            return Err(Error::usage(format!(
                "two pages are the same: the server does not seem to know the parameter {param}"
            )));
        }
        Ok(true)
    }

    /// A word that leads on; none, null and an empty one are the end.
    fn word(&self, whole: &RawValue, path: &[json::Step]) -> Result<Option<String>> {
        let wrong = |what: &str| Error::usage(format!("what should lead to the next page {what}"));
        let found = json::find(whole, path).map_err(|error| wrong(&error))?;
        let Some(raw) = json::given(found) else { return Ok(None) };
        match (json::kind(raw), self.how) {
            ("text", _) => {
                let word = json::text(raw).map_err(|error| wrong(&error))?;
                Ok(Some(word.into_owned()).filter(|word| !word.is_empty()))
            }
            ("a number", Paging::Cursor(_)) => Ok(Some(raw.get().to_owned())),
            _ if raw.get() == "false" => Ok(None),
            (kind, _) => Err(wrong(&format!("is {kind}"))),
        }
    }

    /// Where a link leads, seen from where it was found.
    fn target(&self, link: &str, answer: &Answer) -> Result<Url> {
        let mut url = answer
            .url
            .join(link)
            .map_err(|error| Error::usage("the link to the next page is no URL").because(error))?;
        // Servers behind a proxy that does TLS often do not know of it.
        if self.base.scheme() == "https" && url.scheme() == "http" && url.port().is_none() {
            let _ = url.set_scheme("https");
        }
        if url.origin() != self.base.origin() {
            return Err(Error::usage(format!(
                "the next page is said to be at {}, and credentials for {} do not go there: set API_URL \
                 to where all pages are",
                url.origin().ascii_serialization(),
                self.base.origin().ascii_serialization()
            )));
        }
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        Ok(url)
    }
}

/// The URL with this parameter, in place of any of the same name.
pub(crate) fn with(url: &Url, name: &str, value: &str) -> Url {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(other, _)| other != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    changed
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use task::Exit;

    fn answer(links: &[&str]) -> Answer {
        Answer {
            whole: RawValue::from_string("[]".to_owned()).unwrap(),
            links: links.iter().map(|link| (*link).to_owned()).collect(),
            url: Url::parse("https://api.example/v1/items?page=1").unwrap(),
            bytes: 2,
        }
    }

    fn next(link: &str) -> Result<Option<String>> {
        let mut pager =
            Pager::new(&Paging::Link, Url::parse("https://api.example/v1/items").unwrap());
        pager.first();
        let found = pager.next(&answer(&[&format!("<{link}>; rel=next")]), &[]);
        found.map(|url| url.map(|url| url.to_string()))
    }

    #[test]
    fn a_link_may_be_relative_and_without_tls_behind_a_proxy() {
        for (link, wanted) in [
            ("?page=2", "https://api.example/v1/items?page=2"),
            ("/v2#x", "https://api.example/v2"),
            ("http://api.example/v1/items?page=2", "https://api.example/v1/items?page=2"),
            ("https://me:secret@api.example/x", "https://api.example/x"),
        ] {
            assert_eq!(next(link).unwrap().unwrap(), wanted);
        }
    }

    #[test]
    fn a_link_to_another_origin_is_refused() {
        for link in [
            "https://evil.example/v1/items?page=2",
            "//evil.example/",
            "https://api.example:8443/",
            "http://api.example:8080/",
            "file:///etc/passwd",
            "https://api.example.evil.example/",
        ] {
            let error = next(link).unwrap_err();
            assert_eq!(error.exit(), Exit::Usage, "{link}");
        }
    }

    #[test]
    fn a_circle_is_noticed() {
        assert!(next("/v1/items").unwrap_err().to_string().contains("circle"));
    }

    #[test]
    fn a_parameter_takes_the_place_of_its_like() {
        let url = Url::parse("https://a/?page=1&q=a%20b&page=3").unwrap();
        assert_eq!(with(&url, "page", "é&").as_str(), "https://a/?q=a+b&page=%C3%A9%26");
    }
}
