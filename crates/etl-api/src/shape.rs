//! Types of PostgreSQL: in which a kind of value may be kept, and how it is sent.

use crate::config::Kind;
use postgres::Column;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text {
        /// Letters.
        most: Option<usize>,
    },
    Int2,
    Int4,
    Int8,
    Numeric {
        /// Digits in all, and after the point.
        limits: Option<(i32, i32)>,
    },
    Float8,
    Bool,
    /// With a zone, or in UTC without one: both are sent alike.
    Moment,
    Day,
    Uuid,
    Json,
    Jsonb,
}

impl Form {
    /// Of a column that has to be made.
    pub(crate) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text { most: None },
            Kind::Integer => Self::Int8,
            Kind::Number => Self::Numeric { limits: None },
            Kind::Boolean => Self::Bool,
            Kind::Time => Self::Moment,
            Kind::Date => Self::Day,
            Kind::Uuid => Self::Uuid,
            Kind::Json => Self::Jsonb,
        }
    }

    /// Its name, for a table that has to be made.
    pub(crate) fn declared(kind: Kind) -> &'static str {
        match kind {
            Kind::Text => "text",
            Kind::Integer => "bigint",
            Kind::Number => "numeric",
            Kind::Boolean => "boolean",
            Kind::Time => "timestamp with time zone",
            Kind::Date => "date",
            Kind::Uuid => "uuid",
            Kind::Json => "jsonb",
        }
    }

    /// Of a column that is there; or the types that it might have.
    pub(crate) fn fitting(kind: Kind, column: &Column) -> Result<Self, &'static str> {
        // A domain has rules of its own, which only the server knows.
        let declared = column.declared.split(['(', ')']).collect::<Vec<_>>();
        let plain = match declared[..] {
            [name] | [name, _, ""] => name == column.kind,
            [name, _, rest] => format!("{name}{rest}") == column.kind,
            _ => false,
        };
        let modifier = (column.modifier >= 4).then(|| column.modifier - 4);
        let limits = modifier.map(|both| (both >> 16, ((both & 0x7ff) ^ 1024) - 1024));
        let found = match column.kind.as_str() {
            _ if !plain => None,
            "text" => Some(Self::Text { most: None }),
            "character varying" => {
                Some(Self::Text { most: modifier.and_then(|most| usize::try_from(most).ok()) })
            }
            "smallint" => Some(Self::Int2),
            "integer" => Some(Self::Int4),
            "bigint" => Some(Self::Int8),
            "numeric" => Some(Self::Numeric { limits }),
            "double precision" => Some(Self::Float8),
            "boolean" => Some(Self::Bool),
            "timestamp with time zone" | "timestamp without time zone" => Some(Self::Moment),
            "date" => Some(Self::Day),
            "uuid" => Some(Self::Uuid),
            "json" => Some(Self::Json),
            "jsonb" => Some(Self::Jsonb),
            _ => None,
        };
        let (wanted, fits) = match kind {
            Kind::Text => ("text or character varying", matches!(found, Some(Self::Text { .. }))),
            Kind::Integer => (
                "bigint, integer, smallint or numeric",
                matches!(found, Some(Self::Int2 | Self::Int4 | Self::Int8 | Self::Numeric { .. })),
            ),
            Kind::Number => (
                "numeric, double precision, bigint, integer or smallint",
                matches!(
                    found,
                    Some(
                        Self::Int2 | Self::Int4 | Self::Int8 | Self::Numeric { .. } | Self::Float8
                    )
                ),
            ),
            Kind::Boolean => ("boolean", found == Some(Self::Bool)),
            Kind::Time => {
                ("timestamp with time zone, or without one for UTC", found == Some(Self::Moment))
            }
            Kind::Date => ("date", found == Some(Self::Day)),
            Kind::Uuid => ("uuid", found == Some(Self::Uuid)),
            Kind::Json => ("jsonb or json", matches!(found, Some(Self::Json | Self::Jsonb))),
        };
        found.filter(|_| fits).ok_or(wanted)
    }

    /// What makes two values of it comparable as they are written.
    pub(crate) fn compared(self, name: &str) -> String {
        match self {
            // Not as a language sorts them.
            Self::Text { .. } => format!("{name} COLLATE \"C\""),
            Self::Json => format!("{name}::text"),
            _ => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: &str, declared: &str, modifier: i32) -> Column {
        Column {
            number: "1".to_owned(),
            kind: kind.to_owned(),
            declared: declared.to_owned(),
            modifier,
            computed: false,
            filled: false,
            readable: true,
            writable: true,
            wanted: false,
        }
    }

    #[test]
    fn a_column_says_how_much_it_holds() {
        let text = column("character varying", "character varying(10)", 14);
        assert_eq!(Form::fitting(Kind::Text, &text), Ok(Form::Text { most: Some(10) }));
        let price = column("numeric", "numeric(10,2)", ((10 << 16) | 2) + 4);
        let limits = Some((10, 2));
        assert_eq!(Form::fitting(Kind::Number, &price), Ok(Form::Numeric { limits }));
        let large = column("numeric", "numeric(3,-2)", ((3 << 16) | (-2 & 0x7ff)) + 4);
        let limits = Some((3, -2));
        assert_eq!(Form::fitting(Kind::Number, &large), Ok(Form::Numeric { limits }));
        let free = column("numeric", "numeric", -1);
        assert_eq!(Form::fitting(Kind::Integer, &free), Ok(Form::Numeric { limits: None }));
        let time = column("timestamp with time zone", "timestamp(0) with time zone", 0);
        assert_eq!(Form::fitting(Kind::Time, &time), Ok(Form::Moment));
    }

    #[test]
    fn what_does_not_fit_and_what_has_rules_of_its_own_is_told() {
        assert!(Form::fitting(Kind::Text, &column("integer", "integer", -1)).is_err());
        assert!(Form::fitting(Kind::Integer, &column("text", "text", -1)).is_err());
        assert!(Form::fitting(Kind::Text, &column("text", "email", -1)).is_err());
        assert!(Form::fitting(Kind::Text, &column("text", "text_of_ours", -1)).is_err());
        assert!(Form::fitting(Kind::Json, &column("text", "text", -1)).is_err());
        assert!(Form::fitting(Kind::Text, &column("text[]", "text[]", -1)).is_err());
    }
}
