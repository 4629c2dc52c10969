//! What exists so far, and the dice.

use super::functions::Function;
use super::rights::Thing;
use super::tables::Table;
use super::types::Type;
use super::views::Relation;

pub(super) struct World {
    random: fastrand::Rng,
    pub(super) major: u32,
    sql: String,
    /// In every name, so that none comes twice.
    pub(super) counter: u32,
    /// The one that is being filled, quoted.
    pub(super) schema: String,
    pub(super) types: Vec<Type>,
    pub(super) tables: Vec<Table>,
    /// What a query can select from.
    pub(super) relations: Vec<Relation>,
    /// Those that can stand in any expression.
    pub(super) functions: Vec<Function>,
    /// What can have an owner, grants, and a comment.
    pub(super) things: Vec<Thing>,
}

impl World {
    /// The SQL that makes the first schemas of the database of this seed.
    pub(super) fn of(seed: u64, major: u32, schemas: usize) -> String {
        let mut world = Self {
            random: fastrand::Rng::with_seed(seed),
            major,
            sql: String::new(),
            counter: 0,
            schema: String::new(),
            types: Vec::new(),
            tables: Vec::new(),
            relations: Vec::new(),
            functions: Vec::new(),
            things: Vec::new(),
        };
        for _ in 0..schemas {
            world.add_schema();
        }
        world.sql
    }

    fn add_schema(&mut self) {
        self.schema = self.name("schema");
        self.run(&format!("CREATE SCHEMA {}", self.schema));
        let schema = self.schema.clone();
        self.thing("SCHEMA", "SCHEMA", &schema, &["USAGE", "CREATE"]);
        self.add_default_privileges();
        for _ in 0..self.up_to(14) + 4 {
            match self.below(20) {
                0..4 => self.add_type(),
                4..8 => self.add_function(),
                8..12 => self.add_table(),
                12 => self.add_partitioned(),
                13..15 => self.add_child(),
                15 => self.add_sequence(),
                _ => self.add_view(),
            }
        }
        for _ in 0..self.up_to(8) + 2 {
            match self.below(12) {
                0..3 => self.add_index(),
                3..5 => self.add_constraint(),
                5 => self.add_foreign_key(),
                6 => self.add_trigger(),
                7 => self.add_rule(),
                8 => self.add_policy(),
                9 => self.add_row_function(),
                10 => self.alter_table(),
                _ => self.tie_a_knot(),
            }
        }
        self.add_rights();
    }

    /// Adds one statement.
    pub(super) fn run(&mut self, statement: &str) {
        self.sql.push_str(statement);
        self.sql.push_str(";\n");
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(..100) < percent
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.random.usize(..end)
    }

    pub(super) fn up_to(&mut self, most: usize) -> usize {
        self.random.usize(..=most)
    }

    pub(super) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        let index = self.below(all.len());
        all[index].clone()
    }

    /// One of them that will do, if there is any.
    pub(super) fn any_of<T: Clone>(
        &mut self,
        all: &[T],
        will_do: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let found: Vec<&T> = all.iter().filter(|one| will_do(one)).collect();
        if found.is_empty() { None } else { Some(self.one_of(&found).clone()) }
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        self.random.shuffle(list);
    }

    /// One of the texts, or none at all.
    pub(super) fn maybe(&mut self, percent: u32, text: &str) -> String {
        if self.chance(percent) { text.to_owned() } else { String::new() }
    }
}
