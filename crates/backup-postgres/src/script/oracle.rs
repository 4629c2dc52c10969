//! The judge of this module: what passes our check, the real psql must read the same way.

use super::lexer::Lexer;
use super::{fragment, statements};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Command;

const PIECES: &[&str] = &[
    "'",
    "''",
    "E'",
    "e'a\\'b'",
    "U&'",
    "U&\"",
    "N'",
    "B'",
    "\"",
    "\"\"",
    "$$",
    "$a$",
    "$ä$",
    "$1",
    "$",
    "\\",
    "\\\\",
    "\\! echo PWNED",
    "\\echo PWNED",
    "\\;",
    "\\:",
    "\\g",
    "\\gexec",
    "\\q",
    "\\set a b",
    "--",
    "-- c\n",
    "-- c\r",
    "/*",
    "*/",
    "/* c */",
    "\n",
    "\n\n",
    "\r",
    " ",
    "\t",
    ";",
    "(",
    ")",
    "( ; )",
    ":",
    "::",
    ":=",
    ":HOST",
    ":VERSION_NUM",
    ":'HOST'",
    ":\"HOST\"",
    ":{?HOST}",
    "[1:2]",
    "begin",
    "BEGIN ATOMIC",
    "end",
    "END",
    "case",
    "atomic",
    "create",
    "function",
    "procedure",
    "or",
    "replace",
    "1",
    "1.",
    "1.5",
    "1e",
    "1e5",
    "x",
    "e",
    "ä",
    "😀",
    "a$b",
    "+",
    "-",
    "*",
    "/",
    "@",
    "%",
    "'\\! echo PWNED'",
    "\"\\! echo PWNED\"",
    "$a$\n\\! echo PWNED\n$a$",
    "E'\\\n\\\\'",
    "'\n\\! echo PWNED\n'",
    "/*\n\\! echo PWNED\n*/",
    "BEGIN ATOMIC SELECT 1; SELECT CASE x WHEN 1 THEN 2 END; END",
];

const STARTS: &[&str] = &["SELECT ", "CREATE FUNCTION f() ", "create or replace procedure p() "];

const SHARP: &[u8] = b"'\"$\\-/*;:(){}eEuU&bNx19._\n\r ";

/// Xorshift: the same tests every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self) -> String {
        let mut text = String::from(STARTS[self.below(STARTS.len())]);
        for _ in 0..=self.below(9) {
            text.push_str(PIECES[self.below(PIECES.len())]);
            if self.below(3) == 0 {
                text.push(' ');
            }
        }
        text
    }
}

/// Statements that passed, each with its semicolon.
fn passed(wanted: usize) -> Vec<String> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut passed = BTreeSet::new();
    while passed.len() < wanted {
        let text = dice.text();
        let Ok(checked) = fragment::check_statement(&text) else { continue };
        // What ends in a semicolon may still have a comment after it.
        let ended = statements::first(checked.as_bytes(), false).unwrap().is_some();
        passed.insert(if ended { checked.into_owned() } else { format!("{checked}\n;") });
    }
    passed.into_iter().collect()
}

/// psql drops blanks at some places, and nothing else.
fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_whitespace()).collect()
}

fn statement(text: &str) -> &str {
    statements::first(text.as_bytes(), true).unwrap().unwrap().text
}

#[test]
fn what_passes_is_one_statement_for_us() {
    for text in passed(5000) {
        let found: Vec<_> = statements::split(text.as_bytes()).collect::<Result<_, _>>().unwrap();
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(fragment::check_statement(&text).unwrap(), text, "a second check changes it");
    }
}

/// The newest psql, and those that are installed beside it.
fn every_psql() -> Vec<Command> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let installed = installed.map(|major| major.unwrap().path().join("bin/psql"));
    let installed = installed.filter(|psql| psql.exists()).map(Command::new);
    std::iter::once(testkit::judge("psql")).chain(installed).collect()
}

#[test]
fn what_passes_is_one_statement_for_psql() {
    let server = testkit::Postgres::start(15);
    let texts = passed(4000);
    let backslashes = texts.iter().filter(|text| text.contains("\\!")).count();
    assert!(backslashes > 500, "only {backslashes} texts are dangerous");
    let mut script = String::new();
    for (at, text) in texts.iter().enumerate() {
        writeln!(script, "\\r\n\\echo <<{at}>>\n{text}").unwrap();
    }
    script.push_str("\\r\n\\echo <<end>>\n");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, script).unwrap();
    for mut psql in every_psql() {
        let url = format!("{}/postgres", server.server_url());
        psql.args(["-X", "-q", "-e", "-o", "/dev/null", "-d", &url, "-f"]).arg(file.path());
        let said = testkit::run(psql.env("PGCLIENTENCODING", "UTF8")).ok();
        compare(&texts, &said);
    }
}

/// What psql sent to the server between its echoes must be what we wrote there, and no more.
fn compare(texts: &[String], mut said: &str) {
    for (at, text) in texts.iter().enumerate() {
        let next = texts.get(at + 1).map_or("end".to_owned(), |_| (at + 1).to_string());
        said = said.strip_prefix(&format!("<<{at}>>\n")).unwrap_or_else(|| {
            panic!("psql ran something after {:?}: {said:.200}", texts.get(at.wrapping_sub(1)))
        });
        let Some((query, _)) = said.split_once(&format!("<<{next}>>\n")) else {
            panic!("psql did not come back after {text:?}");
        };
        assert_eq!(solid(query), solid(statement(text)), "{text:?}");
        said = &said[query.len()..];
    }
}

#[test]
fn no_bytes_make_the_lexer_stumble() {
    let mut dice = Dice(42);
    for _ in 0..200_000 {
        let length = dice.below(24);
        let bytes: Vec<u8> = (0..length)
            .map(|_| match dice.below(3) {
                0 => u8::try_from(dice.below(256)).unwrap(),
                _ => SHARP[dice.below(SHARP.len())],
            })
            .collect();
        let mut end = 0;
        for token in Lexer::new(&bytes).map_while(Result::ok) {
            assert_eq!(token.start, end, "{bytes:?}");
            assert!(token.end > token.start && token.end <= bytes.len(), "{bytes:?}");
            end = token.end;
        }
        for whole in [true, false] {
            let _ = statements::first(&bytes, whole);
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = fragment::check(text);
        }
    }
}
