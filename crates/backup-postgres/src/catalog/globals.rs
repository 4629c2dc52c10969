//! What belongs to the whole server: roles, tablespaces, rights on parameters.

use super::privileges::{self, Acl, Target};
use super::{Catalog, quote, role, shared, tablespace};
use serde::Deserialize;
use task::Result;

/// As statements, in file order.
pub(crate) struct Globals {
    pub roles: String,
    pub role_count: u64,
    /// Apart from the rest, because CREATE TABLESPACE runs in no transaction.
    pub tablespaces: String,
    pub tablespace_count: u64,
}

impl Globals {
    pub(crate) async fn read(catalog: &Catalog<'_>, passwords: bool) -> Result<Self> {
        shared::guard(catalog).await?;
        let (roles, role_count) = role::read(catalog, passwords).await?;
        let roles = roles + &parameters(catalog).await?;
        let (tablespaces, tablespace_count) = tablespace::read(catalog).await?;
        Ok(Self { roles, role_count, tablespaces, tablespace_count })
    }
}

/// GRANT … ON PARAMETER.
async fn parameters(catalog: &Catalog<'_>) -> Result<String> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
        owner: String,
        #[serde(flatten)]
        acl: Acl,
    }
    if !catalog.at_least(15) {
        return Ok(String::new());
    }
    let query = format!(
        "SELECT parname AS name, pg_get_userbyid(10) AS owner, {}
         FROM pg_parameter_acl ORDER BY parname",
        privileges::columns("paracl", 'p', "10")
    );
    let mut text = String::new();
    for row in catalog.read::<Row>("rights on parameters", &query).await? {
        let on = format!("PARAMETER {}", quote::ident(&row.name));
        text += &row.acl.grants(catalog, &Target { on: &on, owner: &row.owner, column: None })?;
    }
    Ok(text)
}
