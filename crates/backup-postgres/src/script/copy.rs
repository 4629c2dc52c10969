//! Reads `COPY "schema"."table" ("column", …) FROM stdin;`, to be able to ask for the same rows.

use super::lexer::{Kind, Lexer};

/// Both as they stand in the statement, quotes and all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Copied<'a> {
    pub(crate) table: &'a str,
    /// Empty for a table without columns.
    pub(crate) columns: &'a str,
    /// What follows `stdin`: an encoding that is not UTF-8.
    pub(crate) options: &'a str,
}

/// None if the statement is no such COPY.
pub(crate) fn copied(statement: &str) -> Option<Copied<'_>> {
    let tokens: Vec<_> = Lexer::new(statement.as_bytes())
        .map_while(Result::ok)
        .filter(|token| !matches!(token.kind, Kind::Blank | Kind::Comment))
        .collect();
    let word = |at: usize| {
        let token = tokens.get(at).filter(|token| token.kind == Kind::Word)?;
        Some(statement[token.start..token.end].to_ascii_lowercase())
    };
    if word(0)? != "copy" {
        return None;
    }
    let from = (1..tokens.len()).rev().find(|at| word(*at).as_deref() == Some("from"))?;
    let open = (1..from).find(|at| tokens[*at].kind == Kind::Open);
    let last = open.unwrap_or(from).checked_sub(1).filter(|last| *last > 0)?;
    let table = &statement[tokens[1].start..tokens[last].end];
    let columns = match open {
        None => "",
        Some(open) if tokens[from - 1].kind == Kind::Close => {
            statement[tokens[open].end..tokens[from - 1].start].trim()
        }
        Some(_) => return None,
    };
    let options = statement[tokens.get(from + 1)?.end..].trim().trim_end_matches(';');
    Some(Copied { table, columns, options })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_its_columns_are_found_whatever_their_names() {
        for (statement, table, columns, options) in [
            ("COPY \"a\".\"b\" (\"c\", \"d\") FROM stdin;", "\"a\".\"b\"", "\"c\", \"d\"", ""),
            (
                "COPY \"a (\".\"from\n\" (\"c) FROM \") FROM stdin;",
                "\"a (\".\"from\n\"",
                "\"c) FROM \"",
                "",
            ),
            ("COPY a.b () FROM stdin;", "a.b", "", ""),
            (
                "COPY a.b (c) FROM stdin WITH (ENCODING 'LATIN1');",
                "a.b",
                "c",
                "WITH (ENCODING 'LATIN1')",
            ),
            ("copy \"ä\"\"\" from stdin", "\"ä\"\"\"", "", ""),
        ] {
            assert_eq!(copied(statement), Some(Copied { table, columns, options }));
        }
        for statement in
            ["SELECT 1;", "COPY", "COPY FROM stdin;", "COPY a (b FROM stdin;", "COPY a FROM"]
        {
            assert_eq!(copied(statement), None, "{statement}");
        }
    }
}
