//! Reports that people read: a page of HTML with key numbers, charts and tables.
//!
//! A [`Page`] is a value that says what is to be seen, and [`Page::html`] makes of it one file that needs
//! nothing else: no script, no font, no request. All text is escaped by the templates, so names from a
//! database or a log may hold anything.
//!
//! A [`Chart`] is a value, too, with its points as numbers and as people read them; [`svg::draw`] makes SVG
//! of it. Who needs another form, a PNG for a mail, draws the same value otherwise.
//!
//! The SVG is drawn here, by hand: plotters writes colours and fonts into every element, where a page that
//! follows the reader's light or dark needs classes and CSS variables, and has no place for a tip at each
//! mark or a text for screen readers; charming draws with JavaScript, which such a page must not run.

mod chart;
mod page;
mod scale;
pub mod svg;
mod template;

pub use chart::{Chart, Kind, Point};
pub use page::{Change, Head, Number, Page, Part, Table, Trend};
