//! One value as SQL.

use super::Kind;
use mysql::quote::push_literal;

/// Why a value cannot be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unwritable;

/// Appends the value that the server sent as these bytes.
pub(super) fn push(into: &mut Vec<u8>, kind: &Kind, value: &[u8]) -> Result<(), Unwritable> {
    match kind {
        // As a number without an exponent it would be the integer 0.
        Kind::Float if value == b"-0" => into.extend_from_slice(b"-0e0"),
        Kind::Number | Kind::Float => into.extend_from_slice(value),
        Kind::Binary => hexadecimal(into, value),
        Kind::Utf8 if str::from_utf8(value).is_err() => return Err(Unwritable),
        Kind::Quoted | Kind::Utf8 => push_literal(into, value),
        Kind::Latin1 | Kind::Other { ascii: true, .. } if value.is_ascii() => {
            push_literal(into, value);
        }
        Kind::Latin1 => {
            let text: String = value.iter().map(|byte| latin1(*byte)).collect();
            push_literal(into, text.as_bytes());
        }
        Kind::Other { .. } if value.is_empty() => into.extend_from_slice(b"''"),
        Kind::Other { charset, .. } => {
            into.push(b'_');
            into.extend_from_slice(charset.as_bytes());
            into.push(b' ');
            hexadecimal(into, value);
        }
        Kind::Enum(_) if value.is_empty() => into.push(b'0'),
        Kind::Enum(kind) => return push(into, kind, value),
    }
    Ok(())
}

/// `0x…`; an empty one has no digits, and is no number.
fn hexadecimal(into: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if bytes.is_empty() {
        into.extend_from_slice(b"''");
        return;
    }
    into.extend_from_slice(b"0x");
    into.reserve(bytes.len() * 2);
    for byte in bytes {
        into.push(DIGITS[usize::from(byte >> 4)]);
        into.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Code page 1252 as the servers have it: where it has no letter, the control character of that number.
fn latin1(byte: u8) -> char {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: &Kind, value: &[u8]) -> Result<String, Unwritable> {
        let mut text = Vec::new();
        push(&mut text, kind, value)?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn every_kind_has_its_way() {
        let gbk = Kind::Other { charset: "gbk".to_owned(), ascii: true };
        let utf16 = Kind::Other { charset: "utf16".to_owned(), ascii: false };
        for (kind, value, wanted) in [
            (&Kind::Number, &b"007"[..], "007"),
            (&Kind::Float, b"-0", "-0e0"),
            (&Kind::Float, b"-0.5", "-0.5"),
            (&Kind::Quoted, b"-838:59:59", "'-838:59:59'"),
            (&Kind::Binary, b"", "''"),
            (&Kind::Binary, b"\x00\xff", "0x00FF"),
            (&Kind::Utf8, "ä\n'".as_bytes(), "'ä\\n\\''"),
            (&Kind::Latin1, b"\x80 \xe4 \x81", "'€ ä \u{81}'"),
            (&gbk, b"abc", "'abc'"),
            (&gbk, b"\xbf\x5c", "_gbk 0xBF5C"),
            (&utf16, b"\0a", "_utf16 0x0061"),
            (&utf16, b"", "''"),
            (&Kind::Enum(Box::new(Kind::Utf8)), b"", "0"),
            (&Kind::Enum(Box::new(Kind::Utf8)), b"a", "'a'"),
        ] {
            assert_eq!(text(kind, value).unwrap(), wanted, "{kind:?}");
        }
        assert_eq!(text(&Kind::Utf8, b"\xff"), Err(Unwritable));
    }
}
