//! Tables with columns of every sort, and their rows.

use super::names::literal;
use super::rights::{SEQUENCE, TABLE};
use super::types::Type;
use super::views::Relation;
use super::world::World;

#[derive(Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) not_null: bool,
    pub(super) generated: bool,
}

#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says another thing")]
pub(super) struct Table {
    pub(super) schema: String,
    /// With its schema.
    pub(super) name: String,
    /// The first one is an integer that counts the rows from 1.
    pub(super) columns: Vec<Column>,
    pub(super) rows: usize,
    pub(super) has_primary_key: bool,
    pub(super) is_partitioned: bool,
    /// By its first column alone, so that this can be a key.
    pub(super) by_first: bool,
    pub(super) is_parent: bool,
    pub(super) has_parent: bool,
    /// A check on whole rows, which no child may have.
    pub(super) has_row_check: bool,
    pub(super) is_unlogged: bool,
}

impl Column {
    pub(super) fn plain(name: String, kind: Type, not_null: bool) -> Self {
        Self { name, kind, not_null, generated: false }
    }
}

impl Table {
    pub(super) fn new(schema: &str, name: String, columns: Vec<Column>) -> Self {
        Self {
            schema: schema.to_owned(),
            name,
            columns,
            rows: 0,
            has_primary_key: false,
            is_partitioned: false,
            by_first: true,
            is_parent: false,
            has_parent: false,
            has_row_check: false,
            is_unlogged: false,
        }
    }

    pub(super) fn bare_name(&self) -> &str {
        &self.name[self.schema.len() + 1..]
    }

    pub(super) fn first(&self) -> &str {
        &self.columns[0].name
    }
}

impl World {
    pub(super) fn add_table(&mut self) {
        let composites: Vec<Type> = self.types.clone();
        let typed = self.any_of(&composites, |kind| kind.fields().is_some());
        if let Some(kind) = typed.filter(|_| self.chance(10)) {
            return self.add_typed(&kind);
        }
        let name = self.qualified("table");
        let is_unlogged = self.chance(10);
        let word = if is_unlogged { "UNLOGGED TABLE" } else { "TABLE" };
        let (first, mut columns) = self.first_column();
        let mut list = vec![first];
        for _ in 0..self.up_to(6) {
            let (definition, column) = self.column(&columns);
            list.push(definition);
            columns.push(column);
        }
        if self.chance(40) {
            list.push(self.check(&columns));
        }
        let options = self.maybe(20, " WITH (fillfactor = 70, toast.autovacuum_enabled = off)");
        self.run(&format!("CREATE {word} {name} ({}){options}", list.join(", ")));
        if self.chance(20) {
            let gone = self.name("gone");
            self.run(&format!("ALTER TABLE {name} ADD COLUMN {gone} integer DEFAULT 1"));
            let (definition, column) = self.column(&columns);
            self.run(&format!("ALTER TABLE {name} ADD COLUMN {definition}, DROP COLUMN {gone}"));
            columns.push(column);
        }
        self.finish_table(Table { is_unlogged, ..Table::new(&self.schema, name, columns) });
    }

    /// A table of a composite type.
    fn add_typed(&mut self, kind: &Type) {
        let name = self.qualified("typed");
        self.run(&format!("CREATE TABLE {name} OF {}", kind.name));
        let fields = kind.fields().unwrap_or_default().to_vec();
        for number in 1..=self.up_to(2) {
            let values: Vec<_> = fields.iter().map(|field| self.value(field, number)).collect();
            self.run(&format!("INSERT INTO {name} VALUES ({})", values.join(", ")));
        }
        self.thing("TABLE", "TABLE", &name, TABLE);
    }

    /// Puts rows in, a primary key on, and makes it known.
    pub(super) fn finish_table(&mut self, mut table: Table) {
        self.thing("TABLE", "TABLE", &table.name, TABLE);
        for column in table.columns.clone() {
            self.remark(&format!("COLUMN {}.{}", table.name, column.name));
        }
        table.rows = self.up_to(5);
        for number in 1..=table.rows {
            self.insert(&table, number);
        }
        if table.by_first && self.chance(70) {
            let constraint = self.name("key");
            let (name, first) = (&table.name, table.first());
            self.run(&format!(
                "ALTER TABLE {name} ADD CONSTRAINT {constraint} PRIMARY KEY ({first})"
            ));
            self.remark(&format!("CONSTRAINT {constraint} ON {name}"));
            table.has_primary_key = true;
        }
        self.relations.push(Relation::of_table(&table));
        self.tables.push(table);
    }

    fn insert(&mut self, table: &Table, number: usize) {
        let columns: Vec<_> = table.columns.iter().filter(|column| !column.generated).collect();
        let mut values = vec![number.to_string()];
        for column in &columns[1..] {
            let missing = !column.not_null && self.chance(20);
            values.push(if missing { "NULL".to_owned() } else { self.value(&column.kind, number) });
        }
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        self.run(&format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
            table.name,
            names.join(", "),
            values.join(", ")
        ));
    }

    /// The column that counts, in one of the ways that people let a column count.
    fn first_column(&mut self) -> (String, Vec<Column>) {
        let name = self.name("id");
        let definition = match self.below(5) {
            0 => format!("{name} serial"),
            1 | 2 => {
                let when = self.one_of(&["ALWAYS", "BY DEFAULT"]);
                let sequence = self.qualified("counts");
                let start = self.up_to(100);
                format!(
                    "{name} integer GENERATED {when} AS IDENTITY \
                     (SEQUENCE NAME {sequence} INCREMENT 3 MINVALUE -5 START {start})"
                )
            }
            _ => format!("{name} integer NOT NULL"),
        };
        (definition, vec![Column::plain(name, Type::integer(), true)])
    }

    /// One more column: plain, with a default, or computed from one before.
    pub(super) fn column(&mut self, before: &[Column]) -> (String, Column) {
        let name = self.name("column");
        let from = self.one_of(before);
        if !from.generated && self.chance(10) {
            let stored = self.major < 18 || self.chance(50);
            let (kind, expression) = if stored {
                let value = self.wrap(&from.name, &from.kind);
                (from.kind, value)
            } else {
                // Nothing of the user's may be in one that is computed when it is read.
                (Type::integer(), format!("({} * 2)", before[0].name))
            };
            let how = if stored { "STORED" } else { "VIRTUAL" };
            let definition =
                format!("{name} {} GENERATED ALWAYS AS ({expression}) {how}", kind.name);
            return (definition, Column { name, kind, not_null: false, generated: true });
        }
        let kind = self.any_type();
        let mut definition = format!("{name} {}", kind.name);
        if kind.is_text() {
            definition += &self.maybe(20, " COLLATE \"C\"");
        }
        if self.chance(40) {
            let value = self.expression_of(&kind);
            definition += &format!(" DEFAULT {value}");
        }
        let not_null = self.chance(20);
        if not_null {
            if self.major >= 18 && self.chance(50) {
                definition += &format!(" CONSTRAINT {}", self.name("not_null"));
            }
            definition += " NOT NULL";
        }
        (definition, Column::plain(name, kind, not_null))
    }

    /// What is known of a table from now on.
    pub(super) fn change(&mut self, name: &str, how: impl Fn(&mut Table)) {
        self.tables.iter_mut().filter(|table| table.name == name).for_each(how);
    }

    /// A CHECK that every row passes.
    pub(super) fn check(&mut self, columns: &[Column]) -> String {
        let column = self.one_of(columns);
        let constraint = self.name("check");
        let expression = self.always_true(&column.name, &column.kind);
        format!("CONSTRAINT {constraint} CHECK ({expression})")
    }

    /// A table that inherits, perhaps with other defaults.
    pub(super) fn add_child(&mut self) {
        let parents = self.tables.clone();
        let can_have_children =
            |table: &Table| !table.is_partitioned && !table.is_unlogged && !table.has_row_check;
        let Some(parent) = self.any_of(&parents, can_have_children) else { return };
        let name = self.qualified("child");
        let (definition, column) = self.column(&parent.columns);
        self.run(&format!("CREATE TABLE {name} ({definition}) INHERITS ({})", parent.name));
        let mut columns = parent.columns.clone();
        columns.push(column);
        for column in columns.clone() {
            if !column.generated && column.kind.name != "integer" && self.chance(20) {
                let value = self.expression_of(&column.kind);
                self.run(&format!(
                    "ALTER TABLE {name} ALTER COLUMN {} SET DEFAULT {value}",
                    column.name
                ));
            }
        }
        self.change(&parent.name, |table| table.is_parent = true);
        self.finish_table(Table { has_parent: true, ..Table::new(&self.schema, name, columns) });
    }

    pub(super) fn add_sequence(&mut self) {
        let name = self.qualified("sequence");
        let kind = self.one_of(&["smallint", "integer", "bigint"]);
        let cycle = self.maybe(30, " CYCLE");
        let step = self.one_of(&["1", "-1", "7"]);
        self.run(&format!("CREATE SEQUENCE {name} AS {kind} INCREMENT {step} CACHE 5{cycle}"));
        if self.chance(50) {
            self.run(&format!("SELECT nextval({})", literal(&name)));
        }
        self.thing("SEQUENCE", "SEQUENCE", &name, SEQUENCE);
        // A column that came to the children later would stand elsewhere after a restore.
        let alone = |table: &Table| !table.is_unlogged && !table.is_parent && !table.is_partitioned;
        if let Some(table) = self.table_here(alone) {
            let column = self.name("counted");
            let default = format!("nextval({}::regclass)", literal(&name));
            self.run(&format!(
                "ALTER TABLE {} ADD COLUMN {column} bigint DEFAULT {default}",
                table.name
            ));
            if self.chance(50) {
                self.run(&format!("ALTER SEQUENCE {name} OWNED BY {}.{column}", table.name));
                // Its owner is the table's from now on.
                self.things.retain(|thing| thing.name != name);
            }
        }
    }

    /// What is set on a table or a column after it was made.
    pub(super) fn alter_table(&mut self) {
        let Some(table) = self.table_here(|_| true) else { return };
        let column = self.one_of(&table.columns);
        let first = table.first();
        // One that is generated may be virtual, and has no statistics.
        let counted = if column.generated { first } else { &column.name };
        let change = match self.below(8) {
            0 => format!("ALTER COLUMN {counted} SET STATISTICS 77"),
            1 => format!("ALTER COLUMN {first} SET (n_distinct = 5)"),
            2 => "REPLICA IDENTITY FULL".to_owned(),
            3 => "ENABLE ROW LEVEL SECURITY".to_owned(),
            4 if column.kind.is_text() => {
                format!("ALTER COLUMN {} SET STORAGE EXTERNAL", column.name)
            }
            5 if self.major >= 14 && column.kind.is_text() => {
                format!("ALTER COLUMN {} SET COMPRESSION pglz", column.name)
            }
            6 if !table.is_partitioned => "SET (autovacuum_enabled = off)".to_owned(),
            _ => format!("ALTER COLUMN {counted} SET STATISTICS 0"),
        };
        self.run(&format!("ALTER TABLE {} {change}", table.name));
    }
}
