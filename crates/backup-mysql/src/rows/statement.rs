//! Rows as INSERT statements, one row a line.

use super::cell;
use super::columns::Columns;
use backup::manifest::Tally;
use mysql::quote::ident;
use mysql::{Client, ServerError, Value, explain};
use mysql_async::prelude::Queryable;
use mysql_async::{QueryResult, TextProtocol};
use task::{Error, Result};

/// The line that stands before the rows.
pub(crate) fn head(table: &str, columns: &Columns) -> Vec<u8> {
    let names: Vec<String> = columns.list.iter().map(|column| ident(&column.name)).collect();
    format!("INSERT INTO {} ({}) VALUES\n", ident(table), names.join(",")).into_bytes()
}

/// The rows of a table, or of a part of it, as they come.
pub(crate) struct Rows<'a> {
    result: QueryResult<'a, 'static, TextProtocol>,
    columns: &'a Columns,
    table: &'a str,
}

/// What went into a text.
pub(crate) struct Filled {
    pub rows: Tally,
    /// There are no more.
    pub ended: bool,
}

impl<'a> Rows<'a> {
    /// `range` is a condition with its WHERE, or nothing.
    pub(crate) async fn ask(
        client: &'a mut Client,
        columns: &'a Columns,
        table: &'a str,
        range: &str,
    ) -> Result<Self> {
        let expressions: Vec<&str> =
            columns.list.iter().map(|column| column.expression.as_str()).collect();
        let expressions =
            if expressions.is_empty() { "1".to_owned() } else { expressions.join(", ") };
        let all = if columns.versioned { " FOR SYSTEM_TIME ALL" } else { "" };
        let key: Vec<String> = columns.key.iter().map(|name| ident(name)).collect();
        let order =
            if key.is_empty() { String::new() } else { format!(" ORDER BY {}", key.join(", ")) };
        let query = format!("SELECT {expressions} FROM {}{all}{range}{order}", ident(table));
        let asked = client.query_iter(query).await;
        let result = asked.map_err(|error| failed(error, table))?;
        Ok(Self { result, columns, table })
    }

    /// Whole rows, until the text is as long as that; they end as a statement does.
    pub(crate) async fn fill(&mut self, text: &mut Vec<u8>, enough: usize) -> Result<Filled> {
        let mut rows = Tally::default();
        while text.len() < enough {
            let next = self.result.next().await;
            let Some(row) = next.map_err(|error| failed(error, self.table))? else {
                end(text, rows);
                return Ok(Filled { rows, ended: true });
            };
            let start = text.len();
            text.push(b'(');
            for (at, column) in self.columns.list.iter().enumerate() {
                if at > 0 {
                    text.push(b',');
                }
                match row.as_ref(at) {
                    Some(Value::NULL) => text.extend_from_slice(b"NULL"),
                    Some(Value::Bytes(value)) => {
                        cell::push(text, &column.kind, value).map_err(|_| {
                            Error::usage(format!(
                                "refusing to back up {}: a value of its column {} is not valid in the \
                                 column's character set; mend it, or leave the rows out by \
                                 --exclude-table-data",
                                ident(self.table),
                                ident(&column.name)
                            ))
                        })?;
                    }
                    _ => {
                        return Err(Error::failed(format!(
                            "cannot read {}: the server sent a row of another form",
                            ident(self.table)
                        )));
                    }
                }
            }
            text.push(b')');
            rows.row(&text[start..]);
            text.extend_from_slice(b",\n");
        }
        end(text, rows);
        Ok(Filled { rows, ended: false })
    }
}

/// The last row's comma becomes the end of the statement.
fn end(text: &mut [u8], rows: Tally) {
    if rows.rows > 0
        && let [.., comma, _] = text
    {
        *comma = b';';
    }
}

fn failed(error: ServerError, table: &str) -> Error {
    let changed = mysql::code(&error) == Some(1412);
    let help = if changed { " (it was changed while the backup ran)" } else { "" };
    explain(error, format!("cannot read the table {}{help}", ident(table)))
}
