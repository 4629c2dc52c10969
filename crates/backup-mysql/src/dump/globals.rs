//! Writes what belongs to the whole server.

use super::definitions::{BEGIN, END};
use super::part;
use super::script::Script;
use crate::globals::Globals;
use crate::script::gate;
use crate::script::statements::title;
use backup::writer::Writer;
use mysql::Version;
use std::sync::Arc;
use task::{Error, Result};

pub(crate) async fn write(
    globals: &Globals,
    version: &Version,
    writer: &Arc<Writer>,
) -> Result<()> {
    let mut script = Script::new(writer);
    let tool = env!("CARGO_PKG_VERSION");
    let head = format!(
        "-- accounts and the like saved by Nightshift backup-mysql {tool} from {version}\n{BEGIN}"
    );
    script.push(head.as_bytes()).await?;
    let accounts = &globals.accounts;
    let parts = [
        (part::SERVER, &globals.servers),
        (part::SERVER, &globals.functions),
        (part::SERVER, &globals.tablespaces),
        (part::ACCOUNTS, &accounts.made),
        (part::ACCOUNTS, &accounts.rights),
        (part::RIGHTS, &accounts.on_objects),
    ];
    for (part, statements) in parts {
        script.part(part).await?;
        for text in statements {
            let statement = gate::plain(text).map_err(|refused| {
                // What is near may be a password.
                let reason = refused.reason;
                Error::usage(format!("cannot write {} safely: {reason}", title(text)))
            })?;
            script.push(&statement).await?;
        }
    }
    script.part(part::FINAL).await?;
    script.push(END.as_bytes()).await?;
    script.flush().await
}
