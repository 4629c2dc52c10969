//! Reads the system catalogs inside the snapshot and turns each class of object into statements.
//!
//! One file a class. Every query reads rows as JSON, so that a row is a plain struct here. Text
//! that the server prints (`pg_get_viewdef` and the like) goes through [`printed`] before it may
//! enter the file.

mod access_method;
mod aggregate;
mod base_type;
mod cast;
mod changed;
mod collation;
mod column;
mod constraint;
mod conversion;
pub(crate) mod database;
mod default_privileges;
mod dependency;
mod event_trigger;
mod extension;
mod foreign;
mod function;
mod globals;
mod index;
mod label;
mod language;
mod large_object;
mod operator;
mod operator_class;
mod operator_family;
mod policy;
mod privileges;
mod publication;
mod role;
mod schema;
mod scope;
mod sequence;
mod setting;
mod shared;
mod statistics;
mod subscription;
mod table;
mod tablespace;
mod text_search;
mod text_search_configuration;
mod transform;
mod trigger;
mod types;
mod view;

pub(crate) use dependency::Dependencies;
pub(crate) use extension::ConfigTable;
pub(crate) use globals::Globals;
use label::Labels;
pub(crate) use large_object::LargeObjects;
pub(crate) use scope::{Scope, Selection, database_regex};
use sequence::Sequence;
pub(crate) use sequence::positions as sequence_positions;
pub(crate) use subscription::names as subscription_names;
pub(crate) use table::{Storage, Stored};

use crate::large_object::Access;
use crate::object::Id;
use crate::objects::Objects;
use crate::script::fragment;
use futures_util::TryStreamExt;
use postgres::{Client, explain, quote};
use serde::de::DeserializeOwned;
use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use task::{Context, Error, Result};

/// Whether owners, grants and tablespaces are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Properties {
    pub owners: bool,
    pub privileges: bool,
    pub tablespaces: bool,
}

/// The source database, seen through one snapshot.
pub(crate) struct Catalog<'a> {
    client: &'a Client,
    /// As `server_version_num`: 150018.
    pub version: u32,
    pub scope: Scope,
    properties: Properties,
    comments: HashMap<(u32, u32, i32), String>,
    labels: Labels,
    roles: Mutex<BTreeSet<String>>,
}

/// Everything that the catalogs hold for us.
pub(crate) struct Contents {
    pub objects: Objects,
    pub tables: Vec<Stored>,
    pub sequences: Vec<Sequence>,
    pub config_tables: Vec<ConfigTable>,
    pub large_objects: LargeObjects,
    /// Materialized views that hold rows: refreshed at the end.
    pub populated: Vec<(Id, String)>,
    /// What stands in the statement of another object: members of an operator class, shells.
    pub inside: Vec<Id>,
    /// Objects that exist and are not written on purpose, with the reason if it is none of the
    /// user's own settings.
    pub skipped: Vec<(Id, Option<String>)>,
}

impl<'a> Catalog<'a> {
    pub(crate) async fn open(
        client: &'a Client,
        version: u32,
        scope: Scope,
        properties: Properties,
    ) -> Result<Self> {
        let mut catalog = Self {
            client,
            version,
            scope,
            properties,
            comments: HashMap::new(),
            labels: Labels::default(),
            roles: Mutex::default(),
        };
        catalog.comments = catalog.read_comments().await?;
        catalog.labels = label::read(&catalog).await?;
        Ok(catalog)
    }

    /// All objects of all classes that can be written.
    pub(crate) async fn contents(&self) -> Result<Contents> {
        let mut found = Contents {
            objects: Objects::default(),
            tables: Vec::new(),
            sequences: Vec::new(),
            config_tables: Vec::new(),
            large_objects: LargeObjects { access: Access::Functions, objects: Vec::new() },
            populated: Vec::new(),
            inside: Vec::new(),
            skipped: Vec::new(),
        };
        schema::read(self, &mut found).await?;
        extension::read(self, &mut found).await?;
        language::read(self, &mut found).await?;
        collation::read(self, &mut found).await?;
        transform::read(self, &mut found).await?;
        cast::read(self, &mut found).await?;
        types::read(self, &mut found).await?;
        base_type::read(self, &mut found).await?;
        function::read(self, &mut found).await?;
        aggregate::read(self, &mut found).await?;
        access_method::read(self, &mut found).await?;
        operator::read(self, &mut found).await?;
        operator_family::read(self, &mut found).await?;
        conversion::read(self, &mut found).await?;
        text_search::read(self, &mut found).await?;
        text_search_configuration::read(self, &mut found).await?;
        foreign::read(self, &mut found).await?;
        sequence::read(self, &mut found).await?;
        table::read(self, &mut found).await?;
        view::read(self, &mut found).await?;
        constraint::read(self, &mut found).await?;
        index::read(self, &mut found).await?;
        trigger::read(self, &mut found).await?;
        policy::read(self, &mut found).await?;
        large_object::read(self, &mut found).await?;
        statistics::read(self, &mut found).await?;
        publication::read(self, &mut found).await?;
        subscription::read(self, &mut found).await?;
        event_trigger::read(self, &mut found).await?;
        changed::read(self, &mut found).await?;
        default_privileges::read(self, &mut found).await?;
        Ok(found)
    }

    /// The rows of a query, each as a struct whose fields bear the column names.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        what: &str,
        query: &str,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        let add = |row| {
            rows.push(row);
            Ok(())
        };
        self.each(what, query, add).await?;
        Ok(rows)
    }

    /// The same one by one, where there may be very many.
    pub(crate) async fn each<T: DeserializeOwned>(
        &self,
        what: &str,
        query: &str,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let json = format!("SELECT row_to_json(q)::text FROM ({query}) q");
        let failed = |cause| explain(cause, format!("cannot read the catalog: {what}"));
        let parameters: [&str; 0] = [];
        let rows = self.client.query_raw(&json, parameters).await.map_err(failed)?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            let text: &str = row.try_get(0).map_err(failed)?;
            take(
                serde_json::from_str(text)
                    .failed(|| format!("cannot understand the catalog: {what}: {text}"))?,
            )?;
        }
        Ok(())
    }

    pub(crate) fn at_least(&self, major: u32) -> bool {
        self.version >= major * 10_000
    }

    async fn read_comments(&self) -> Result<HashMap<(u32, u32, i32), String>> {
        #[derive(serde::Deserialize)]
        struct Row {
            classoid: u32,
            objoid: u32,
            objsubid: i32,
            description: String,
        }
        let rows: Vec<Row> = self
            .read(
                "comments",
                "SELECT classoid::int8, objoid::int8, objsubid, description FROM pg_description
                 WHERE objoid >= 16384 OR classoid IN ('pg_namespace'::regclass,
                    'pg_extension'::regclass, 'pg_largeobject'::regclass)",
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| ((row.classoid, row.objoid, row.objsubid), row.description))
            .collect())
    }

    /// Whether this role may read a whole system catalog: some hold secrets.
    async fn may_read(&self, name: &str) -> Result<bool> {
        #[derive(serde::Deserialize)]
        struct Row {
            may: bool,
        }
        let query = format!("SELECT has_table_privilege('pg_catalog.{name}', 'SELECT') AS may");
        Ok(self.read::<Row>(name, &query).await?.iter().all(|row| row.may))
    }

    fn comment(&self, id: Id, column: i32) -> Option<&str> {
        self.comments.get(&(id.class, id.oid, column)).map(String::as_str)
    }

    /// What is said about an object: `COMMENT ON …` and `SECURITY LABEL … ON …`, or nothing.
    fn comment_on(&self, target: &str, id: Id, column: i32) -> String {
        let comment = self.comment(id, column).map_or_else(String::new, |text| {
            format!("COMMENT ON {target} IS {};\n", quote::literal(text))
        });
        comment + &self.labels_on(target, id, column)
    }

    /// A role as an identifier; the manifest will say that a restore needs it.
    fn role(&self, name: &str) -> String {
        // Those that every server has.
        if !name.starts_with("pg_") {
            self.roles.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        }
        quote::ident(name)
    }

    /// `ALTER … OWNER TO …`, unless owners are not wanted.
    fn owner(&self, target: &str, owner: &str) -> String {
        if self.properties.owners {
            format!("ALTER {target} OWNER TO {};\n", self.role(owner))
        } else {
            String::new()
        }
    }
}

/// `"schema"."name"`.
fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quote::ident(schema), quote::ident(name))
}

/// Text printed by the server, safe to stand in a file that psql reads.
///
/// NULL means that the object went away after the snapshot: the printers see the newest catalog.
fn printed(text: Option<&str>, what: impl Fn() -> String) -> Result<String> {
    let Some(text) = text else {
        return Err(Error::failed(format!("{} was dropped while the backup read it", what())));
    };
    fragment::check(text.trim_end().trim_end_matches(';'))
        .map(std::borrow::Cow::into_owned)
        .map_err(|refused| Error::usage(format!("cannot write {} safely: {refused}", what())))
}
