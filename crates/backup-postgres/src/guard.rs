//! The guard: asks the catalogs what exists, and refuses the backup if one object is not written.
//!
//! It does not trust the readers in `catalog`: it goes through every system catalog that has OIDs
//! and wants each user object accounted for as written, part of something written, made by an
//! extension, or left out on purpose.

use crate::catalog::{Catalog, Contents, Dependencies, subscription_names};
use crate::object::{Address, Id, Kind, class};
use postgres::quote;
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};
use task::{Error, Result};

/// Where the README says which classes this version cannot write.
const LIST: &str = "README.md, \"What backup-postgres cannot write yet\"";

#[derive(Deserialize)]
struct SystemCatalog {
    oid: u32,
    name: String,
    /// The column that holds the schema, if its objects have one.
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    oid: u32,
    namespace: u32,
}

/// Refuses by name, before any data is written.
pub(crate) async fn check(
    catalog: &Catalog<'_>,
    contents: &Contents,
    dependencies: &Dependencies,
) -> Result<()> {
    let left = unaccounted(catalog, contents, dependencies).await?;
    let mut refused = describe(catalog, &left).await?;
    refused.extend(without_oid(catalog, contents, dependencies).await?);
    refused.extend(contents.objects.doubles().iter().cloned());
    if refused.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = refused.iter().take(20).map(String::as_str).collect();
    let more = refused.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    Err(Error::usage(format!(
        "refusing to back up, because this version cannot write: {}{more}. Nothing was saved. \
         The list of such classes is in {LIST}",
        shown.join("; ")
    )))
}

/// Many of them are written by one statement.
fn large_objects(contents: &Contents, class: u32) -> impl Iterator<Item = Address> {
    contents.large_objects.objects.iter().map(move |object| Address::new(class, object.oid))
}

/// User objects that nobody wrote, by catalog.
async fn unaccounted(
    catalog: &Catalog<'_>,
    contents: &Contents,
    dependencies: &Dependencies,
) -> Result<Vec<Address>> {
    let mut accounted: HashSet<Address> = contents
        .objects
        .iter()
        .map(|object| object.id.address())
        .chain(contents.inside.iter().map(|id| id.address()))
        .chain(contents.skipped.iter().map(|skipped| skipped.0.address()))
        .chain(dependencies.members.keys().copied())
        .chain(large_objects(contents, class::LARGE_OBJECT_METADATA))
        .chain(catalog.scope.excluded_tables.iter().map(|oid| Address::new(class::RELATION, *oid)))
        .collect();
    let elsewhere = namespaces_left_out(catalog).await?;
    let mut left = Vec::new();
    for system in system_catalogs(catalog).await? {
        let namespace = system.namespace.as_deref().unwrap_or("0");
        // Of large objects alone, users choose the numbers.
        let first = if system.oid == class::LARGE_OBJECT_METADATA { 1 } else { 16384 };
        // Whoever is no superuser may not read this one, but a view that hides its secrets.
        let (relation, oid) = match system.name.as_str() {
            "pg_user_mapping" => ("pg_user_mappings", "umid"),
            name => (name, "oid"),
        };
        let query = format!(
            "SELECT {oid}::int8 AS oid, {namespace}::int8 AS namespace FROM pg_catalog.{} \
             WHERE {oid} >= {first}",
            quote::ident(relation)
        );
        let take = |found: Found| {
            let id = Address::new(system.oid, found.oid);
            let is_elsewhere = elsewhere.contains(&found.namespace)
                || system.oid == class::NAMESPACE && elsewhere.contains(&found.oid)
                // Without a schema: not part of a dump of chosen schemas.
                || system.oid != class::NAMESPACE
                    && found.namespace == 0
                    && !catalog.scope.has_everything();
            if is_elsewhere {
                accounted.insert(id);
            } else if !accounted.contains(&id) {
                left.push(id);
            }
            Ok(())
        };
        catalog.each(&system.name, &query, take).await?;
    }
    parts_of_accounted(catalog, left, accounted).await
}

/// Takes away what is made and dropped with something accounted for.
async fn parts_of_accounted(
    catalog: &Catalog<'_>,
    mut left: Vec<Address>,
    accounted: HashSet<Address>,
) -> Result<Vec<Address>> {
    #[derive(Deserialize)]
    struct Row {
        c: u32,
        o: u32,
        rc: u32,
        ro: u32,
    }
    // Automatic dependents (keys, indexes, triggers, rules) count only where the table itself is
    // made by somebody else; those of our tables must have been written. Defaults and checks stand
    // in their table's statement, and a clone on a partition, a row type, an array type, a toast
    // table go with their maker.
    let query = "SELECT d.classid::int8 AS c, d.objid::int8 AS o, d.refclassid::int8 AS rc,
            d.refobjid::int8 AS ro
        FROM pg_depend d
        WHERE d.objid >= 16384 AND (d.deptype = 'i'
            OR d.deptype IN ('P', 'S') AND d.classid IN ('pg_constraint'::regclass, 'pg_trigger'::regclass)
            OR d.deptype = 'a' AND d.refclassid IN ('pg_class'::regclass, 'pg_type'::regclass)
               AND (d.classid = 'pg_attrdef'::regclass OR d.classid = 'pg_constraint'::regclass
                   AND EXISTS (SELECT FROM pg_constraint k WHERE k.oid = d.objid
                       AND (contype IN ('c', 'n', 't') OR conparentid <> 0)))
            OR d.deptype = 'a' AND EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e'
                AND e.classid = d.refclassid AND e.objid = d.refobjid))";
    left.sort_unstable();
    let mut makers: Vec<(u32, Address)> = Vec::new();
    let place = |address: Address| {
        let place = left.binary_search(&address).ok()?;
        u32::try_from(place).ok()
    };
    let take = |row: Row| {
        if let Some(made) = place(Address::new(row.c, row.o)) {
            makers.push((made, Address::new(row.rc, row.ro)));
        }
        Ok(())
    };
    catalog.each("dependencies", query, take).await?;
    let excluded: HashSet<u32> = catalog.scope.excluded_tables.iter().copied().collect();
    if !excluded.is_empty() {
        let query = "SELECT classid::int8 AS c, objid::int8 AS o, refclassid::int8 AS rc,
            refobjid::int8 AS ro FROM pg_depend
            WHERE deptype = 'a' AND refclassid = 'pg_class'::regclass";
        for row in catalog.read::<Row>("dependencies", query).await? {
            if excluded.contains(&row.ro)
                && let Some(made) = place(Address::new(row.c, row.o))
            {
                makers.push((made, Address::new(row.rc, row.ro)));
            }
        }
    }
    let mut gone = vec![false; left.len()];
    loop {
        let mut found = false;
        for (made, maker) in &makers {
            let made = *made as usize;
            let is_made = || match left.binary_search(maker) {
                Ok(maker) => gone[maker],
                Err(_) => accounted.contains(maker),
            };
            if !gone[made] && is_made() {
                gone[made] = true;
                found = true;
            }
        }
        if !found {
            break;
        }
    }
    // Name a refused object once, not again with its array type.
    let mut again = vec![false; left.len()];
    for (made, maker) in &makers {
        if left.binary_search(maker).is_ok_and(|maker| !gone[maker]) {
            again[*made as usize] = true;
        }
    }
    let mut stays = gone.iter().zip(&again).map(|(gone, again)| !gone && !again);
    left.retain(|_| stays.next().unwrap_or(true));
    Ok(left)
}

/// Every catalog of this database whose objects have OIDs. `pg_enum` holds labels, not objects.
async fn system_catalogs(catalog: &Catalog<'_>) -> Result<Vec<SystemCatalog>> {
    let query = "SELECT c.oid::int8, relname AS name,
            (SELECT attname FROM pg_attribute n WHERE n.attrelid = c.oid
             AND n.attname ~ 'namespace$' AND n.atttypid = 'oid'::regtype
             AND c.oid <> 'pg_default_acl'::regclass
             AND relname <> 'pg_publication_namespace') AS namespace
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid'
        WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared
          AND relname <> 'pg_enum' ORDER BY relname";
    catalog.read("system catalogs", query).await
}

/// Temporary schemas, toast, and what the user left out.
async fn namespaces_left_out(catalog: &Catalog<'_>) -> Result<HashSet<u32>> {
    let query = "SELECT oid::int8, 0 AS namespace FROM pg_namespace
        WHERE nspname ~ '^pg_(toast|temp)'";
    let temporary = catalog.read::<Found>("schemas", query).await?;
    let left_out = catalog.scope.excluded_schemas.iter().copied();
    Ok(temporary.into_iter().map(|found| found.oid).chain(left_out).collect())
}

async fn describe(catalog: &Catalog<'_>, left: &[Address]) -> Result<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Row {
        r#type: Option<String>,
        identity: Option<String>,
    }
    let mut described = BTreeSet::new();
    for batch in left.chunks(100) {
        let values: Vec<String> = batch
            .iter()
            .map(|id| match id.class {
                class::LARGE_OBJECT_METADATA => (class::LARGE_OBJECT, id.oid),
                class => (class, id.oid),
            })
            .map(|(class, oid)| format!("({class}::oid, {oid}::oid)"))
            .collect();
        let query = format!(
            "SELECT o.type, o.identity FROM (VALUES {}) AS v (class, oid)
             CROSS JOIN LATERAL pg_identify_object(v.class, v.oid, 0) o",
            values.join(", ")
        );
        for row in catalog.read::<Row>("unknown objects", &query).await? {
            described.insert(format!(
                "{} {}",
                row.r#type.unwrap_or_else(|| "object".to_owned()),
                row.identity.unwrap_or_default()
            ));
        }
    }
    Ok(described)
}

/// What the catalogs hold without an OID of its own.
async fn without_oid(
    catalog: &Catalog<'_>,
    contents: &Contents,
    dependencies: &Dependencies,
) -> Result<BTreeSet<String>> {
    let mut refused = BTreeSet::new();
    let made: HashSet<Address> = contents
        .objects
        .iter()
        .map(|object| object.id.address())
        .chain(large_objects(contents, class::LARGE_OBJECT))
        .collect();
    let labelled: Vec<Address> = catalog
        .unwritten_labels()
        .into_iter()
        .map(Id::address)
        .filter(|id| made.contains(id) || dependencies.members.contains_key(id) || id.oid < 16384)
        .collect();
    let labelled = describe(catalog, &labelled).await?;
    refused.extend(labelled.into_iter().map(|object| format!("security label of {object}")));
    if !catalog.scope.has_everything() {
        return Ok(refused);
    }
    let subscriptions = contents.objects.iter().filter(|object| object.kind == Kind::Subscription);
    let written: HashSet<&str> = subscriptions.map(|object| &*object.name).collect();
    for name in subscription_names(catalog).await? {
        if !written.contains(name.as_str()) {
            refused.insert(format!("subscription {name}"));
        }
    }
    Ok(refused)
}

#[cfg(test)]
mod tests;
