//! Owners, grants, comments.

use super::names::literal;
use super::world::World;

pub(super) const TABLE: &[&str] =
    &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
pub(super) const SEQUENCE: &[&str] = &["USAGE", "SELECT", "UPDATE"];

const ROLES: [&str; 6] =
    ["reader", "writer", "\"Role \"\"x\"\"\"", "\"role's\"", "\"role\\!\"", "\"role=a/b\""];

#[derive(Clone)]
pub(super) struct Thing {
    /// As in COMMENT ON and ALTER … OWNER TO.
    pub(super) kind: &'static str,
    /// As in GRANT … ON.
    granted: &'static str,
    pub(super) name: String,
    rights: &'static [&'static str],
}

impl World {
    /// Something that was just made, and what may be granted on it.
    pub(super) fn thing(
        &mut self,
        kind: &'static str,
        granted: &'static str,
        name: &str,
        rights: &'static [&'static str],
    ) {
        self.remark(&format!("{kind} {name}"));
        self.things.push(Thing { kind, granted, name: name.to_owned(), rights });
    }

    /// Perhaps a comment.
    pub(super) fn remark(&mut self, target: &str) {
        if self.chance(15) {
            let text = self.text();
            self.run(&format!("COMMENT ON {target} IS {}", literal(&format!("on {text}"))));
        }
    }

    pub(super) fn add_default_privileges(&mut self) {
        if self.chance(20) {
            let role = self.one_of(&ROLES);
            let (rights, on) = self.one_of(&[
                ("SELECT, UPDATE", "TABLES"),
                ("EXECUTE", "FUNCTIONS"),
                ("USAGE", "TYPES"),
                ("USAGE", "SEQUENCES"),
            ]);
            self.run(&format!(
                "ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT {rights} ON {on} TO {role}",
                self.schema
            ));
        }
    }

    /// When all is there: owners and grants, in any order. Owners are superusers, because a
    /// restore fills materialized views as their owner.
    pub(super) fn add_rights(&mut self) {
        let mut things = std::mem::take(&mut self.things);
        self.shuffle(&mut things);
        for thing in &things {
            if self.chance(20) {
                self.grant(thing);
            }
            if self.chance(10) {
                self.run(&format!("ALTER {} {} OWNER TO super_owner", thing.kind, thing.name));
            }
            if self.chance(8) {
                self.run(&format!("REVOKE ALL ON {} {} FROM PUBLIC", thing.granted, thing.name));
            }
            if self.chance(4) {
                self.run(&format!(
                    "REVOKE ALL ON {} {} FROM super_owner, postgres",
                    thing.granted, thing.name
                ));
            }
            if self.chance(10) {
                self.grant(thing);
            }
        }
    }

    fn grant(&mut self, thing: &Thing) {
        let Thing { granted, name, rights, .. } = thing;
        let role = self.one_of(&ROLES);
        let right = self.one_of(rights);
        let right = if self.chance(20) { "ALL" } else { right };
        let option = self.maybe(30, " WITH GRANT OPTION");
        self.run(&format!("GRANT {right} ON {granted} {name} TO {role}{option}"));
        if !option.is_empty() && right != "ALL" && ["TABLE", "SEQUENCE"].contains(granted) {
            let schema = self.schema.clone();
            self.run(&format!("GRANT USAGE ON SCHEMA {schema} TO {role}"));
            self.run(&format!("SET SESSION AUTHORIZATION {role}"));
            self.run(&format!("GRANT {right} ON {granted} {name} TO owner_one"));
            self.run("RESET SESSION AUTHORIZATION");
        }
    }
}
