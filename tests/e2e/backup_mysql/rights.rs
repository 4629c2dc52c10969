//! What an account may not see must not be left out without a word.

use super::store::Store;
use testkit::{Mysql, Schema, run};

fn as_account(store: &Store, schema: &Schema, account: &str) -> testkit::Ran {
    run(store.command(schema, "backup").env("MYSQL_USER", account).env("MYSQL_PWD", "secret"))
}

#[test]
fn rights_that_are_missing_are_named() {
    for release in Mysql::RELEASES {
        let server = Mysql::start(release);
        let schema = server.create_schema();
        schema.sql("CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1)");
        let (name, account) = (schema.name(), format!("u{}", schema.name()));
        server.statement(&format!("CREATE USER {account}@'%' IDENTIFIED BY 'secret'"));
        server.statement(&format!("GRANT SELECT ON {name}.a TO {account}@'%'"));
        let store = Store::new();
        let refused = as_account(&store, &schema, &account);
        assert_eq!(refused.code, 2, "{release}: {}", refused.stderr);
        for right in ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"] {
            assert!(refused.stderr.contains(right), "{release}, {right}: {}", refused.stderr);
        }
        let of_routines =
            if server.is_mariadb() { "SELECT ON mysql.proc" } else { "SHOW_ROUTINE ON *.*" };
        let grants = format!(
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `{}`.* TO {account}@'%'; GRANT {of_routines} TO {account}@'%'",
            name.replace('_', "\\_")
        );
        server.statement(&grants);
        // It may not hold off writers: then one connection does it all, and says so.
        let alone = as_account(&store, &schema, &account);
        assert_eq!(alone.code, 0, "{release}: {}", alone.stderr);
        assert!(alone.stderr.contains("GRANT RELOAD"), "{release}: {}", alone.stderr);
        server.statement(&format!("GRANT RELOAD ON *.* TO {account}@'%'"));
        let whole = as_account(&Store::new(), &schema, &account);
        assert_eq!(whole.code, 0, "{release}: {}", whole.stderr);
        assert!(!whole.stderr.contains("WARN"), "{release}: {}", whole.stderr);
        server.statement(&format!("DROP USER {account}@'%'"));
    }
}
