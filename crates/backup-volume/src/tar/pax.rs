//! Records of pax headers: `LENGTH KEY=VALUE\n`, where the length counts itself.

use task::{Error, Result};

/// Records to be written.
#[derive(Debug, Default)]
pub(crate) struct Records(pub(crate) Vec<u8>);

impl Records {
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + digits(rest);
        // One digit more makes it longer by one, which may take another digit.
        if rest + digits(length) != length {
            length = rest + digits(length);
        }
        self.0.extend_from_slice(length.to_string().as_bytes());
        self.0.push(b' ');
        self.0.extend_from_slice(key);
        self.0.push(b'=');
        self.0.extend_from_slice(value);
        self.0.push(b'\n');
    }
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().unwrap_or_default() as usize + 1
}

/// Key and value of each record.
pub(crate) fn records(mut bytes: &[u8]) -> impl Iterator<Item = Result<(&[u8], &[u8])>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let found = record(bytes);
        bytes = match &found {
            Some((_, _, rest)) => rest,
            None => &[],
        };
        Some(match found {
            Some((key, value, _)) => Ok((key, value)),
            None => Err(Error::integrity("a pax header has a damaged record")),
        })
    })
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let record = bytes.get(space + 1..length)?;
    let record = record.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], &bytes[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_its_own_digits() {
        for size in (0..220).chain(980..1010).chain(9_980..10_010) {
            let value = vec![b'x'; size];
            let mut written = Records::default();
            written.add(b"path", &value);
            written.add(b"key", b"a=b\nc\xff");
            let found: Vec<_> = records(&written.0).map(Result::unwrap).collect();
            assert_eq!(found, [(&b"path"[..], &value[..]), (b"key", b"a=b\nc\xff")], "{size}");
        }
    }

    #[test]
    fn what_is_no_record_is_damage() {
        for bytes in [&b"x"[..], b"9 a=b", b"3 a=b\n", b"999999999999999999999 a=b\n", b"5 ab\n"] {
            assert!(records(bytes).any(|found| found.is_err()), "{bytes:?}");
        }
    }
}
