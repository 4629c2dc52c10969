//! Types, and values of them.

use super::names::literal;
use super::world::World;

#[derive(Clone)]
pub(super) struct Type {
    /// As it stands in SQL.
    pub(super) name: String,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Base(&'static Base),
    Labels(Vec<String>),
    Row(Vec<Type>),
    /// A domain.
    Over(Box<Type>),
    /// A range of integers.
    Range,
    Array(Box<Type>),
}

struct Base {
    name: &'static str,
    /// `#` is the number of the row.
    value: &'static str,
    ordered: bool,
}

const fn base(name: &'static str, value: &'static str) -> Base {
    Base { name, value, ordered: true }
}

const fn without_order(name: &'static str, value: &'static str) -> Base {
    Base { name, value, ordered: false }
}

const INTEGER: usize = 0;
const TEXT: usize = 1;
static BASES: [Base; 25] = [
    base("integer", "#"),
    base("text", ""),
    base("bigint", "#00000000000"),
    base("smallint", "#"),
    base("numeric(12,3)", "#.125"),
    base("numeric", "-#.50"),
    base("double precision", "'#e-7'"),
    base("real", "'NaN'"),
    base("boolean", "# % 2 = 0"),
    base("character varying(40)", "'v#'"),
    base("character(9)", "'c#'"),
    base("\"char\"", "'x'"),
    base("name", "'n#'"),
    base("date", "date '2020-02-28' + #"),
    base(
        "timestamp with time zone",
        "timestamptz '2020-02-28 12:00:00.123456+05' + interval '# hours'",
    ),
    base("timestamp(3) without time zone", "'infinity'"),
    base("interval", "'# days 3.5 seconds'"),
    base("time with time zone", "'12:00:#+02'"),
    base("uuid", "md5('#')::uuid"),
    base("bytea", "'\\x0a5c#0'"),
    base("jsonb", "'{\"a\": [#, null, \"\\\\\"]}'"),
    base("inet", "'10.0.0.#/8'"),
    base("bit varying(9)", "B'101'"),
    without_order("json", "'{\"b\" :  #}'"),
    without_order("point", "'(#,2)'"),
];

impl Type {
    pub(super) fn integer() -> Self {
        Self { name: "integer".to_owned(), kind: Kind::Base(&BASES[INTEGER]) }
    }

    pub(super) fn text() -> Self {
        Self { name: "text".to_owned(), kind: Kind::Base(&BASES[TEXT]) }
    }

    /// Whether an index of the usual kind can hold it.
    pub(super) fn is_ordered(&self) -> bool {
        match &self.kind {
            Kind::Base(base) => base.ordered,
            Kind::Labels(_) | Kind::Range => true,
            Kind::Row(fields) => fields.iter().all(Type::is_ordered),
            Kind::Over(inner) | Kind::Array(inner) => inner.is_ordered(),
        }
    }

    /// Whether it has a collation of its own to choose.
    pub(super) fn is_text(&self) -> bool {
        self.name == "text"
    }

    pub(super) fn fields(&self) -> Option<&[Type]> {
        if let Kind::Row(fields) = &self.kind { Some(fields) } else { None }
    }
}

impl World {
    /// Any type there is.
    pub(super) fn any_type(&mut self) -> Type {
        let own = (!self.types.is_empty() && self.chance(45)).then(|| {
            let index = self.below(self.types.len());
            self.types[index].clone()
        });
        let plain = own.unwrap_or_else(|| {
            let base = &BASES[self.below(BASES.len())];
            Type { name: base.name.to_owned(), kind: Kind::Base(base) }
        });
        if self.chance(12) {
            Type { name: format!("{}[]", plain.name), kind: Kind::Array(Box::new(plain)) }
        } else {
            plain
        }
    }

    /// A value for row `number`, with its type.
    pub(super) fn value(&mut self, of: &Type, number: usize) -> String {
        let value = match &of.kind {
            Kind::Base(base) if base.name == "text" => {
                let text = self.text();
                literal(&format!("{text}{number}"))
            }
            Kind::Base(base) => base.value.replace('#', &number.to_string()),
            Kind::Labels(labels) => labels[number % labels.len()].clone(),
            Kind::Row(fields) => {
                let fields: Vec<_> = fields.iter().map(|field| self.value(field, number)).collect();
                format!("ROW({})", fields.join(", "))
            }
            Kind::Over(inner) => self.value(inner, number),
            Kind::Range => format!("'[{number},{})'", number + 3),
            Kind::Array(inner) => {
                let items = [self.value(inner, number), self.value(inner, number + 1)];
                format!("ARRAY[{}]", items.join(", "))
            }
        };
        format!("({value})::{}", of.name)
    }

    pub(super) fn add_type(&mut self) {
        let name = self.qualified("type");
        let (word, kind) = match self.below(8) {
            0..3 => ("TYPE", self.create_enum(&name)),
            3..5 => ("TYPE", self.create_composite(&name)),
            5..7 => ("DOMAIN", self.create_domain(&name)),
            _ => {
                let difference = self.maybe(30, ", subtype_diff = int4range_subdiff");
                let many = if self.major >= 14 && self.chance(30) {
                    format!(", multirange_type_name = {}", self.qualified("many"))
                } else {
                    String::new()
                };
                self.run(&format!(
                    "CREATE TYPE {name} AS RANGE (subtype = integer{difference}{many})"
                ));
                ("TYPE", Kind::Range)
            }
        };
        self.thing(word, "TYPE", &name, &["USAGE"]);
        self.types.push(Type { name, kind });
    }

    fn create_enum(&mut self, name: &str) -> Kind {
        let count = self.up_to(4) + 1;
        let labels: Vec<_> = (0..count)
            .map(|number| {
                let text = self.text();
                literal(&format!("{text}{number}"))
            })
            .collect();
        self.run(&format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", ")));
        if self.chance(30) {
            self.run(&format!("ALTER TYPE {name} ADD VALUE 'between' BEFORE {}", labels[0]));
        }
        Kind::Labels(labels)
    }

    fn create_composite(&mut self, name: &str) -> Kind {
        let fields: Vec<_> = (0..=self.up_to(3)).map(|_| self.any_type()).collect();
        let mut list = Vec::new();
        for field in &fields {
            let collate =
                if field.is_text() { self.maybe(30, " COLLATE \"C\"") } else { String::new() };
            list.push(format!("{} {}{collate}", self.name("field"), field.name));
        }
        self.run(&format!("CREATE TYPE {name} AS ({})", list.join(", ")));
        if self.chance(20) {
            let gone = self.name("gone");
            self.run(&format!("ALTER TYPE {name} ADD ATTRIBUTE {gone} text"));
            self.run(&format!("ALTER TYPE {name} DROP ATTRIBUTE {gone}"));
        }
        Kind::Row(fields)
    }

    fn create_domain(&mut self, name: &str) -> Kind {
        let inner = self.any_type();
        let default = if self.chance(40) {
            format!(" DEFAULT {}", self.value(&inner, 1))
        } else {
            String::new()
        };
        let collate =
            if inner.is_text() { self.maybe(40, " COLLATE \"C\"") } else { String::new() };
        let check = if self.chance(50) {
            let expression = self.always_true("VALUE", &inner);
            let constraint = self.name("check");
            format!(" CONSTRAINT {constraint} CHECK ({expression})")
        } else {
            String::new()
        };
        self.run(&format!("CREATE DOMAIN {name} AS {}{collate}{default}{check}", inner.name));
        if self.chance(20) {
            let valid = self.maybe(50, " NOT VALID");
            let constraint = self.name("later");
            let expression = self.always_true("VALUE", &inner);
            self.run(&format!(
                "ALTER DOMAIN {name} ADD CONSTRAINT {constraint} CHECK ({expression}){valid}"
            ));
            self.remark(&format!("CONSTRAINT {constraint} ON DOMAIN {name}"));
        }
        Kind::Over(Box::new(inner))
    }
}
