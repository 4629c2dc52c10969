//! Cuts SQL into the tokens that psql's scanner sees.
//!
//! Where versions of psql, or psql and the server, read the same text differently, this lexer
//! takes neither side: it reports a fault. Those places are a string continued on a new line
//! (psql scans line by line and forgets that it was an `E''` string), a number or parameter with
//! letters glued to it (one token from 16 on, two before), and vertical tabs (a space from 16 on).

/// What psql can take a piece of text for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    Comment,
    /// An unquoted identifier or key word.
    Word,
    /// `"…"` and `U&"…"`.
    Name,
    /// `'…'` with any prefix, and `$tag$…$tag$`.
    Text,
    Number,
    Open,
    Close,
    Semicolon,
    /// A colon that psql could take for the start of a variable of its own.
    Variable,
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
}

type Scanned<T> = Result<T, Fault>;

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self) -> Scanned<Kind> {
        let byte = self.peek(0);
        match (byte, self.peek(1)) {
            (b' ' | b'\t' | b'\n' | b'\r', _) => {
                self.skip(is_blank);
                Ok(Kind::Blank)
            }
            (0, _) => Err(self.fault("a NUL byte")),
            (..0x20 | 0x7f, _) => Err(self.fault("a control character outside quotes")),
            (b'\\', _) => Err(self.fault("a backslash outside quotes")),
            (b'-', b'-') => self.line_comment(),
            (b'/', b'*') => self.block_comment(),
            (b'\'', _) => self.text(0, false),
            (b'e' | b'E', b'\'') => self.text(1, true),
            (b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'') => self.text(1, false),
            (b'u' | b'U', b'&') if self.peek(2) == b'\'' => self.text(2, false),
            (b'u' | b'U', b'&') if self.peek(2) == b'"' => self.name(2),
            (b'"', _) => self.name(0),
            (b'0'..=b'9', _) => self.number(),
            (b'$', b'0'..=b'9') => self.parameter(),
            (b'$', _) => self.dollar(),
            (b'(', _) => Ok(self.one(Kind::Open)),
            (b')', _) => Ok(self.one(Kind::Close)),
            (b';', _) => Ok(self.one(Kind::Semicolon)),
            (b':', b':' | b'=') => {
                self.at += 2;
                Ok(Kind::Other)
            }
            (b':', b'\'' | b'"' | b'{') => Ok(self.one(Kind::Variable)),
            (b':', next) if starts_word(next) || next.is_ascii_digit() => {
                Ok(self.one(Kind::Variable))
            }
            _ if starts_word(byte) => {
                self.skip(continues_word);
                Ok(Kind::Word)
            }
            _ => Ok(self.one(Kind::Other)),
        }
    }

    fn one(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
    }

    /// A carriage return ends it too, so a backslash after one is not inside the comment.
    fn line_comment(&mut self) -> Scanned<Kind> {
        let start = self.at;
        self.skip(|byte| byte != b'\n' && byte != b'\r');
        if self.at == self.text.len() {
            return Err(open(start, "a comment without an end of line"));
        }
        self.free_of_nul(start, Kind::Comment)
    }

    fn block_comment(&mut self) -> Scanned<Kind> {
        let start = self.at;
        let mut depth = 0_usize;
        while self.at < self.text.len() {
            let step = match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    2
                }
                (b'*', b'/') => {
                    depth -= 1;
                    2
                }
                _ => 1,
            };
            self.at += step;
            if depth == 0 {
                return self.free_of_nul(start, Kind::Comment);
            }
        }
        Err(open(start, "a comment without an end"))
    }

    fn text(&mut self, prefix: usize, escapes: bool) -> Scanned<Kind> {
        let start = self.at;
        self.at += prefix;
        self.quoted(b'\'', escapes, start)?;
        if self.continued() {
            return Err(self.fault("a string continued on another line"));
        }
        self.free_of_nul(start, Kind::Text)
    }

    fn name(&mut self, prefix: usize) -> Scanned<Kind> {
        let start = self.at;
        self.at += prefix;
        self.quoted(b'"', false, start)?;
        self.free_of_nul(start, Kind::Name)
    }

    /// From the opening quote past the closing one.
    fn quoted(&mut self, quote: u8, escapes: bool, start: usize) -> Scanned<()> {
        self.at += 1;
        while self.at < self.text.len() {
            match self.peek(0) {
                b'\\' if escapes => self.at += 2,
                byte if byte != quote => self.at += 1,
                _ if self.peek(1) == quote => self.at += 2,
                _ => {
                    self.at += 1;
                    return Ok(());
                }
            }
        }
        self.at = self.text.len();
        Err(open(start, "a quote without an end"))
    }

    /// Whether blanks with a line end, then another string, follow the string that just ended.
    fn continued(&self) -> bool {
        let mut at = self.at;
        let mut line_end = false;
        while let Some(byte) = self.text.get(at) {
            match byte {
                b'\n' | b'\r' => line_end = true,
                b' ' | b'\t' | 0x0b | 0x0c => {}
                b'-' if self.text.get(at + 1) == Some(&b'-') => {
                    let rest = &self.text[at..];
                    let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    at += end.unwrap_or(rest.len());
                    continue;
                }
                byte => return line_end && *byte == b'\'',
            }
            at += 1;
        }
        false
    }

    fn number(&mut self) -> Scanned<Kind> {
        self.skip(|byte| byte.is_ascii_digit());
        if self.peek(0) == b'.' {
            self.at += 1;
            self.skip(|byte| byte.is_ascii_digit());
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                self.skip(|byte| byte.is_ascii_digit());
            }
        }
        self.unglued()
    }

    fn parameter(&mut self) -> Scanned<Kind> {
        self.at += 1;
        self.skip(|byte| byte.is_ascii_digit());
        self.unglued()
    }

    fn unglued(&mut self) -> Scanned<Kind> {
        match self.peek(0) {
            next if starts_word(next) || next == b'$' => {
                Err(self.fault("a number with letters after it"))
            }
            _ => Ok(Kind::Number),
        }
    }

    fn dollar(&mut self) -> Scanned<Kind> {
        let start = self.at;
        self.at += 1;
        if starts_word(self.peek(0)) {
            self.skip(|byte| continues_word(byte) && byte != b'$');
        }
        if self.peek(0) != b'$' {
            let at_end = self.at == self.text.len();
            return Err(Fault { at: start, reason: "a dollar sign alone", open: at_end });
        }
        self.at += 1;
        let tag = &self.text[start..self.at];
        let Some(length) = memchr::memmem::find(&self.text[self.at..], tag) else {
            self.at = self.text.len();
            return Err(open(start, "a dollar quote without an end"));
        };
        self.at += length + tag.len();
        self.free_of_nul(start, Kind::Text)
    }

    fn free_of_nul(&self, start: usize, kind: Kind) -> Scanned<Kind> {
        match self.text[start..self.at].iter().position(|byte| *byte == 0) {
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
        }
        Some(token)
    }
}

fn open(at: usize, reason: &'static str) -> Fault {
    Fault { at, reason, open: true }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit() || byte == b'$'
}
