//! Accounts, roles, and what each may do, as the server prints them.

use crate::script::account::{created, granted, is_on_object};
use mysql::quote::literal;
use mysql::{Client, Row, code, explain};
use mysql_async::prelude::Queryable;
use task::{Error, Result};
use tracing::warn;

/// The server's own, which it makes by itself.
const RESERVED: [&str; 4] = ["mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys"];
/// MariaDB's role of everybody is always there.
const EVERYBODY: &str = "PUBLIC";
const NO_SUCH_GRANT: u16 = 1141;

#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) count: u64,
    /// That make them.
    pub(crate) made: Vec<Vec<u8>>,
    /// That give rights on the server or a database, and roles.
    pub(crate) rights: Vec<Vec<u8>>,
    /// That give rights on a single table or routine.
    pub(crate) on_objects: Vec<Vec<u8>>,
}

struct Account {
    user: String,
    host: String,
    role: bool,
}

impl Account {
    /// As statements name it.
    fn quoted(&self) -> String {
        match (self.role, self.user.as_str()) {
            (true, EVERYBODY) => EVERYBODY.to_owned(),
            (true, role) => literal(role),
            (false, user) => format!("{}@{}", literal(user), literal(&self.host)),
        }
    }
}

impl Accounts {
    pub(super) async fn read(client: &mut Client) -> Result<Self> {
        let mut found = Self::default();
        let mut defaults = Vec::new();
        let mut unused = Vec::new();
        for account in list(client).await? {
            if !account.role && is_passed_over(client, &account).await? {
                unused.push(account.quoted());
                continue;
            }
            found.count += 1;
            found.made.extend(made(client, &account).await?);
            for right in rights(client, &account).await? {
                if is_on_object(&right) {
                    found.on_objects.push(right);
                } else {
                    found.rights.push(right);
                }
            }
            defaults.extend(default_roles(client, &account).await?);
        }
        found.rights.extend(defaults);
        if !unused.is_empty() {
            warn!(
                "the server resolves no names (skip_name_resolve), and so does not know these accounts, \
                 which the backup does not hold either: {}",
                unused.join(", ")
            );
        }
        warn_of_second_passwords(client).await?;
        Ok(found)
    }
}

/// Roles first.
async fn list(client: &mut Client) -> Result<Vec<Account>> {
    let role = if client.version().mariadb { "is_role = 'Y'" } else { "FALSE" };
    let listed: Vec<(String, String, bool)> = client
        .query(format!("SELECT User, Host, {role} FROM mysql.user ORDER BY 3 DESC, 1, 2"))
        .await
        .map_err(|error| explain(error, "cannot read the list of accounts"))?;
    let accounts = listed.into_iter().map(|(user, host, role)| Account { user, host, role });
    Ok(accounts.filter(|account| !RESERVED.contains(&account.user.as_str())).collect())
}

/// A server that resolves no names does not look at accounts with one, and prints nothing of them.
async fn is_passed_over(client: &mut Client, account: &Account) -> Result<bool> {
    let name = account.quoted();
    let refused = client.query_drop(format!("SHOW GRANTS FOR {name}")).await.err();
    if refused.is_none_or(|error| code(&error) != Some(NO_SUCH_GRANT)) {
        return Ok(false);
    }
    let resolves_none: Option<bool> = client
        .query_first("SELECT @@GLOBAL.skip_name_resolve")
        .await
        .map_err(|error| explain(error, "cannot ask whether the server resolves names"))?;
    Ok(resolves_none.unwrap_or_default())
}

async fn made(client: &mut Client, account: &Account) -> Result<Option<Vec<u8>>> {
    let name = account.quoted();
    if account.role {
        let make = format!("CREATE ROLE IF NOT EXISTS {name}").into_bytes();
        return Ok((account.user != EVERYBODY).then_some(make));
    }
    if !client.version().mariadb {
        // Hashes with odd bytes as digits.
        client
            .query_drop("SET SESSION print_identified_with_as_hex = 1")
            .await
            .map_err(|error| explain(error, "cannot have passwords printed as digits"))?;
    }
    let row: Option<Row> = client
        .query_first(format!("SHOW CREATE USER {name}"))
        .await
        .map_err(|error| explain(error, format!("cannot read how the account {name} was made")))?;
    let text = row.and_then(|row| row.get_opt::<Vec<u8>, _>(0)).and_then(Result::ok);
    let text = text.ok_or_else(|| Error::failed(format!("the account {name} is gone")))?;
    Ok(Some(created(&text)))
}

async fn rights(client: &mut Client, account: &Account) -> Result<Vec<Vec<u8>>> {
    let name = account.quoted();
    let rows: Vec<Row> = client
        .query(format!("SHOW GRANTS FOR {name}"))
        .await
        .map_err(|error| explain(error, format!("cannot read the rights of {name}")))?;
    let texts = rows.iter().filter_map(|row| row.get_opt::<Vec<u8>, _>(0)?.ok());
    // MariaDB prints the default role among them.
    let rights = texts.filter(|text| !text.starts_with(b"SET DEFAULT ROLE "));
    Ok(rights.map(|text| granted(&text)).collect())
}

async fn default_roles(client: &mut Client, account: &Account) -> Result<Option<Vec<u8>>> {
    let name = account.quoted();
    let mariadb = client.version().mariadb;
    if account.role {
        return Ok(None);
    }
    let (user, host) = (literal(&account.user), literal(&account.host));
    let query = if mariadb {
        format!(
            "SELECT default_role, '' FROM mysql.user \
             WHERE User = {user} AND Host = {host} AND default_role <> ''"
        )
    } else {
        format!(
            "SELECT DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles \
             WHERE USER = {user} AND HOST = {host} ORDER BY 1, 2"
        )
    };
    let roles: Vec<(String, String)> = client
        .query(query)
        .await
        .map_err(|error| explain(error, format!("cannot read the default roles of {name}")))?;
    let roles: Vec<String> = roles
        .into_iter()
        .map(|(user, host)| Account { user, host, role: mariadb }.quoted())
        .collect();
    let link = if mariadb { "FOR" } else { "TO" };
    let statement = format!("SET DEFAULT ROLE {} {link} {name}", roles.join(", "));
    Ok((!roles.is_empty()).then(|| statement.into_bytes()))
}

/// MySQL lets an account have its old password beside the new one, and prints only the new one.
async fn warn_of_second_passwords(client: &mut Client) -> Result<()> {
    if client.version().mariadb {
        return Ok(());
    }
    let names: Vec<String> = client
        .query(
            "SELECT CONCAT(User, '@', Host) FROM mysql.user
             WHERE JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password')",
        )
        .await
        .map_err(|error| explain(error, "cannot read which accounts have a second password"))?;
    if !names.is_empty() {
        warn!(
            "these accounts have an old password beside the new one, which the server does not print and \
             the backup does not hold: {}",
            names.join(", ")
        );
    }
    Ok(())
}
