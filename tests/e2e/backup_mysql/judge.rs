//! A database as the vendor's own tool sees it, without what may differ.

use testkit::Schema;

/// All of it, as text that is the same for two databases that hold the same.
#[track_caller]
pub(super) fn judged(schema: &Schema) -> String {
    let mut arguments = vec![
        "--skip-dump-date",
        "--order-by-primary",
        "--hex-blob",
        "--routines",
        "--events",
        "--triggers",
        "--no-tablespaces",
        "--skip-lock-tables",
    ];
    if !schema.server().is_mariadb() {
        arguments.extend(["--set-gtid-purged=OFF", "--column-statistics=0"]);
    }
    let named = format!("`{}`", schema.name());
    // The name of the database itself stands in the head and in comments.
    let own = |line: &str| line.starts_with("-- Host:") || line.starts_with("-- Dumping ");
    let dump = schema.dump(&arguments);
    let lines: Vec<_> = dump.lines().filter(|line| !own(line)).collect();
    lines.join("\n").replace(&named, "`DATABASE`")
}

/// The server's own checksums of all tables, by name: also of what a dump rounds. Not of one with an index of
/// many values for a row: that is another one for the same rows in another table.
pub(super) fn checksums(schema: &Schema) -> String {
    let tables = schema.sql(
        "SELECT CONCAT('`', REPLACE(TABLE_NAME, '`', '``'), '`') FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'MRG_MYISAM'
             AND TABLE_NAME <> 'many_valued'
         ORDER BY TABLE_NAME",
    );
    let tables: Vec<_> = tables.lines().collect();
    let found = schema.sql(&format!("CHECKSUM TABLE {} EXTENDED", tables.join(", ")));
    found.replace(&format!("{}.", schema.name()), "")
}
