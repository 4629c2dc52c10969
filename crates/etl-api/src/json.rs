//! Finds values in JSON without building it: what is found is the text as the server sent it, so that a number
//! keeps all its digits, and what nobody asks for costs no memory.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Where a value lies: `data.items`, `tags[0]`, `"a.b".c`. Nothing, or a dot, is the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Path(pub(crate) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

/// A key or a text, borrowed where it holds no escapes.
#[derive(Deserialize)]
pub(crate) struct Word<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// What is no value: not there, or `null`.
pub(crate) fn given(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

/// What a value is, for messages: values themselves are not shown.
pub(crate) fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The value at `path`; none if a step is not there or null. A step into what has no parts is an error.
pub(crate) fn find<'a>(raw: &'a RawValue, path: &[Step]) -> Result<Option<&'a RawValue>, String> {
    let mut found = raw;
    for step in path {
        let inner = match (step, found.get().as_bytes().first()) {
            (_, Some(b'n')) => return Ok(None),
            (Step::Key(key), Some(b'{')) => {
                let mut slots = [None];
                fields(found, &[key.as_str()], &mut slots)?;
                slots[0]
            }
            (Step::Item(place), Some(b'[')) => item(found, *place)?,
            (Step::Key(key), _) => return Err(format!("{} has no field {key}", kind(found))),
            (Step::Item(place), _) => return Err(format!("{} has no [{place}]", kind(found))),
        };
        let Some(inner) = inner else { return Ok(None) };
        found = inner;
    }
    Ok(Some(found))
}

/// The values of these keys of an object, in one pass. Of a key that stands there twice the last one counts, as
/// most readers of JSON have it.
pub(crate) fn fields<'a>(
    object: &'a RawValue,
    keys: &[&str],
    slots: &mut [Option<&'a RawValue>],
) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_str(object.get());
    reader.deserialize_map(Fields { keys, slots }).map_err(|error| bad(&error))
}

/// The elements of a list.
pub(crate) fn items(list: &RawValue) -> Result<Vec<&RawValue>, String> {
    serde_json::from_str(list.get()).map_err(|error| bad(&error))
}

/// A text with its escapes resolved. Its grammar is right, so only one thing can be wrong with them.
pub(crate) fn text(raw: &RawValue) -> Result<Cow<'_, str>, String> {
    let found = serde_json::from_str(raw.get()).map(|Word(text)| text);
    found.map_err(|_| "holds half of a surrogate pair".to_owned())
}

/// Without its place, which is one in a fragment.
fn bad(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    format!("is no proper JSON: {said}")
}

fn item(list: &RawValue, place: usize) -> Result<Option<&RawValue>, String> {
    let mut reader = serde_json::Deserializer::from_str(list.get());
    reader.deserialize_seq(Item(place)).map_err(|error| bad(&error))
}

struct Fields<'k, 's, 'a> {
    keys: &'k [&'k str],
    slots: &'s mut [Option<&'a RawValue>],
}

impl<'a> Visitor<'a> for Fields<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Word(key)) = map.next_key()? {
            match self.keys.iter().position(|wanted| *wanted == key) {
                Some(place) => self.slots[place] = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Item(usize);

impl<'a> Visitor<'a> for Item {
    type Value = Option<&'a RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut place, mut found) = (0, None);
        while let Some(value) = list.next_element::<&RawValue>()? {
            if place == self.0 {
                found = Some(value);
            }
            place += 1;
        }
        Ok(found)
    }
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no path: write it like data.items, tags[0] or \"a.b\".c");
        let mut steps = Vec::new();
        let mut rest = text.as_str();
        if rest.is_empty() || rest == "." {
            return Ok(Self(steps));
        }
        loop {
            if let Some(quoted) = rest.strip_prefix('"') {
                let (key, after) = quoted.split_once('"').ok_or_else(wrong)?;
                steps.push(Step::Key(key.to_owned()));
                rest = after;
            } else if !rest.starts_with('[') {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(wrong());
                }
                steps.push(Step::Key(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            while let Some(index) = rest.strip_prefix('[') {
                let (place, after) = index.split_once(']').ok_or_else(wrong)?;
                steps.push(Step::Item(place.parse().map_err(|_| wrong())?));
                rest = after;
            }
            if rest.is_empty() {
                return Ok(Self(steps));
            }
            rest = rest.strip_prefix('.').ok_or_else(wrong)?;
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the whole answer");
        }
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Item(item) => write!(f, "[{item}]")?,
                Step::Key(key) if place > 0 => write!(f, ".{key}")?,
                Step::Key(key) => f.write_str(key)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::try_from(text.to_owned()).unwrap()
    }

    fn found(json: &str, at: &str) -> Result<Option<String>, String> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        find(raw, &path(at).0).map(|found| found.map(|found| found.get().to_owned()))
    }

    #[test]
    fn a_value_is_found_as_it_was_sent() {
        let json = r#" {"a": {"b": [10, {"c.d": 1.50e1}]}, "n": null, "a\u0062": "x"} "#;
        for (at, wanted) in [
            ("a.b[0]", Some("10")),
            (r#"a.b[1]."c.d""#, Some("1.50e1")),
            ("a.b[2]", None),
            ("n", Some("null")),
            ("n.deeper", None),
            ("ab", Some("\"x\"")),
            ("missing.deeper", None),
        ] {
            assert_eq!(found(json, at).unwrap().as_deref(), wanted, "{at}");
        }
        assert_eq!(found("[1]", "").unwrap().unwrap(), "[1]");
        assert_eq!(found("[1, 2]", "[1]").unwrap().unwrap(), "2");
    }

    #[test]
    fn what_has_no_parts_is_not_entered() {
        assert_eq!(found(r#"{"a": "b"}"#, "a.b").unwrap_err(), "text has no field b");
        assert_eq!(found(r#"{"a": {}}"#, "a[0]").unwrap_err(), "an object has no [0]");
    }

    #[test]
    fn of_a_key_that_is_there_twice_the_last_one_counts() {
        assert_eq!(found(r#"{"a": 1, "a": 2}"#, "a").unwrap().unwrap(), "2");
    }

    #[test]
    fn half_a_letter_is_told() {
        let raw: &RawValue = serde_json::from_str(r#""\ud800""#).unwrap();
        assert_eq!(text(raw).unwrap_err(), "holds half of a surrogate pair");
    }

    #[test]
    fn paths_that_mean_nothing_are_refused() {
        for text in ["a..b", "a.", ".a", "a[", "a[x]", "\"a", "a[0]b", "\"a\"b"] {
            assert!(Path::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert_eq!(path("a[0].b").to_string(), "a[0].b");
    }
}
