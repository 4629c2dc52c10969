//! Rules and triggers, as the server prints them, and whether they are enabled.

use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    table_oid: u32,
    schema: String,
    table: String,
    enabled: char,
    definition: Option<String>,
    /// The trigger of the partitioned table that made this one.
    parent: u32,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let relation = format!(
        "n.oid = ANY({}) AND {} AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_class", "c.oid"),
        catalog.scope.not_excluded("c.oid")
    );
    let rules = format!(
        "SELECT r.oid::int8, rulename AS name, c.oid::int8 AS table_oid, nspname AS schema,
            relname AS table, ev_enabled AS enabled, pg_get_ruledef(r.oid) AS definition,
            0 AS parent
         FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
         JOIN pg_namespace n ON n.oid = relnamespace
         WHERE rulename <> '_RETURN' AND {relation}"
    );
    for row in catalog.read("rules", &rules).await? {
        write(catalog, &row, class::RULE, "RULE", found)?;
    }
    // Clones on partitions come with the parent's trigger; only their state can differ.
    let triggers = format!(
        "SELECT t.oid::int8, t.tgname AS name, c.oid::int8 AS table_oid, nspname AS schema,
            relname AS table, t.tgenabled AS enabled, t.tgparentid::int8 AS parent,
            pg_get_triggerdef(t.oid) AS definition
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         JOIN pg_namespace n ON n.oid = relnamespace
         LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
         WHERE (NOT t.tgisinternal AND t.tgparentid = 0 OR t.tgenabled <> p.tgenabled)
           AND {relation}"
    );
    for row in catalog.read("triggers", &triggers).await? {
        write(catalog, &row, class::TRIGGER, "TRIGGER", found)?;
    }
    Ok(())
}

fn write(catalog: &Catalog, row: &Row, class: u32, word: &str, found: &mut Contents) -> Result<()> {
    let kind = if class == class::RULE { Kind::Rule } else { Kind::Trigger };
    let table = qualified(&row.schema, &row.table);
    let name = quote::ident(&row.name);
    let sort_name = format!("{} {}", row.table, row.name);
    let state = match row.enabled {
        'D' => "DISABLE",
        'R' => "ENABLE REPLICA",
        'A' => "ENABLE ALWAYS",
        _ => "ENABLE",
    };
    let set_state = format!("ALTER TABLE {table} {state} {word} {name};\n");
    let id = Id::new(class, row.oid);
    if row.parent != 0 {
        let link = id.step(Step::Link);
        let object = Object::new(link, kind, Part::PostData, &row.schema, &sort_name, set_state);
        found.objects.push(object.needing([Id::new(class, row.parent)]));
        return Ok(());
    }
    let target = format!("{word} {name} ON {table}");
    let mut ddl = printed(row.definition.as_deref(), || target.clone())? + ";\n";
    if row.enabled != 'O' {
        ddl += &set_state;
    }
    ddl += &catalog.comment_on(&target, id, 0);
    let object = Object::new(id, kind, Part::PostData, &row.schema, &sort_name, ddl);
    found.objects.push(object.needing([Id::new(class::RELATION, row.table_oid)]));
    Ok(())
}
