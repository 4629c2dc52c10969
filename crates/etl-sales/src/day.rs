//! One day in one zone: where it begins and ends, and its hours.
//!
//! A day is half open: midnight belongs to the day that it begins. It has as many hours as the zone's clocks
//! showed, so 23 or 25 where they were changed; an hour that came twice is two hours.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};
use postgres::quote::literal;
use task::{Context, Result};

#[derive(Clone, Debug)]
pub(crate) struct Day {
    pub date: Date,
    pub zone: TimeZone,
    pub start: Zoned,
    pub end: Zoned,
    pub hours: Vec<Hour>,
}

#[derive(Clone, Debug)]
pub(crate) struct Hour {
    pub start: Zoned,
    /// `02:00`; with the zone's abbreviation where it came twice.
    pub label: String,
}

/// What a time column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// `timestamptz`: moments.
    Moments,
    /// `timestamp`: what clocks in this zone showed.
    Shown(TimeZone),
}

/// A day as conditions and constants of SQL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Borders {
    pub from: String,
    pub to: String,
    /// The first moment of each hour, in order.
    pub hours: Vec<String>,
    /// Which hour of the day each of these is.
    pub which: Vec<usize>,
}

impl Day {
    /// None if the zone has left the date out.
    pub(crate) fn new(date: Date, zone: &TimeZone) -> Result<Option<Self>> {
        let what = || format!("cannot tell when {date} begins and ends");
        let midnight = |date: Date| date.to_zoned(zone.clone()).usage(what);
        let (start, end) = (midnight(date)?, midnight(date.tomorrow().usage(what)?)?);
        if start >= end {
            return Ok(None);
        }
        let hours = hours(&start, &end);
        Ok(Some(Self { date, zone: zone.clone(), start, end, hours }))
    }

    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// `sales-20261126.json`
    pub(crate) fn file(&self, kind: &str) -> String {
        format!("sales-{}.{kind}", self.date.strftime("%Y%m%d"))
    }

    pub(crate) fn borders(&self, clock: &Clock) -> Borders {
        let moment = |at: &Zoned| format!("{}::timestamptz", literal(&at.timestamp().to_string()));
        let shown = |at: DateTime| format!("{}::timestamp", literal(&at.to_string()));
        match clock {
            Clock::Moments => Borders {
                from: moment(&self.start),
                to: moment(&self.end),
                hours: self.hours.iter().map(|hour| moment(&hour.start)).collect(),
                which: (0..self.hours.len()).collect(),
            },
            Clock::Shown(zone) => {
                // In the day's own zone a date is a date, also where midnight was left out. In another,
                // the clock that was put back shows some times twice: those belong to the later hour.
                let there = |at: &Zoned| zone.to_datetime(at.timestamp());
                let own = *zone == self.zone;
                let midnight = |date: Date| date.to_datetime(jiff::civil::Time::midnight());
                let from = if own { midnight(self.date) } else { there(&self.start) };
                let to = if own { midnight(self.end.date()) } else { there(&self.end) };
                let (mut hours, mut which) = (vec![from], vec![0]);
                for (place, hour) in self.hours.iter().enumerate().skip(1) {
                    let at = there(&hour.start);
                    if hours.last().is_some_and(|last| at > *last) {
                        hours.push(at);
                        which.push(place);
                    }
                }
                let hours = hours.into_iter().map(shown).collect();
                Borders { from: shown(from), to: shown(to), hours, which }
            }
        }
    }
}

/// From one full hour of the clock to the next, or to where the clock is changed.
fn hours(start: &Zoned, end: &Zoned) -> Vec<Hour> {
    let zone = start.time_zone();
    let mut starts = vec![start.clone()];
    let mut at = start.clone();
    loop {
        let past = i64::from(at.minute()) * 60 + i64::from(at.second());
        let mut next = at.timestamp() + SignedDuration::from_secs(3600 - past);
        if let Some(change) = zone.following(at.timestamp()).next()
            && change.timestamp() < next
            && change.offset() != at.offset()
        {
            next = change.timestamp();
        }
        if next >= end.timestamp() {
            break;
        }
        at = next.to_zoned(zone.clone());
        starts.push(at.clone());
    }
    let clock = |at: &Zoned| at.strftime("%H:%M").to_string();
    let twice = |at: &Zoned| starts.iter().filter(|other| clock(other) == clock(at)).count() > 1;
    let label = |at: &Zoned| match zone.to_offset_info(at.timestamp()).abbreviation() {
        name if twice(at) => format!("{} {name}", clock(at)),
        _ => clock(at),
    };
    starts.iter().map(|at| Hour { start: at.clone(), label: label(at) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn day(text: &str, zone: &str) -> Day {
        Day::new(text.parse().unwrap(), &TimeZone::get(zone).unwrap()).unwrap().unwrap()
    }

    fn labels(day: &Day) -> Vec<&str> {
        day.hours.iter().map(|hour| &*hour.label).collect()
    }

    #[test]
    fn a_day_has_the_hours_that_its_clocks_showed() {
        for (text, zone, count) in [
            ("2026-11-26", "Europe/Berlin", 24),
            ("2026-03-29", "Europe/Berlin", 23),
            ("2026-10-25", "Europe/Berlin", 25),
            ("2018-11-04", "America/Sao_Paulo", 23),
            ("2018-02-17", "America/Sao_Paulo", 25),
            ("2026-11-26", "Asia/Kolkata", 24),
            // Half an hour is put forward or back.
            ("2026-10-04", "Australia/Lord_Howe", 24),
            ("2026-04-05", "Australia/Lord_Howe", 25),
        ] {
            let day = day(text, zone);
            assert_eq!(day.hours.len(), count, "{text} {zone}: {:?}", labels(&day));
        }
        let back = day("2026-10-25", "Europe/Berlin");
        assert_eq!(labels(&back)[1..5], ["01:00", "02:00 CEST", "02:00 CET", "03:00"]);
        let forward = day("2026-03-29", "Europe/Berlin");
        assert_eq!(labels(&forward)[1..3], ["01:00", "03:00"]);
        assert_eq!(labels(&day("2018-11-04", "America/Sao_Paulo"))[0], "01:00");
    }

    #[test]
    fn one_day_ends_where_the_next_begins() {
        for zone in ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "America/Havana"] {
            let zone = TimeZone::get(zone).unwrap();
            let dates = date(2011, 1, 1).series(jiff::Span::new().days(1)).take(3000);
            let days: Vec<_> = dates.filter_map(|date| Day::new(date, &zone).unwrap()).collect();
            for pair in days.windows(2) {
                assert_eq!(pair[0].end, pair[1].start);
                for clock in
                    [Clock::Moments, Clock::Shown(TimeZone::UTC), Clock::Shown(zone.clone())]
                {
                    let [a, b] = [pair[0].borders(&clock), pair[1].borders(&clock)];
                    assert_eq!(a.to, b.from, "{zone:?} {clock:?}");
                    assert_eq!(a.from, a.hours[0]);
                }
            }
        }
    }

    #[test]
    fn borders_are_constants_of_the_columns_own_kind() {
        let day = day("2026-10-25", "Europe/Berlin");
        let moments = day.borders(&Clock::Moments);
        assert_eq!(moments.from, "'2026-10-24T22:00:00Z'::timestamptz");
        assert_eq!(moments.to, "'2026-10-25T23:00:00Z'::timestamptz");
        let utc = day.borders(&Clock::Shown(TimeZone::UTC));
        assert_eq!(utc.from, "'2026-10-24T22:00:00'::timestamp");
        assert_eq!(utc.hours.len(), 25);
        let own = day.borders(&Clock::Shown(day.zone.clone()));
        assert_eq!(own.from, "'2026-10-25T00:00:00'::timestamp");
        assert_eq!(own.to, "'2026-10-26T00:00:00'::timestamp");
        assert_eq!((own.hours.len(), own.which[3]), (24, 4));
    }

    #[test]
    fn files_are_called_by_the_day() {
        assert_eq!(day("2026-01-02", "UTC").file("json"), "sales-20260102.json");
    }
}
