//! Indexes and constraints of tables that hold rows already.

use super::tables::Table;
use super::views::Relation;
use super::world::World;

const LATER: [&str; 4] = ["", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"];

impl World {
    /// A table of the schema that is being filled.
    pub(super) fn table_here(&mut self, will_do: impl Fn(&Table) -> bool) -> Option<Table> {
        let schema = self.schema.clone();
        self.any_of(&self.tables.clone(), |table| table.schema == schema && will_do(table))
    }

    pub(super) fn add_index(&mut self) {
        let schema = self.schema.clone();
        let stored = |relation: &Relation| relation.is_stored && relation.schema == schema;
        if self.chance(20)
            && let Some(view) = self.any_of(&self.relations.clone(), stored)
            && let Some((column, _)) = self.any_of(&view.columns, |column| column.1.is_ordered())
        {
            let index = self.name("index");
            return self.run(&format!("CREATE INDEX {index} ON {} ({column})", view.name));
        }
        let Some(table) = self.table_here(|_| true) else { return };
        let name = self.name("index");
        let first = table.first();
        let unique = self.maybe(if table.by_first { 30 } else { 0 }, "UNIQUE ");
        if unique.is_empty() && self.chance(20) {
            let method = self.one_of(&["hash", "brin"]);
            return self
                .run(&format!("CREATE INDEX {name} ON {} USING {method} ({first})", table.name));
        }
        let only = if table.is_partitioned && unique.is_empty() {
            self.maybe(20, "ONLY ")
        } else {
            String::new()
        };
        let mut keys = vec![first.to_owned()];
        let good = |column: &super::tables::Column| !column.generated && column.kind.is_ordered();
        while self.chance(50) && keys.len() < 4 {
            let Some(column) = self.any_of(&table.columns, good) else { break };
            let key = self.wrap(&column.name, &column.kind);
            let order = self.one_of(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
            keys.push(format!("({key}){order}"));
        }
        if unique.is_empty() {
            self.shuffle(&mut keys);
        }
        let include = self.maybe(15, &format!(" INCLUDE ({first})"));
        let options = self.maybe(15, " WITH (fillfactor = 60)");
        let filter = if self.chance(30) {
            let column = self.one_of(&table.columns);
            let virtual_ones = column.generated && self.major >= 18;
            let column = if virtual_ones { table.columns[0].clone() } else { column };
            format!(" WHERE {}", self.always_true(&column.name, &column.kind))
        } else {
            String::new()
        };
        self.run(&format!(
            "CREATE {unique}INDEX {name} ON {only}{} ({}){include}{options}{filter}",
            table.name,
            keys.join(", ")
        ));
        self.remark(&format!("INDEX {}.{name}", self.schema));
        if !table.is_partitioned && filter.is_empty() {
            if self.chance(10) {
                self.run(&format!("ALTER TABLE {} CLUSTER ON {name}", table.name));
            }
            if !unique.is_empty() && keys.len() == 1 && self.chance(30) {
                self.run(&format!(
                    "ALTER TABLE {} REPLICA IDENTITY USING INDEX {name}",
                    table.name
                ));
            }
        }
    }

    pub(super) fn add_constraint(&mut self) {
        let Some(table) = self.table_here(|_| true) else { return };
        let (name, first) = (&table.name, table.first());
        let later = self.one_of(&LATER);
        let constraint = self.name("constraint");
        let definition = match self.below(5) {
            0 if table.by_first => {
                let nulls = if self.major >= 15 {
                    self.maybe(40, " NULLS NOT DISTINCT")
                } else {
                    String::new()
                };
                format!("UNIQUE{nulls} ({first}){later}")
            }
            1 if !table.is_partitioned => format!("EXCLUDE USING btree ({first} WITH =){later}"),
            2 if self.major >= 18 => {
                let column = self.one_of(&table.columns);
                if column.not_null || column.generated {
                    return;
                }
                self.run(&format!(
                    "ALTER TABLE {name} ADD CONSTRAINT {constraint} NOT NULL {} NOT VALID",
                    column.name
                ));
                // It has one now, and another would be the same one by another name.
                return self.change(name, |table| {
                    for other in &mut table.columns {
                        other.not_null |= other.name == column.name;
                    }
                });
            }
            3 if self.major >= 18 => format!("CHECK ({first} > 3) NOT ENFORCED"),
            _ => {
                let column = self.one_of(&table.columns);
                let expression = self.always_true(&column.name, &column.kind);
                let alone = !table.is_partitioned;
                let alone = if alone { self.maybe(20, " NO INHERIT") } else { String::new() };
                format!("CHECK ({expression}){alone}{}", self.maybe(30, " NOT VALID"))
            }
        };
        self.run(&format!("ALTER TABLE {name} ADD CONSTRAINT {constraint} {definition}"));
        self.remark(&format!("CONSTRAINT {constraint} ON {name}"));
    }

    /// From a table here to any table, itself too, by the numbers that both count up from 1.
    pub(super) fn add_foreign_key(&mut self) {
        let Some(table) = self.table_here(|table| !table.is_unlogged) else { return };
        let fits = |to: &Table| to.has_primary_key && !to.is_unlogged && to.rows >= table.rows;
        let Some(to) = self.any_of(&self.tables.clone(), fits) else { return };
        let constraint = self.name("refers");
        let action =
            self.one_of(&["", " ON DELETE CASCADE", " ON UPDATE CASCADE ON DELETE RESTRICT"]);
        let full = self.maybe(20, " MATCH FULL");
        let valid = if table.is_partitioned || to.is_partitioned {
            String::new()
        } else {
            self.maybe(20, " NOT VALID")
        };
        let later = self.one_of(&LATER);
        let (name, first) = (&table.name, table.first());
        self.run(&format!(
            "ALTER TABLE {name} ADD CONSTRAINT {constraint} FOREIGN KEY ({first}) \
             REFERENCES {} ({}){full}{action}{later}{valid}",
            to.name,
            to.first()
        ));
        self.remark(&format!("CONSTRAINT {constraint} ON {name}"));
    }
}
