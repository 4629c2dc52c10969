//! Numbers as they were written, with all their digits: from JSON's notation to what PostgreSQL takes.

/// The digits, read as a whole number, times ten to the minus `scale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// ASCII, the first one not 0; none is zero.
    digits: Vec<u8>,
    scale: i32,
}

/// What a `numeric` without limits may have before the point and after it.
const MOST_BEFORE: i32 = 131_072;
const MOST_AFTER: i32 = 16_383;

impl Decimal {
    /// `-12.50`, `1e3`, `.5`: anything that is a number to JSON, and to people.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "is no number".to_owned();
        let (negative, rest) = match text.as_bytes() {
            [b'-', ..] => (true, &text[1..]),
            [b'+', ..] => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| wrong())?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong());
        }
        let after = i32::try_from(fraction.len()).map_err(|_| wrong())?;
        let scale = after.checked_sub(exponent).ok_or_else(out_of_range)?;
        let digits: Vec<u8> = all().skip_while(|digit| *digit == b'0').collect();
        let negative = negative && !digits.is_empty();
        let found = Self { negative, digits, scale };
        if found.digits.is_empty() {
            return Ok(Self { scale: found.scale.clamp(0, MOST_AFTER), ..found });
        }
        if found.before() > MOST_BEFORE || found.scale > MOST_AFTER {
            return Err(out_of_range());
        }
        Ok(found)
    }

    /// Digits before the point; negative where zeros follow it.
    fn before(&self) -> i32 {
        i32::try_from(self.digits.len()).unwrap_or(i32::MAX).saturating_sub(self.scale)
    }

    /// Without zeros at the end.
    fn stripped(&self) -> (&[u8], i32) {
        let zeros = self.digits.iter().rev().take_while(|digit| **digit == b'0').count();
        let digits = &self.digits[..self.digits.len() - zeros];
        (digits, self.scale.saturating_sub(i32::try_from(zeros).unwrap_or(i32::MAX)))
    }

    /// Whether a `numeric(precision, scale)` holds it without rounding.
    pub(crate) fn fits(&self, precision: i32, scale: i32) -> Result<(), String> {
        let (digits, needed) = self.stripped();
        if digits.is_empty() {
            return Ok(());
        }
        if needed > scale {
            return Err(format!("has more than {scale} decimals, and would be rounded"));
        }
        if self.before() > precision - scale {
            return Err(out_of_range());
        }
        Ok(())
    }

    /// A whole number of units, each ten to the minus `places`; digits beyond are cut off.
    pub(crate) fn units(&self, places: i32) -> Result<i128, String> {
        let keep = self.before().saturating_add(places);
        if keep > 38 && !self.digits.is_empty() {
            return Err(out_of_range());
        }
        let keep = usize::try_from(keep).unwrap_or_default();
        let mut value: i128 = 0;
        for place in 0..keep {
            let digit = self.digits.get(place).map_or(0, |digit| digit - b'0');
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(digit.into()))
                .ok_or_else(out_of_range)?;
        }
        Ok(if self.negative { -value } else { value })
    }

    /// As a whole number between these.
    pub(crate) fn whole(&self, least: i64, most: i64) -> Result<i64, String> {
        let (digits, scale) = self.stripped();
        if scale > 0 && !digits.is_empty() {
            return Err("has decimals, and a whole number is wanted".to_owned());
        }
        let value = i64::try_from(self.units(0)?).map_err(|_| out_of_range())?;
        if (least..=most).contains(&value) { Ok(value) } else { Err(out_of_range()) }
    }

    /// As PostgreSQL sends a `numeric`: groups of four digits, how many there are before the point, the sign,
    /// and how many decimals are shown.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let shown = i16::try_from(self.scale.max(0)).unwrap_or(i16::MAX);
        let before = self.before();
        // Groups are cut at the point.
        let weight = (before - 1).div_euclid(4);
        let lead = usize::try_from((weight + 1) * 4 - before).unwrap_or_default();
        let (digits, _) = self.stripped();
        let mut groups: Vec<i16> = Vec::with_capacity(digits.len() / 4 + 2);
        for (place, digit) in digits.iter().enumerate() {
            if (lead + place).is_multiple_of(4) || place == 0 {
                groups.push(0);
            }
            if let Some(group) = groups.last_mut() {
                const TENS: [i16; 4] = [1000, 100, 10, 1];
                *group += i16::from(digit - b'0') * TENS[(lead + place) % 4];
            }
        }
        let weight = if groups.is_empty() { 0 } else { i16::try_from(weight).unwrap_or(i16::MAX) };
        let sign: u16 = if self.negative { 0x4000 } else { 0 };
        let count = i16::try_from(groups.len()).unwrap_or(i16::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        out.extend_from_slice(&weight.to_be_bytes());
        out.extend_from_slice(&sign.to_be_bytes());
        out.extend_from_slice(&shown.to_be_bytes());
        for group in groups {
            out.extend_from_slice(&group.to_be_bytes());
        }
    }
}

pub(crate) fn out_of_range() -> String {
    "is out of range".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    /// Groups, weight, negative, decimals.
    fn written(text: &str) -> (Vec<i16>, i16, bool, i16) {
        let mut out = Vec::new();
        decimal(text).write(&mut out);
        let words: Vec<i16> =
            out.chunks(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect();
        assert_eq!(usize::try_from(words[0]).unwrap(), words.len() - 4);
        (words[4..].to_vec(), words[1], words[2] == 0x4000, words[3])
    }

    #[test]
    fn digits_are_grouped_from_the_point() {
        for (text, wanted) in [
            ("0", (vec![], 0, false, 0)),
            ("-0.00", (vec![], 0, false, 2)),
            ("1", (vec![1], 0, false, 0)),
            ("12345", (vec![1, 2345], 1, false, 0)),
            ("-12345.678", (vec![1, 2345, 6780], 1, true, 3)),
            ("0.00001", (vec![1000], -2, false, 5)),
            ("0.1", (vec![1000], -1, false, 1)),
            ("1e4", (vec![1], 1, false, 0)),
            ("10000.50", (vec![1, 0, 5000], 1, false, 2)),
            ("1.5e-3", (vec![15], -1, false, 4)),
            (
                "123456789012345678901234567890",
                (vec![12, 3456, 7890, 1234, 5678, 9012, 3456, 7890], 7, false, 0),
            ),
        ] {
            assert_eq!(written(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_too_large_is_told() {
        for text in ["", "-", "1.2.3", "abc", "1e", "1,5", "NaN", "Infinity", "0x1", "1 2", "."] {
            assert_eq!(Decimal::parse(text).unwrap_err(), "is no number", "{text}");
        }
        for text in ["1e131072", "1e-16384", "1e2147483647", "-1e999999"] {
            assert_eq!(Decimal::parse(text).unwrap_err(), "is out of range", "{text}");
        }
        assert!(Decimal::parse("1e131071").is_ok());
        assert_eq!(decimal("0e99999").scale, 0);
    }

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        let whole = |text: &str| decimal(text).whole(i64::MIN, i64::MAX);
        assert_eq!(whole("1.50e2"), Ok(150));
        assert_eq!(whole("7.000"), Ok(7));
        assert_eq!(whole("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(whole("9223372036854775808").unwrap_err(), "is out of range");
        assert_eq!(whole("1e100").unwrap_err(), "is out of range");
        assert!(whole("1.5").unwrap_err().contains("decimals"));
        assert_eq!(decimal("40000").whole(-32768, 32767).unwrap_err(), "is out of range");
        assert_eq!(decimal("0e5").whole(0, 9), Ok(0));
    }

    #[test]
    fn nothing_is_rounded_to_fit_a_column() {
        for text in ["99999999.99", "-1.10", "1.5000", "0.01", "0", "1e7"] {
            assert_eq!(decimal(text).fits(10, 2), Ok(()), "{text}");
        }
        assert!(decimal("0.001").fits(10, 2).unwrap_err().contains("2 decimals"));
        assert_eq!(decimal("100000000").fits(10, 2).unwrap_err(), "is out of range");
        assert_eq!(decimal("12300").fits(3, -2), Ok(()));
        assert!(decimal("12350").fits(3, -2).is_err());
    }

    #[test]
    fn units_are_counted_and_the_rest_is_cut_off() {
        assert_eq!(decimal("1764238002.1234567").units(6), Ok(1_764_238_002_123_456));
        assert_eq!(decimal("-1.5").units(3), Ok(-1500));
        assert_eq!(decimal("1e3").units(0), Ok(1000));
        assert_eq!(decimal("0.0000001").units(6), Ok(0));
        assert!(decimal("1e39").units(6).is_err());
    }
}
