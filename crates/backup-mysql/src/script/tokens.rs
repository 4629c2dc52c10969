//! A statement without blanks and comments, to be looked through by words.

use super::lexer::{Kind, Lexer, Token};
use super::reading::Reading;

pub(super) fn solid(text: &[u8]) -> impl Iterator<Item = Token> {
    Lexer::new(text, Reading::OURS)
        .map_while(Result::ok)
        .filter(|token| !matches!(token.kind, Kind::Blank | Kind::LineComment | Kind::BlockComment))
}

pub(super) struct Tokens<'a> {
    pub(super) text: &'a [u8],
    pub(super) tokens: Vec<Token>,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text, tokens: solid(text).collect() }
    }

    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| {
            token.kind == Kind::Word
                && self.text[token.start..token.end].eq_ignore_ascii_case(word.as_bytes())
        })
    }

    pub(super) fn sign(&self, at: usize, sign: u8) -> bool {
        self.tokens.get(at).is_some_and(|token| self.text[token.start..token.end] == [sign])
    }

    /// Where these words follow each other for the first time.
    pub(super) fn find(&self, words: &[&str]) -> Option<usize> {
        (0..self.tokens.len())
            .find(|at| words.iter().enumerate().all(|(ahead, word)| self.is(at + ahead, word)))
    }

    /// The text from one token up to another, or to the end.
    pub(super) fn between(&self, from: usize, to: usize) -> &'a [u8] {
        let start = |at: usize| self.tokens.get(at).map_or(self.text.len(), |token| token.start);
        &self.text[start(from)..start(to)]
    }
}
