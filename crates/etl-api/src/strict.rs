//! JSON that PostgreSQL would not take, though its grammar is right: one such value would fail the whole COPY.

/// `jsonb` counts levels on its own stack; an API that nests deeper than this means something else.
const DEEPEST: u32 = 500;
/// What a `numeric` may have before its point, less than allowed, for safety.
const LARGEST: i64 = 100_000;

/// `text` is proper JSON. Tells what a column of `jsonb` cannot hold: NUL, half a surrogate pair, a number
/// beyond `numeric`. A column of `json` keeps the text, but no program could read such a part of it.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_u32);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(format!("is nested deeper than {DEEPEST} levels"));
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'"' => at = string(bytes, at + 1)?,
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..]
                    .iter()
                    .take_while(|byte| {
                        matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
                    })
                    .count();
                number(&text[at..at + length])?;
                at += length;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// Where the string that goes on at `at` has ended.
fn string(bytes: &[u8], mut at: usize) -> Result<usize, String> {
    let unit = |at: usize| -> Option<u32> {
        let digits = bytes.get(at..at + 6).filter(|text| text.starts_with(b"\\u"))?;
        u32::from_str_radix(str::from_utf8(&digits[2..]).ok()?, 16).ok()
    };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return Ok(at + 1),
            b'\\' => match unit(at) {
                Some(0) => return Err("holds NUL, which PostgreSQL cannot store".to_owned()),
                Some(0xD800..=0xDBFF) => {
                    if !unit(at + 6).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low)) {
                        return Err("holds half of a surrogate pair".to_owned());
                    }
                    at += 12;
                }
                Some(0xDC00..=0xDFFF) => return Err("holds half of a surrogate pair".to_owned()),
                Some(_) => at += 6,
                None => at += 2,
            },
            _ => at += 1,
        }
    }
    Ok(at)
}

fn number(text: &str) -> Result<(), String> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = i64::try_from(mantissa.len()).unwrap_or(i64::MAX);
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX);
    // After the point there is less room.
    if digits > 16_000 || exponent > LARGEST || exponent < -16_000 + digits {
        return Err("holds a number out of range".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jsonb_takes_is_taken() {
        for text in [
            r#"{"a": [1, -2.5e10, true, null, "x\\u0000", "\\", "\n\"\u00e9\ud83d\ude00"]}"#,
            "1e100000",
            "0.000000000000000000000000001",
            "\"\"",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_it_does_not_take_is_told() {
        for (text, said) in [
            (r#"["a\u0000b"]"#, "NUL"),
            (r#"{"\u0000": 1}"#, "NUL"),
            (r#""\\\u0000""#, "NUL"),
            (r#""\ud83d""#, "surrogate"),
            (r#""\ude00\ud83d""#, "surrogate"),
            (r#""\ud83d\n""#, "surrogate"),
            ("[1e131073]", "out of range"),
            ("-1e99999999999999999999", "out of range"),
            ("1e-20000", "out of range"),
        ] {
            assert!(check(text).unwrap_err().contains(said), "{text}: {:?}", check(text));
        }
        assert!(check(&"[".repeat(501)).unwrap_err().contains("nested"));
    }
}
