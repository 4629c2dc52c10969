//! The gate for every statement that a server printed, before it goes into our file.
//!
//! A hostile server can answer `SHOW CREATE` with whatever it likes, and an honest one with a text
//! that a stock client reads in its own way. What passes here is sent as one statement by every
//! stock client: no command of the client's own, no second statement, no byte lost. Two changes
//! remain that the clients make to all input: without `--comments` MariaDB's leaves comments out,
//! and without `--binary-mode` both end lines by `\n` alone.

use super::lexer::{Fault, Kind, Lexer, Token};
use super::reading::{Mode, Reading};
use std::fmt;

/// Why a text must not go into a dump, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) reason: &'static str,
    /// A little of the text at that place, made safe to print.
    pub(crate) near: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} near {}", self.reason, self.near)
    }
}

impl std::error::Error for Refused {}

/// With these a statement of ours may begin: no client has a command of such a name.
const BEGINNINGS: [&str; 8] = ["create", "alter", "drop", "insert", "set", "do", "grant", "revoke"];

/// Longer ones a client cuts, at 15 bytes.
const TERMINATORS: [&str; 5] = [";;", ";;;", "//", "$$", "@@"];

/// A statement without semicolons in it, as the settings of the file read it; `…;` and a line end.
pub(crate) fn plain(text: &[u8]) -> Result<Vec<u8>, Refused> {
    let text = text.trim_ascii();
    let gate = Gate { text, may_hold_semicolons: false };
    let ends_in_comment = gate.pass(Mode::default())?;
    let mut out = Vec::with_capacity(text.len() + 3);
    out.extend_from_slice(text);
    out.extend_from_slice(if ends_in_comment { b"\n;\n" } else { b";\n" });
    Ok(out)
}

/// A statement with other statements in it, such as a routine, between two DELIMITER lines.
///
/// A bool for the mode is `NO_BACKSLASH_ESCAPES` alone.
pub(crate) fn compound(text: &[u8], mode: impl Into<Mode>) -> Result<Vec<u8>, Refused> {
    let text = text.trim_ascii();
    let gate = Gate { text, may_hold_semicolons: true };
    let ends_in_comment = gate.pass(mode.into())?;
    let terminator = TERMINATORS
        .iter()
        .map(|terminator| (*terminator).to_owned())
        .chain((1..100).map(|number| format!("$nightshift{number}$")))
        .find(|terminator| memchr::memmem::find(text, terminator.as_bytes()).is_none())
        .ok_or_else(|| gate.refuse("every terminator we know", text.len()))?;
    let gap = if ends_in_comment { '\n' } else { ' ' };
    let mut out = format!("DELIMITER {terminator}\n").into_bytes();
    out.extend_from_slice(text);
    out.extend_from_slice(format!("{gap}{terminator}\nDELIMITER ;\n").as_bytes());
    Ok(out)
}

struct Gate<'a> {
    text: &'a [u8],
    may_hold_semicolons: bool,
}

impl Gate<'_> {
    /// Whether the last line ends in a comment, for any of the clients.
    fn pass(&self, mode: Mode) -> Result<bool, Refused> {
        let first = self.text.iter().position(|byte| !byte.is_ascii_alphabetic());
        let first = &self.text[..first.unwrap_or(self.text.len())];
        if !BEGINNINGS.iter().any(|word| first.eq_ignore_ascii_case(word.as_bytes())) {
            return Err(self.refuse("another word than CREATE at the beginning", 0));
        }
        // A client drops what it cannot print from the end, and takes bytes for letters.
        if !self.text.last().is_some_and(u8::is_ascii_graphic) {
            return Err(self.refuse("a letter outside of ASCII at the end", self.text.len()));
        }
        let mut ends_in_comment = false;
        for reading in mode.readings() {
            ends_in_comment |= self.pass_for(reading)?;
        }
        Ok(ends_in_comment)
    }

    fn pass_for(&self, reading: Reading) -> Result<bool, Refused> {
        let mut last = Kind::Blank;
        for token in Lexer::new(self.text, reading) {
            let token = token.map_err(|Fault { reason, at, .. }| self.refuse(reason, at))?;
            if token.kind == Kind::Semicolon && !self.may_hold_semicolons {
                return Err(self.refuse("a semicolon", token.start));
            }
            self.check_line_starts(token, last)?;
            last = token.kind;
        }
        Ok(last == Kind::LineComment)
    }

    /// The clients forget the end of a line that begins like a DELIMITER command, unless it ends
    /// inside of a comment.
    fn check_line_starts(&self, token: Token, before: Kind) -> Result<(), Refused> {
        if token.kind == Kind::BlockComment {
            return Ok(());
        }
        let starts = memchr::memchr_iter(b'\n', &self.text[token.start..token.end])
            .map(|at| token.start + at + 1);
        let begins = before == Kind::BlockComment;
        for start in starts.chain(begins.then_some(token.start)) {
            if begins_like_delimiter(&self.text[start..]) {
                return Err(self.refuse("a line that begins with DELIMITER", start));
            }
        }
        Ok(())
    }

    fn refuse(&self, reason: &'static str, at: usize) -> Refused {
        Refused { reason, near: near(self.text, at) }
    }
}

/// As the clients compare: in latin1, where letters with accents are equal to those without.
fn begins_like_delimiter(line: &[u8]) -> bool {
    let word = b"delimiter";
    line.len() >= word.len()
        && line.iter().zip(word).all(|(byte, letter)| {
            byte.eq_ignore_ascii_case(letter)
                || match byte & !0x20 {
                    0xd0 => *letter == b'd',
                    0xc8..=0xcb => *letter == b'e',
                    0xcc..=0xcf => *letter == b'i',
                    _ => false,
                }
        })
}

/// Some twenty bytes to either side, escaped: the text may hold anything.
pub(super) fn near(text: &[u8], at: usize) -> String {
    let start = at.saturating_sub(20).min(text.len());
    let end = text.len().min(at + 20);
    format!("{:?}", String::from_utf8_lossy(&text[start..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, reason: &str) {
        let refused = compound(format!("CREATE {text}").as_bytes(), false).expect_err(text);
        assert_eq!(refused.reason, reason, "{text}");
    }

    #[track_caller]
    fn passes(text: &str) {
        let text = format!("CREATE {text}");
        let wrapped =
            compound(text.as_bytes(), false).unwrap_or_else(|refused| panic!("{text}: {refused}"));
        let wrapped = String::from_utf8(wrapped).unwrap();
        assert!(wrapped.contains(&text), "{wrapped}");
    }

    #[test]
    fn a_statement_gets_its_terminator() {
        assert_eq!(plain(b"CREATE TABLE `a;` (b int)").unwrap(), b"CREATE TABLE `a;` (b int);\n");
        assert_eq!(plain(b"CREATE VIEW a -- b").unwrap(), b"CREATE VIEW a -- b\n;\n");
        assert_eq!(
            compound(b"CREATE PROCEDURE p() BEGIN a; END", false).unwrap(),
            b"DELIMITER ;;\nCREATE PROCEDURE p() BEGIN a; END ;;\nDELIMITER ;\n"
        );
        let wrapped = compound(b"CREATE a ';; ;;; // $$ @@' # x", false).unwrap();
        let wrapped = String::from_utf8(wrapped).unwrap();
        assert!(wrapped.ends_with("# x\n$nightshift1$\nDELIMITER ;\n"), "{wrapped}");
        assert_eq!(plain(b"CREATE a; b").unwrap_err().reason, "a semicolon");
    }

    #[test]
    fn backslashes_pass_only_inside_of_quotes() {
        for text in [r"'\!'", r#""\g""#, r"'\'\!'", r"`\! a`", r"/* \! */ a", r"# \! x", "\\N"] {
            passes(text);
        }
        for text in
            [r"\! ls", "a\n\\. x", r"'' \g", r"'\\'\!", r"`a\`\!`", "/*! \\! */ a", "/*+ \\! */ a"]
        {
            refused(text, "a backslash outside of quotes");
        }
        assert!(compound(br"CREATE 'a\' \! b'", true).is_err());
        assert!(compound(br"CREATE 'a\' b", true).is_ok());
        assert!(compound(br"CREATE 'a\' b", false).is_err());
        let ansi = Mode { ansi_quotes: true, no_backslash_escapes: false };
        assert!(compound(br#"CREATE "a\" \! ""#, ansi).is_err());
        assert!(compound(br#"CREATE "a\" b"#, ansi).is_err(), "MySQL's client reads on");
        assert!(compound(br#"CREATE "a\n" b"#, ansi).is_ok());
    }

    #[test]
    fn what_is_opened_must_be_closed() {
        refused("'a", "a quote without an end");
        refused("\"a", "a quote without an end");
        refused("`a", "a quote without an end");
        refused("/* a", "a comment without an end");
        refused("'a\0'", "a NUL byte");
        refused("a\u{1}b", "a control character outside of quotes");
    }

    #[test]
    fn what_clients_read_differently_is_refused() {
        refused("/*M! '*/ a", "a quote without an end");
        refused("$$ ' $$ a", "a quote without an end");
        refused("$$ a", "a dollar quote without an end");
        refused("/*! /* ' */ ' */ a", "a comment inside of a conditional comment");
        refused("/* /*! */ ' */ a", "a comment inside of a comment");
        refused("/* /*/ a */ b", "a comment inside of a comment");
        refused("/* a */ä b", "a letter outside of ASCII behind a comment");
        refused("a --\u{a0}b", "two dashes before an odd character");
        refused("a ä", "a letter outside of ASCII at the end");
        passes("/*!50100 PARTITION BY KEY () */");
        passes("/*M!100301 COMPRESSED */ 'x'");
        passes("/*+ MAX_EXECUTION_TIME(1)\n NO_ICP(t) */ a");
        passes("5--3 - -1");
    }

    #[test]
    fn no_line_looks_like_a_delimiter_command() {
        for text in ["\ndelimiter x", "a\nDELIMITERS int", "'\ndelimiter '", "/* */delimiter"] {
            refused(text, "a line that begins with DELIMITER");
        }
        assert!(compound(b"CREATE\nd\xe9limiter a", false).is_err());
        for text in ["delimiter", "\n delimiter a", "`delimiter`", "/*\ndelimiter */ a"] {
            passes(text);
        }
        for text in ["source x", "use a", "DELIMITER x", "", "-- a\nCREATE b", "created x"] {
            assert!(compound(text.as_bytes(), false).is_err(), "{text}");
        }
    }
}
