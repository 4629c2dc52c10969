use super::*;
use crate::Point;

fn chart(kind: Kind, values: &[Option<f64>]) -> Chart {
    let point = |(place, value): (usize, &Option<f64>)| Point {
        label: format!("{place}"),
        value: *value,
        shown: value.map_or("-".to_owned(), |value| value.to_string()),
    };
    let points = values.iter().enumerate().map(point).collect();
    Chart { title: "T".to_owned(), unit: "EUR".to_owned(), kind, points }
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn every_known_value_has_one_mark_and_one_tip() {
    for kind in [Kind::Columns, Kind::Bars, Kind::Line] {
        let values = [Some(1.0), None, Some(-2.0), Some(0.0)];
        let svg = draw(&chart(kind, &values)).unwrap();
        assert_eq!(count(&svg, r#"class="mark""#), 3, "{svg}");
        assert_eq!(count(&svg, "<title>"), 3, "{svg}");
        assert!(svg.contains("<title>2: -2</title>"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn a_column_stands_on_zero_or_hangs_from_it() {
    let drawing = columns(&chart(Kind::Columns, &[Some(10.0), Some(-10.0)]));
    let zero = drawing.grid.iter().find(|line| line.zero).unwrap();
    let of = |text: &str| text.parse::<f64>().unwrap();
    let [up, down] = [&drawing.marks[0], &drawing.marks[1]];
    assert!((of(&up.y) + of(&up.height) - of(&zero.y)).abs() < 0.2);
    assert!((of(&down.y) - of(&zero.y)).abs() < 0.2);
    assert!((of(&up.height) - of(&down.height)).abs() < 0.2);
}

#[test]
fn a_bar_is_as_long_as_its_value() {
    let drawing = bars(&chart(Kind::Bars, &[Some(200.0), Some(50.0)]));
    assert_eq!([&*drawing.marks[0].width, &*drawing.marks[1].width], ["400", "100"]);
}

#[test]
fn a_line_has_a_gap_where_nothing_is_known() {
    let values = [Some(1.0), Some(2.0), None, Some(3.0)];
    let drawing = line(&chart(Kind::Line, &values));
    assert_eq!(count(&drawing.line, "M"), 2, "{}", drawing.line);
    assert_eq!(count(&drawing.area, "Z"), 2, "{}", drawing.area);
}

#[test]
fn nothing_in_a_name_becomes_markup() {
    let mut chart = chart(Kind::Bars, &[Some(1.0)]);
    chart.points[0].label = r#"</title></svg><script>"'&"#.to_owned();
    chart.unit = "<b>".to_owned();
    chart.title = "\"><script>".to_owned();
    let svg = draw(&chart).unwrap();
    assert!(!svg.contains("<script") && !svg.contains("<b>"), "{svg}");
    assert_eq!(count(&svg, "</svg>"), 1, "{svg}");
}

#[test]
fn no_number_of_values_breaks_it() {
    for kind in [Kind::Columns, Kind::Bars, Kind::Line] {
        for values in [vec![], vec![None], vec![Some(1.0); 1000], vec![Some(f64::INFINITY); 2]] {
            let svg = draw(&chart(kind, &values)).unwrap();
            let known = values.iter().filter(|value| value.is_some()).count();
            assert_eq!(count(&svg, r#"class="mark""#), known);
            assert!(!svg.contains("NaN") && !svg.contains("\"inf"), "{svg}");
        }
    }
}

#[test]
fn a_long_name_is_cut_to_its_room() {
    assert_eq!(shortened("abc", 100.0), "abc");
    let cut = shortened(&"x".repeat(100), 100.0);
    assert!(cut.ends_with('…') && extent(&cut) <= 107.0, "{cut}");
    assert!(shortened(&"語".repeat(100), 100.0).chars().count() < 9);
}
