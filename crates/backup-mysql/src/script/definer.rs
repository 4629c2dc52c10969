//! What a restore changes in a definition: who defined it, and whether an event runs.

use super::lexer::Kind;
use super::tokens::{Tokens, solid};
use std::borrow::Cow;
use std::ops::Range;

/// What can be defined by somebody.
const KINDS: [&str; 6] = ["view", "trigger", "procedure", "function", "event", "package"];

/// A definition without `DEFINER=…`: its maker becomes the definer.
pub(crate) fn without_definer(text: &[u8]) -> Cow<'_, [u8]> {
    match definer(text) {
        Some(range) => [&text[..range.start], &text[range.end..]].concat().into(),
        None => text.into(),
    }
}

/// A definition of an event that does not run once it is there; others as they are.
pub(crate) fn disabled(text: &[u8]) -> Cow<'_, [u8]> {
    match status(text) {
        Some(range) => [&text[..range.start], b"DISABLE ", &text[range.end..]].concat().into(),
        None => text.into(),
    }
}

fn definer(text: &[u8]) -> Option<Range<usize>> {
    let tokens = Tokens { text, tokens: solid(text).take(64).collect() };
    if !tokens.is(0, "create") {
        return None;
    }
    let kind = (0..tokens.tokens.len()).find(|at| KINDS.iter().any(|kind| tokens.is(*at, kind)))?;
    let at = (0..kind).find(|at| tokens.is(*at, "definer") && tokens.sign(at + 1, b'='))?;
    // What follows the account: SQL SECURITY, or the kind.
    let end = (at + 3..=kind)
        .find(|end| *end == kind || tokens.is(*end, "sql") || tokens.is(*end, "aggregate"))?;
    Some(tokens.tokens[at].start..tokens.tokens[end].start)
}

/// Where it says whether the event runs, with the blanks after it; empty where it says nothing.
fn status(text: &[u8]) -> Option<Range<usize>> {
    let all = solid(text).take_while(|token| {
        token.kind != Kind::Word || !text[token.start..token.end].eq_ignore_ascii_case(b"do")
    });
    let tokens = Tokens { text, tokens: all.collect() };
    let count = tokens.tokens.len();
    let kind = (0..count).find(|at| KINDS.iter().any(|kind| tokens.is(*at, kind)))?;
    if !tokens.is(0, "create") || !tokens.is(kind, "event") {
        return None;
    }
    let start_of = |at: usize| {
        tokens.tokens.get(at).map_or_else(
            || {
                let end = tokens.tokens[count - 1].end;
                let blanks =
                    text[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                end + blanks
            },
            |token| token.start,
        )
    };
    let found = (kind..count).find(|at| tokens.is(*at, "enable") || tokens.is(*at, "disable"));
    let Some(at) = found else {
        let comment = (kind..count).find(|at| tokens.is(*at, "comment")).unwrap_or(count);
        return Some(start_of(comment)..start_of(comment));
    };
    let elsewhere = tokens.is(at + 1, "on");
    Some(start_of(at)..start_of(if elsewhere { at + 3 } else { at + 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definers_go_from_where_they_define() {
        for (text, wanted) in [
            ("CREATE DEFINER=`a`@`%` PROCEDURE p() SELECT 1", "CREATE PROCEDURE p() SELECT 1"),
            (
                "CREATE ALGORITHM=MERGE DEFINER=`view`@`sql` SQL SECURITY DEFINER VIEW `v` AS SELECT 1",
                "CREATE ALGORITHM=MERGE SQL SECURITY DEFINER VIEW `v` AS SELECT 1",
            ),
            ("CREATE DEFINER = 'a'@'b' EVENT e DO SELECT 1", "CREATE EVENT e DO SELECT 1"),
            ("CREATE DEFINER=`role` FUNCTION f() x", "CREATE FUNCTION f() x"),
            (
                "CREATE DEFINER=CURRENT_USER() AGGREGATE FUNCTION f() x",
                "CREATE AGGREGATE FUNCTION f() x",
            ),
            ("CREATE PROCEDURE p() SET definer=1", "CREATE PROCEDURE p() SET definer=1"),
            ("CREATE TABLE `a` (definer int)", "CREATE TABLE `a` (definer int)"),
            ("SET definer='view' view", "SET definer='view' view"),
        ] {
            assert_eq!(String::from_utf8_lossy(&without_definer(text.as_bytes())), wanted);
        }
    }

    #[test]
    fn events_are_put_to_sleep() {
        let body = "DO BEGIN ENABLE; END";
        for (status, wanted) in [
            ("ON COMPLETION NOT PRESERVE ENABLE ", "ON COMPLETION NOT PRESERVE DISABLE "),
            ("ON COMPLETION PRESERVE DISABLE ON SLAVE ", "ON COMPLETION PRESERVE DISABLE "),
            ("DISABLE ON REPLICA COMMENT 'enable' ", "DISABLE COMMENT 'enable' "),
            ("COMMENT 'enable' ", "DISABLE COMMENT 'enable' "),
            ("", "DISABLE "),
        ] {
            let event = "CREATE DEFINER=`a`@`b` EVENT `enable` ON SCHEDULE EVERY 1 DAY ";
            let text = format!("{event}{status}{body}");
            let found = disabled(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), format!("{event}{wanted}{body}"));
        }
        let text = b"CREATE PROCEDURE event() ENABLE";
        assert_eq!(*disabled(text), text[..]);
    }
}
