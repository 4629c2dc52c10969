//! How deep a place in a statement lies: only at depth nought does `;` end it.
//!
//! psql 14 and later count `BEGIN` and `END` inside CREATE FUNCTION and PROCEDURE for the sake of
//! `BEGIN ATOMIC … END` bodies. psql 13 does not, and cannot read such a function, whoever wrote
//! the file; it cannot come from a server 13 either.

use super::lexer::{Kind, Token};

/// What psql remembers between two ends of statements.
#[derive(Clone, Debug, Default)]
pub(super) struct Nesting {
    pub(super) parentheses: usize,
    pub(super) begins: usize,
    words: usize,
    /// The first letters of those of the first four words that psql knows.
    opening: [u8; 4],
}

impl Nesting {
    /// Takes the next token into account, and says whether it ends the statement.
    pub(super) fn see(&mut self, token: Token, text: &[u8]) -> bool {
        match token.kind {
            Kind::Open => self.parentheses += 1,
            Kind::Close => self.parentheses = self.parentheses.saturating_sub(1),
            Kind::Word => self.word(&text[token.start..token.end]),
            Kind::Semicolon if self.flat() => {
                *self = Self::default();
                return true;
            }
            _ => {}
        }
        false
    }

    pub(super) fn flat(&self) -> bool {
        self.parentheses == 0 && self.begins == 0
    }

    fn word(&mut self, word: &[u8]) {
        let is = |other: &str| word.eq_ignore_ascii_case(other.as_bytes());
        if self.words < self.opening.len()
            && ["create", "function", "procedure", "or", "replace"].into_iter().any(is)
        {
            self.opening[self.words] = word[0].to_ascii_lowercase();
        }
        self.words += 1;
        if !self.in_routine() {
        } else if is("begin") || (is("case") && self.begins > 0) {
            self.begins += 1;
        } else if is("end") {
            self.begins = self.begins.saturating_sub(1);
        }
    }

    /// Whether psql would count a BEGIN here.
    pub(super) fn in_routine(&self) -> bool {
        let routine =
            matches!(self.opening, [b'c', b'f' | b'p', ..] | [b'c', b'o', b'r', b'f' | b'p']);
        routine && self.parentheses == 0
    }
}
