//! Servers of other servers' tables, loadable functions, tablespaces: what the server has no statement to
//! print, made from its own lists.

use mysql::quote::{ident, literal};
use mysql::{Client, explain};
use mysql_async::prelude::Queryable;
use std::collections::BTreeMap;
use task::{Context, Error, Result};
use tracing::warn;

/// What `mysql.servers` holds of one.
type Server = (String, String, String, String, String, String, u64, String, String);

pub(super) async fn servers(client: &mut Client) -> Result<Vec<Vec<u8>>> {
    let what = "cannot read the list of servers";
    let listed: Vec<Server> = client
        .query(
            "SELECT Server_name, Wrapper, Host, Db, Username, Password, Port, Socket, Owner
             FROM mysql.servers ORDER BY 1",
        )
        .await
        .map_err(|error| explain(error, what))?;
    let more: Option<u8> = client
        .query_first(
            "SELECT 1 FROM information_schema.COLUMNS
             WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'servers' AND COLUMN_NAME = 'Options'",
        )
        .await
        .map_err(|error| explain(error, what))?;
    let mut statements = Vec::new();
    for (name, wrapper, host, db, user, password, port, socket, owner) in listed {
        let own = if more.is_some() { Some(own_options(client, &name).await?) } else { None };
        let mut options: Vec<String> = [
            ("HOST", host),
            ("DATABASE", db),
            ("USER", user),
            ("PASSWORD", password),
            ("SOCKET", socket),
            ("OWNER", owner),
        ]
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(option, value)| format!("{option} {}", literal(value)))
        .collect();
        let said = own.as_ref().is_none_or(|own| own.contains_key("PORT"));
        if port > 0 && said {
            options.push(format!("PORT {port}"));
        }
        let more = own.iter().flatten().filter(|(option, _)| !KNOWN.contains(&option.as_str()));
        options.extend(more.map(|(option, value)| format!("{} {}", ident(option), literal(value))));
        let name = ident(&name);
        statements.push(format!("DROP SERVER IF EXISTS {name}").into_bytes());
        statements.push(
            format!(
                "CREATE SERVER {name} FOREIGN DATA WRAPPER {} OPTIONS ({})",
                ident(&wrapper),
                options.join(", ")
            )
            .into_bytes(),
        );
    }
    Ok(statements)
}

/// What has a column of its own.
const KNOWN: [&str; 7] = ["HOST", "DATABASE", "USER", "PASSWORD", "SOCKET", "OWNER", "PORT"];

/// What was said when it was made: later MariaDB takes options of any name.
async fn own_options(client: &mut Client, server: &str) -> Result<BTreeMap<String, String>> {
    let query = format!(
        "SELECT COALESCE(Options, '{{}}') FROM mysql.servers WHERE Server_name = {}",
        literal(server)
    );
    let text: Option<String> = client.query_first(query).await.map_err(|error| {
        explain(error, format!("cannot read the options of the server {server}"))
    })?;
    let options: BTreeMap<String, String> = serde_json::from_str(&text.unwrap_or_default())
        .usage(|| format!("cannot write the options of the server {server}: they are odd"))?;
    let upper = |option: String| {
        if KNOWN.contains(&&*option.to_uppercase()) { option.to_uppercase() } else { option }
    };
    Ok(options.into_iter().map(|(option, value)| (upper(option), value)).collect())
}

pub(super) async fn functions(client: &mut Client) -> Result<Vec<Vec<u8>>> {
    let listed: Vec<(String, i8, String, String)> = client
        .query("SELECT name, ret, dl, type FROM mysql.func ORDER BY name")
        .await
        .map_err(|error| explain(error, "cannot read the list of loadable functions"))?;
    let statement = |(name, returned, library, kind): (String, i8, String, String)| {
        let returned = match returned {
            0 => "STRING",
            1 => "REAL",
            2 => "INTEGER",
            4 => "DECIMAL",
            _ => {
                return Err(Error::usage(format!(
                    "refusing to back up the function {name}: what it returns is of a kind that this \
                     version of backup-mysql does not know"
                )));
            }
        };
        let aggregate = if kind == "aggregate" { "AGGREGATE " } else { "" };
        Ok(format!(
            "CREATE {aggregate}FUNCTION IF NOT EXISTS {} RETURNS {returned} SONAME {}",
            ident(&name),
            literal(&library)
        )
        .into_bytes())
    };
    listed.into_iter().map(statement).collect()
}

/// Those that tables of several databases can lie in. MariaDB has none.
pub(super) async fn tablespaces(client: &mut Client) -> Result<Vec<Vec<u8>>> {
    if client.version().mariadb {
        return Ok(Vec::new());
    }
    let listed: Vec<(String, String, u64, u64, String)> = client
        .query(
            "SELECT s.NAME, f.FILE_NAME, IF(s.ZIP_PAGE_SIZE > 0, s.ZIP_PAGE_SIZE, s.PAGE_SIZE),
                 s.AUTOEXTEND_SIZE, COALESCE(s.ENCRYPTION, 'N')
             FROM information_schema.INNODB_TABLESPACES s
             JOIN information_schema.FILES f ON f.TABLESPACE_NAME = s.NAME
             WHERE s.SPACE_TYPE = 'General' AND s.NAME <> 'mysql' ORDER BY 1",
        )
        .await
        .map_err(|error| explain(error, "cannot read the list of tablespaces"))?;
    let statement =
        |(name, file, block, extend, encryption): (String, String, u64, u64, String)| {
            let file = file.strip_prefix("./").unwrap_or(&file);
            let mut text = format!(
                "CREATE TABLESPACE {} ADD DATAFILE {} FILE_BLOCK_SIZE = {block}",
                ident(&name),
                literal(file)
            );
            if extend > 0 {
                text += &format!(" AUTOEXTEND_SIZE = {extend}");
            }
            if encryption == "Y" {
                text += " ENCRYPTION = 'Y'";
            }
            text.into_bytes()
        };
    Ok(listed.into_iter().map(statement).collect())
}

/// What belongs to how a server is set up, like its options file: no dump holds it.
pub(super) async fn name_configuration(client: &mut Client) -> Result<()> {
    let lists: &[(&str, &str)] = if client.version().mariadb {
        &[("plugins", "SELECT name FROM mysql.plugin ORDER BY 1")]
    } else {
        &[
            ("plugins", "SELECT name FROM mysql.plugin ORDER BY 1"),
            ("components", "SELECT component_urn FROM mysql.component ORDER BY 1"),
            (
                "resource groups",
                "SELECT RESOURCE_GROUP_NAME FROM information_schema.RESOURCE_GROUPS
                 WHERE RESOURCE_GROUP_NAME NOT IN ('USR_default', 'SYS_default') ORDER BY 1",
            ),
        ]
    };
    for (kind, query) in lists {
        let names: Vec<String> = client
            .query(*query)
            .await
            .map_err(|error| explain(error, format!("cannot read the list of {kind}")))?;
        if !names.is_empty() {
            warn!(
                "the server's {kind} are a part of its set-up, which no backup holds: {}",
                names.join(", ")
            );
        }
    }
    Ok(())
}
