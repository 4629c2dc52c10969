//! What users changed on objects that a restore finds already made: those of the system and of
//! extensions. Access rights are the difference from the initial ones (`pg_init_privs`); owners,
//! comments and security labels are looked at for members of extensions, where `pg_dump` loses them.

use super::privileges::{Acl, Target};
use super::{Catalog, Contents, printed, quote};
use crate::object::{Id, Kind, Object, Part, Step, class};
use serde::Deserialize;
use std::collections::BTreeMap;
use task::Result;

#[derive(Deserialize)]
struct Rights {
    oid: u32,
    class: u32,
    /// What GRANT calls it: `TABLE`, `ROUTINE`, …
    word: String,
    /// Qualified and quoted; of a routine, with its argument types.
    name: String,
    owner: String,
    acl: Option<Vec<String>>,
    standard: Vec<String>,
    columns: Vec<ColumnRights>,
}

#[derive(Deserialize)]
struct ColumnRights {
    name: String,
    acl: Option<Vec<String>>,
    standard: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Member {
    class: u32,
    oid: u32,
    column: i32,
    extension: u32,
    r#type: Option<String>,
    identity: Option<String>,
    owner: Option<String>,
    owner_changed: bool,
    comment: Option<String>,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    if !catalog.scope.has_everything() {
        return Ok(());
    }
    rights(catalog, found).await?;
    members(catalog, found).await
}

async fn rights(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    for row in catalog.read("changed access rights", &rights_query()).await? {
        let row: Rights = row;
        let on = format!("{} {}", row.word, printed(Some(&row.name), || row.name.clone())?);
        let target = Target { on: &on, owner: &row.owner, column: None };
        let mut grants = Acl::new(row.acl, row.standard).grants(catalog, &target)?;
        // Taking a table away takes its columns away, too.
        let taken = grants.contains("REVOKE ");
        for column in row.columns {
            let standard = column.standard.filter(|_| !taken).unwrap_or_default();
            let acl = Acl::new(Some(column.acl.unwrap_or_default()), standard);
            grants += &acl.grants(catalog, &Target { column: Some(&column.name), ..target })?;
        }
        if !grants.is_empty() {
            // The object itself is none of ours: whoever needs it needs its extension.
            let id = Id::new(row.class, row.oid).step(Step::Link);
            let (kind, part) = (Kind::Changes, Part::PostData);
            let object = Object::new(id, kind, part, "", &on, String::new());
            found.objects.push(object.granting(grants));
        }
    }
    Ok(())
}

/// All that have rights, whose rights are not the initial ones, and that no statement of ours makes.
fn rights_query() -> String {
    // The rights in information_schema are given after initdb notes what is initial.
    let information =
        "CASE WHEN relnamespace = 'information_schema'::regnamespace AND o.oid < 16384
            AND relname !~ '^_pg_' AND relname NOT IN ('sql_parts', 'transforms')
        THEN acldefault('r', relowner) || makeaclitem(0, relowner, 'SELECT', false)
        ELSE acldefault(CASE relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END, relowner) END";
    let schema = "CASE WHEN nspname = 'information_schema'
        THEN acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false)
        ELSE acldefault('n', nspowner) END";
    let columns = "coalesce((SELECT json_agg(json_build_object('name', attname,
            'acl', attacl::text[], 'standard', k.initprivs::text[]) ORDER BY attnum)
        FROM pg_attribute LEFT JOIN pg_init_privs k ON k.classoid = 'pg_class'::regclass
            AND k.objoid = attrelid AND k.objsubid = attnum
        WHERE attrelid = o.oid AND (attacl IS NOT NULL OR k.initprivs IS NOT NULL)), '[]')";
    let changed_columns = "OR EXISTS (SELECT FROM pg_attribute
        LEFT JOIN pg_init_privs k ON k.classoid = 'pg_class'::regclass
            AND k.objoid = attrelid AND k.objsubid = attnum
        WHERE attrelid = o.oid AND attacl IS DISTINCT FROM k.initprivs)";
    let plain = |name: &str| format!("quote_ident({name})");
    let within =
        |schema: &str, name: &str| format!("{schema}::regnamespace || '.' || quote_ident({name})");
    let routine = within("pronamespace", "proname")
        + " || '(' || (SELECT coalesce(string_agg(format_type(type, NULL), ', ' ORDER BY place), '')
            FROM unnest(proargtypes) WITH ORDINALITY AS a (type, place)) || ')'";
    let classes = [
        (
            "pg_class",
            "CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END",
            within("relnamespace", "relname"),
            ("relacl", "relowner"),
            information.to_owned(),
        ),
        ("pg_proc", "'ROUTINE'", routine, ("proacl", "proowner"), default('f', "proowner")),
        (
            "pg_type",
            "'TYPE'",
            within("typnamespace", "typname"),
            ("typacl", "typowner"),
            default('T', "typowner"),
        ),
        (
            "pg_language",
            "'LANGUAGE'",
            plain("lanname"),
            ("lanacl", "lanowner"),
            default('l', "lanowner"),
        ),
        ("pg_namespace", "'SCHEMA'", plain("nspname"), ("nspacl", "nspowner"), schema.to_owned()),
        (
            "pg_foreign_data_wrapper",
            "'FOREIGN DATA WRAPPER'",
            plain("fdwname"),
            ("fdwacl", "fdwowner"),
            default('F', "fdwowner"),
        ),
        (
            "pg_foreign_server",
            "'FOREIGN SERVER'",
            plain("srvname"),
            ("srvacl", "srvowner"),
            default('S', "srvowner"),
        ),
    ];
    let selects = classes.map(|(table, word, name, (acl, owner), standard)| {
        let (columns, more) = match table {
            "pg_class" => (columns, changed_columns),
            _ => ("'[]'::json", ""),
        };
        let public = if table == "pg_namespace" { "AND nspname <> 'public'" } else { "" };
        format!(
            "SELECT o.oid::int8, '{table}'::regclass::oid::int8 AS class, {word} AS word,
                {name} AS name, pg_get_userbyid({owner}) AS owner, {acl}::text[] AS acl,
                coalesce(i.initprivs, {standard})::text[] AS standard, {columns} AS columns
             FROM pg_catalog.{table} o LEFT JOIN pg_init_privs i
               ON i.classoid = '{table}'::regclass AND i.objoid = o.oid AND i.objsubid = 0
             WHERE ({acl} IS DISTINCT FROM i.initprivs {more}) {public}
               AND (o.oid < 16384 OR EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e'
                 AND e.classid = '{table}'::regclass AND e.objid = o.oid AND e.objsubid = 0))"
        )
    });
    selects.join(" UNION ALL ")
}

fn default(kind: char, owner: &str) -> String {
    format!("acldefault('{kind}', {owner})")
}

async fn members(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let mut changes: BTreeMap<(u32, u32), (u32, String)> = BTreeMap::new();
    for row in catalog.read("members of extensions", &members_query()).await? {
        let row: Member = row;
        let Some(kind) = &row.r#type else { continue };
        let identity = printed(row.identity.as_deref(), || format!("a {kind} of an extension"))?;
        let target = format!("{} {identity}", word(kind));
        let mut ddl = String::new();
        if let Some(owner) = row.owner.as_ref().filter(|_| row.owner_changed) {
            ddl += &catalog.owner(&target, owner);
        }
        if let Some(comment) = &row.comment {
            ddl += &format!("COMMENT ON {target} IS {};\n", quote::literal(comment));
        }
        ddl += &catalog.labels_on(&target, Id::new(row.class, row.oid), row.column);
        changes.entry((row.class, row.oid)).or_insert((row.extension, String::new())).1 += &ddl;
    }
    for ((class, oid), (extension, ddl)) in changes {
        let id = Id::new(class, oid).step(Step::Placeholder);
        let object = Object::new(id, Kind::Changes, Part::PostData, "", "", ddl);
        found.objects.push(object.needing([Id::new(class::EXTENSION, extension)]));
    }
    Ok(())
}

/// What a statement calls a class of objects, from its name in `pg_identify_object`.
fn word(kind: &str) -> String {
    match kind {
        "function" | "procedure" | "aggregate" => "ROUTINE".to_owned(),
        kind if kind.ends_with(" column") => "COLUMN".to_owned(),
        kind => kind.replace('-', " ").to_uppercase(),
    }
}

/// Members with an owner that CREATE EXTENSION does not give, or with a label; and with a comment
/// that is younger than every member of the extension: so it is not from the extension's script.
fn members_query() -> String {
    let owners = [
        ("pg_class", "relowner"),
        ("pg_proc", "proowner"),
        ("pg_type", "typowner"),
        ("pg_namespace", "nspowner"),
        ("pg_operator", "oprowner"),
        ("pg_opclass", "opcowner"),
        ("pg_opfamily", "opfowner"),
        ("pg_collation", "collowner"),
        ("pg_conversion", "conowner"),
        ("pg_ts_dict", "dictowner"),
        ("pg_ts_config", "cfgowner"),
        ("pg_language", "lanowner"),
        ("pg_foreign_data_wrapper", "fdwowner"),
        ("pg_foreign_server", "srvowner"),
        ("pg_event_trigger", "evtowner"),
        ("pg_publication", "pubowner"),
        ("pg_statistic_ext", "stxowner"),
    ];
    let owners = owners.map(|(table, owner)| {
        // Others have the owner of what they are made with.
        let alone = match table {
            "pg_class" => "WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')",
            "pg_type" => {
                "WHERE (typrelid = 0 OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
                 AND typtype <> 'm' AND oid NOT IN (SELECT typarray FROM pg_type)"
            }
            _ => "",
        };
        format!(
            "SELECT '{table}'::regclass::oid AS classid, oid AS objid, {owner} AS owner
             FROM pg_catalog.{table} {alone}"
        )
    });
    format!(
        "WITH member AS (
            SELECT e.classid, e.objid, e.refobjid AS extension, extowner,
                min(age(e.xmin)) OVER (PARTITION BY e.refobjid) AS youngest
            FROM pg_depend e JOIN pg_extension x ON x.oid = e.refobjid
            WHERE e.deptype = 'e' AND e.refclassid = 'pg_extension'::regclass
        ), change AS (
            SELECT classid, objid, 0 AS objsubid, NULL AS comment, owner
            FROM member JOIN ({owners}) AS owned USING (classid, objid)
            WHERE owner NOT IN (10, extowner)
            UNION ALL
            SELECT classid, objid, d.objsubid, d.description, NULL
            FROM member JOIN pg_description d ON classoid = classid AND objoid = objid
            WHERE age(d.xmin) < youngest
            UNION ALL
            SELECT classid, objid, l.objsubid, NULL, NULL
            FROM member JOIN (SELECT DISTINCT classoid, objoid, objsubid FROM pg_seclabel) l
              ON classoid = classid AND objoid = objid
        )
        SELECT classid::int8 AS class, objid::int8 AS oid, objsubid AS column,
            (SELECT extension FROM member m WHERE m.classid = c.classid AND m.objid = c.objid
             LIMIT 1)::int8 AS extension,
            type, identity, pg_get_userbyid(max(owner::int8)::oid) AS owner,
            max(owner::int8) IS NOT NULL AS owner_changed, max(comment) AS comment
        FROM change c CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid)
        GROUP BY classid, objid, objsubid, type, identity
        ORDER BY type, identity",
        owners = owners.join(" UNION ALL ")
    )
}
