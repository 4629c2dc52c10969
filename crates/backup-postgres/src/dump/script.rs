//! The statements around the rows, gathered into members.

use crate::object::Part;
use crate::script::{fragment, statements};
use backup::manifest::Tally;
use backup::writer::Writer;
use std::sync::Arc;
use task::{Error, Result};

/// How much text goes into one member, unless one object's statements are longer.
const MEMBER: usize = 256 * 1024;

pub(super) struct Script<'a> {
    writer: &'a Arc<Writer>,
    part: Part,
    text: Vec<u8>,
}

impl<'a> Script<'a> {
    pub(super) fn new(writer: &'a Arc<Writer>) -> Self {
        Self { writer, part: Part::Settings, text: Vec::new() }
    }

    /// What follows belongs to this part.
    pub(super) async fn part(&mut self, part: Part) -> Result<()> {
        if part != self.part {
            self.flush().await?;
            self.part = part;
        }
        Ok(())
    }

    /// Adds whole statements, each looked at once more with the eyes of psql.
    pub(super) async fn push(&mut self, statements: &str) -> Result<()> {
        let mut checked = String::with_capacity(statements.len());
        for statement in statements::split(statements.as_bytes()) {
            let statement = statement?;
            let safe = fragment::check_statement(statement).map_err(|refused| {
                let title = statements::title(statement);
                Error::usage(format!("cannot write `{title}` safely: {refused}"))
            })?;
            checked += &safe;
            checked.push('\n');
        }
        self.push_text(&checked).await
    }

    async fn push_text(&mut self, statements: &str) -> Result<()> {
        if !self.text.is_empty() && self.text.len() + statements.len() > MEMBER {
            self.flush().await?;
        }
        self.text.extend_from_slice(statements.as_bytes());
        Ok(())
    }

    /// The comment and the settings that the file begins with.
    pub(super) async fn begin(&mut self, what: &str, server_version: &str) -> Result<()> {
        self.push_text(&header(what, server_version)).await
    }

    pub(super) async fn flush(&mut self) -> Result<()> {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.writer.member(self.part.name(), None, Tally::default(), text).await?;
        }
        Ok(())
    }
}

/// The start of the file. No name of the user's stands in a comment, here or anywhere.
fn header(what: &str, server_version: &str) -> String {
    let server_version: String = server_version
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || " .()-".contains(*c))
        .collect();
    format!(
        "-- {what}, saved by Nightshift backup-postgres {} from server {server_version}
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN ('transaction_timeout', 'idle_session_timeout');
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
",
        env!("CARGO_PKG_VERSION")
    )
}
