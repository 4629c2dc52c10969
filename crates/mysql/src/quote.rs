//! Names and strings as SQL text: the only two ways a name may reach a statement.

/// Always quoted, so that no list of keywords of some version can matter.
pub fn ident(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('`');
    for letter in name.chars() {
        if letter == '`' {
            quoted.push('`');
        }
        quoted.push(letter);
    }
    quoted.push('`');
    quoted
}

/// `'…'` on one line, for a session in which a backslash escapes.
pub fn literal(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    push_literal(&mut quoted, text.as_bytes());
    String::from_utf8_lossy(&quoted).into_owned()
}

/// The same at the end of a buffer. The text must be in an encoding in which no other character has
/// these bytes in it, as in UTF-8.
pub fn push_literal(into: &mut Vec<u8>, text: &[u8]) {
    into.push(b'\'');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| escaped(*byte).is_some()) {
        into.extend_from_slice(&rest[..at]);
        into.extend(escaped(rest[at]).map(|letter| [b'\\', letter]).into_iter().flatten());
        rest = &rest[at + 1..];
    }
    into.extend_from_slice(rest);
    into.push(b'\'');
}

/// What stands behind the backslash: for all that ends a string, a line, or a file on some system.
fn escaped(byte: u8) -> Option<u8> {
    match byte {
        b'\'' | b'\\' => Some(byte),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        0 => Some(b'0'),
        0x1a => Some(b'Z'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_in_names_are_doubled() {
        assert_eq!(ident("a`b\n"), "`a``b\n`");
    }

    #[test]
    fn a_string_is_one_line() {
        assert_eq!(literal("it's\n\\\r\0\u{1a}\"`ä"), r#"'it\'s\n\\\r\0\Z"`ä'"#);
    }
}
