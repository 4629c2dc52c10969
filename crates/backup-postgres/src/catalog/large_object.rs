//! Large objects: that they exist, whose they are, and how long. Their data comes with the rows.

use super::privileges::{self, Acl, Target};
use super::{Catalog, Contents};
use crate::large_object::{Access, LargeObject};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use task::Result;

/// Objects that are made by one statement.
const BATCH: usize = 500;

/// All of them, in the order of their numbers, and how to read them.
pub(crate) struct LargeObjects {
    pub(crate) access: Access,
    pub(crate) objects: Vec<LargeObject>,
}

#[derive(Deserialize)]
struct Row {
    oid: u32,
    size: u64,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    #[derive(Deserialize)]
    struct Server {
        may_read: bool,
        block_size: u64,
    }
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    let query = format!(
        "SELECT {} AS may_read, current_setting('block_size')::int8 AS block_size",
        Access::MAY_READ
    );
    for server in catalog.read::<Server>("large objects", &query).await? {
        found.large_objects.access = Access::new(server.may_read, server.block_size);
    }
    let query = format!(
        "SELECT m.oid::int8, {} AS size, pg_get_userbyid(lomowner) AS owner, {}
         FROM pg_largeobject_metadata m ORDER BY m.oid",
        found.large_objects.access.size(),
        privileges::columns("lomacl", 'L', "lomowner"),
    );
    let rows: Vec<Row> = catalog.read("large objects", &query).await?;
    for batch in rows.chunks(BATCH) {
        let oids: Vec<String> = batch.iter().map(|row| row.oid.to_string()).collect();
        let mut ddl = format!(
            "SELECT pg_catalog.count(pg_catalog.lo_create(oid)) \
             FROM pg_catalog.unnest('{{{}}}'::pg_catalog.oid[]) AS oid;\n",
            oids.join(",")
        );
        let mut grants = String::new();
        for row in batch {
            let id = Id::new(class::LARGE_OBJECT, row.oid);
            let target = format!("LARGE OBJECT {}", row.oid);
            ddl += &catalog.owner(&target, &row.owner);
            ddl += &catalog.comment_on(&target, id, 0);
            let on = Target { on: &target, owner: &row.owner, column: None };
            grants += &row.acl.grants(catalog, &on)?;
        }
        let id = Id::new(class::LARGE_OBJECT, batch[0].oid);
        let name = format!("{:010}", batch[0].oid);
        let object = Object::new(id, Kind::LargeObjects, Part::PreData, "", &name, ddl);
        found.objects.push(object.granting(grants));
    }
    let objects = rows.iter().map(|row| LargeObject { oid: row.oid, size: row.size });
    found.large_objects.objects = objects.collect();
    Ok(())
}
