//! Cuts our own file into statements, and tells what each is.

use super::account::secret;
use super::gate::near;
use super::lexer::{Kind, Lexer};
use super::reading::Reading;
use backup::manifest::Tally;
use task::{Error, Result};

pub(crate) use super::definer::{disabled, without_definer};

/// Without its terminator and what stands before its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a [u8],
    /// The rows, where it brings some.
    pub(crate) rows: Option<Tally>,
    /// How much of the input it ends at, terminator included.
    pub(crate) end: usize,
}

/// What is the client's own before a statement with others in it.
const DELIMITER: &[u8] = b"DELIMITER ";
const INSERT: &[u8] = b"INSERT INTO `";

/// The first statement of a text; none when there is nothing but blanks and comments left.
///
/// `whole` says that no more text will come. Without it, a statement that is still open is none.
pub(crate) fn first(text: &[u8], whole: bool) -> Result<Option<Statement<'_>>> {
    let Some(start) = beginning(text, whole)? else { return Ok(None) };
    let rest = &text[start..];
    let found = if rest.starts_with(DELIMITER) {
        compound(rest)
    } else if rest.starts_with(INSERT) {
        insert(rest)?
    } else {
        plain(rest, whole)?
    };
    match found {
        Some(found) => Ok(Some(Statement { end: start + found.end, ..found })),
        None if whole => Err(broken("a statement without an end", text, start + 20)),
        None => Ok(None),
    }
}

/// All statements of a script.
pub(crate) fn split(text: &[u8]) -> impl Iterator<Item = Result<Statement<'_>>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || match first(rest?, true) {
        Ok(statement) => {
            let statement = statement?;
            rest = rest.map(|text| &text[statement.end..]);
            Some(Ok(statement))
        }
        Err(error) => {
            rest = None;
            Some(Err(error))
        }
    })
}

/// Longer than a terminator with its DELIMITER line.
const LOOKAHEAD: usize = 64;

/// Where the first statement begins.
fn beginning(text: &[u8], whole: bool) -> Result<Option<usize>> {
    for token in Lexer::new(text, Reading::OURS) {
        match token {
            Ok(token)
                if matches!(token.kind, Kind::Blank | Kind::LineComment | Kind::BlockComment) => {}
            Ok(token) => {
                // What begins like the one may become the other.
                let enough = whole || text.len() - token.start >= LOOKAHEAD;
                return Ok(enough.then_some(token.start));
            }
            Err(fault) if !whole && (fault.open || fault.at + LOOKAHEAD > text.len()) => {
                return Ok(None);
            }
            Err(fault) => return Err(broken(fault.reason, text, fault.at)),
        }
    }
    Ok(None)
}

fn plain(text: &[u8], whole: bool) -> Result<Option<Statement<'_>>> {
    for token in Lexer::new(text, Reading::OURS) {
        match token {
            Ok(token) if token.kind == Kind::Semicolon => {
                let text = text[..token.start].trim_ascii_end();
                return Ok(Some(Statement { text, rows: None, end: token.end }));
            }
            Ok(_) => {}
            Err(fault) if !whole && (fault.open || fault.at + LOOKAHEAD > text.len()) => {
                return Ok(None);
            }
            Err(fault) => return Err(broken(fault.reason, text, fault.at)),
        }
    }
    Ok(None)
}

/// Its terminator is nowhere in the statement itself, so that nothing of that is looked at.
fn compound(text: &[u8]) -> Option<Statement<'_>> {
    let line = memchr::memchr(b'\n', text)?;
    let terminator = &text[DELIMITER.len()..line];
    let ending = [terminator, b"\nDELIMITER ;\n"].concat();
    let begins = line + 1;
    let length = memchr::memmem::find(&text[begins..], &ending)?;
    let statement = text[begins..begins + length].trim_ascii_end();
    Some(Statement { text: statement, rows: None, end: begins + length + ending.len() })
}

/// A row is a line, and the last one ends in a semicolon: no value has a line end in it.
fn insert(text: &[u8]) -> Result<Option<Statement<'_>>> {
    let Some(head) = head(text) else { return Ok(None) };
    let Some(length) = memchr::memmem::find(&text[head..], b";\n") else { return Ok(None) };
    let end = head + length;
    let mut rows = Tally::default();
    for line in text[head..=end].split(|byte| *byte == b'\n') {
        let row = line.strip_suffix(b",").or_else(|| line.strip_suffix(b";"));
        let row = row.filter(|row| row.starts_with(b"(") && row.ends_with(b")"));
        rows.row(row.ok_or_else(|| broken("a line that is no row", line, 20))?);
    }
    Ok(Some(Statement { text: &text[..end], rows: Some(rows), end: end + 2 }))
}

/// The length of what stands before the rows.
fn head(text: &[u8]) -> Option<usize> {
    let mut tokens = Lexer::new(text, Reading::OURS).map_while(Result::ok);
    let values = tokens.find(|token| {
        token.kind == Kind::Word && text[token.start..token.end].eq_ignore_ascii_case(b"values")
    })?;
    text[values.end..].starts_with(b"\n").then_some(values.end + 1)
}

/// The first line of a statement, short enough for a message and safe to print.
pub(crate) fn title(statement: &[u8]) -> String {
    let public = secret(statement).map_or(statement, |at| &statement[..at]);
    let line = public.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(&line[..line.len().min(400)]).into_owned();
    let mut title: String =
        line.trim_end().chars().filter(|letter| !letter.is_control()).take(100).collect();
    if title.len() < statement.len() {
        title.push('…');
    }
    title
}

fn broken(reason: &str, text: &[u8], at: usize) -> Error {
    Error::integrity(format!("{reason} near {}", near(text, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "-- top; it's\nSET a = ';';\n/*M!101100 SET b = 1 */;\n\
        DELIMITER $$\nCREATE PROCEDURE p() BEGIN a; 'it; END -- ;;\n$$\nDELIMITER ;\n\
        INSERT INTO `a;\n) VALUES\n` (`b`) VALUES\n(1,'x;'),\n(2,'it\\'s\\n');\n\
        CREATE TABLE `DELIMITER ` (a int); -- end\n";

    fn all(text: &[u8]) -> Vec<(String, u64)> {
        split(text)
            .map(|found| found.unwrap())
            .map(|found| {
                let rows = found.rows.map_or(0, |rows| rows.rows);
                (String::from_utf8(found.text.to_vec()).unwrap(), rows)
            })
            .collect()
    }

    #[test]
    fn statements_end_where_they_should() {
        let found = all(FILE.as_bytes());
        let texts: Vec<_> = found.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "SET a = ';'",
                "/*M!101100 SET b = 1 */",
                "CREATE PROCEDURE p() BEGIN a; 'it; END -- ;;",
                "INSERT INTO `a;\n) VALUES\n` (`b`) VALUES\n(1,'x;'),\n(2,'it\\'s\\n')",
                "CREATE TABLE `DELIMITER ` (a int)",
            ]
        );
        assert_eq!(found[3].1, 2);
        assert!(all(b" -- nothing\n").is_empty());
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_statements() {
        let wanted = all(FILE.as_bytes());
        for cut in 0..FILE.len() {
            let (mut buffer, mut got) = (Vec::new(), Vec::new());
            for (piece, last) in [(&FILE[..cut], false), (&FILE[cut..], true)] {
                buffer.extend_from_slice(piece.as_bytes());
                while let Some(statement) = first(&buffer, last).unwrap() {
                    let text = String::from_utf8(statement.text.to_vec()).unwrap();
                    got.push((text, statement.rows.map_or(0, |rows| rows.rows)));
                    let end = statement.end;
                    buffer.drain(..end);
                }
            }
            assert_eq!(got, wanted, "cut at {cut}");
        }
    }

    #[test]
    fn rows_are_tallied_without_what_separates_them() {
        let mut wanted = Tally::default();
        wanted.row(b"(1,'x')");
        wanted.row(b"(2,NULL)");
        let text = b"INSERT INTO `a` (`b`) VALUES\n(1,'x'),\n(2,NULL);\n";
        assert_eq!(first(text, true).unwrap().unwrap().rows, Some(wanted));
    }

    #[test]
    fn damage_is_an_error() {
        for text in [
            "SELECT 1",
            "SELECT 1; \\! ls\n",
            "SELECT 'a;",
            "DELIMITER ;;\nCREATE a;;\n",
            "INSERT INTO `a` (`b`) VALUES\n(1),\n2;\n",
            "INSERT INTO `a` (`b`) VALUES\n(1),\n",
        ] {
            let error = split(text.as_bytes()).find_map(Result::err).expect(text);
            assert_eq!(error.exit(), task::Exit::Integrity);
        }
    }

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(title(b"SELECT 1"), "SELECT 1");
        assert_eq!(title(b"CREATE TABLE a (\n b int)"), "CREATE TABLE a (…");
        assert_eq!(title(b"SELECT '\x1b[2J'"), "SELECT '[2J'…");
    }
}
