//! Times and days as APIs write them, and as PostgreSQL counts them.

use crate::decimal::{Decimal, out_of_range};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

/// Microseconds from the beginning of 1970 to that of 2000, where PostgreSQL begins to count.
const EPOCH: i64 = 946_684_800_000_000;
/// 4714 BC is the first year it knows.
const FIRST: i64 = -211_813_488_000_000_000;

/// How a time is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `2026-11-27T10:00:00.5+01:00`, a blank instead of the T, without an offset, or the day alone.
    Iso,
    /// Seconds since 1970, or parts of them: so many places are cut off.
    Unix(i32),
    /// As for `strptime`.
    Pattern(String),
}

impl Format {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "iso" => Ok(Self::Iso),
            "unix" => Ok(Self::Unix(0)),
            "unix-ms" => Ok(Self::Unix(3)),
            "unix-us" => Ok(Self::Unix(6)),
            pattern if pattern.contains('%') => {
                // A pattern that cannot be used for writing has a letter that nobody knows.
                let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
                strtime::format(pattern, &now).map_err(|error| {
                    format!("the format {pattern:?} cannot be understood: {error}")
                })?;
                Ok(Self::Pattern(pattern.to_owned()))
            }
            other => Err(format!(
                "there is no format {other:?}: iso, unix, unix-ms, unix-us or a pattern as in \
                 '%d.%m.%Y %H:%M'"
            )),
        }
    }

    /// Microseconds since 2000. A time without an offset is one of `zone`.
    pub(crate) fn moment(&self, text: &str, zone: &TimeZone) -> Result<i64, String> {
        let since_1970 = match self {
            Self::Unix(places) => {
                let units = Decimal::parse(text)?.units(6 - places)?;
                i64::try_from(units).map_err(|_| out_of_range())?
            }
            Self::Iso => iso(text, zone)?.as_microsecond(),
            Self::Pattern(pattern) => self::pattern(pattern, text, zone)?.as_microsecond(),
        };
        let since_2000 = since_1970.checked_sub(EPOCH).ok_or_else(out_of_range)?;
        // Its last year is far beyond ours.
        let last = Timestamp::MAX.as_microsecond();
        if since_2000 < FIRST || since_1970 > last { Err(out_of_range()) } else { Ok(since_2000) }
    }

    /// Days since 2000.
    pub(crate) fn day(&self, text: &str) -> Result<i32, String> {
        let date = match self {
            Self::Iso => {
                let pieces = Pieces::parse(text).map_err(|_| no_day())?;
                if pieces.time().is_some() {
                    return Err("is a day with a time: that is type time".to_owned());
                }
                pieces.date()
            }
            Self::Pattern(pattern) => {
                let found = strtime::parse(pattern, text).and_then(|parts| parts.to_date());
                found.map_err(|_| no_day())?
            }
            Self::Unix(_) => return Err("a day is not written as a number".to_owned()),
        };
        let first = Date::constant(2000, 1, 1);
        let days = first.until(date).map_err(|_| out_of_range())?.get_days();
        // The year 4714 BC, as above.
        if days < -2_451_545 { Err(out_of_range()) } else { Ok(days) }
    }
}

pub(crate) fn iso(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let pieces = Pieces::parse(text).map_err(|_| no_time())?;
    let time = pieces.time().unwrap_or(Time::midnight());
    let shown = DateTime::from_parts(pieces.date(), time);
    let moment = match pieces.to_numeric_offset() {
        Some(offset) => offset.to_timestamp(shown),
        None => zone.to_timestamp(shown),
    };
    moment.map_err(|_| out_of_range())
}

fn pattern(pattern: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let parts = strtime::parse(pattern, text).map_err(|_| no_time())?;
    if parts.offset().is_some() || parts.timestamp().is_some() {
        return parts.to_timestamp().map_err(|_| no_time());
    }
    let date = parts.to_date().map_err(|_| no_time())?;
    let time = parts.to_time().unwrap_or(Time::midnight());
    zone.to_timestamp(DateTime::from_parts(date, time)).map_err(|_| out_of_range())
}

fn no_time() -> String {
    "is no time in the format given".to_owned()
}

fn no_day() -> String {
    "is no day in the format given".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(format: &str, text: &str, zone: &str) -> Result<String, String> {
        let zone = TimeZone::get(zone).unwrap();
        let found = Format::named(format).unwrap().moment(text, &zone)?;
        Ok(Timestamp::from_microsecond(found + EPOCH).unwrap().to_string())
    }

    #[test]
    fn a_time_is_read_in_many_ways() {
        for (format, text, zone, wanted) in [
            ("iso", "2026-11-27T10:00:00Z", "UTC", "2026-11-27T10:00:00Z"),
            ("iso", "2026-11-27 10:00:00.123456789+01:00", "UTC", "2026-11-27T09:00:00.123456Z"),
            ("iso", "2026-11-27T10:00:00", "Europe/Berlin", "2026-11-27T09:00:00Z"),
            ("iso", "2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00Z"),
            ("unix", "1764238002", "UTC", "2025-11-27T10:06:42Z"),
            ("unix", "1764238002.5", "UTC", "2025-11-27T10:06:42.5Z"),
            ("unix-ms", "1764238002500", "UTC", "2025-11-27T10:06:42.5Z"),
            ("%d.%m.%Y %H:%M", "27.11.2026 10:30", "Europe/Berlin", "2026-11-27T09:30:00Z"),
            ("%d/%b/%Y:%H:%M:%S %z", "27/Nov/2026:10:30:00 +0200", "UTC", "2026-11-27T08:30:00Z"),
            ("%Y%m%d", "20261127", "UTC", "2026-11-27T00:00:00Z"),
        ] {
            assert_eq!(moment(format, text, zone).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_told() {
        for (format, text) in [
            ("iso", "yesterday"),
            ("iso", ""),
            ("iso", "2026-02-30T00:00:00Z"),
            ("unix", "soon"),
            ("unix", "1e30"),
            ("%Y", "x"),
            ("iso", "-009000-01-01T00:00:00Z"),
        ] {
            assert!(moment(format, text, "UTC").is_err(), "{format} {text}");
        }
        assert!(Format::named("rfc").is_err());
        assert!(Format::named("%!").is_err());
    }

    #[test]
    fn days_are_counted_from_2000() {
        let day = |format: &str, text: &str| Format::named(format).unwrap().day(text);
        assert_eq!(day("iso", "2000-01-01"), Ok(0));
        assert_eq!(day("iso", "1999-12-31"), Ok(-1));
        assert_eq!(day("%d.%m.%Y", "01.03.2000"), Ok(60));
        assert!(day("iso", "2000-01-01T00:00:00Z").is_err());
        assert!(day("iso", "2000-13-01").is_err());
    }
}
