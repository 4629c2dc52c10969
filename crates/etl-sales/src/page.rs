//! What the page of a day shows.

use crate::day::{Clock, Day};
use crate::decimal::{about, change, shown};
use crate::figures::{Figures, Product, Sum};
use crate::ledger::Past;
use crate::orders::Orders;
use crate::settings::Settings;
use jiff::civil::Date;
use report::{Change, Chart, Head, Kind, Number, Page, Part, Point, Table};
use task::Result;

/// More would be no picture any more.
const BARS: usize = 10;
/// More would be no page any more; the JSON file has them.
const LINES: usize = 50;
const WEEKS: i32 = 28;

/// All that a page tells of.
pub(crate) struct Told<'a> {
    pub settings: &'a Settings,
    pub database: &'a str,
    pub orders: &'a Orders,
    pub day: &'a Day,
    pub figures: &'a Figures,
    /// Reports of the four weeks before.
    pub past: &'a [Past],
    pub unfinished: bool,
}

impl Told<'_> {
    pub(crate) fn page(&self) -> Result<String> {
        let Self { day, figures, .. } = self;
        let mut parts = vec![Part::Numbers(self.numbers())];
        parts.extend(self.notes().into_iter().map(Part::Note));
        if figures.all.rows > 0 {
            parts.push(Part::Chart(self.hours()));
        }
        parts.extend(self.weeks().map(Part::Chart));
        if !figures.products.is_empty() {
            parts.push(Part::Chart(self.best()));
            parts.push(Part::Table(self.products()));
        }
        let page = Page {
            title: format!("Sales of {}", day.date.strftime("%A, %-d %B %Y")),
            about: self.about(),
            parts,
            foot: self.foot(),
        };
        page.html()
    }

    fn about(&self) -> String {
        let (day, hours) =
            (self.day, self.day.start.duration_until(&self.day.end).as_secs() / 3600);
        let long = if hours == 24 { String::new() } else { format!(", a day of {hours} hours") };
        let zone = match day.zone_name() {
            "UTC" => "UTC".to_owned(),
            zone => format!("{zone} ({})", day.start.strftime("%:z")),
        };
        let shop = self.settings.shop.as_deref().unwrap_or(self.database);
        format!("{shop} · {zone}{long}")
    }

    fn numbers(&self) -> Vec<Number> {
        let all = &self.figures.all;
        let of = |value: &str, past: fn(&Past) -> &str| self.changes(value, past);
        let number = |label: &str, value: String, unit: &str, changes| Number {
            label: label.to_owned(),
            value,
            unit: unit.to_owned(),
            changes,
        };
        let currency = &self.settings.currency;
        let orders = all.orders.to_string();
        let mut numbers = vec![
            number("Sales", shown(&all.total), currency, of(&all.total, |past| &past.total)),
            number("Orders", shown(&orders), "", of(&orders, |past| &past.orders)),
            number("Items", shown(&all.items), "", of(&all.items, |past| &past.items)),
        ];
        if let Some(average) = &self.figures.average {
            numbers.push(number("Per order", shown(average), currency, Vec::new()));
        }
        if let Some((best, _)) = self.figures.best() {
            numbers.push(number("Best product", cut(best.shown()), "", Vec::new()));
        }
        numbers
    }

    fn changes(&self, value: &str, of: fn(&Past) -> &str) -> Vec<Change> {
        let weekday = self.day.date.strftime("%A").to_string();
        let against =
            [(1, "than the day before".to_owned()), (7, format!("than {weekday} last week"))];
        let found = against.into_iter().filter_map(|(days, against)| {
            let date = before(self.day.date, days)?;
            let past = self.past.iter().find(|past| past.date == date)?;
            change(value, of(past), &against)
        });
        found.collect()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.unfinished {
            notes.push("The day was not over when this was counted.".to_owned());
        }
        if self.figures.all.rows == 0 {
            notes.push("No orders on this day.".to_owned());
        }
        let lacking = self.figures.all.lacking;
        if lacking > 0 {
            notes.push(format!(
                "{lacking} of {} rows lack a price, a quantity or an order number: they count for what \
                 they have.",
                self.figures.all.rows
            ));
        }
        notes.extend(self.orders.inexact.iter().map(|inexact| format!("{inexact}.")));
        notes
    }

    fn hours(&self) -> Chart {
        let points = self.figures.hours.iter().map(|(hour, sum)| point(&hour.label, &sum.total));
        self.chart("Sales by hour", Kind::Columns, points.collect())
    }

    /// None if there is nothing to compare with.
    fn weeks(&self) -> Option<Chart> {
        let first = self.past.first()?.date;
        let points = (0..=WEEKS).rev().filter_map(|days| {
            let date = before(self.day.date, days).filter(|date| *date >= first)?;
            let label = date.strftime("%-d %b").to_string();
            let past = self.past.iter().find(|past| past.date == date);
            Some(match past {
                _ if days == 0 => point(&label, &self.figures.all.total),
                Some(past) => Point { value: past.about(), ..point(&label, &past.total) },
                None => Point { label, value: None, shown: "no report".to_owned() },
            })
        });
        Some(self.chart("Sales day by day", Kind::Line, points.collect()))
    }

    fn best(&self) -> Chart {
        let best = self.figures.products.iter().take(BARS);
        let points = best.map(|(product, sum)| point(&cut(product.shown()), &sum.total)).collect();
        self.chart("Best products", Kind::Bars, points)
    }

    fn chart(&self, title: &str, kind: Kind, points: Vec<Point>) -> Chart {
        Chart { title: title.to_owned(), unit: self.settings.currency.clone(), kind, points }
    }

    fn products(&self) -> Table {
        let named = self.figures.products.iter().any(|(product, _)| product.name.is_some());
        let head = |text: &str, number| Head { text: text.to_owned(), number };
        let mut heads = vec![head("Product", false)];
        if named {
            heads.push(head("No.", false));
        }
        heads.extend([head("Orders", true), head("Items", true), head("Sales", true)]);
        let row = |(product, sum): &(Product, Sum)| {
            let mut row = vec![cut(product.shown())];
            if named {
                row.push(cut(product.id.as_deref().unwrap_or_default()));
            }
            row.extend([shown(&sum.orders.to_string()), shown(&sum.items), shown(&sum.total)]);
            row
        };
        let rows: Vec<_> = self.figures.products.iter().take(LINES).map(row).collect();
        let more = self.figures.product_count - rows.len() as u64;
        let note = match more {
            0 => String::new(),
            more => format!("And {more} more: the JSON file beside this page has them."),
        };
        Table { title: "Products".to_owned(), heads, rows, note }
    }

    fn foot(&self) -> String {
        let Self { day, orders, .. } = self;
        let clock = match &orders.clock {
            Clock::Moments => String::new(),
            Clock::Shown(zone) => {
                format!(", whose times are taken as {}", zone.iana_name().unwrap_or("UTC"))
            }
        };
        format!(
            "From {} up to, and without, {}; {} rows of {}{clock}. etl-sales {}",
            day.start.strftime("%Y-%m-%d %H:%M:%S %:z"),
            day.end.strftime("%Y-%m-%d %H:%M:%S %:z"),
            shown(&self.figures.all.rows.to_string()),
            orders.table,
            env!("CARGO_PKG_VERSION"),
        )
    }
}

fn point(label: &str, total: &str) -> Point {
    Point { label: label.to_owned(), value: about(total), shown: shown(total) }
}

fn before(date: Date, days: i32) -> Option<Date> {
    date.checked_sub(jiff::Span::new().days(days)).ok()
}

/// A name as long as a page bears.
fn cut(name: &str) -> String {
    const MOST: usize = 200;
    match name.char_indices().nth(MOST) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}
