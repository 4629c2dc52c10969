//! What fires: triggers, rules, policies. All come when the rows are there.

use super::names::literal;
use super::tables::Column;
use super::world::World;

impl World {
    pub(super) fn add_trigger(&mut self) {
        let function = self.qualified("fires");
        self.run(&format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        ));
        let name = self.name("trigger");
        let argument = self.text();
        let call = format!("EXECUTE FUNCTION {function}({})", literal(argument));
        let schema = self.schema.clone();
        if self.chance(20)
            && let Some(view) = self.any_of(&self.things.clone(), |thing| {
                thing.kind == "VIEW" && thing.name.starts_with(&format!("{schema}."))
            })
        {
            let view = view.name;
            return self.run(&format!(
                "CREATE TRIGGER {name} INSTEAD OF INSERT OR DELETE ON {view} FOR EACH ROW {call}"
            ));
        }
        let Some(table) = self.table_here(|_| true) else { return };
        let on = format!("ON {}", table.name);
        let first = table.first();
        let given = |column: &Column| !column.generated;
        let column = self.any_of(&table.columns, given).unwrap_or_else(|| table.columns[0].clone());
        let condition = self.always_true(&format!("NEW.{}", column.name), &column.kind);
        let definition = match self.below(5) {
            0 => format!("TRIGGER {name} BEFORE TRUNCATE {on} {call}"),
            1 => format!(
                "CONSTRAINT TRIGGER {name} AFTER INSERT OR UPDATE OF {first} {on} \
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({condition}) {call}"
            ),
            2 => format!(
                "TRIGGER {name} AFTER UPDATE {on} REFERENCING OLD TABLE AS o NEW TABLE AS n {call}"
            ),
            3 => format!(
                "TRIGGER {name} BEFORE UPDATE {on} FOR EACH ROW \
                 WHEN (OLD.{first} <> NEW.{first} AND {condition}) {call}"
            ),
            _ => format!("TRIGGER {name} AFTER INSERT {on} FOR EACH ROW WHEN ({condition}) {call}"),
        };
        self.run(&format!("CREATE {definition}"));
        self.remark(&format!("TRIGGER {name} {on}"));
        if self.chance(30) {
            let state = self.one_of(&["DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"]);
            self.run(&format!("ALTER TABLE {} {state} TRIGGER {name}", table.name));
        }
    }

    pub(super) fn add_rule(&mut self) {
        let Some(table) = self.table_here(|_| true) else { return };
        let Some(other) = self.any_of(&self.tables.clone(), |_| true) else { return };
        let (name, first) = (self.name("rule"), table.first());
        let head = format!("CREATE RULE {name} AS ON");
        let to = &table.name;
        let statement = match self.below(4) {
            0 => format!("{head} UPDATE TO {to} WHERE OLD.{first} > 3 DO INSTEAD NOTHING"),
            1 => {
                let (other, its) = (&other.name, other.first());
                format!(
                    "{head} DELETE TO {to} DO ALSO DELETE FROM {other} WHERE {its} = OLD.{first}"
                )
            }
            2 => {
                let query = self.query().text;
                format!(
                    "{head} INSERT TO {to} DO ALSO (SELECT count(*) FROM ({query}) q; NOTIFY x)"
                )
            }
            _ => {
                format!("{head} INSERT TO {to} WHERE NEW.{first} IS NULL DO ALSO SELECT ';\\'")
            }
        };
        self.run(&statement);
        self.remark(&format!("RULE {name} ON {to}"));
        if self.chance(20) {
            self.run(&format!("ALTER TABLE {to} DISABLE RULE {name}"));
        }
    }

    pub(super) fn add_policy(&mut self) {
        let Some(table) = self.table_here(|_| true) else { return };
        let column = self.one_of(&table.columns);
        let mut condition = self.always_true(&column.name, &column.kind);
        if self.chance(40) {
            let relation = self.one_of(&self.relations.clone());
            condition += &format!(" AND (SELECT count(*) FROM {}) > 0", relation.name);
        }
        let (name, to) = (self.name("policy"), &table.name);
        let kind = self.one_of(&["PERMISSIVE", "RESTRICTIVE"]);
        let role = self.one_of(&["PUBLIC", "reader", "\"Role \"\"x\"\"\", writer"]);
        let rest = match self.below(4) {
            0 => format!("FOR INSERT TO {role} WITH CHECK ({condition})"),
            1 => format!("FOR SELECT TO {role} USING ({condition})"),
            2 => format!("TO {role} USING ({condition}) WITH CHECK (true)"),
            _ => format!("FOR UPDATE TO {role} USING ({condition})"),
        };
        self.run(&format!("CREATE POLICY {name} ON {to} AS {kind} {rest}"));
        self.remark(&format!("POLICY {name} ON {to}"));
        if self.chance(60) {
            self.run(&format!("ALTER TABLE {to} ENABLE ROW LEVEL SECURITY"));
        }
        if self.chance(20) {
            self.run(&format!("ALTER TABLE {to} FORCE ROW LEVEL SECURITY"));
        }
    }
}
