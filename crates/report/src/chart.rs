//! What a chart shows, apart from how it is drawn.

use serde::Serialize;

#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: String,
    /// What the values are, for the axis: a currency, requests, MiB. May be empty.
    pub unit: String,
    pub kind: Kind,
    pub points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Upright, side by side: amounts in times of equal length.
    Columns,
    /// Lying, one below the other: few things with long names.
    Bars,
    /// A line over its area: how something went over time.
    Line,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    pub label: String,
    /// None where nothing is known, which is not the same as nothing.
    pub value: Option<f64>,
    /// The value as people read it: exact, where the number is only for drawing.
    pub shown: String,
}

impl Point {
    /// No number is too large to be drawn.
    pub(crate) fn height(&self) -> Option<f64> {
        const MOST: f64 = 1e300;
        self.value.filter(|value| !value.is_nan()).map(|value| value.clamp(-MOST, MOST))
    }
}

impl Chart {
    /// One sentence instead of the picture.
    pub(crate) fn summary(&self) -> String {
        let known = || self.points.iter().filter(|point| point.height().is_some());
        let by_height = |a: &&Point, b: &&Point| {
            let height = |point: &Point| point.height().unwrap_or_default();
            height(a).total_cmp(&height(b))
        };
        match (known().max_by(by_height), known().min_by(by_height)) {
            (Some(most), Some(least)) if most.height() != least.height() => format!(
                "{}: {} values, from {} ({}) to {} ({})",
                self.title,
                known().count(),
                least.shown,
                least.label,
                most.shown,
                most.label
            ),
            (Some(all), _) => {
                format!("{}: {} times {}", self.title, known().count(), all.shown)
            }
            (None, _) => format!("{}: no values", self.title),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_extremes() {
        let point = |label: &str, value: Option<f64>| Point {
            label: label.to_owned(),
            value,
            shown: value.map_or("-".to_owned(), |value| value.to_string()),
        };
        let mut chart = Chart {
            title: "By hour".to_owned(),
            unit: String::new(),
            kind: Kind::Columns,
            points: vec![point("0", Some(7.0)), point("1", None), point("2", Some(-1.0))],
        };
        assert_eq!(chart.summary(), "By hour: 2 values, from -1 (2) to 7 (0)");
        chart.points.truncate(1);
        assert_eq!(chart.summary(), "By hour: 1 times 7");
        chart.points.clear();
        assert_eq!(chart.summary(), "By hour: no values");
    }
}
