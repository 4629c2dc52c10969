//! Which columns of a table a backup holds, and how each of them is asked for and written.

use mysql::quote::{ident, literal};
use mysql::{Client, Row, explain};
use mysql_async::prelude::Queryable;
use task::{Error, Result};

/// How a value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As the server prints it.
    Number,
    /// The same, but `-0` is no integer.
    Float,
    /// Digits and signs between quotes.
    Quoted,
    /// Hexadecimal.
    Binary,
    /// Characters in UTF-8, or in a part of it.
    Utf8,
    /// Characters of Windows' code page 1252, which the server calls latin1.
    Latin1,
    /// Characters of another set, in which ASCII is itself or is not.
    Other { charset: String, ascii: bool },
    /// An enumeration without an empty member: the empty text is what the server keeps for a wrong
    /// value.
    Enum(Box<Kind>),
}

#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
    /// What is selected.
    pub expression: String,
}

#[derive(Debug)]
pub(crate) struct Columns {
    pub list: Vec<Column>,
    /// The rows of all times, where the table keeps them.
    pub versioned: bool,
    /// Columns of the primary key, where rows can be read in its order.
    pub key: Vec<String>,
    /// The first of them is a whole number.
    pub by_number: bool,
}

/// Single-byte sets and others in which 0x00 to 0x7f are ASCII, and nothing else is.
const ASCII_FIRST: [&str; 31] = [
    "armscii8", "big5", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "cp932",
    "dec8", "eucjpms", "euckr", "gb18030", "gb2312", "gbk", "geostd8", "greek", "hebrew", "hp8",
    "keybcs2", "koi8r", "koi8u", "latin2", "latin5", "latin7", "macce", "macroman", "sjis",
    "tis620", "ujis",
];

impl Columns {
    pub(crate) async fn read(client: &mut Client, table: &str) -> Result<Self> {
        let what = || format!("cannot read the columns of {}", ident(table));
        let versioned = client
            .query_first::<String, _>(format!(
                "SELECT TABLE_TYPE FROM information_schema.TABLES
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {}",
                literal(table)
            ))
            .await
            .map_err(|error| explain(error, what()))?
            .ok_or_else(|| Error::failed(format!("the table {} is gone", ident(table))))?
            == "SYSTEM VERSIONED";
        let rows: Vec<Row> = client
            .query(format!(
                "SELECT c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, c.CHARACTER_SET_NAME, c.EXTRA,
                    c.GENERATION_EXPRESSION, s.SEQ_IN_INDEX, s.SUB_PART
                 FROM information_schema.COLUMNS c
                 LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = c.TABLE_SCHEMA
                    AND s.TABLE_NAME = c.TABLE_NAME AND s.COLUMN_NAME = c.COLUMN_NAME
                    AND s.INDEX_NAME = 'PRIMARY'
                 WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = {}
                 ORDER BY c.ORDINAL_POSITION",
                literal(table)
            ))
            .await
            .map_err(|error| explain(error, what()))?;
        if rows.is_empty() {
            return Err(Error::failed(format!("the table {} is gone", ident(table))));
        }
        let mut found = Found::default();
        for row in rows {
            found.add(row, table)?;
        }
        found.finish(versioned, table)
    }
}

#[derive(Default)]
struct Found {
    list: Vec<Column>,
    key: Vec<(u64, String, bool)>,
    partial_key: bool,
    periods: Vec<(String, String)>,
}

impl Found {
    fn add(&mut self, mut row: Row, table: &str) -> Result<()> {
        let mut text = |at: usize| -> String {
            row.take_opt::<Option<String>, _>(at).and_then(Result::ok).flatten().unwrap_or_default()
        };
        let (name, data_type, full) = (text(0), text(1).to_lowercase(), text(2));
        let (charset, extra, expression) = (text(3), text(4).to_uppercase(), text(5));
        let (place, part) = (text(6), text(7));
        let whole = ["tinyint", "smallint", "mediumint", "int", "bigint"];
        if let Ok(place) = place.parse() {
            self.key.push((place, name.clone(), whole.contains(&data_type.as_str())));
            self.partial_key |= !part.is_empty();
        }
        if ["ROW START", "ROW END"].contains(&expression.as_str()) {
            self.periods.push((name, data_type));
            return Ok(());
        }
        let generated = ["VIRTUAL GENERATED", "STORED GENERATED", "PERSISTENT"];
        if generated.iter().any(|word| extra.contains(word)) {
            return Ok(());
        }
        let column = column(&name, &data_type, &full, &charset).ok_or_else(|| {
            Error::usage(format!(
                "refusing to back up the column {}.{}: this version of backup-mysql does not know \
                 the type {full:?} in the character set {charset:?}; leave the table out by \
                 --exclude-table, or its rows by --exclude-table-data",
                ident(table),
                ident(&name)
            ))
        })?;
        self.list.push(column);
        Ok(())
    }

    fn finish(mut self, versioned: bool, table: &str) -> Result<Columns> {
        if versioned {
            if self.periods.iter().any(|(_, data_type)| data_type == "bigint") {
                return Err(Error::usage(format!(
                    "refusing to back up {}: the history of a table versioned by transactions \
                     cannot be written; leave it out by --exclude-table",
                    ident(table)
                )));
            }
            let hidden = ["row_start", "row_end"].map(|name| (name.to_owned(), String::new()));
            let periods = if self.periods.is_empty() { hidden.to_vec() } else { self.periods };
            self.list.extend(periods.into_iter().map(|(name, _)| Column {
                expression: ident(&name),
                name,
                kind: Kind::Quoted,
            }));
        }
        self.key.sort();
        let by_number = self.key.first().is_some_and(|(_, _, whole)| *whole);
        let key = self.key.into_iter().map(|(_, name, _)| name);
        let key = if self.partial_key || versioned { Vec::new() } else { key.collect() };
        Ok(Columns { list: self.list, versioned, by_number: by_number && !key.is_empty(), key })
    }
}

/// None if the type is unknown.
fn column(name: &str, data_type: &str, full: &str, charset: &str) -> Option<Column> {
    let quoted = ident(name);
    let as_it_is = |kind| Some((kind, quoted.clone()));
    let (kind, expression) = match data_type {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "year" => {
            as_it_is(Kind::Number)
        }
        // A FLOAT is printed with six digits, and one with decimals rounded to them: as a DOUBLE both
        // are exact.
        "float" => Some((Kind::Float, format!("{quoted} * 1e0"))),
        "double" if full.contains('(') => Some((Kind::Float, format!("{quoted} * 1e0"))),
        "double" => as_it_is(Kind::Float),
        "date" | "datetime" | "timestamp" | "time" | "uuid" | "inet4" | "inet6" => {
            as_it_is(Kind::Quoted)
        }
        "bit" | "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob"
        | "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geomcollection" | "geometrycollection" | "vector" => {
            as_it_is(Kind::Binary)
        }
        "json" => as_it_is(Kind::Utf8),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
            as_it_is(characters(charset)?)
        }
        // Their texts do not tell the empty member from none.
        "enum" | "set" if has_empty_member(full) => Some((Kind::Number, format!("{quoted} + 0"))),
        "enum" => as_it_is(Kind::Enum(Box::new(characters(charset)?))),
        "set" => as_it_is(characters(charset)?),
        _ => None,
    }?;
    Some(Column { name: name.to_owned(), kind, expression })
}

fn characters(charset: &str) -> Option<Kind> {
    Some(match charset {
        "utf8" | "utf8mb3" | "utf8mb4" | "ascii" => Kind::Utf8,
        "latin1" => Kind::Latin1,
        "binary" => Kind::Binary,
        "swe7" | "ucs2" | "utf16" | "utf16le" | "utf32" => {
            Kind::Other { charset: charset.to_owned(), ascii: false }
        }
        _ if ASCII_FIRST.contains(&charset) => {
            Kind::Other { charset: charset.to_owned(), ascii: true }
        }
        _ => return None,
    })
}

/// In `enum('a','')`: quotes within a member are doubled, so an empty one has nobody else's quotes
/// beside it.
fn has_empty_member(full: &str) -> bool {
    let members = full.split_once('(').map_or("", |(_, rest)| rest);
    let (mut inside, mut length) = (false, 0);
    let mut letters = members.chars().peekable();
    while let Some(letter) = letters.next() {
        match (inside, letter) {
            (false, '\'') => (inside, length) = (true, 0),
            (true, '\'') if letters.peek() == Some(&'\'') => {
                letters.next();
                length += 1;
            }
            (true, '\'') if length == 0 => return true,
            (true, '\'') => inside = false,
            (true, _) => length += 1,
            (false, _) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_member_is_told_from_quotes() {
        for (full, empty) in [
            ("enum('a','')", true),
            ("enum('')", true),
            ("set('a','b')", false),
            ("enum('''','a''')", false),
            ("enum('a''''b',',''','x')", false),
            ("enum(''',''','')", true),
        ] {
            assert_eq!(has_empty_member(full), empty, "{full}");
        }
    }

    #[test]
    fn unknown_types_and_sets_are_refused() {
        assert!(column("a", "hologram", "hologram", "").is_none());
        assert!(column("a", "text", "text", "klingon").is_none());
        assert_eq!(column("a", "text", "text", "gbk").map(|column| column.kind), characters("gbk"));
    }
}
