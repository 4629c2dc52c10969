//! Partitioned tables, several levels deep, some of whose partitions were tables before.

use super::rights::TABLE;
use super::tables::{Column, Table};
use super::types::Type;
use super::views::Relation;
use super::world::World;

/// A table that is cut: what its partitions take, and how they are told apart.
struct Cut {
    name: String,
    key: String,
    how: How,
    /// The numbers that its rows may have.
    low: usize,
    high: usize,
}

#[derive(Clone, Copy)]
enum How {
    Range,
    List,
    Hash,
}

impl How {
    fn word(self) -> &'static str {
        match self {
            How::Range => "RANGE",
            How::List => "LIST",
            How::Hash => "HASH",
        }
    }
}

impl World {
    pub(super) fn add_partitioned(&mut self) {
        let first = Column::plain(self.name("id"), Type::integer(), true);
        let mut list = vec![format!("{} integer NOT NULL", first.name)];
        let mut columns = vec![first];
        for _ in 0..self.up_to(4) {
            let (definition, column) = self.column(&columns);
            if !column.generated {
                list.push(definition);
                columns.push(column);
            }
        }
        if self.chance(30) {
            list.push(self.check(&columns));
        }
        // A key of a partitioned table must have the column by which it is cut, not an expression.
        let by_first = self.chance(85);
        let first = &columns[0].name;
        let key = if by_first { first.clone() } else { format!("({first} + 0)") };
        let name = self.qualified("cut");
        let cut = Cut { name, key, how: self.how(), low: 0, high: 8 };
        self.run(&format!(
            "CREATE TABLE {} ({}) PARTITION BY {} ({})",
            cut.name,
            list.join(", "),
            cut.how.word(),
            cut.key
        ));
        self.add_partitions(&cut, &columns, 3);
        let table =
            Table { is_partitioned: true, by_first, ..Table::new(&self.schema, cut.name, columns) };
        self.finish_table(table);
    }

    fn how(&mut self) -> How {
        self.one_of(&[How::Range, How::Range, How::List, How::Hash])
    }

    fn add_partitions(&mut self, cut: &Cut, columns: &[Column], levels: usize) {
        let middle = usize::midpoint(cut.low, cut.high);
        let halves = [(cut.low, middle), (middle, cut.high)];
        for (half, (low, high)) in halves.into_iter().enumerate() {
            let list = |low, high| (low..high).map(|n: usize| n.to_string()).collect::<Vec<_>>();
            let (low, high, bounds) = match cut.how {
                How::Hash => {
                    let bounds = format!("FOR VALUES WITH (MODULUS 2, REMAINDER {half})");
                    (cut.low, cut.high, bounds)
                }
                _ if half == 1 && self.chance(20) => (low, high, "DEFAULT".to_owned()),
                How::Range => (low, high, format!("FOR VALUES FROM ({low}) TO ({high})")),
                How::List => (low, high, format!("FOR VALUES IN ({})", list(low, high).join(", "))),
            };
            let deeper = levels > 1 && high - low > 1 && self.chance(30);
            let how = self.how();
            let key = cut.key.clone();
            let name = self.qualified("part");
            let child = Cut { name, key, how, low, high };
            let by = if deeper {
                format!(" PARTITION BY {} ({})", how.word(), child.key)
            } else {
                String::new()
            };
            self.add_partition(cut, &child, &bounds, &by, columns);
            if deeper {
                self.add_partitions(&child, columns, levels - 1);
            }
        }
    }

    fn add_partition(
        &mut self,
        cut: &Cut,
        child: &Cut,
        bounds: &str,
        by: &str,
        columns: &[Column],
    ) {
        let (parent, name) = (&cut.name, &child.name);
        if self.chance(60) {
            self.run(&format!("CREATE TABLE {name} PARTITION OF {parent} {bounds}{by}"));
        } else {
            self.run(&format!("CREATE TABLE {name} (LIKE {parent} INCLUDING CONSTRAINTS){by}"));
            if self.chance(50) {
                let gone = self.name("gone");
                self.run(&format!("ALTER TABLE {name} ADD COLUMN {gone} text"));
                self.run(&format!("ALTER TABLE {name} DROP COLUMN {gone}"));
            }
            self.run(&format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bounds}"));
        }
        if self.chance(25) {
            let column = self.one_of(columns);
            let value = self.expression_of(&column.kind);
            let column = column.name;
            self.run(&format!("ALTER TABLE {name} ALTER COLUMN {column} SET DEFAULT {value}"));
        }
        if self.chance(20) {
            let check = self.check(columns);
            self.run(&format!("ALTER TABLE {name} ADD {check}"));
        }
        if self.chance(20) {
            let index = self.name("index");
            self.run(&format!("CREATE INDEX {index} ON {name} ({})", columns[0].name));
        }
        self.thing("TABLE", "TABLE", name, TABLE);
        let partition = Table::new(&self.schema, name.clone(), columns.to_vec());
        self.relations.push(Relation::of_table(&partition));
    }
}
