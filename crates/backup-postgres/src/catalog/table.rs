//! Tables: plain, partitioned, partitions, inheriting, typed, foreign; and which of them hold rows.

use super::column::{self, Column, Relation, options_list};
use super::foreign::options_clause;
use super::privileges::{self, Acl, Target};
use super::{Catalog, Contents, printed, qualified, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use std::fmt::Write;
use task::Result;

/// A table that holds rows of its own.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub schema: String,
    pub name: String,
    /// Those that COPY may name: all but generated ones.
    pub columns: Vec<String>,
    pub bytes: u64,
    pub storage: Storage,
    /// The partitioned table that takes the rows in instead of this partition.
    pub through: Option<Box<Parent>>,
}

/// Whether its rows can be read by ranges of `ctid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Heap,
    Other,
}

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    #[serde(flatten)]
    acl: Acl,
    kind: char,
    persistence: char,
    of_type: Option<String>,
    is_partition: bool,
    bound: Option<String>,
    key: Option<String>,
    /// Qualified names, in order, with OIDs.
    parents: Vec<Parent>,
    method: Option<String>,
    tablespace: Option<String>,
    options: Option<Vec<String>>,
    toast_options: Option<Vec<String>>,
    replica_identity: char,
    bytes: u64,
    columns: Vec<Column>,
    checks: Vec<Check>,
    through: Option<Parent>,
    /// Of a foreign table.
    foreign: Option<Foreign>,
}

#[derive(Deserialize)]
struct Foreign {
    server: String,
    options: Option<Vec<String>>,
}

/// A table that this one is a child of.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Parent {
    oid: u32,
    pub(crate) schema: String,
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Check {
    oid: u32,
    name: String,
    definition: Option<String>,
    validated: bool,
    simple: bool,
    local: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let take = |row: Row| {
        write(catalog, &row, found)?;
        if row.kind == 'r' && catalog.scope.keeps_data(row.oid) {
            let columns = row.columns.into_iter().filter(|column| column.generated.is_empty());
            let mut columns: Vec<String> = columns.map(|column| column.name).collect();
            // It is made in the memory of the columns, which are larger than their names.
            columns.shrink_to_fit();
            let heap = row.method.as_deref().is_none_or(|method| method == "heap");
            found.tables.push(Stored {
                schema: row.schema,
                name: row.name,
                columns,
                bytes: row.bytes,
                through: row.through.map(Box::new),
                storage: if heap { Storage::Heap } else { Storage::Other },
            });
        }
        Ok(())
    };
    catalog.each("tables", &query(catalog), take).await
}

fn query(catalog: &Catalog) -> String {
    format!(
        "SELECT c.oid::int8, nspname AS schema, relname AS name,
            pg_get_userbyid(relowner) AS owner, {acl}, relkind AS kind,
            relpersistence AS persistence, relispartition AS is_partition,
            CASE WHEN reloftype <> 0 THEN format_type(reloftype, NULL) END AS of_type,
            pg_get_expr(relpartbound, c.oid) AS bound,
            CASE WHEN relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS key,
            coalesce((SELECT json_agg(json_build_object('oid', p.oid::int8,
                'schema', o.nspname, 'name', p.relname) ORDER BY inhseqno)
             FROM pg_inherits JOIN pg_class p ON p.oid = inhparent
             JOIN pg_namespace o ON o.oid = p.relnamespace WHERE inhrelid = c.oid), '[]') AS parents,
            (SELECT amname FROM pg_am m WHERE m.oid = relam) AS method,
            (SELECT spcname FROM pg_tablespace s WHERE s.oid = reltablespace) AS tablespace,
            reloptions AS options,
            (SELECT reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast_options,
            relreplident AS replica_identity,
            CASE WHEN relkind = 'r' THEN pg_relation_size(c.oid) ELSE 0 END AS bytes,
            coalesce((SELECT json_agg(json_build_object('oid', k.oid::int8, 'name', conname,
                'definition', pg_get_constraintdef(k.oid), 'validated', convalidated,
                'local', conislocal, 'simple', NOT EXISTS (
                    SELECT FROM pg_depend d WHERE d.classid = 'pg_constraint'::regclass
                    AND d.objid = k.oid AND refobjid >= 16384 AND refobjid <> c.oid))
                ORDER BY conname)
             FROM pg_constraint k WHERE conrelid = c.oid AND contype = 'c'), '[]') AS checks,
            -- The hash of an enum is that of its OID, which a restore makes anew.
            CASE WHEN relispartition THEN (SELECT json_build_object('oid', r.oid::int8,
                'schema', o.nspname, 'name', r.relname)
             FROM pg_class r JOIN pg_namespace o ON o.oid = r.relnamespace
             WHERE r.oid = pg_partition_root(c.oid) AND EXISTS (
                SELECT FROM pg_partition_ancestors(c.oid) a
                JOIN pg_partitioned_table k ON k.partrelid = a
                JOIN pg_opclass f ON f.oid = ANY(k.partclass::oid[])
                WHERE partstrat = 'h' AND opcintype = 'anyenum'::regtype)) END AS through,
            CASE WHEN relkind = 'f' THEN (SELECT json_build_object('server', srvname,
                'options', ftoptions) FROM pg_foreign_table
             JOIN pg_foreign_server s ON s.oid = ftserver WHERE ftrelid = c.oid) END AS foreign,
            {columns}
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relkind IN ('r', 'p', 'f') AND n.oid = ANY({schemas}) AND {not_extension} AND {chosen}",
        acl = privileges::columns("relacl", 'r', "relowner"),
        columns = column::json(catalog),
        schemas = catalog.scope.schemas(),
        not_extension = catalog.scope.not_of_an_extension("pg_class", "c.oid"),
        chosen = catalog.scope.not_excluded("c.oid"),
    )
}

fn write(catalog: &Catalog, row: &Row, found: &mut Contents) -> Result<()> {
    let id = Id::new(class::RELATION, row.oid);
    let name = qualified(&row.schema, &row.name);
    let owner = Relation {
        id,
        schema: &row.schema,
        name: &row.name,
        qualified: &name,
        owner: &row.owner,
        is_partition: row.is_partition,
        is_typed: row.of_type.is_some(),
        is_view: false,
    };
    let on = format!("TABLE {name}");
    let (target, kind) = if row.foreign.is_some() {
        (format!("FOREIGN {on}"), Kind::ForeignTable)
    } else {
        (on.clone(), Kind::Table)
    };
    let mut ddl = create(catalog, row, &owner)?
        + &catalog.owner(&target, &row.owner)
        + &catalog.comment_on(&target, id, 0);
    match row.replica_identity {
        _ if row.foreign.is_some() => {}
        'f' => ddl += &format!("ALTER TABLE ONLY {name} REPLICA IDENTITY FULL;\n"),
        'n' => ddl += &format!("ALTER TABLE ONLY {name} REPLICA IDENTITY NOTHING;\n"),
        _ => {}
    }
    let mut grants =
        row.acl.grants(catalog, &Target { on: &on, owner: &row.owner, column: None })?;
    for column in &row.columns {
        ddl += &column.settings(catalog, &owner);
        grants += &column.grants(catalog, &owner)?;
        found.objects.extend(column.separate(catalog, &owner)?);
    }
    let mut before_attaching = vec![id];
    for check in row.checks.iter().filter(|check| check.local || row.is_partition) {
        let check_id = Id::new(class::CONSTRAINT, check.oid);
        let constraint = quote::ident(&check.name);
        let comment =
            catalog.comment_on(&format!("CONSTRAINT {constraint} ON {name}"), check_id, 0);
        if check.stands_inline() {
            ddl += &comment;
            continue;
        }
        let definition = check.definition(&name)?;
        let add =
            format!("ALTER TABLE {name} ADD CONSTRAINT {constraint} {definition};\n{comment}");
        let part = if check.validated { Part::PreData } else { Part::PostData };
        if check.validated {
            before_attaching.push(check_id);
        } else if !check.local {
            // It comes with the parent's, which finds the partition attached.
            continue;
        }
        let object = Object::new(check_id, Kind::Check, part, &row.schema, &row.name, add);
        found.objects.push(object.needing([id]));
    }
    let parents = row.parents.iter().map(|parent| Id::new(class::RELATION, parent.oid));
    let object = Object::new(id, kind, Part::PreData, &row.schema, &row.name, ddl);
    found.objects.push(object.granting(grants).needing(parents));
    attach(row, &before_attaching, &name, found)
}

/// Partitions are made alone and then attached: so their column order stays as it is.
fn attach(row: &Row, needs: &[Id], name: &str, found: &mut Contents) -> Result<()> {
    if !row.is_partition {
        return Ok(());
    }
    for parent in &row.parents {
        let bound = printed(row.bound.as_deref(), || format!("the bounds of partition {name}"))?;
        let ddl = format!(
            "ALTER TABLE ONLY {} ATTACH PARTITION {name} {bound};\n",
            qualified(&parent.schema, &parent.name)
        );
        let link = Id::new(class::RELATION, row.oid).step(Step::Link);
        let object = Object::new(link, Kind::Attach, Part::PreData, &row.schema, &row.name, ddl);
        let parent = Id::new(class::RELATION, parent.oid);
        found.objects.push(object.needing(needs.iter().copied().chain([parent])));
    }
    Ok(())
}

fn create(catalog: &Catalog, row: &Row, owner: &Relation) -> Result<String> {
    let word = match row.persistence {
        _ if row.foreign.is_some() => "FOREIGN ",
        'u' => "UNLOGGED ",
        _ => "",
    };
    let mut create = format!("CREATE {word}TABLE {}", owner.qualified);
    if let Some(of_type) = &row.of_type {
        let _ = write!(create, " OF {of_type}");
    }
    let mut elements = Vec::new();
    for column in &row.columns {
        elements.extend(column.definition(owner)?);
    }
    for check in &row.checks {
        if check.stands_inline() && (check.local || row.is_partition) {
            let definition = check.definition(owner.qualified)?;
            elements.push(format!("CONSTRAINT {} {definition}", quote::ident(&check.name)));
        }
    }
    if !elements.is_empty() {
        let _ = write!(create, " (\n    {}\n)", elements.join(",\n    "));
    } else if row.of_type.is_none() {
        create += " ()";
    }
    if !row.parents.is_empty() && !row.is_partition {
        let parents = row.parents.iter().map(|parent| qualified(&parent.schema, &parent.name));
        let _ = write!(create, "\nINHERITS ({})", parents.collect::<Vec<_>>().join(", "));
    }
    if let Some(key) = &row.key {
        let key = printed(Some(key), || format!("the partition key of {}", owner.qualified))?;
        let _ = write!(create, "\nPARTITION BY {key}");
    }
    if let Some(foreign) = &row.foreign {
        let options = options_clause(foreign.options.as_deref());
        let _ = write!(create, "\nSERVER {}{options}", quote::ident(&foreign.server));
    }
    create += &storage_clauses(
        catalog,
        row.method.as_deref(),
        row.options.as_deref(),
        row.toast_options.as_deref(),
        row.tablespace.as_deref(),
    );
    Ok(create + ";\n")
}

/// `USING`, `WITH` and `TABLESPACE`, where they are not the default.
pub(super) fn storage_clauses(
    catalog: &Catalog,
    method: Option<&str>,
    options: Option<&[String]>,
    toast_options: Option<&[String]>,
    tablespace: Option<&str>,
) -> String {
    let mut clauses = String::new();
    if let Some(method) = method.filter(|method| *method != "heap") {
        let _ = write!(clauses, "\nUSING {}", quote::ident(method));
    }
    let mut all: Vec<String> = options.unwrap_or_default().to_vec();
    all.extend(toast_options.unwrap_or_default().iter().map(|option| format!("toast.{option}")));
    if !all.is_empty() {
        let _ = write!(clauses, "\nWITH ({})", options_list(&all));
    }
    if let Some(tablespace) = tablespace.filter(|_| catalog.properties.tablespaces) {
        let _ = write!(clauses, "\nTABLESPACE {}", quote::ident(tablespace));
    }
    clauses
}

impl Check {
    fn stands_inline(&self) -> bool {
        self.validated && self.simple
    }

    fn definition(&self, table: &str) -> Result<String> {
        let what = || format!("the constraint `{}` of {table}", self.name);
        printed(self.definition.as_deref(), what)
    }
}
