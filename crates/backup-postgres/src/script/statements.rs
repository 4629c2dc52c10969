//! Cuts a script of ours into its statements, as psql would, while it streams in.

use super::fragment::near;
use super::lexer::{Kind, Lexer};
use super::nesting::Nesting;
use task::{Context as _, Error, Result};

/// One statement with its semicolon, without what stands before its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a str,
    /// How much of the input it ends at, semicolon included.
    pub(crate) end: usize,
}

/// What a restore may leave out, and what it must treat in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `COPY … FROM stdin;`: rows follow.
    Rows,
    /// `ALTER … OWNER TO …`
    Owner,
    /// GRANT, REVOKE, ALTER DEFAULT PRIVILEGES, and who it is that grants
    Privileges,
    Other,
}

/// The first statement of a text; none when there is nothing but blanks and comments left.
///
/// `whole` says that no more text will come. Without it, a statement that is still open is none.
pub(crate) fn first(text: &[u8], whole: bool) -> Result<Option<Statement<'_>>> {
    let mut nesting = Nesting::default();
    let mut start = None;
    for token in Lexer::new(text) {
        let token = match token {
            Ok(token) => token,
            // More text may give the last bytes another meaning.
            Err(fault) if !whole && (fault.open || fault.at + LOOKAHEAD > text.len()) => {
                return Ok(None);
            }
            Err(fault) => {
                let near = near(text, fault.at);
                return Err(Error::integrity(format!("{} near {near}", fault.reason)));
            }
        };
        if matches!(token.kind, Kind::Blank | Kind::Comment) {
            continue;
        }
        let start = *start.get_or_insert(token.start);
        if nesting.see(token, text) {
            let text = std::str::from_utf8(&text[start..token.end])
                .integrity(|| "a statement is not UTF-8".to_owned())?;
            return Ok(Some(Statement { text, end: token.end }));
        }
    }
    match start {
        Some(start) if whole => {
            let near = near(text, start + 20);
            Err(Error::integrity(format!("a statement without an end near {near}")))
        }
        _ => Ok(None),
    }
}

/// Longer than any token that is not a quote or comment.
const LOOKAHEAD: usize = 256;

/// All statements of a script.
pub(crate) fn split(text: &[u8]) -> impl Iterator<Item = Result<&str>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || match first(rest?, true) {
        Ok(statement) => {
            let statement = statement?;
            rest = rest.map(|text| &text[statement.end..]);
            Some(Ok(statement.text))
        }
        Err(error) => {
            rest = None;
            Some(Err(error))
        }
    })
}

/// What a statement is for, from its own words; quoted names never count.
pub(crate) fn purpose(statement: &str) -> Purpose {
    let tokens: Vec<_> = Lexer::new(statement.as_bytes())
        .map_while(Result::ok)
        .filter(|token| !matches!(token.kind, Kind::Blank | Kind::Comment | Kind::Semicolon))
        .map(|token| (token.kind, &statement[token.start..token.end]))
        .collect();
    let is = |at: usize, word: &str| {
        tokens
            .get(at)
            .is_some_and(|(kind, text)| *kind == Kind::Word && text.eq_ignore_ascii_case(word))
    };
    let last = tokens.len().wrapping_sub(1);
    if is(0, "copy") && (1..last).any(|at| is(at, "from") && is(at + 1, "stdin")) {
        Purpose::Rows
    } else if is(0, "grant")
        || is(0, "revoke")
        || (is(0, "alter") && is(1, "default"))
        || ((is(0, "set") || is(0, "reset")) && is(1, "session") && is(2, "authorization"))
    {
        Purpose::Privileges
    } else if is(0, "alter") && is(last.wrapping_sub(2), "owner") && is(last.wrapping_sub(1), "to")
    {
        Purpose::Owner
    } else {
        Purpose::Other
    }
}

/// The first line of a statement, short enough for a message and safe to print.
pub(crate) fn title(statement: &str) -> String {
    let line = statement.lines().next().unwrap_or_default().trim_end();
    let mut title: String = line.chars().filter(|c| !c.is_control()).take(100).collect();
    if title.len() < statement.len() {
        title.push('…');
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        split(text.as_bytes()).collect::<Result<_>>().unwrap()
    }

    #[test]
    fn statements_end_at_semicolons_outside_of_everything() {
        let text = "-- top;\nSET a = ';';\n\nCREATE RULE r DO (a; b);\n/* ; */ SELECT $$;$$;\n";
        assert_eq!(all(text), ["SET a = ';';", "CREATE RULE r DO (a; b);", "SELECT $$;$$;"]);
        assert!(all(" -- nothing\n").is_empty());
    }

    #[test]
    fn damage_is_an_error() {
        for text in ["SELECT 1", "SELECT 1; \\! ls\n", "SELECT 'a;", "SELECT 1;\n)("] {
            let error = split(text.as_bytes()).find_map(Result::err).expect(text);
            assert_eq!(error.exit(), task::Exit::Integrity);
        }
        assert!(split(b"SELECT '\xff';").any(|found| found.is_err()));
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_statements() {
        let text = "SET a = E'\\';x'; CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END;\n\
                    SELECT $ab$;$a$$ab$, 1.5e5 /* ; */; COPY \"a\n;\" (\"b\") FROM stdin;\n";
        let wanted = all(text);
        for cut in 0..text.len() {
            let (mut buffer, mut got) = (Vec::new(), Vec::new());
            for (piece, last) in [(&text[..cut], false), (&text[cut..], true)] {
                buffer.extend_from_slice(piece.as_bytes());
                while let Some(statement) = first(&buffer, last).unwrap() {
                    got.push(statement.text.to_owned());
                    let end = statement.end;
                    buffer.drain(..end);
                }
            }
            assert_eq!(got, wanted, "cut at {cut}");
        }
    }

    #[test]
    fn purposes_are_told_by_unquoted_words() {
        for (statement, wanted) in [
            ("COPY \"a\n\".\"b\" (\"c\") FROM stdin;", Purpose::Rows),
            ("COPY a () FROM STDIN ;", Purpose::Rows),
            ("COPY a FROM 'stdin';", Purpose::Other),
            ("ALTER TABLE a OWNER TO b;", Purpose::Owner),
            ("ALTER TABLE \"a OWNER TO b\" ADD c int;", Purpose::Other),
            ("ALTER FUNCTION f(a int) OWNER TO \"b\"", Purpose::Owner),
            ("GRANT ALL ON TABLE a TO b;", Purpose::Privileges),
            ("ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT ALL ON TABLES TO b;", Purpose::Privileges),
            ("SET SESSION AUTHORIZATION \"a\";", Purpose::Privileges),
            ("RESET SESSION AUTHORIZATION;", Purpose::Privileges),
            ("SET session = 1;", Purpose::Other),
            ("ALTER TABLE \"default\" ADD c int;", Purpose::Other),
            ("CREATE TABLE a (owner int);", Purpose::Other),
            (";", Purpose::Other),
        ] {
            assert_eq!(purpose(statement), wanted, "{statement}");
        }
    }

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(title("SELECT 1;"), "SELECT 1;");
        assert_eq!(title("CREATE TABLE a (\n b int);"), "CREATE TABLE a (…");
        assert_eq!(title("SELECT '\u{1b}[2J';"), "SELECT '[2J';…");
    }
}
