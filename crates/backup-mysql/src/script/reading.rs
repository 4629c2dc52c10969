//! The ways in which stock clients read the same bytes.

/// One client in one state of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one difference between the clients")]
pub(super) struct Reading {
    /// `/*M! */` is code, and a hint a comment like others.
    pub(super) mariadb: bool,
    /// `$tag$ … $tag$` is a string.
    pub(super) dollar: bool,
    /// A backslash escapes in `'…'`.
    pub(super) backslash: bool,
    /// A backslash escapes in `"…"`.
    pub(super) double_backslash: bool,
}

impl Reading {
    /// The statements of our own file that need no DELIMITER.
    pub(super) const OURS: Self =
        Self { mariadb: true, dollar: false, backslash: true, double_backslash: true };
}

/// What of the SQL mode changes how a client reads, as set when the statement is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    pub(crate) no_backslash_escapes: bool,
    pub(crate) ansi_quotes: bool,
}

impl Mode {
    /// From the value of `sql_mode`.
    pub(crate) fn of(sql_mode: &str) -> Self {
        let has =
            |wanted: &str| sql_mode.split(',').any(|mode| mode.trim().eq_ignore_ascii_case(wanted));
        Self {
            no_backslash_escapes: has("NO_BACKSLASH_ESCAPES"),
            ansi_quotes: has("ANSI_QUOTES") || has("ANSI"),
        }
    }

    /// Every way in which a client reads in this mode.
    pub(super) fn readings(self) -> impl Iterator<Item = Reading> {
        let backslash = !self.no_backslash_escapes;
        let mysql = Reading {
            mariadb: false,
            dollar: false,
            backslash,
            // Its client does not know of the other meaning.
            double_backslash: backslash,
        };
        let newer = Reading { dollar: true, ..mysql };
        let mariadb =
            Reading { mariadb: true, double_backslash: backslash && !self.ansi_quotes, ..mysql };
        [mysql, newer, mariadb].into_iter()
    }
}

impl From<bool> for Mode {
    fn from(no_backslash_escapes: bool) -> Self {
        Self { no_backslash_escapes, ansi_quotes: false }
    }
}
