//! The gate for every text that a server printed, before it goes into our file.
//!
//! A hostile server can answer `pg_get_viewdef` with whatever it likes. What passes here is read
//! by psql as one piece of one statement: no command of psql's own, no variable, no second
//! statement. Put blanks around a checked fragment, and pass the finished statement through
//! [`check_statement`], so that nothing new arises where pieces meet.

use super::lexer::{Fault, Kind, Lexer, Token};
use super::nesting::Nesting;
use std::borrow::Cow;
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

/// A piece of a statement: nothing in it may end the statement.
pub(crate) fn check(text: &str) -> Result<Cow<'_, str>, Refused> {
    Gate { text, may_end: false }.pass()
}

/// A whole statement, with or without the semicolon at its end.
pub(crate) fn check_statement(text: &str) -> Result<Cow<'_, str>, Refused> {
    Gate { text, may_end: true }.pass()
}

struct Gate<'a> {
    text: &'a str,
    may_end: bool,
}

impl<'a> Gate<'a> {
    fn pass(&self) -> Result<Cow<'a, str>, Refused> {
        let bytes = self.text.as_bytes();
        let mut nesting = Nesting::default();
        let mut ended = false;
        let mut edits: Vec<Edit> = Vec::new();
        for token in Lexer::new(bytes) {
            let token = token.map_err(|fault| self.refuse_fault(fault))?;
            if matches!(token.kind, Kind::Blank | Kind::Comment) {
                continue;
            }
            if ended {
                return Err(self.refuse("text after the end of the statement", token.start));
            }
            match token.kind {
                Kind::Close if nesting.parentheses == 0 => {
                    return Err(self.refuse("a closing parenthesis too many", token.start));
                }
                Kind::Variable => edits.push(Edit { at: token.end, text: " " }),
                Kind::Word if self.is_stray_begin(token, &nesting) => {
                    edits.push(Edit { at: token.start, text: "\"" });
                    edits.push(Edit { at: token.end, text: "\"" });
                    continue;
                }
                _ => {}
            }
            ended = nesting.see(token, bytes);
            if ended && !self.may_end {
                return Err(self.refuse("a semicolon", token.start));
            }
        }
        match nesting {
            Nesting { parentheses: 1.., .. } => {
                Err(self.refuse("a parenthesis without an end", self.text.len()))
            }
            Nesting { begins: 1.., .. } => {
                Err(self.refuse("a BEGIN without an END", self.text.len()))
            }
            _ => Ok(edit(self.text, &edits)),
        }
    }

    /// `begin` is a legal name without quotes, and psql would count it and then miss the end of
    /// the statement. The server prints it in lower case, so quoting it changes nothing.
    fn is_stray_begin(&self, token: Token, nesting: &Nesting) -> bool {
        nesting.in_routine()
            && &self.text[token.start..token.end] == "begin"
            && !(nesting.begins == 0 && self.atomic_follows(token.end))
    }

    fn atomic_follows(&self, at: usize) -> bool {
        let rest = &self.text[at..];
        Lexer::new(rest.as_bytes())
            .map_while(Result::ok)
            .find(|token| token.kind != Kind::Blank)
            .is_some_and(|token| rest[token.start..token.end].eq_ignore_ascii_case("atomic"))
    }

    fn refuse_fault(&self, fault: Fault) -> Refused {
        self.refuse(fault.reason, fault.at)
    }

    fn refuse(&self, reason: &'static str, at: usize) -> Refused {
        Refused { reason, near: near(self.text.as_bytes(), at) }
    }
}

struct Edit {
    at: usize,
    text: &'static str,
}

fn edit<'a>(text: &'a str, edits: &[Edit]) -> Cow<'a, str> {
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + edits.len());
    let mut from = 0;
    for edit in edits {
        out.push_str(&text[from..edit.at]);
        out.push_str(edit.text);
        from = edit.at;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Some twenty bytes to either side, escaped: the text may hold anything.
pub(super) fn near(text: &[u8], at: usize) -> String {
    let start = at.saturating_sub(20);
    let end = text.len().min(at + 20);
    format!("{:?}", String::from_utf8_lossy(&text[start..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, reason: &str) {
        let refused = check(text).expect_err(text);
        assert_eq!(refused.reason, reason, "{text}");
    }

    #[test]
    fn backslashes_pass_only_inside_quotes() {
        for text in [r"'\!'", r"E'\'\\'", r#""\!""#, r"$$\!$$", r"$ä_1$\! $$ $ä_1$", r"/* \! */"]
        {
            assert_eq!(check(text).unwrap(), text);
        }
        for text in [
            r"\! ls",
            "a\n\\! ls",
            r"'' \g",
            r"E'\\'\!",
            "-- a\r\\! ls\n",
            r"/* /* */ */ \! ls",
            r"a$b$ \! $b$",
            r"'a\'\!'",
            r"N'a\'\!",
            r"$a$ $b$ $a$\!",
            r"U&'\'\!",
        ] {
            refused(text, "a backslash outside quotes");
        }
    }

    #[test]
    fn what_is_opened_must_be_closed() {
        refused("'a", "a quote without an end");
        refused(r"E'a\'", "a quote without an end");
        refused("\"a", "a quote without an end");
        refused("$$ a $b$", "a dollar quote without an end");
        refused("/* /* */", "a comment without an end");
        refused("-- a", "a comment without an end of line");
        refused("(a", "a parenthesis without an end");
        refused("a)(", "a closing parenthesis too many");
        refused("'a\0'", "a NUL byte");
        refused("a\0", "a NUL byte");
    }

    #[test]
    fn a_fragment_is_one_piece_of_one_statement() {
        refused("a; b", "a semicolon");
        refused("a;", "a semicolon");
        assert_eq!(check("DO (a; b)").unwrap(), "DO (a; b)");
        assert_eq!(check_statement("SELECT ';';\n-- end\n").unwrap(), "SELECT ';';\n-- end\n");
        let refused = check_statement("SELECT 1; SELECT 2").unwrap_err();
        assert_eq!(refused.reason, "text after the end of the statement");
        assert_eq!(refused.near, r#""SELECT 1; SELECT 2""#);
        assert!(check_statement("a;;").is_err());
    }

    #[test]
    fn what_versions_read_differently_is_refused() {
        for text in [r"1E'\'", "1.E'a'", ".5x", "$1e'a'", "1$a$ $a$", "$1$a$"] {
            refused(text, "a number with letters after it");
        }
        refused("E'a'\n'b'", "a string continued on another line");
        refused("'a' -- c\n 'b'", "a string continued on another line");
        refused("a\x0bb", "a control character outside quotes");
        refused("$a", "a dollar sign alone");
        for text in ["1e10 1.5e-05 .5 1. a1e'x' $1", "'a' 'b'", "'a'\n, 'b'", "t1.c$1"] {
            assert_eq!(check(text).unwrap(), text);
        }
    }

    #[test]
    fn psql_variables_are_defused() {
        for (text, checked) in [
            ("a[1:VERSION_NUM]", "a[1: VERSION_NUM]"),
            ("a[x:2]", "a[x: 2]"),
            (":'HOST' :\"HOST\" :{?HOST}", ": 'HOST' : \"HOST\" : {?HOST}"),
            ("a::text := b :::c", "a::text := b ::: c"),
            ("':HOST' \":HOST\" $$:HOST$$", "':HOST' \":HOST\" $$:HOST$$"),
            ("a[:]", "a[:]"),
        ] {
            assert_eq!(check(text).unwrap(), checked);
        }
    }

    #[test]
    fn bodies_written_in_sql_stay_whole() {
        let function = "CREATE OR REPLACE FUNCTION f()\nBEGIN ATOMIC\n SELECT CASE WHEN a THEN 1 END;\n \
                        SELECT 2;\nEND";
        assert_eq!(check_statement(function).unwrap(), function);
        // A function, and a column, whose name psql takes for the start of a body.
        assert_eq!(
            check_statement("CREATE FUNCTION public.begin() AS $$ $$;").unwrap(),
            "CREATE FUNCTION public.\"begin\"() AS $$ $$;"
        );
        assert_eq!(
            check_statement("CREATE FUNCTION f() BEGIN ATOMIC SELECT t.begin; END").unwrap(),
            "CREATE FUNCTION f() BEGIN ATOMIC SELECT t.\"begin\"; END"
        );
        assert!(check_statement("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;").is_err());
        assert!(check_statement("CREATE VIEW v AS BEGIN ATOMIC; SELECT 1; END").is_err());
    }
}
