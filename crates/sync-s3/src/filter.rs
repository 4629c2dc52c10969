//! Which files take part: aws' rules. All do at first; of the rules that match a name, the last
//! decides. A rule is meant relative to the source and to the destination, and is held against
//! both, so that what is left out is not deleted either.

use crate::fnmatch::Pattern;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, parser::ValueSource};

/// Rules in the order that was given: a list for each flag would lose it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    include: bool,
    text: String,
    pattern: Pattern,
}

const EXCLUDE: &str = "exclude";
const INCLUDE: &str = "include";
const FILTER: &str = "filter";

impl Rules {
    fn push(&mut self, include: bool, text: &str) {
        let (text, pattern) = (text.to_owned(), Pattern::new(text));
        self.0.push(Rule { include, text, pattern });
    }

    /// `- PATTERN` or `+ PATTERN`.
    fn push_signed(&mut self, rule: &str) -> Result<(), clap::Error> {
        let rule = rule.trim();
        let (include, pattern) = if let Some(pattern) = rule.strip_prefix("- ") {
            (false, pattern)
        } else if let Some(pattern) = rule.strip_prefix("+ ") {
            (true, pattern)
        } else {
            return Err(clap::Error::raw(
                clap::error::ErrorKind::InvalidValue,
                format!("the filter {rule:?} does not begin with \"- \" or \"+ \"\n"),
            ));
        };
        self.push(include, pattern.trim());
        Ok(())
    }
}

impl clap::Args for Rules {
    fn augment_args(command: Command) -> Command {
        let arg = |name: &'static str, variable: &'static str, value: &'static str| {
            Arg::new(name)
                .long(name)
                .env(variable)
                .value_name(value)
                .action(ArgAction::Append)
                .help_heading("Filters")
        };
        command
            .arg(
                arg(EXCLUDE, "EXCLUDE", "PATTERN")
                    .help("Leave out files like this; of all rules that match, the last counts"),
            )
            .arg(arg(INCLUDE, "INCLUDE", "PATTERN").help("Take files like this all the same"))
            .arg(arg(FILTER, "FILTERS", "RULE").allow_hyphen_values(true).help(
                "The same as one list that keeps its order: \"- PATTERN\" leaves out, \"+ \
                     PATTERN\" takes; in the variable one a line, or by commas",
            ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Rules {
    /// First what the environment says: all of `EXCLUDE`, then `INCLUDE`, then `FILTERS`. Then the
    /// flags, in their order.
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut rules = Self::default();
        let mut flags: Vec<(usize, &str, &String)> = Vec::new();
        for name in [EXCLUDE, INCLUDE, FILTER] {
            let Some(values) = matches.get_many::<String>(name) else { continue };
            if matches.value_source(name) == Some(ValueSource::EnvVariable) {
                for value in values.flat_map(|value| split(value)) {
                    match name {
                        FILTER => rules.push_signed(value)?,
                        _ => rules.push(name == INCLUDE, value),
                    }
                }
            } else if let Some(indices) = matches.indices_of(name) {
                flags.extend(indices.zip(values).map(|(index, value)| (index, name, value)));
            }
        }
        flags.sort_unstable_by_key(|(index, _, _)| *index);
        for (_, name, value) in flags {
            match name {
                FILTER => rules.push_signed(value)?,
                _ => rules.push(name == INCLUDE, value),
            }
        }
        Ok(rules)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A variable with several lines has a rule on each; with one, they are parted by commas.
fn split(value: &str) -> impl Iterator<Item = &str> {
    let separator = if value.trim().contains('\n') { '\n' } else { ',' };
    value.split(separator).map(str::trim).filter(|rule| !rule.is_empty())
}

/// The rules for names below one of the two places.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    rules: Rules,
    /// What stands before a name there, as in `/data/` or `bucket/prefix/`.
    root: String,
    /// The same of both places.
    roots: Vec<String>,
}

impl Filter {
    pub(crate) fn new(rules: &Rules, root: String, other: String) -> Self {
        let mut roots = vec![root.clone(), other];
        roots.dedup();
        Self { rules: rules.clone(), root, roots }
    }

    pub(crate) fn takes(&self, name: &str) -> bool {
        if self.rules.0.is_empty() {
            return true;
        }
        let path = format!("{}{name}", self.root);
        let mut taken = true;
        for rule in &self.rules.0 {
            let matched = if rule.text.starts_with('/') {
                // As when paths are joined: such a pattern is a whole path.
                rule.pattern.matches(&path)
            } else {
                let below = |root: &String| path.strip_prefix(root.as_str());
                self.roots.iter().filter_map(below).any(|name| rule.pattern.matches(name))
            };
            if matched {
                taken = rule.include;
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Given {
        #[command(flatten)]
        rules: Rules,
    }

    fn takes(arguments: &[&str], name: &str) -> bool {
        let given = Given::try_parse_from([&["x"], arguments].concat()).unwrap();
        Filter::new(&given.rules, "/data/".to_owned(), "bucket/".to_owned()).takes(name)
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        let only = ["--exclude", "*", "--include", "*.sql.gz"];
        assert!(takes(&only, "a/b.sql.gz"));
        assert!(!takes(&only, "a/b.txt"));
        let none = ["--include", "*.sql.gz", "--exclude", "*"];
        assert!(!takes(&none, "a/b.sql.gz"));
        assert!(takes(&[], "a"));
        assert!(takes(&["--filter", "- *", "--include", "a"], "a"));
        assert!(!takes(&["--include", "a", "--filter", "- *"], "a"));
        assert!(!takes(&["--exclude", "/data/a"], "a"));
        assert!(takes(&["--exclude", "/a"], "a"));
    }

    #[test]
    fn a_variable_keeps_the_order_by_lines_or_commas() {
        assert_eq!(split("- *.tmp,+ keep/*").collect::<Vec<_>>(), ["- *.tmp", "+ keep/*"]);
        assert_eq!(split("- a,b\n+ c\n").collect::<Vec<_>>(), ["- a,b", "+ c"]);
        assert!(Given::try_parse_from(["x", "--filter", "*.tmp"]).is_err());
    }
}
