//! One column: the value of a record's field, made into what its table takes, or the reason why it cannot be.
//!
//! All that the server could refuse in a value is refused here before, for there one bad value would be the end
//! of all. Reasons never show a value: they go to the log.

use crate::config::{Case, Column, Kind};
use crate::decimal::{Decimal, out_of_range};
use crate::json::{self, Path, Step};
use crate::moment::Format;
use crate::shape::Form;
use crate::strict;
use jiff::tz::TimeZone;
use serde_json::value::RawValue;
use std::borrow::Cow;
use task::{Error, Result};

/// Where an index has no room for more.
const LONGEST_KEY: usize = 2000;

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the configuration")]
pub(crate) struct Field {
    pub name: String,
    pub path: Path,
    pub kind: Kind,
    pub form: Form,
    pub key: bool,
    trim: bool,
    case: Option<Case>,
    empty_is_null: bool,
    format: Format,
    zone: TimeZone,
    /// May be NULL.
    open: bool,
    /// As it is sent.
    default: Option<Vec<u8>>,
}

impl Field {
    /// What the configuration says about a column, as far as it makes sense.
    pub(crate) fn new(name: &str, column: &Column, key: bool) -> Result<Self> {
        let wrong = |what: &str| Error::usage(format!("the column {name} of --config: {what}"));
        let timed = matches!(column.r#type, Kind::Time | Kind::Date);
        if column.format.is_some() && !timed {
            return Err(wrong("only a time or a date has a format"));
        }
        if column.zone.is_some() && column.r#type != Kind::Time {
            return Err(wrong("only a time has a zone"));
        }
        if column.case.is_some() && column.r#type != Kind::Text {
            return Err(wrong("only a text has upper and lower case"));
        }
        if key && column.r#type == Kind::Json {
            return Err(wrong("JSON cannot be a key"));
        }
        let format = column.format.as_deref().unwrap_or("iso");
        let zone = match column.zone.as_deref() {
            None => TimeZone::UTC,
            Some(zone) => TimeZone::get(zone).map_err(|_| {
                wrong("the zone is none of the tz database: write it like Europe/Berlin")
            })?,
        };
        Ok(Self {
            name: name.to_owned(),
            path: column.from.clone().unwrap_or_else(|| Path(vec![Step::Key(name.to_owned())])),
            kind: column.r#type,
            form: Form::of(column.r#type),
            key,
            trim: column.trim,
            case: column.case,
            empty_is_null: column.empty_is_null,
            format: Format::named(format).map_err(|error| wrong(&error))?,
            zone,
            open: !key && !column.required,
            default: None,
        })
    }

    /// Once the form of the table's column is known.
    pub(crate) fn settle(&mut self, form: Form, filled: bool, column: &Column) -> Result<()> {
        self.form = form;
        self.open &= !filled;
        if let Some(default) = &column.default {
            let wrong = |why: String| {
                Error::usage(format!("the default of the column {} {why}", self.name))
            };
            let raw = match self.kind {
                Kind::Json => RawValue::from_string(default.0.clone())
                    .map_err(|_| wrong("is no JSON".to_owned()))?,
                _ => serde_json::value::to_raw_value(&default.0)
                    .map_err(|error| wrong(error.to_string()))?,
            };
            let mut sent = Vec::new();
            self.write(&raw, &mut sent).map_err(wrong)?;
            self.default = Some(sent);
        }
        Ok(())
    }

    pub(crate) fn open(&self) -> bool {
        self.open
    }

    /// Appends the value with its length, as COPY has it; or tells what is wrong, in words that follow the
    /// column's name.
    pub(crate) fn put(&self, raw: Option<&RawValue>, out: &mut Vec<u8>) -> Result<(), String> {
        match json::given(raw) {
            Some(raw) => self.write(raw, out),
            None => self.nothing(out),
        }
    }

    fn nothing(&self, out: &mut Vec<u8>) -> Result<(), String> {
        match &self.default {
            Some(default) => out.extend_from_slice(default),
            None if self.open => out.extend_from_slice(&(-1_i32).to_be_bytes()),
            None => return Err("is missing".to_owned()),
        }
        Ok(())
    }

    fn write(&self, raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
        if self.kind == Kind::Json {
            strict::check(raw.get())?;
            // One that says null on purpose was taken for none before.
            return sized(out, |out| {
                if self.form == Form::Jsonb {
                    out.push(1);
                }
                out.extend_from_slice(raw.get().as_bytes());
                Ok(())
            });
        }
        let word = self.word(raw)?;
        if word.is_empty() && (self.empty_is_null && json::kind(raw) == "text") {
            return self.nothing(out);
        }
        let start = out.len();
        sized(out, |out| self.encode(&word, raw, out))?;
        if self.key && out.len() - start > LONGEST_KEY {
            return Err(format!("is longer than {LONGEST_KEY} bytes, and part of the key"));
        }
        Ok(())
    }

    /// The value as a text, whatever it was.
    fn word<'a>(&self, raw: &'a RawValue) -> Result<Cow<'a, str>, String> {
        let word = match json::kind(raw) {
            "text" => json::text(raw)?,
            "a number" | "true or false" => Cow::Borrowed(raw.get()),
            kind => return Err(format!("is {kind}, and {} is wanted", self.wanted())),
        };
        // Around anything but a text, blanks mean nothing.
        if !self.trim && self.kind == Kind::Text {
            return Ok(word);
        }
        Ok(match word {
            Cow::Borrowed(word) => Cow::Borrowed(word.trim()),
            Cow::Owned(word) => Cow::Owned(word.trim().to_owned()),
        })
    }

    fn wanted(&self) -> &'static str {
        match self.kind {
            Kind::Text => "a text",
            Kind::Integer => "a whole number",
            Kind::Number => "a number",
            Kind::Boolean => "true or false",
            Kind::Time => "a time",
            Kind::Date => "a day",
            Kind::Uuid => "a UUID",
            Kind::Json => "JSON",
        }
    }

    fn encode(&self, word: &str, raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
        match self.kind {
            Kind::Integer | Kind::Number if json::kind(raw) == "true or false" => {
                Err(format!("is true or false, and {} is wanted", self.wanted()))
            }
            Kind::Integer | Kind::Number => self.number(word, out),
            Kind::Boolean => {
                out.push(match word {
                    "true" | "1" => 1,
                    "false" | "0" => 0,
                    _ => return Err("is neither true nor false".to_owned()),
                });
                Ok(())
            }
            Kind::Time => {
                out.extend_from_slice(&self.format.moment(word, &self.zone)?.to_be_bytes());
                Ok(())
            }
            Kind::Date => {
                out.extend_from_slice(&self.format.day(word)?.to_be_bytes());
                Ok(())
            }
            Kind::Uuid => uuid(word, out),
            Kind::Text | Kind::Json => self.text(word, out),
        }
    }

    fn text(&self, word: &str, out: &mut Vec<u8>) -> Result<(), String> {
        let word = match self.case {
            None => Cow::Borrowed(word),
            Some(Case::Upper) => Cow::Owned(word.to_uppercase()),
            Some(Case::Lower) => Cow::Owned(word.to_lowercase()),
        };
        if word.contains('\0') {
            return Err("holds NUL, which PostgreSQL cannot store".to_owned());
        }
        if let Form::Text { most: Some(most) } = self.form
            && word.chars().count() > most
        {
            return Err(format!("is longer than the {most} letters of its column"));
        }
        out.extend_from_slice(word.as_bytes());
        Ok(())
    }

    fn number(&self, word: &str, out: &mut Vec<u8>) -> Result<(), String> {
        let number = Decimal::parse(word)?;
        if self.kind == Kind::Integer {
            // However large: the form has the borders.
            number.fits(131_072, 0).map_err(|_| "is no whole number".to_owned())?;
        }
        match self.form {
            Form::Int2 => {
                let value = number.whole(i16::MIN.into(), i16::MAX.into())?;
                let value = i16::try_from(value).map_err(|_| out_of_range())?;
                out.extend_from_slice(&value.to_be_bytes());
            }
            Form::Int4 => {
                let value = number.whole(i32::MIN.into(), i32::MAX.into())?;
                let value = i32::try_from(value).map_err(|_| out_of_range())?;
                out.extend_from_slice(&value.to_be_bytes());
            }
            Form::Int8 => {
                out.extend_from_slice(&number.whole(i64::MIN, i64::MAX)?.to_be_bytes());
            }
            Form::Float8 => {
                let value: f64 = word.parse().map_err(|_| "is no number".to_owned())?;
                if !value.is_finite() {
                    return Err(out_of_range());
                }
                out.extend_from_slice(&value.to_be_bytes());
            }
            Form::Numeric { limits } => {
                if let Some((precision, scale)) = limits {
                    number.fits(precision, scale)?;
                }
                number.write(out);
            }
            _ => return Err("has a column that takes no number".to_owned()),
        }
        Ok(())
    }
}

/// Puts the length before what `write` appends.
fn sized(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out)?;
    let length = i32::try_from(out.len() - start - 4).map_err(|_| out_of_range())?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn uuid(word: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let wrong = || "is no UUID".to_owned();
    let digits: Vec<u8> = word.bytes().filter(|byte| *byte != b'-').collect();
    let hyphens = word.bytes().enumerate().filter(|(_, byte)| *byte == b'-');
    let placed = hyphens.map(|(place, _)| place).collect::<Vec<_>>();
    if digits.len() != 32 || !(placed.is_empty() || placed == [8, 13, 18, 23]) {
        return Err(wrong());
    }
    for pair in digits.chunks(2) {
        let pair = str::from_utf8(pair).map_err(|_| wrong())?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        out.push(u8::from_str_radix(pair, 16).map_err(|_| wrong())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
