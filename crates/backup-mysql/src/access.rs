//! What the account may see. The server hides what it may not, so that a table, a view or a trigger
//! would be left out without a word: only rights on the whole database show that all is seen.

use mysql::{Client, explain};
use mysql_async::prelude::Queryable;
use task::{Error, Result};

/// Refuses an account that may not see all there is.
pub(crate) async fn check(client: &mut Client, database: &str) -> Result<()> {
    let grants = grants(client).await?;
    let mut missing: Vec<&str> = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"]
        .into_iter()
        .filter(|right| !has(&grants, right, database))
        .collect();
    let routines = if client.version().mariadb {
        has(&grants, "SELECT", "mysql")
            || on(&grants, "SELECT", |target| target == "mysql.proc")
            || has(&grants, "SHOW CREATE ROUTINE", database)
    } else {
        on(&grants, "SELECT", |target| target == "*.*")
            || on(&grants, "SHOW_ROUTINE", |target| target == "*.*")
    };
    let of_routines =
        if client.version().mariadb { "SELECT on mysql.proc" } else { "SHOW_ROUTINE on *.*" };
    if !routines {
        missing.push(of_routines);
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "refusing to back up {database}, because this account may not see all of it, and what it may \
         not see would be left out: grant it {} (on {database}.* where nothing else is said)",
        missing.join(", ")
    )))
}

/// Refuses an account from which the server may hide a database.
pub(crate) async fn check_server(client: &mut Client) -> Result<()> {
    let grants = grants(client).await?;
    let sees = |right| on(&grants, right, |target| target == "*.*");
    if !sees("SELECT") && !sees("SHOW DATABASES") {
        return Err(Error::usage(
            "refusing to back up all databases, because this account may not see all of them: grant it \
             SELECT on *.*",
        ));
    }
    match grants.iter().find(|grant| grant.revoked) {
        Some(revoked) => Err(Error::usage(format!(
            "refusing to back up all databases: rights on {} are taken from this account, and what it \
             may not see would be left out",
            revoked.target
        ))),
        None => Ok(()),
    }
}

/// Refuses an account that may not look at the others.
pub(crate) async fn check_globals(client: &mut Client) -> Result<()> {
    let grants = grants(client).await?;
    let mut missing = Vec::new();
    if !has(&grants, "SELECT", "mysql") {
        missing.push("SELECT on mysql.*");
    }
    if !client.version().mariadb && !on(&grants, "PROCESS", |target| target == "*.*") {
        missing.push("PROCESS on *.*");
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "refusing to back up what belongs to the server, because this account may not see all of it: \
         grant it {}",
        missing.join(" and ")
    )))
}

struct Grant {
    rights: Vec<String>,
    /// Without quotes: `*.*`, `shop.*`, `shop.orders`.
    target: String,
    revoked: bool,
}

async fn grants(client: &mut Client) -> Result<Vec<Grant>> {
    let what = "cannot read what the account may do";
    let mut ask = "SHOW GRANTS".to_owned();
    if !client.version().mariadb {
        let roles: Option<String> = client
            .query_first("SELECT CURRENT_ROLE()")
            .await
            .map_err(|error| explain(error, what))?;
        if let Some(roles) = roles.filter(|roles| roles != "NONE") {
            ask = format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}");
        }
    }
    let lines: Vec<String> = client.query(ask).await.map_err(|error| explain(error, what))?;
    Ok(lines.iter().filter_map(|line| parse(line)).collect())
}

/// `GRANT SELECT, SHOW VIEW ON `shop`.* TO …`; none of what grants a role.
fn parse(line: &str) -> Option<Grant> {
    let revoked = line.starts_with("REVOKE ");
    let rest = line.strip_prefix("GRANT ").or_else(|| line.strip_prefix("REVOKE "))?;
    let (rights, rest) = rest.split_once(" ON ")?;
    let (target, _) = rest.rsplit_once(if revoked { " FROM " } else { " TO " })?;
    Some(Grant {
        rights: rights.split(", ").map(str::to_uppercase).collect(),
        target: target.replace('`', ""),
        revoked,
    })
}

fn on(grants: &[Grant], right: &str, is_target: impl Fn(&str) -> bool) -> bool {
    grants.iter().any(|grant| !grant.revoked && gives(grant, right) && is_target(&grant.target))
}

fn gives(grant: &Grant, right: &str) -> bool {
    grant.rights.iter().any(|one| one == right || one == "ALL PRIVILEGES" || one == "ALL")
}

/// On everything, or on all of the database.
fn has(grants: &[Grant], right: &str, database: &str) -> bool {
    let whole =
        |grant: &&Grant| grant.target.strip_suffix(".*").is_some_and(|of| means(of, database));
    let revoked = grants.iter().filter(whole).any(|grant| grant.revoked && gives(grant, right));
    !revoked
        && grants.iter().any(|grant| {
            !grant.revoked && gives(grant, right) && (grant.target == "*.*" || whole(&grant))
        })
}

/// As the server does: `%` and `_` stand for anything, unless a backslash is before them.
fn means(pattern: &str, name: &str) -> bool {
    fn matches(pattern: &[char], name: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['%', rest @ ..] => (0..=name.len()).any(|from| matches(rest, &name[from..])),
            ['_', rest @ ..] => !name.is_empty() && matches(rest, &name[1..]),
            ['\\', letter, rest @ ..] | [letter, rest @ ..] => {
                name.first() == Some(letter) && matches(rest, &name[1..])
            }
        }
    }
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    matches(&letters(pattern), &letters(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(lines: &[&str], right: &str, database: &str) -> bool {
        let grants: Vec<Grant> = lines.iter().filter_map(|line| parse(line)).collect();
        has(&grants, right, database)
    }

    #[test]
    fn only_rights_on_all_of_the_database_count() {
        let all = "GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION";
        assert!(may(&[all], "EVENT", "shop"));
        let some = "GRANT SELECT, SHOW VIEW ON `shop\\_a`.* TO `b`@`%`";
        assert!(may(&[some], "SHOW VIEW", "shop_a"));
        assert!(!may(&[some], "TRIGGER", "shop_a"));
        assert!(!may(&[some], "SELECT", "shopxa"));
        assert!(may(&["GRANT SELECT ON `shop%`.* TO `b`@`%`"], "SELECT", "shop2"));
        assert!(!may(&["GRANT SELECT ON `shop`.`orders` TO `b`@`%`"], "SELECT", "shop"));
        assert!(!may(&["GRANT `role`@`%` TO `b`@`%`"], "SELECT", "shop"));
        assert!(!may(&[all, "REVOKE SELECT ON `shop`.* FROM `root`@`%`"], "SELECT", "shop"));
    }
}
