//! Row-level security: whether a table has it, and its policies.

use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Table {
    oid: u32,
    schema: String,
    name: String,
    enabled: bool,
    forced: bool,
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    oid: u32,
    name: String,
    command: char,
    permissive: bool,
    /// Empty means PUBLIC.
    roles: Vec<String>,
    using: Option<String>,
    check: Option<String>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT c.oid::int8, nspname AS schema, relname AS name, relrowsecurity AS enabled,
            relforcerowsecurity AS forced, coalesce((SELECT json_agg(json_build_object(
                'oid', p.oid::int8, 'name', polname, 'command', polcmd, 'permissive', polpermissive,
                'roles', CASE WHEN polroles = '{{0}}' THEN '[]'::json ELSE
                    (SELECT json_agg(pg_get_userbyid(role)) FROM unnest(polroles) role) END,
                'using', pg_get_expr(polqual, polrelid),
                'check', pg_get_expr(polwithcheck, polrelid)) ORDER BY polname)
             FROM pg_policy p WHERE polrelid = c.oid), '[]') AS policies
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE (relrowsecurity OR relforcerowsecurity
             OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))
           AND n.oid = ANY({}) AND {} AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_class", "c.oid"),
        catalog.scope.not_excluded("c.oid"),
    );
    for table in catalog.read("policies", &query).await? {
        let table: Table = table;
        let id = Id::new(class::RELATION, table.oid);
        let name = qualified(&table.schema, &table.name);
        let mut ddl = String::new();
        if table.enabled {
            ddl += &format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n");
        }
        if table.forced {
            ddl += &format!("ALTER TABLE ONLY {name} FORCE ROW LEVEL SECURITY;\n");
        }
        let switch = Id::new(class::POLICY, table.oid).step(Step::Link);
        let kind = Kind::Policy;
        let object = Object::new(switch, kind, Part::PostData, &table.schema, &table.name, ddl);
        found.objects.push(object.needing([id]));
        for policy in &table.policies {
            let ddl = policy.create(catalog, &name)?;
            let id = Id::new(class::POLICY, policy.oid);
            let sort_name = format!("{} {}", table.name, policy.name);
            let object = Object::new(id, kind, Part::PostData, &table.schema, &sort_name, ddl);
            found.objects.push(object.needing([switch]));
        }
    }
    Ok(())
}

impl Policy {
    fn create(&self, catalog: &Catalog, table: &str) -> Result<String> {
        let target = format!("POLICY {} ON {table}", quote::ident(&self.name));
        let mut create = format!("CREATE {target}");
        if !self.permissive {
            create += " AS RESTRICTIVE";
        }
        create += match self.command {
            'r' => " FOR SELECT",
            'a' => " FOR INSERT",
            'w' => " FOR UPDATE",
            'd' => " FOR DELETE",
            _ => "",
        };
        if !self.roles.is_empty() {
            let roles: Vec<String> = self.roles.iter().map(|role| catalog.role(role)).collect();
            create += &format!(" TO {}", roles.join(", "));
        }
        for (word, expression) in [("USING", &self.using), ("WITH CHECK", &self.check)] {
            if expression.is_some() {
                let expression = printed(expression.as_deref(), || target.clone())?;
                create += &format!(" {word} ({expression})");
            }
        }
        let id = Id::new(class::POLICY, self.oid);
        Ok(create + ";\n" + &catalog.comment_on(&target, id, 0))
    }
}
