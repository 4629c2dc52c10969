//! Roles with their attributes, settings and memberships.

use super::database::do_block;
use super::{Catalog, quote, setting, shared};
use serde::Deserialize;
use std::collections::HashSet;
use std::fmt::Write;
use task::{Error, Result};
use tracing::warn;

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of its own")]
struct Row {
    oid: u32,
    name: String,
    superuser: bool,
    inherit: bool,
    create_role: bool,
    create_db: bool,
    login: bool,
    replication: bool,
    bypass_rls: bool,
    connection_limit: i32,
    valid_until: Option<String>,
    password: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct Membership {
    role: Option<String>,
    member: Option<String>,
    /// None if it was dropped since, which servers before 16 allow.
    grantor: Option<String>,
    by_bootstrap: bool,
    admin: bool,
    inherit: Option<bool>,
    set: Option<bool>,
}

/// All roles, and how many there are. One that exists already is brought to the same attributes:
/// every cluster has the one that `initdb` made.
pub(super) async fn read(catalog: &Catalog<'_>, passwords: bool) -> Result<(String, u64)> {
    let (table, password) = if passwords {
        readable_passwords(catalog).await?;
        ("pg_authid", "rolpassword")
    } else {
        ("pg_roles", "NULL")
    };
    let query = format!(
        "SELECT r.oid::int8, rolname AS name, rolsuper AS superuser, rolinherit AS inherit,
            rolcreaterole AS create_role, rolcreatedb AS create_db, rolcanlogin AS login,
            rolreplication AS replication, rolbypassrls AS bypass_rls,
            rolconnlimit AS connection_limit, rolvaliduntil::text AS valid_until,
            {password} AS password, shobj_description(r.oid, 'pg_authid') AS comment
         FROM {table} r ORDER BY rolname"
    );
    let rows: Vec<Row> = catalog.read("roles", &query).await?;
    let mut labels = shared::labels(catalog, "pg_authid", "ROLE").await?;
    let mut text = String::new();
    let mut count = 0;
    for row in &rows {
        // The server's own can be neither made nor altered, only commented on.
        if !row.name.starts_with("pg_") {
            text += &row.statements();
            count += 1;
        }
        if let Some(comment) = &row.comment {
            let (role, comment) = (quote::ident(&row.name), quote::literal(comment));
            let _ = writeln!(text, "COMMENT ON ROLE {role} IS {comment};");
        }
        text += &labels.remove(&row.oid).unwrap_or_default();
    }
    text += &settings(catalog).await?;
    text += &memberships(catalog).await?;
    Ok((text, count))
}

async fn readable_passwords(catalog: &Catalog<'_>) -> Result<()> {
    #[derive(Deserialize)]
    struct Readable {
        readable: bool,
    }
    let query = "SELECT has_table_privilege('pg_authid', 'SELECT') AS readable";
    let rows: Vec<Readable> = catalog.read("who may read passwords", query).await?;
    if rows.iter().all(|row| row.readable) {
        return Ok(());
    }
    Err(Error::usage(
        "--role-passwords reads pg_authid, which only a superuser may: connect as one, or save the \
         roles without their passwords",
    ))
}

impl Row {
    fn statements(&self) -> String {
        let role = quote::ident(&self.name);
        let mut text = do_block(&format!(
            "BEGIN\n    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {}) THEN\n\
             \x20       CREATE ROLE {role};\n    END IF;\nEND",
            quote::literal(&self.name)
        ));
        let _ = write!(text, "ALTER ROLE {role} WITH");
        for (has, attribute) in [
            (self.superuser, "SUPERUSER"),
            (self.inherit, "INHERIT"),
            (self.create_role, "CREATEROLE"),
            (self.create_db, "CREATEDB"),
            (self.login, "LOGIN"),
            (self.replication, "REPLICATION"),
            (self.bypass_rls, "BYPASSRLS"),
        ] {
            let _ = write!(text, " {}{attribute}", if has { "" } else { "NO" });
        }
        let _ = write!(text, " CONNECTION LIMIT {}", self.connection_limit);
        if let Some(until) = &self.valid_until {
            let _ = write!(text, " VALID UNTIL {}", quote::literal(until));
        }
        text += ";\n";
        if let Some(password) = &self.password {
            // On a line of its own: what a message shows of a statement is its first line.
            let _ = writeln!(text, "ALTER ROLE {role}\nPASSWORD {};", quote::literal(password));
        }
        text
    }
}

/// `ALTER ROLE … SET`, and `ALTER ROLE ALL SET`, which `pg_dumpall` forgets.
async fn settings(catalog: &Catalog<'_>) -> Result<String> {
    #[derive(Deserialize)]
    struct Setting {
        role: Option<String>,
        entries: Vec<String>,
    }
    let query = "SELECT CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole)::text END AS role,
            setconfig AS entries
        FROM pg_db_role_setting WHERE setdatabase = 0
        ORDER BY setrole <> 0, pg_get_userbyid(setrole)";
    let mut text = String::new();
    for setting in catalog.read::<Setting>("settings of roles", query).await? {
        let role = setting.role.as_deref().map_or("ALL".to_owned(), quote::ident);
        for entry in &setting.entries {
            let _ = writeln!(text, "ALTER ROLE {role} {};", setting::set(entry)?);
        }
    }
    Ok(text)
}

/// All but what `initdb` makes.
async fn memberships(catalog: &Catalog<'_>) -> Result<String> {
    let (options, usual) = if catalog.at_least(16) {
        ("inherit_option AS inherit, set_option AS set", "AND inherit_option AND set_option")
    } else {
        ("NULL AS inherit, NULL AS set", "")
    };
    let query = format!(
        "SELECT r.rolname AS role, m.rolname AS member, g.rolname AS grantor,
            grantor = 10 AS by_bootstrap, admin_option AS admin, {options}
         FROM pg_auth_members a LEFT JOIN pg_roles r ON r.oid = roleid
         LEFT JOIN pg_roles m ON m.oid = member LEFT JOIN pg_roles g ON g.oid = grantor
         WHERE NOT (m.rolname IS NOT DISTINCT FROM 'pg_monitor' AND r.rolname IS NOT NULL
             AND grantor = 10 AND NOT admin_option {usual} AND r.rolname IN
             ('pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables'))
         ORDER BY r.rolname, m.rolname, g.rolname"
    );
    let rows: Vec<Membership> = catalog.read("memberships", &query).await?;
    let mut waiting: Vec<&Membership> = rows.iter().collect();
    // Who may grant each role by now, besides the bootstrap superuser.
    let mut admins: HashSet<(&str, &str)> = HashSet::new();
    let mut text = String::new();
    while !waiting.is_empty() {
        let known = admins.clone();
        let (ready, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|row| {
            let (Some(role), Some(grantor)) = (row.role.as_deref(), row.grantor.as_deref()) else {
                return true;
            };
            // Before 16 anybody could be noted as grantor.
            !catalog.at_least(16) || row.by_bootstrap || known.contains(&(role, grantor))
        });
        if ready.is_empty() {
            let names: Vec<String> = later.iter().map(ToString::to_string).collect();
            return Err(Error::usage(format!(
                "cannot write these memberships in any order, because whoever granted one may not: \
                 {}",
                names.join(", ")
            )));
        }
        for row in ready {
            let (Some(role), Some(member)) = (&row.role, &row.member) else {
                warn!("not saved: {row}, because one of the two is gone");
                continue;
            };
            if row.admin {
                admins.insert((role, member));
            }
            text += &row.grant(role, member);
        }
        waiting = later;
    }
    Ok(text)
}

impl Membership {
    fn grant(&self, role: &str, member: &str) -> String {
        let grant = format!("GRANT {} TO {}", quote::ident(role), quote::ident(member));
        // What a superuser grants is granted by the bootstrap superuser, whatever its name is.
        let grantor = self.grantor.as_ref().filter(|_| !self.by_bootstrap);
        let by =
            grantor.map_or(String::new(), |name| format!(" GRANTED BY {}", quote::ident(name)));
        if let (Some(inherit), Some(set)) = (self.inherit, self.set) {
            let admin = self.admin;
            return format!("{grant} WITH ADMIN {admin}, INHERIT {inherit}, SET {set}{by};\n");
        }
        let grant = grant + if self.admin { " WITH ADMIN OPTION" } else { "" };
        if by.is_empty() {
            return format!("{grant};\n");
        }
        // From 16 on the grantor must have been allowed to grant; before, it is but a note.
        do_block(&format!(
            "BEGIN\n    IF pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000 \
             THEN\n        {grant}{by};\n    ELSE\n        {grant};\n    END IF;\nEND"
        ))
    }
}

impl std::fmt::Display for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".to_owned());
        write!(
            f,
            "the membership of {} in {} granted by {}",
            name(&self.member),
            name(&self.role),
            name(&self.grantor)
        )
    }
}
