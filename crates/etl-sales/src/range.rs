//! Which days are reported.

use crate::day::Day;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::str::FromStr;
use task::{Error, Result};

/// Ten years; all of them are held in memory.
const MOST: i64 = 3660;

/// A day as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Yesterday,
    Today,
    Date(Date),
}

#[derive(Debug)]
pub(crate) struct Days {
    /// One after the other.
    pub all: Vec<Day>,
    /// Dates that the zone has left out, as Samoa did when it crossed the date line.
    pub skipped: Vec<Date>,
    /// The last day is today.
    pub unfinished: bool,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "yesterday" => Ok(Self::Yesterday),
            "today" => Ok(Self::Today),
            text => match Date::strptime("%Y-%m-%d", text) {
                // Years of which PostgreSQL thinks as we do.
                Ok(date) if (1..=9998).contains(&date.year()) => Ok(Self::Date(date)),
                _ => Err("not a day: write yesterday, today, or as in 2026-11-26".to_owned()),
            },
        }
    }
}

impl Wanted {
    fn date(self, today: Date) -> Result<Date> {
        match self {
            Self::Date(date) => Ok(date),
            Self::Today => Ok(today),
            Self::Yesterday => today
                .yesterday()
                .map_err(|cause| Error::usage("the clock has no yesterday").because(cause)),
        }
    }
}

impl Days {
    pub(crate) fn new(
        date: Option<Wanted>,
        from: Option<Wanted>,
        to: Option<Wanted>,
        zone: &TimeZone,
        today: Date,
    ) -> Result<Self> {
        if date.is_some() && (from.is_some() || to.is_some()) {
            return Err(Error::usage("there is --date, and --from or --to: keep one of the two"));
        }
        if to.is_some() && from.is_none() {
            return Err(Error::usage("there is --to, but no --from: say where to begin"));
        }
        let last = to.or(date).unwrap_or(Wanted::Yesterday).date(today)?;
        let first = from.map_or(Ok(last), |from| from.date(today))?;
        if first > last {
            return Err(Error::usage(format!("--from {first} is later than --to {last}")));
        }
        if last > today {
            return Err(Error::usage(format!("{last} is still to come: today is {today}")));
        }
        if first.checked_add(jiff::Span::new().days(MOST)).is_ok_and(|end| end <= last) {
            return Err(Error::usage(format!(
                "{first} to {last} are more than {MOST} days: take fewer at once"
            )));
        }
        let (mut days, mut skipped) = (Vec::new(), Vec::new());
        for date in first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last) {
            match Day::new(date, zone)? {
                Some(day) => days.push(day),
                None => skipped.push(date),
            }
        }
        if days.is_empty() {
            let name = zone.iana_name().unwrap_or("UTC");
            return Err(Error::usage(format!("there was no {last} in {name}: it was left out")));
        }
        Ok(Self { all: days, skipped, unfinished: last == today })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 27);

    fn days(date: &str, from: &str, to: &str, zone: &str) -> Result<Vec<String>> {
        let wanted = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let zone = TimeZone::get(zone).unwrap();
        let days = Days::new(wanted(date), wanted(from), wanted(to), &zone, TODAY)?;
        Ok(days.all.iter().map(|day| day.date.to_string()).collect())
    }

    #[test]
    fn yesterday_is_what_is_reported_if_nothing_is_said() {
        assert_eq!(days("", "", "", "UTC").unwrap(), ["2026-11-26"]);
        assert_eq!(days("today", "", "", "UTC").unwrap(), ["2026-11-27"]);
        assert_eq!(days("", "2026-11-24", "", "UTC").unwrap().len(), 3);
        assert_eq!(days("", "2026-02-27", "2026-03-01", "UTC").unwrap().len(), 3);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (date, from, to) in [
            ("2026-11-26", "2026-11-25", ""),
            ("", "", "2026-11-25"),
            ("", "2026-11-26", "2026-11-25"),
            ("2026-11-28", "", ""),
            ("", "2016-01-01", "2026-11-26"),
        ] {
            let error = days(date, from, to, "UTC").unwrap_err();
            assert_eq!(error.exit(), task::Exit::Usage, "{error}");
        }
        for text in ["", "26.11.2026", "2026-02-30", "2026-11-26T00:00", "0000-01-01", "tomorrow"] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_that_a_zone_left_out_is_none() {
        let around = days("", "2011-12-29", "2011-12-31", "Pacific/Apia").unwrap();
        assert_eq!(around, ["2011-12-29", "2011-12-31"]);
        let error = days("2011-12-30", "", "", "Pacific/Apia").unwrap_err();
        assert!(error.to_string().contains("Pacific/Apia"), "{error}");
    }
}
