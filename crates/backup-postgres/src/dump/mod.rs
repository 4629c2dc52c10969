//! Writes the dump: statements before the rows, rows from several workers, statements after.

mod plan;
mod rows;
mod script;

use crate::catalog::Globals;
use crate::object::Part;
use crate::schema::Schema;
use crate::snapshot::Snapshot;
use backup::writer::Writer;
use script::Script;
use std::sync::Arc;
use task::{Result, Task};

/// Everything, in file order, into the writer.
pub(crate) async fn write(
    task: &Task,
    snapshot: &Snapshot,
    mut schema: Schema,
    writer: &Arc<Writer>,
    jobs: usize,
) -> Result<()> {
    task.until_stopped(before_rows(snapshot, &schema, writer)).await?;
    let configuration = plan::configuration(snapshot, &schema.config_tables, writer);
    rows::copy(task, snapshot, configuration, writer, 1).await?;
    let tables = std::mem::take(&mut schema.tables);
    let mut pieces = plan::split(snapshot, tables, writer, jobs);
    pieces.extend(plan::large_objects(&schema.large_objects, writer));
    rows::copy(task, snapshot, pieces, writer, jobs).await?;
    task.until_stopped(after_rows(&schema, writer)).await
}

async fn before_rows(snapshot: &Snapshot, schema: &Schema, writer: &Arc<Writer>) -> Result<()> {
    let mut script = Script::new(writer);
    script.begin("PostgreSQL database", &snapshot.server_version).await?;
    script.part(Part::Database).await?;
    script.push(&schema.database).await?;
    write_objects(&mut script, schema, Part::PreData).await?;
    script.flush().await
}

async fn after_rows(schema: &Schema, writer: &Arc<Writer>) -> Result<()> {
    let mut script = Script::new(writer);
    script.part(Part::Sequences).await?;
    for statement in &schema.sequences {
        script.push(statement).await?;
    }
    for part in [Part::Indexes, Part::PostData, Part::ForeignKeys] {
        write_objects(&mut script, schema, part).await?;
    }
    script.part(Part::Final).await?;
    let mut statements = schema.objects.statements();
    for object in schema.objects.iter() {
        script.push(statements.grants(object)?).await?;
    }
    write_objects(&mut script, schema, Part::Final).await?;
    for refresh in &schema.refreshes {
        script.push(refresh).await?;
    }
    script.flush().await
}

/// What belongs to the whole server, into a file of its own.
pub(crate) async fn write_globals(
    globals: &Globals,
    server_version: &str,
    writer: &Arc<Writer>,
) -> Result<()> {
    let mut script = Script::new(writer);
    script.begin("PostgreSQL globals", server_version).await?;
    script.part(Part::Roles).await?;
    script.push(&globals.roles).await?;
    script.part(Part::Tablespaces).await?;
    script.push(&globals.tablespaces).await?;
    script.flush().await
}

async fn write_objects(script: &mut Script<'_>, schema: &Schema, part: Part) -> Result<()> {
    script.part(part).await?;
    let mut statements = schema.objects.statements();
    for object in schema.objects.iter().filter(|object| object.part == part) {
        script.push(&statements.ddl(object)?).await?;
    }
    Ok(())
}
