//! An axis: round numbers that span the values, and where each value lies between them.

/// From the first tick to the last.
#[derive(Debug)]
pub(crate) struct Scale {
    pub(crate) ticks: Vec<f64>,
}

impl Scale {
    /// Spans the values and zero, with some four steps of 1, 2 or 5 times a power of ten.
    pub(crate) fn over(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) =
            values.fold((0f64, 0f64), |(low, high), value| (low.min(value), high.max(value)));
        // Halves, because the span of the largest numbers is none.
        let half = high / 2.0 - low / 2.0;
        if half <= 0.0 {
            return Self { ticks: vec![0.0, 1.0] };
        }
        let rough = half / 2.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
        let step = step.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(power);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let mut ticks = Vec::new();
        let mut tick = first;
        while tick <= last && ticks.len() < 12 {
            ticks.push(tick * step);
            tick += 1.0;
        }
        Self { ticks }
    }

    /// 0 at the first tick, 1 at the last.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let (first, last) = (self.ticks[0], self.ticks[self.ticks.len() - 1]);
        ((value / 2.0 - first / 2.0) / (last / 2.0 - first / 2.0)).clamp(0.0, 1.0)
    }
}

/// `1.5k`: a number where there is little room.
pub(crate) fn short(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let size = value.abs();
    if size >= 1e16 {
        return format!("{value:.0e}");
    }
    let (divisor, unit) =
        UNITS.into_iter().find(|(from, _)| size >= *from * 0.9999).unwrap_or((1.0, ""));
    let text = format!("{:.3}", value / divisor);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let text = if text == "-0" { "0" } else { text };
    if text == "0" && size > 0.0 { format!("{value:.0e}") } else { format!("{text}{unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_span_all_values_and_zero() {
        let ticks = |values: &[f64]| Scale::over(values.iter().copied()).ticks;
        assert_eq!(ticks(&[3.0, 97.0]), [0.0, 50.0, 100.0]);
        assert_eq!(ticks(&[380.0]), [0.0, 100.0, 200.0, 300.0, 400.0]);
        assert_eq!(ticks(&[-12.0, 30.0]), [-20.0, 0.0, 20.0, 40.0]);
        assert_eq!(ticks(&[-4.0]), [-4.0, -3.0, -2.0, -1.0, 0.0]);
        assert_eq!(ticks(&[]), [0.0, 1.0]);
        assert_eq!(ticks(&[0.0]), [0.0, 1.0]);
    }

    #[test]
    fn every_value_has_its_place_however_large_or_small() {
        for value in [1e-9, 0.3, 1.0, 999.0, 1e9, 1e300, 7.7e299] {
            for values in [[value, 0.0], [-value, value], [-value, 0.0]] {
                let scale = Scale::over(values.into_iter());
                assert!((2..12).contains(&scale.ticks.len()), "{values:?}: {scale:?}");
                for value in values {
                    let place = scale.place(value);
                    assert!((0.0..=1.0).contains(&place), "{value}: {place}");
                }
                assert!(scale.ticks.windows(2).all(|pair| pair[0] < pair[1]), "{scale:?}");
                assert!(scale.ticks.contains(&0.0), "{scale:?}");
            }
        }
    }

    #[test]
    fn a_short_number_keeps_what_tells_it_from_its_neighbours() {
        for (value, shown) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (500.0, "500"),
            (1000.0, "1k"),
            (1500.0, "1.5k"),
            (-2_000_000.0, "-2M"),
            (2.5e9, "2.5G"),
            (1e12, "1T"),
            (3e20, "3e20"),
            (2e-7, "2e-7"),
        ] {
            assert_eq!(short(value), shown);
        }
    }
}
