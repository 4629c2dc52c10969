//! A page: what it says, and the one file of HTML that it becomes.

use crate::chart::{Chart, Point};
use crate::{svg, template};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use task::Result;

const STYLE: &str = include_str!("page.css");

/// From top to bottom. Charts and tables stand side by side where there is room.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub title: String,
    /// Below the title: of what and of when.
    pub about: String,
    pub parts: Vec<Part>,
    /// At the end: by whom, and how it was counted.
    pub foot: String,
}

#[derive(Clone, Debug)]
pub enum Part {
    Numbers(Vec<Number>),
    /// What has to be known before the numbers are believed.
    Note(String),
    Chart(Chart),
    Table(Table),
}

/// A key number.
#[derive(Clone, Debug, Serialize)]
pub struct Number {
    pub label: String,
    pub value: String,
    /// Of what: a currency. May be empty.
    pub unit: String,
    pub changes: Vec<Change>,
}

/// How a number stands to an earlier one.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub trend: Trend,
    /// `+3.2 %`
    pub by: String,
    /// `the day before`
    pub against: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    Up,
    Down,
    Same,
}

#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub title: String,
    pub heads: Vec<Head>,
    pub rows: Vec<Vec<String>>,
    /// Below: what is not in it. May be empty.
    pub note: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Head {
    pub text: String,
    /// To the right, with digits of one width.
    pub number: bool,
}

/// What the template gets to see.
#[derive(Serialize)]
struct Shown<'a> {
    title: &'a str,
    about: &'a str,
    foot: &'a str,
    style: &'a str,
    style_hash: String,
    parts: Vec<ShownPart<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ShownPart<'a> {
    Numbers { numbers: &'a [Number] },
    Note { text: &'a str },
    Chart { title: &'a str, svg: String, points: &'a [Point] },
    Table { table: &'a Table },
}

impl Page {
    /// The whole file. Its Content-Security-Policy allows the style that is in it, by its hash, and
    /// nothing else: were something of a name to become markup after all, it could not run or load.
    pub fn html(&self) -> Result<String> {
        let parts = self.parts.iter().map(|part| {
            Ok(match part {
                Part::Numbers(numbers) => ShownPart::Numbers { numbers },
                Part::Note(text) => ShownPart::Note { text },
                Part::Table(table) => ShownPart::Table { table },
                Part::Chart(chart) => ShownPart::Chart {
                    title: &chart.title,
                    svg: svg::draw(chart)?,
                    points: &chart.points,
                },
            })
        });
        let shown = Shown {
            title: &self.title,
            about: &self.about,
            foot: &self.foot,
            style: STYLE,
            style_hash: STANDARD.encode(Sha256::digest(STYLE)),
            parts: parts.collect::<Result<_>>()?,
        };
        template::render(template::PAGE, shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Kind;

    const HOSTILE: &str =
        "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'\n&amp;";

    fn hostile() -> Page {
        let text = || HOSTILE.to_owned();
        let change = Change { trend: Trend::Up, by: text(), against: text() };
        let number = Number { label: text(), value: text(), unit: text(), changes: vec![change] };
        let point = Point { label: text(), value: Some(1.0), shown: text() };
        Page {
            title: text(),
            about: text(),
            foot: text(),
            parts: vec![
                Part::Numbers(vec![number]),
                Part::Note(text()),
                Part::Chart(Chart {
                    title: text(),
                    unit: text(),
                    kind: Kind::Bars,
                    points: vec![point],
                }),
                Part::Table(Table {
                    title: text(),
                    heads: vec![Head { text: text(), number: false }],
                    rows: vec![vec![text()]],
                    note: text(),
                }),
            ],
        }
    }

    #[test]
    fn text_stays_text_wherever_it_stands() {
        let html = hostile().html().unwrap();
        for bad in ["<script", "</script", "<img", "onerror=alert(1)>"] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
        let escaped = html.matches("&lt;script&gt;alert(1)").count();
        assert_eq!(escaped, 23, "{html}");
    }

    #[test]
    fn it_needs_nothing_from_elsewhere_and_allows_nothing() {
        let html = hostile().html().unwrap();
        assert!(
            html.contains("default-src &#x27;none&#x27;") || html.contains("default-src 'none'")
        );
        for bad in ["http:", "https:", "url(", "@import", "<link rel=\"style", " style=", " onload"]
        {
            assert!(!html.contains(bad), "{bad}");
        }
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(html.contains(&format!("sha256-{}", STANDARD.encode(Sha256::digest(style)))));
    }
}
