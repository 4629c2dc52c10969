//! Cuts SQL into the pieces that a stock client sees.
//!
//! The clients do not agree with each other, nor with the servers: `/*M! */` is code for one and a
//! comment for the other, `$$` opens a string in one of them, a hint ends with its line. A
//! [`Reading`] is one client's way; where even that has no sure meaning there is a fault.

use super::reading::Reading;

/// What a client can take a piece of text for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    /// `-- …` and `# …`, without the end of the line.
    LineComment,
    /// `/* … */`, and what is one for this reading.
    BlockComment,
    /// An unquoted identifier, key word or number.
    Word,
    /// `` `…` ``
    Name,
    /// `'…'`, `"…"` and, where it is one, `$tag$…$tag$`.
    Text,
    Semicolon,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Text that has no one meaning, or a dangerous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) reason: &'static str,
    /// The text ended inside of something: more text could mend it.
    pub(super) open: bool,
}

pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    reading: Reading,
    /// Between `/*!` and `*/`, for the clients only as long as the line.
    conditional: bool,
}

type Scanned<T> = Result<T, Fault>;

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8], reading: Reading) -> Self {
        Self { text, at: 0, reading, conditional: false }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self) -> Scanned<Kind> {
        match (self.peek(0), self.peek(1)) {
            (byte, _) if is_blank(byte) => {
                self.skip(is_blank);
                Ok(Kind::Blank)
            }
            (0, _) => Err(self.fault("a NUL byte")),
            (..0x20 | 0x7f, _) => Err(self.fault("a control character outside of quotes")),
            // An old word for NULL.
            (b'\\', b'N') if !is_word(self.peek(2)) => Ok(self.take(2, Kind::Other)),
            (b'\\', _) => Err(self.fault("a backslash outside of quotes")),
            (b'#', _) => self.line_comment(),
            (b'-', b'-') => self.dashes(),
            (b'/', b'*') => self.slash_star(),
            (b'*', b'/') => {
                self.conditional = false;
                self.at += 2;
                self.no_star().map(|()| Kind::Other)
            }
            (b'\'', _) => self.quoted(b'\'', self.reading.backslash, Kind::Text),
            (b'"', _) => self.quoted(b'"', self.reading.double_backslash, Kind::Text),
            (b'`', _) => self.quoted(b'`', false, Kind::Name),
            (b'$', _) if self.reading.dollar => self.dollar(),
            (b';', _) => Ok(self.take(1, Kind::Semicolon)),
            (byte, _) if is_word(byte) => {
                self.skip(is_word);
                Ok(Kind::Word)
            }
            _ => Ok(self.take(1, Kind::Other)),
        }
    }

    fn take(&mut self, length: usize, kind: Kind) -> Kind {
        self.at += length;
        kind
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
    }

    fn line_comment(&mut self) -> Scanned<Kind> {
        let start = self.at;
        self.skip(|byte| byte != b'\n');
        self.free_of_nul(start, Kind::LineComment)
    }

    /// A comment if a space follows; what counts as one differs beyond ASCII.
    fn dashes(&mut self) -> Scanned<Kind> {
        match self.text.get(self.at + 2) {
            None => self.line_comment(),
            Some(byte) if is_blank(*byte) => self.line_comment(),
            Some(..0x20 | 0x7f..) => Err(self.fault("two dashes before an odd character")),
            Some(_) => Ok(self.take(1, Kind::Other)),
        }
    }

    fn slash_star(&mut self) -> Scanned<Kind> {
        if self.conditional {
            return Err(self.fault("a comment inside of a conditional comment"));
        }
        let is_code = match (self.peek(2), self.peek(3)) {
            (b'!', _) => true,
            (b'M', b'!') => self.reading.mariadb,
            (b'+', _) if !self.reading.mariadb => return self.hint(),
            _ => false,
        };
        if is_code {
            self.conditional = true;
            return Ok(self.take(3, Kind::Other));
        }
        self.block_comment()
    }

    fn block_comment(&mut self) -> Scanned<Kind> {
        let start = self.at;
        self.at += 2;
        while self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                (b'*', b'/') => {
                    self.at += 2;
                    // The clients put a space behind the next character.
                    if self.peek(0) >= 0x80 {
                        return Err(self.fault("a letter outside of ASCII behind a comment"));
                    }
                    if matches!((self.peek(0), self.reading.dollar), (b'\\', _) | (b'$', true)) {
                        return Err(self.fault("a backslash or a dollar behind a comment"));
                    }
                    if self.peek(0) == b'/' && matches!(self.peek(2), b'!' | b'+' | b'M') {
                        return Err(self.fault("a conditional comment right behind a comment"));
                    }
                    return self.free_of_nul(start, Kind::BlockComment);
                }
                (b'/', b'*') if matches!(self.peek(2), b'!' | b'+' | b'M' | b'/') => {
                    return Err(self.fault("a comment inside of a comment"));
                }
                _ => self.at += 1,
            }
        }
        Err(open(start, "a comment without an end"))
    }

    /// What follows in the next line is code again for the client, whatever the server thinks.
    fn hint(&mut self) -> Scanned<Kind> {
        let start = self.at;
        self.at += 3;
        while self.at < self.text.len() {
            match (self.peek(0), self.peek(1)) {
                (b'*', b'/') => {
                    self.at += 2;
                    self.no_star()?;
                    break;
                }
                (b'\n', _) => break,
                (b'\\', _) => return Err(self.fault("a backslash outside of quotes")),
                (b'/', b'*') => return Err(self.fault("a comment inside of a comment")),
                (quote @ (b'\'' | b'"' | b'`'), _) => self.quoted_in_hint(quote)?,
                _ => self.at += 1,
            }
        }
        if self.at >= self.text.len() && !self.text.ends_with(b"*/") {
            return Err(open(start, "a hint without an end"));
        }
        self.free_of_nul(start, Kind::BlockComment)
    }

    /// The clients see quotes there, and servers may not.
    fn quoted_in_hint(&mut self, quote: u8) -> Scanned<()> {
        let start = self.at;
        self.quoted(quote, false, Kind::Name)?;
        let text = &self.text[start..self.at];
        if memchr::memmem::find(text, b"*/").is_some()
            || memchr::memchr2(b'\n', b'\\', text).is_some()
        {
            return Err(self.fault("a hint with more than names in quotes"));
        }
        Ok(())
    }

    /// MySQL's client takes the end of code or a hint, and a star behind it, for the beginning of a comment.
    fn no_star(&self) -> Scanned<()> {
        if self.peek(0) == b'*' {
            return Err(self.fault("a star behind the end of a hint or a conditional comment"));
        }
        Ok(())
    }

    fn quoted(&mut self, quote: u8, escapes: bool, kind: Kind) -> Scanned<Kind> {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = &self.text[self.at.min(self.text.len())..];
            let found = if escapes {
                memchr::memchr2(quote, b'\\', rest)
            } else {
                memchr::memchr(quote, rest)
            };
            let Some(found) = found else {
                return Err(open(start, "a quote without an end"));
            };
            self.at += found;
            if self.peek(0) == b'\\' {
                self.at += 2;
                continue;
            }
            self.at += 1;
            // A doubled quote is one piece with what follows, which makes no difference to a client.
            if self.peek(0) != quote {
                return self.sound_quote(start, quote, kind);
            }
            self.at += 1;
        }
    }

    fn sound_quote(&mut self, start: usize, quote: u8, kind: Kind) -> Scanned<Kind> {
        let text = &self.text[start..self.at];
        let drops = quote == b'`' || (quote == b'"' && !self.reading.double_backslash);
        if drops && memchr::memmem::find(text, b"\\\n").is_some() {
            // The clients drop such a backslash.
            return Err(self.fault("a name with a backslash at the end of a line"));
        }
        self.free_of_nul(start, kind)
    }

    fn dollar(&mut self) -> Scanned<Kind> {
        let start = self.at;
        self.at += 1;
        self.skip(|byte| is_word(byte) && byte != b'$');
        if self.peek(0) != b'$' {
            self.skip(is_word);
            return Ok(Kind::Word);
        }
        self.at += 1;
        let tag = &self.text[start..self.at];
        loop {
            let rest = &self.text[self.at.min(self.text.len())..];
            let Some(found) = memchr::memchr2(b'$', b'\\', rest) else {
                return Err(open(start, "a dollar quote without an end"));
            };
            self.at += found;
            let rest = &self.text[self.at..];
            if rest[0] == b'\\' {
                if matches!(self.peek(1), b'$' | b'\n') {
                    return Err(self.fault("a backslash before a dollar or at the end of a line"));
                }
                self.at += 2;
            } else if rest.starts_with(tag) {
                self.at += tag.len();
                if self.peek(0) == b'$' {
                    return Err(self.fault("a dollar behind a dollar quote"));
                }
                return self.free_of_nul(start, Kind::Text);
            } else {
                self.at += 1;
            }
        }
    }

    fn free_of_nul(&self, start: usize, kind: Kind) -> Scanned<Kind> {
        match memchr::memchr(0, &self.text[start..self.at]) {
            Some(at) => Err(Fault { at: start + at, reason: "a NUL byte", open: false }),
            None => Ok(kind),
        }
    }

    fn fault(&self, reason: &'static str) -> Fault {
        Fault { at: self.at, reason, open: false }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Scanned<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        let token = self.token().map(|kind| Token { kind, start, end: self.at });
        if token.is_err() {
            self.at = self.text.len();
        } else if memchr::memchr(b'\n', &self.text[start..self.at]).is_some() {
            self.conditional = false;
        }
        Some(token)
    }
}

fn open(at: usize, reason: &'static str) -> Fault {
    Fault { at, reason, open: true }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
