//! Refuses what a database may hold and this version cannot write.

use mysql::{Client, explain};
use mysql_async::prelude::Queryable;
use task::{Error, Result};

/// Lists of things of a database that later servers have: not empty, they are refused. Where the server
/// has no such list, it has no such things.
const UNKNOWN: [(&str, &str, &str); 1] = [("LIBRARIES", "LIBRARY_SCHEMA", "library")];

pub(super) async fn check(client: &mut Client) -> Result<()> {
    let what = "cannot read what the database holds";
    for (list, schema, kind) in UNKNOWN {
        let there: Option<u8> = client
            .query_first(format!(
                "SELECT 1 FROM information_schema.TABLES
                 WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = '{list}'"
            ))
            .await
            .map_err(|error| explain(error, what))?;
        if there.is_none() {
            continue;
        }
        let found: u64 = client
            .query_first(format!(
                "SELECT COUNT(*) FROM information_schema.{list} WHERE {schema} = DATABASE()"
            ))
            .await
            .map_err(|error| explain(error, what))?
            .unwrap_or_default();
        if found > 0 {
            return Err(Error::usage(format!(
                "refusing to back up: the database holds {found} of a kind that this version of \
                 backup-mysql cannot write: {kind}"
            )));
        }
    }
    Ok(())
}
