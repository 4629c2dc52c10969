//! Names and texts that break whoever does not quote them.

use super::world::World;

const PIECES: [&str; 24] = [
    "plain",
    "Upper",
    "with space",
    "quo\"te",
    "new\nline",
    "back\\slash",
    "\\!",
    "semi;",
    "--",
    "/*",
    ":colon",
    "apo'strophe",
    "$$",
    "$_$",
    "ünïcode",
    "select",
    "begin",
    "tab\t",
    "%s",
    "null",
    "(",
    "\\.",
    "a.b",
    "=",
];

const TEXTS: [&str; 12] = [
    "plain",
    "",
    "\\.",
    "\\N",
    "tab\tand\nline",
    "it's",
    "back\\slash",
    "\"",
    "$$",
    "ünï",
    "{a,b}",
    "end\r",
];

pub(super) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn literal(text: &str) -> String {
    // A backslash is itself, as standard_conforming_strings has it.
    format!("'{}'", text.replace('\'', "''"))
}

impl World {
    /// A new name, quoted; half of them are harmless, so that the others can be told apart.
    pub(super) fn name(&mut self, what: &str) -> String {
        let piece = if self.chance(50) { "" } else { self.one_of(&PIECES) };
        self.counter += 1;
        ident(&format!("{what}{piece}{}", self.counter))
    }

    /// The same with the current schema.
    pub(super) fn qualified(&mut self, what: &str) -> String {
        let name = self.name(what);
        format!("{}.{name}", self.schema)
    }

    pub(super) fn text(&mut self) -> &'static str {
        self.one_of(&TEXTS)
    }
}
