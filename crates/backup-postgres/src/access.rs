//! What the role may not read, all of it, before anything is locked or written.

use crate::catalog::Scope;
use postgres::{Client, explain};
use task::{Error, Result};

/// How many of them a message names.
const NAMED: usize = 20;

/// Refuses by name what would fail later, or would be saved without its rows.
pub(crate) async fn check(client: &Client, scope: &Scope) -> Result<()> {
    let rows = client.query(&query(scope), &[]).await;
    let rows = rows.map_err(|cause| explain(cause, "cannot read what the role may read"))?;
    let found: Vec<String> = rows
        .iter()
        .filter(|row| !row.get::<_, bool>(1) || scope.keeps_data(row.get(0)))
        .map(|row| row.get(2))
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    let named = found.len().min(NAMED);
    let more = match found.len() - named {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Err(Error::usage(format!(
        "refusing to back up, because these cannot be read as this role on this server: {}{more}. \
         Nothing was saved. Grant what is missing (from 14 on: pg_read_all_data), or leave them \
         out by --exclude-table, --exclude-table-data or --exclude-schema",
        found[..named].join("; ")
    )))
}

/// OID, whether only rows are meant, and what it is.
fn query(scope: &Scope) -> String {
    let relations = format!(
        "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         CROSS JOIN LATERAL (SELECT quote_ident(nspname) || '.' || quote_ident(relname)) q (name)
         WHERE n.oid = ANY({}) AND {} AND {}",
        scope.schemas(),
        scope.not_excluded("c.oid"),
        scope.holds_rows_of_the_user("c.oid"),
    );
    format!(
        "SELECT oid, only_rows, what FROM (
            SELECT DISTINCT n.oid, false AS only_rows, 'schema ' || quote_ident(nspname) AS what
            {relations} AND relkind IN ('r', 'p', 'S') AND NOT has_schema_privilege(n.oid, 'USAGE')
          UNION ALL
            SELECT c.oid, false, 'table ' || name
            {relations} AND relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, 'SELECT')
          UNION ALL
            SELECT c.oid, true, 'sequence ' || name
            {relations} AND relkind = 'S' AND NOT has_table_privilege(c.oid, 'SELECT')
          UNION ALL
            SELECT c.oid, true, 'table ' || name || ' (row-level security hides rows: a role with BYPASSRLS sees them)'
            {relations} AND relkind = 'r' AND row_security_active(c.oid)
              AND has_table_privilege(c.oid, 'SELECT')
          UNION ALL
            SELECT c.oid, true, CASE relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || name
                || ' (unlogged: a standby has no rows of it)'
            {relations} AND relkind IN ('r', 'S') AND relpersistence = 'u' AND pg_is_in_recovery()
         ) found ORDER BY what"
    )
}
