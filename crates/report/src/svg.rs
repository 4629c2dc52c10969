//! A chart as SVG that stands in a page. Classes say what each part is, and the page's CSS variables give the
//! colours. Each value is one element of class `mark`, with a `<title>` that browsers show as a tip; the
//! whole is one picture to screen readers, with a sentence that says what is in it.

#[cfg(test)]
mod tests;

use crate::chart::{Chart, Kind};
use crate::scale::{Scale, short};
use crate::template;
use serde::Serialize;
use task::Result;

/// Chosen so that letters are of a legible size on a phone, where 400 becomes some 330 points, and in a
/// column of a page twice as wide.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 220.0;
/// What the axes take.
const LEFT: f64 = 40.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 20.0;
/// One lying bar with its name above.
const ROW: f64 = 34.0;
/// How wide a letter is about, in the size that the page gives to a chart's text.
const LETTER: f64 = 6.4;

/// The `<svg>` element, for a page with the style of [`crate::Page`].
pub fn draw(chart: &Chart) -> Result<String> {
    let mut drawing = match chart.kind {
        Kind::Columns => columns(chart),
        Kind::Bars => bars(chart),
        Kind::Line => line(chart),
    };
    drawing.about = chart.summary();
    drawing.unit.clone_from(&chart.unit);
    template::render(template::CHART, drawing)
}

#[derive(Default, Serialize)]
struct Drawing {
    kind: &'static str,
    about: String,
    unit: String,
    width: String,
    height: String,
    /// Lines across at each tick; the one at zero is another.
    grid: Vec<Grid>,
    area: String,
    line: String,
    marks: Vec<Mark>,
    texts: Vec<Text>,
}

#[derive(Serialize)]
struct Grid {
    x1: String,
    x2: String,
    y: String,
    zero: bool,
}

/// A rectangle, or a dot if it has a radius. `hit` is the place where the tip is shown.
#[derive(Serialize)]
struct Mark {
    x: String,
    y: String,
    width: String,
    height: String,
    radius: Option<String>,
    hit: [String; 4],
    tip: String,
}

#[derive(Serialize)]
struct Text {
    x: String,
    y: String,
    class: &'static str,
    says: String,
}

/// Where the values of an upright chart lie.
struct Upright {
    scale: Scale,
    /// The room of one point.
    step: f64,
    /// Where the last one ends.
    right: f64,
}

impl Upright {
    fn new(chart: &Chart) -> Self {
        let scale = Scale::over(chart.points.iter().filter_map(crate::Point::height));
        // The last name of a line is always there, and half of it is right of its point.
        let right = WIDTH - if chart.kind == Kind::Line { 18.0 } else { 8.0 };
        Self { scale, step: (right - LEFT) / chart.points.len().max(1) as f64, right }
    }

    fn x(&self, point: usize) -> f64 {
        LEFT + self.step * (point as f64 + 0.5)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.scale.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    /// Axes, and as many names of points as there is room for.
    fn frame(&self, kind: &'static str, chart: &Chart) -> Drawing {
        let mut drawing =
            Drawing { kind, width: number(WIDTH), height: number(HEIGHT), ..Drawing::default() };
        for tick in &self.scale.ticks {
            let y = self.y(*tick);
            let (x1, x2) = (number(LEFT), number(self.right));
            drawing.grid.push(Grid { x1, x2, y: number(y), zero: *tick == 0.0 });
            drawing.texts.push(text(LEFT - 5.0, y + 3.5, "end", &short(*tick)));
        }
        let longest = chart.points.iter().map(|point| extent(&point.label)).fold(1.0, f64::max);
        // Far less than what may be counted.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
        let every = ((longest + 6.0) / self.step).ceil().max(1.0) as usize;
        let first =
            if chart.kind == Kind::Line { chart.points.len().saturating_sub(1) % every } else { 0 };
        for (place, point) in chart.points.iter().enumerate().skip(first).step_by(every) {
            // The last may not stick out.
            let x = self.x(place).min(WIDTH - extent(&point.label) / 2.0);
            drawing.texts.push(text(x, HEIGHT - 5.0, "middle", &point.label));
        }
        drawing
    }

    fn hit(&self, place: usize) -> [String; 4] {
        let left = LEFT + self.step * place as f64;
        [left, TOP, self.step, HEIGHT - TOP - BOTTOM].map(number)
    }
}

fn columns(chart: &Chart) -> Drawing {
    let upright = Upright::new(chart);
    let mut drawing = upright.frame("columns", chart);
    for (place, point) in chart.points.iter().enumerate() {
        let Some(value) = point.height() else { continue };
        let (zero, end) = (upright.y(0.0), upright.y(value));
        let width = (upright.step * 0.72).min(36.0);
        drawing.marks.push(Mark {
            x: number(upright.x(place) - width / 2.0),
            y: number(zero.min(end)),
            width: number(width),
            height: number((zero - end).abs()),
            radius: None,
            hit: upright.hit(place),
            tip: tip(&point.label, &point.shown),
        });
    }
    drawing
}

fn line(chart: &Chart) -> Drawing {
    let upright = Upright::new(chart);
    let mut drawing = upright.frame("line", chart);
    let known = |place: usize| chart.points.get(place).and_then(crate::Point::height);
    let (mut area, mut path, mut last) = (String::new(), String::new(), None);
    for (place, point) in chart.points.iter().enumerate() {
        let Some(value) = point.height() else { continue };
        let (x, y, zero) =
            (number(upright.x(place)), number(upright.y(value)), number(upright.y(0.0)));
        // A gap ends a line: what is not known is not drawn.
        let begins = last.is_none();
        path += &format!("{}{x} {y}", if begins { "M" } else { "L" });
        area += &if begins { format!("M{x} {zero}L{x} {y}") } else { format!("L{x} {y}") };
        last = Some(place);
        if known(place + 1).is_none() {
            area += &format!("L{x} {zero}Z");
            last = None;
        }
        drawing.marks.push(Mark {
            x,
            y,
            width: String::new(),
            height: String::new(),
            radius: Some(number((upright.step * 0.3).clamp(1.0, 3.0))),
            hit: upright.hit(place),
            tip: tip(&point.label, &point.shown),
        });
    }
    drawing.line = path;
    drawing.area = area;
    drawing
}

fn bars(chart: &Chart) -> Drawing {
    let values = || chart.points.iter().filter_map(crate::Point::height);
    let least = values().fold(0.0, f64::min);
    let most = values().fold(0.0, f64::max);
    // Halves, because the span of the largest numbers is none.
    let half = (most / 2.0 - least / 2.0).max(f64::MIN_POSITIVE);
    let x = |value: f64| WIDTH * ((value / 2.0 - least / 2.0) / half).clamp(0.0, 1.0);
    let height = TOP + ROW * chart.points.len() as f64;
    let mut drawing = Drawing {
        kind: "bars",
        width: number(WIDTH),
        height: number(height),
        ..Drawing::default()
    };
    for (place, point) in chart.points.iter().enumerate() {
        let top = TOP + ROW * place as f64;
        let room = WIDTH - extent(&point.shown) - 12.0;
        drawing.texts.push(text(0.0, top + 12.0, "start", &shortened(&point.label, room)));
        drawing.texts.push(text(WIDTH, top + 12.0, "end value", &point.shown));
        let Some(value) = point.height() else { continue };
        let (zero, end) = (x(0.0), x(value));
        drawing.marks.push(Mark {
            x: number(zero.min(end)),
            y: number(top + 18.0),
            // What is little is still something.
            width: number((zero - end).abs().max(1.0)),
            height: number(8.0),
            radius: None,
            hit: [0.0, top, WIDTH, ROW].map(number),
            tip: tip(&point.label, &point.shown),
        });
    }
    drawing
}

fn text(x: f64, y: f64, class: &'static str, text: &str) -> Text {
    Text { x: number(x), y: number(y), class, says: text.to_owned() }
}

fn tip(label: &str, shown: &str) -> String {
    format!("{label}: {shown}")
}

/// One digit behind the point is finer than any screen.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// How wide a text is about; letters of the east are twice as wide.
fn extent(text: &str) -> f64 {
    text.chars().map(letter).sum()
}

fn letter(letter: char) -> f64 {
    if u32::from(letter) < 0x1100 { LETTER } else { 2.0 * LETTER }
}

fn shortened(text: &str, room: f64) -> String {
    if extent(text) <= room {
        return text.to_owned();
    }
    let mut used = LETTER;
    let fits = |one: &char| {
        used += letter(*one);
        used <= room
    };
    text.chars().take_while(fits).chain(['…']).collect()
}
