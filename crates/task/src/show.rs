//! Sizes, durations and tables as people read them.

use std::fmt::Write;
use std::time::Duration;

/// `1.2 GiB`
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        // What would be shown as 1024.0 of one unit is 1.0 of the next.
        if size < 1023.95 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    format!("{size:.1} {unit}")
}

/// `3m 12s`
pub fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms < 1000 {
        return format!("{ms}ms");
    }
    if ms < 59_950 {
        return format!("{:.1}s", duration.as_secs_f64());
    }
    let seconds = (ms + 500) / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

/// Lines under heads, column by column; to the right where the head begins with `>`. What comes from
/// outside cannot break a line.
pub fn table<const N: usize>(heads: [&str; N], lines: &[[String; N]]) -> String {
    let right = heads.map(|head| head.starts_with('>'));
    let heads = heads.map(|head| head.trim_start_matches('>').to_owned());
    let plain = |cell: &String| -> String {
        let escaped = |c: char| c.is_control().then(|| c.escape_default().to_string());
        cell.chars().map(|c| escaped(c).unwrap_or_else(|| c.to_string())).collect()
    };
    let lines: Vec<[String; N]> = std::iter::once(&heads)
        .chain(lines)
        .map(|line| std::array::from_fn(|column| plain(&line[column])))
        .collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or_default());
    let mut table = String::new();
    for line in lines {
        let mut shown = String::new();
        for (column, cell) in line.iter().enumerate() {
            let (gap, width) = (if column == 0 { "" } else { "  " }, widths[column]);
            let _ = if right[column] {
                write!(shown, "{gap}{cell:>width$}")
            } else {
                write!(shown, "{gap}{cell:<width$}")
            };
        }
        table += shown.trim_end();
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_change_unit_where_they_would_be_shown_as_1024() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (1_288_490_189, "1.2 GiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (size, shown) in cases {
            assert_eq!(bytes(size), shown);
        }
    }

    #[test]
    fn durations_lose_the_small_when_they_grow() {
        let cases = [
            (0, "0ms"),
            (999, "999ms"),
            (1_340, "1.3s"),
            (59_970, "1m 00s"),
            (192_000, "3m 12s"),
            (3_600_000, "1h 00m"),
            (93_784_000, "26h 03m"),
        ];
        for (ms, shown) in cases {
            assert_eq!(duration(Duration::from_millis(ms)), shown);
        }
    }

    #[test]
    fn a_table_has_straight_columns_and_one_line_for_each() {
        let lines = [["a\nb".to_owned(), "7".to_owned()], ["é".to_owned(), "1000".to_owned()]];
        assert_eq!(table(["NAME", ">SIZE"], &lines), "NAME  SIZE\na\\nb     7\né     1000\n");
    }
}
