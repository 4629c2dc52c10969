//! Event triggers: the server prints none, so they are assembled from `pg_event_trigger`.

use super::{Catalog, Contents, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::{Error, Result};

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: String,
    owner: String,
    event: String,
    function: String,
    enabled: char,
    tags: Option<Vec<String>>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let query = format!(
        "SELECT t.oid::int8, evtname AS name, pg_get_userbyid(evtowner) AS owner,
            evtevent AS event, evtfoid::regproc::text AS function, evtenabled AS enabled,
            evttags AS tags
         FROM pg_event_trigger t WHERE {}",
        catalog.scope.not_of_an_extension("pg_event_trigger", "t.oid"),
    );
    for row in catalog.read("event triggers", &query).await? {
        let row: Row = row;
        let id = Id::new(class::EVENT_TRIGGER, row.oid);
        let target = format!("EVENT TRIGGER {}", quote::ident(&row.name));
        let mut create = format!("CREATE {target} ON {}", quote::ident(&row.event));
        if let Some(tags) = &row.tags {
            let tags: Vec<String> = tags.iter().map(|tag| quote::literal(tag)).collect();
            create += &format!(" WHEN TAG IN ({})", tags.join(", "));
        }
        create += &format!(" EXECUTE FUNCTION {}();\n", row.function);
        let state = match row.enabled {
            'O' => None,
            'D' => Some("DISABLE"),
            'R' => Some("ENABLE REPLICA"),
            'A' => Some("ENABLE ALWAYS"),
            other => {
                return Err(Error::usage(format!("{target} is in the unknown state `{other}`")));
            }
        };
        if let Some(state) = state {
            create += &format!("ALTER {target} {state};\n");
        }
        let ddl =
            create + &catalog.owner(&target, &row.owner) + &catalog.comment_on(&target, id, 0);
        found.objects.push(Object::new(id, Kind::EventTrigger, Part::Final, "", &row.name, ddl));
    }
    Ok(())
}
