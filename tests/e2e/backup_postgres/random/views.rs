//! Views over tables and over views, and the knots that only CREATE OR REPLACE can tie.

use super::rights::TABLE;
use super::tables::Table;
use super::types::Type;
use super::world::World;

/// What can stand behind FROM.
#[derive(Clone)]
pub(super) struct Relation {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) columns: Vec<(String, Type)>,
    /// The primary key: grouping by it allows all other columns.
    key: Option<String>,
    /// A materialized view, which can have indexes.
    pub(super) is_stored: bool,
    /// Whether it can be asked: not one that was never filled.
    can_be_read: bool,
}

pub(super) struct Query {
    pub(super) text: String,
    columns: Vec<(String, Type)>,
    can_be_read: bool,
}

impl Relation {
    pub(super) fn of_table(table: &Table) -> Self {
        let columns = table.columns.iter();
        Self {
            schema: table.schema.clone(),
            name: table.name.clone(),
            columns: columns.map(|column| (column.name.clone(), column.kind.clone())).collect(),
            key: table.has_primary_key.then(|| table.first().to_owned()),
            is_stored: false,
            can_be_read: true,
        }
    }
}

impl World {
    pub(super) fn add_view(&mut self) {
        if self.relations.is_empty() {
            return;
        }
        let query = self.query();
        let is_stored = self.chance(25);
        let is_filled = is_stored && query.can_be_read && self.chance(80);
        let name = self.qualified(if is_stored { "stored" } else { "view" });
        if is_stored {
            // Filled later, as in a restore: what is filled at once can have other lengths of types,
            // which neither `pg_dump` nor we can bring back. A knot shows it.
            self.run(&format!("CREATE MATERIALIZED VIEW {name} AS {} WITH NO DATA", query.text));
            if is_filled {
                self.run(&format!("REFRESH MATERIALIZED VIEW {name}"));
            }
            self.thing("MATERIALIZED VIEW", "TABLE", &name, TABLE);
        } else {
            let options = self.maybe(15, " WITH (security_barrier)");
            self.run(&format!("CREATE VIEW {name}{options} AS {}", query.text));
            self.thing("VIEW", "TABLE", &name, TABLE);
            if self.chance(10) {
                let (column, kind) = self.one_of(&query.columns);
                let value = self.expression_of(&kind);
                self.run(&format!("ALTER VIEW {name} ALTER COLUMN {column} SET DEFAULT {value}"));
            }
        }
        self.relations.push(Relation {
            schema: self.schema.clone(),
            name,
            columns: query.columns,
            key: None,
            is_stored,
            can_be_read: if is_stored { is_filled } else { query.can_be_read },
        });
    }

    /// A query of a few columns, of one relation or two. It has few rows, however deep it is.
    pub(super) fn query(&mut self) -> Query {
        let relation = self.one_of(&self.relations.clone());
        let other = self.one_of(&self.relations.clone());
        let (a, b) = (self.name("a"), self.name("b"));
        let mut items = Vec::new();
        let mut columns = Vec::new();
        for _ in 0..=self.up_to(4) {
            let (column, kind) = self.one_of(&relation.columns);
            let column = format!("{a}.{column}");
            items.push(self.wrap(&column, &kind));
            columns.push((self.name("out"), kind));
        }
        if self.chance(30) {
            let kind = self.any_type();
            items.push(self.expression_of(&kind));
            columns.push((self.name("out"), kind));
        }
        if self.chance(10) {
            items.push(format!("{a}::text"));
            columns.push((self.name("out"), Type::text()));
        }
        let mut list: Vec<_> = items
            .iter()
            .zip(&columns)
            .map(|(item, (name, _))| format!("{item} AS {name}"))
            .collect();
        let mut can_be_read = relation.can_be_read;
        let from = format!("FROM {} {a}", relation.name);
        let text = match self.below(9) {
            0 if relation.key.is_some() => {
                let key = relation.key.as_deref().unwrap_or_default();
                format!("SELECT {} {from} GROUP BY {a}.{key}", list.join(", "))
            }
            1 => {
                can_be_read &= other.can_be_read;
                let join = self.one_of(&["LEFT JOIN", "JOIN", "FULL JOIN"]);
                let list = list.join(", ");
                format!("SELECT {list} {from} {join} {} {b} ON true LIMIT 5", other.name)
            }
            2 => {
                let list = list.join(", ");
                format!("SELECT {list} {from} UNION ALL (SELECT {list} {from} LIMIT 2)")
            }
            3 => format!("WITH {b} AS (SELECT {} {from}) SELECT * FROM {b}", list.join(", ")),
            4 => {
                can_be_read &= other.can_be_read;
                let list = list.join(", ");
                format!("SELECT {list} {from} WHERE EXISTS (SELECT FROM {} {b})", other.name)
            }
            5 => {
                let name = self.name("rank");
                list.push(format!("(row_number() OVER (ORDER BY 1))::integer AS {name}"));
                columns.push((name, Type::integer()));
                format!("SELECT {} {from}", list.join(", "))
            }
            _ => {
                let (column, kind) = self.one_of(&relation.columns);
                let filter = self.always_true(&format!("{a}.{column}"), &kind);
                format!("SELECT {} {from} WHERE {filter}", list.join(", "))
            }
        };
        Query { text, columns, can_be_read }
    }

    /// A view and a function, each of which needs the other. (Of two views in a knot, `pg_dump`
    /// takes the one with the lower OID apart: that is no property of the database.)
    pub(super) fn tie_a_knot(&mut self) {
        if self.relations.is_empty() {
            return;
        }
        let query = self.query().text;
        let (view, function) = (self.qualified("knot"), self.qualified("end"));
        self.run(&format!("CREATE VIEW {view} AS SELECT * FROM ({query}) q"));
        self.run(&format!(
            "CREATE FUNCTION {function}({view}) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'"
        ));
        self.run(&format!(
            "CREATE OR REPLACE VIEW {view} AS SELECT * FROM ({query}) q WHERE {function}(NULL)"
        ));
        self.thing("VIEW", "TABLE", &view, TABLE);
    }
}
