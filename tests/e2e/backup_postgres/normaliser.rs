//! What may differ between the `pg_dump`s of two equal databases, removed: this, and nothing more.
//!
//! - `\restrict` and `\unrestrict`, whose key is random
//! - the versions of server and `pg_dump`
//! - the order of the rows in a COPY block, which is that of the table's pages
//! - the order of columns in a table that inherits: its own columns may be older than its parents',
//!   and no CREATE TABLE can say so

/// The dump with those four made the same.
pub(crate) fn normalise(dump: &str) -> String {
    let mut lines = dump.split('\n').filter(|line| !is_noise(line)).peekable();
    let mut kept: Vec<String> = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("COPY ") && line.ends_with(") FROM stdin;") {
            let mut rows = Vec::new();
            while let Some(row) = lines.next_if(|row| *row != "\\.") {
                rows.push(row.to_owned());
            }
            kept.push(in_name_order(line, &mut rows));
            rows.sort_unstable();
            kept.append(&mut rows);
        } else if line.starts_with("CREATE TABLE ") && line.ends_with('(') {
            kept.push(line.to_owned());
            let mut columns = Vec::new();
            while let Some(column) = lines.next_if(|column| !column.starts_with(')')) {
                columns.push(column.to_owned());
            }
            if lines.peek().is_some_and(|end| end.starts_with(")\nINHERITS") || *end == ")") {
                for column in &mut columns {
                    column.truncate(column.trim_end_matches(',').len());
                }
                columns.sort_unstable();
            }
            kept.append(&mut columns);
        } else {
            kept.push(line.to_owned());
        }
    }
    kept.join("\n")
}

fn is_noise(line: &str) -> bool {
    ["\\restrict ", "\\unrestrict ", "-- Dumped from database version ", "-- Dumped by pg_dump "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// A COPY line with its columns in the order of their names, and its rows likewise. Names in quotes
/// are left alone: none of them inherits in our databases.
fn in_name_order(line: &str, rows: &mut [String]) -> String {
    let Some((table, columns)) = line.split_once(" (") else { return line.to_owned() };
    let columns = columns.trim_end_matches(") FROM stdin;");
    if columns.contains('"') {
        return line.to_owned();
    }
    let columns: Vec<_> = columns.split(", ").collect();
    let mut order: Vec<_> = (0..columns.len()).collect();
    order.sort_by_key(|index| columns[*index]);
    for row in rows {
        let fields: Vec<_> = row.split('\t').collect();
        if fields.len() == columns.len() {
            *row = order.iter().map(|index| fields[*index]).collect::<Vec<_>>().join("\t");
        }
    }
    let columns: Vec<_> = order.iter().map(|index| columns[*index]).collect();
    format!("{table} ({}) FROM stdin;", columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_keys_and_versions_do_not_count() {
        let one =
            "\\restrict abc\n-- Dumped by pg_dump version 18.6\nSELECT 1;\n\\unrestrict abc\n";
        let two =
            "\\restrict xyz\n-- Dumped by pg_dump version 18.7\nSELECT 1;\n\\unrestrict xyz\n";
        assert_eq!(normalise(one), normalise(two));
        assert_ne!(normalise(one), normalise(&one.replace("SELECT 1", "SELECT 2")));
    }

    #[test]
    fn rows_count_and_their_order_does_not() {
        let one = "COPY t (a) FROM stdin;\n1\n2\n\\.\n";
        assert_eq!(normalise(one), normalise("COPY t (a) FROM stdin;\n2\n1\n\\.\n"));
        assert_ne!(normalise(one), normalise("COPY t (a) FROM stdin;\n2\n\\.\n"));
        assert_ne!(normalise(one), normalise("COPY t (a) FROM stdin;\n1\n1\n2\n\\.\n"));
    }

    #[test]
    fn columns_count_and_their_order_in_data_does_not() {
        let one = "COPY t (b, a) FROM stdin;\n1\tx\n\\.\n";
        assert_eq!(normalise(one), normalise("COPY t (a, b) FROM stdin;\nx\t1\n\\.\n"));
        assert_ne!(normalise(one), normalise("COPY t (a, b) FROM stdin;\n1\tx\n\\.\n"));
    }

    #[test]
    fn the_order_of_columns_counts_in_a_table_without_parents() {
        let one = "CREATE TABLE t (\n    a int,\n    b int\n);\n";
        let two = "CREATE TABLE t (\n    b int,\n    a int\n);\n";
        assert_ne!(normalise(one), normalise(two));
        let inherits = |text: &str| text.replace(");", ")\nINHERITS (p);");
        assert_eq!(normalise(&inherits(one)), normalise(&inherits(two)));
        assert_ne!(normalise(&inherits(one)), normalise(&inherits(&two.replace("int", "text"))));
    }
}
