//! Functions: those that any expression may call, and those that need relations.

use super::names::literal;
use super::tables::Table;
use super::types::Type;
use super::world::World;

/// Gives its argument back, so that any expression can have it around.
#[derive(Clone)]
pub(super) struct Function {
    name: String,
    argument: Type,
}

const EXECUTE: &[&str] = &["EXECUTE"];

impl World {
    pub(super) fn add_function(&mut self) {
        match self.below(10) {
            0..5 => self.add_identity(),
            5 => self.add_procedure(),
            6 => self.add_aggregate(),
            7 => self.add_many_arguments(),
            _ => self.add_query_function(),
        }
    }

    fn add_identity(&mut self) {
        let argument = self.any_type();
        let name = self.qualified("same");
        let kind = &argument.name;
        let strict = self.maybe(30, " STRICT");
        let head = format!("CREATE FUNCTION {name}({kind}) RETURNS {kind} IMMUTABLE{strict}");
        let body = match self.below(if self.major >= 14 { 4 } else { 3 }) {
            0 => "LANGUAGE sql AS 'SELECT $1'".to_owned(),
            1 => "LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN RETURN $1; -- $$ \\ \nEND'".to_owned(),
            2 => format!("LANGUAGE sql COST 3 AS {}", literal("SELECT $1 /* ; ' \" */")),
            _ => "LANGUAGE sql RETURN $1".to_owned(),
        };
        self.run(&format!("{head} {body}"));
        self.thing("FUNCTION", "FUNCTION", &format!("{name}({kind})"), EXECUTE);
        self.functions.push(Function { name, argument });
    }

    fn add_procedure(&mut self) {
        let kind = self.any_type();
        let name = self.qualified("act");
        let argument = self.name("argument");
        let default = self.value(&kind, 2);
        self.run(&format!(
            "CREATE PROCEDURE {name}(INOUT {argument} {} DEFAULT {default}) LANGUAGE plpgsql \
             SET search_path = pg_catalog, \"Odd, path\" AS 'BEGIN END'",
            kind.name
        ));
        self.thing("PROCEDURE", "PROCEDURE", &format!("{name}({})", kind.name), EXECUTE);
    }

    fn add_aggregate(&mut self) {
        let kind = self.any_type().name;
        let step = self.qualified("step");
        self.run(&format!(
            "CREATE FUNCTION {step}({kind}, {kind}) RETURNS {kind} IMMUTABLE LANGUAGE sql AS 'SELECT $2'"
        ));
        let name = self.qualified("sum");
        self.run(&format!("CREATE AGGREGATE {name}({kind}) (sfunc = {step}, stype = {kind})"));
        self.thing("AGGREGATE", "FUNCTION", &format!("{name}({kind})"), EXECUTE);
    }

    fn add_many_arguments(&mut self) {
        let name = self.qualified("many");
        let kinds: Vec<Type> = (0..=self.up_to(3)).map(|_| self.any_type()).collect();
        let mut list = Vec::new();
        for kind in &kinds {
            let argument = self.name("argument");
            let default = self.expression_of(kind);
            list.push(format!("{argument} {} DEFAULT {default}", kind.name));
        }
        let out = self.any_type();
        let returns = if self.chance(50) {
            format!("TABLE ({} {}, {} text)", self.name("out"), out.name, self.name("out"))
        } else {
            format!("SETOF {}", out.name)
        };
        self.run(&format!(
            "CREATE FUNCTION {name}({}) RETURNS {returns} LANGUAGE plpgsql STABLE SECURITY DEFINER \
             SET work_mem = '10MB' AS $odd$ BEGIN RETURN; END $odd$",
            list.join(", ")
        ));
        let kinds: Vec<_> = kinds.into_iter().map(|kind| kind.name).collect();
        self.thing("FUNCTION", "FUNCTION", &format!("{name}({})", kinds.join(", ")), EXECUTE);
    }

    /// A function on the rows of a relation: by its body, by its result, or by its argument.
    fn add_query_function(&mut self) {
        let Some(relation) = self.any_of(&self.relations.clone(), |_| true) else { return };
        let name = self.qualified("query");
        let from = &relation.name;
        let (arguments, rest) = match self.below(if self.major >= 14 { 5 } else { 2 }) {
            0 => {
                ("", format!("SETOF {from} LANGUAGE sql AS {}", literal(&format!("TABLE {from}"))))
            }
            1 => (from.as_str(), "text LANGUAGE sql AS 'SELECT $1::text'".to_owned()),
            2 => ("", format!("bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM {from})")),
            3 => {
                let query = self.query().text;
                (
                    "",
                    format!(
                        "bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM ({query}) q; END"
                    ),
                )
            }
            _ => (
                "",
                format!(
                    "SETOF {from} LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT * FROM {from}; END"
                ),
            ),
        };
        self.run(&format!("CREATE FUNCTION {name}({arguments}) RETURNS {rest}"));
        self.thing("FUNCTION", "FUNCTION", &format!("{name}({arguments})"), EXECUTE);
    }

    /// A function that takes rows of a table, and a check or an index of that table that calls it.
    pub(super) fn add_row_function(&mut self) {
        let plain = |table: &Table| !table.is_parent && !table.has_parent && !table.is_partitioned;
        let Some(table) = self.table_here(plain) else { return };
        let name = self.qualified("of_row");
        self.run(&format!(
            "CREATE FUNCTION {name}({}) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1'",
            table.name
        ));
        self.thing("FUNCTION", "FUNCTION", &format!("{name}({})", table.name), EXECUTE);
        self.change(&table.name, |table| table.has_row_check = true);
        let row = table.bare_name();
        if self.chance(50) {
            let check = self.name("check");
            let valid = self.maybe(30, " NOT VALID");
            self.run(&format!(
                "ALTER TABLE {} ADD CONSTRAINT {check} CHECK ({name}({row}) > 0){valid}",
                table.name
            ));
        } else {
            let index = self.name("index");
            self.run(&format!("CREATE INDEX {index} ON {} (({name}({row})))", table.name));
        }
    }

    /// An expression of this type, which may call a function of ours.
    pub(super) fn expression_of(&mut self, kind: &Type) -> String {
        let value = self.value(kind, 1);
        self.wrap(&value, kind)
    }

    /// The same value, perhaps by way of a function.
    pub(super) fn wrap(&mut self, value: &str, kind: &Type) -> String {
        let functions = self.functions.clone();
        match self.any_of(&functions, |function| function.argument.name == kind.name) {
            Some(function) if self.chance(60) => format!("{}({value})", function.name),
            _ => value.to_owned(),
        }
    }

    /// A condition that holds for every value, NULL too.
    pub(super) fn always_true(&mut self, value: &str, kind: &Type) -> String {
        let value = self.wrap(value, kind);
        format!("({value} IS NULL) IS NOT NULL")
    }
}
