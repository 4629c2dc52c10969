use super::*;
use crate::config::Scalar;

fn field(kind: Kind, form: Form, change: impl FnOnce(&mut Column)) -> Field {
    let mut column: Column = serde_json::from_str("{}").unwrap();
    column.r#type = kind;
    change(&mut column);
    let mut field = Field::new("f", &column, false).unwrap();
    field.settle(form, false, &column).unwrap();
    field
}

fn sent(field: &Field, json: &str) -> Result<Option<Vec<u8>>, String> {
    let raw: &RawValue = serde_json::from_str(json).unwrap();
    let mut out = Vec::new();
    field.put(Some(raw), &mut out)?;
    let length = i32::from_be_bytes(out[..4].try_into().unwrap());
    let Ok(length) = usize::try_from(length) else { return Ok(None) };
    assert_eq!(out.len(), length + 4);
    Ok(Some(out.split_off(4)))
}

#[test]
fn a_text_is_trimmed_and_turned_as_wanted() {
    let text = Form::Text { most: Some(4) };
    let name = field(Kind::Text, text, |column| {
        column.trim = true;
        column.case = Some(Case::Upper);
        column.empty_is_null = true;
        column.default = Some(Scalar("none".to_owned()));
    });
    for (json, wanted) in [
        (r#"" aé\n""#, "AÉ"),
        (r#""  ""#, "NONE"),
        ("null", "NONE"),
        ("1.50", "1.50"),
        ("true", "TRUE"),
        (r#""ßß""#, "SSSS"),
    ] {
        assert_eq!(sent(&name, json).unwrap().unwrap(), wanted.as_bytes(), "{json}");
    }
    assert!(sent(&name, r#""ßßß""#).unwrap_err().contains("4 letters"));
    let plain = field(Kind::Text, Form::Text { most: None }, |_| {});
    assert_eq!(sent(&plain, r#""  ""#).unwrap().unwrap(), b"  ");
    assert_eq!(sent(&plain, "null").unwrap(), None);
}

#[test]
fn a_default_has_to_be_of_the_type() {
    let mut column: Column = serde_json::from_str("{}").unwrap();
    column.r#type = Kind::Integer;
    column.default = Some(Scalar("many".to_owned()));
    let error =
        Field::new("f", &column, false).unwrap().settle(Form::Int8, false, &column).unwrap_err();
    assert_eq!(error.to_string(), "the default of the column f is no number");
    let seven =
        field(Kind::Integer, Form::Int2, |column| column.default = Some(Scalar("7".into())));
    assert_eq!(sent(&seven, "null").unwrap().unwrap(), [0, 7]);
}

#[test]
fn a_key_is_short_enough_for_an_index_and_never_null() {
    let column: Column = serde_json::from_str("{}").unwrap();
    let mut key = Field::new("k", &column, true).unwrap();
    key.settle(Form::Text { most: None }, true, &column).unwrap();
    assert!(sent(&key, &format!("\"{}\"", "k".repeat(1990))).is_ok());
    assert!(
        sent(&key, &format!("\"{}\"", "k".repeat(2001))).unwrap_err().contains("part of the key")
    );
    assert_eq!(sent(&key, "null").unwrap_err(), "is missing");
}

#[test]
fn a_uuid_has_its_hyphens_where_they_belong_or_none() {
    let id = field(Kind::Uuid, Form::Uuid, |_| {});
    let wanted = [
        0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f, 0x60, 0x71, 0x82, 0x93, 0xa4, 0xb5, 0xc6, 0xd7, 0xe8,
        0xf9,
    ];
    for text in ["0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "0A1B2C3D4E5F60718293A4B5C6D7E8F9"] {
        assert_eq!(sent(&id, &format!("\"{text}\"")).unwrap().unwrap(), wanted);
    }
    for text in
        ["0a1b2c3d4-e5f-6071-8293-a4b5c6d7e8f9", "+a1b2c3d4e5f60718293a4b5c6d7e8f9", "x", ""]
    {
        assert_eq!(sent(&id, &format!("\"{text}\"")).unwrap_err(), "is no UUID", "{text}");
    }
}
