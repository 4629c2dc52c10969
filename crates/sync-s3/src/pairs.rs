//! Both lists side by side: each name once, with what either side knows of it.

use crate::item::Item;
use crate::listing::Listing;
use crate::walk::Met;
use std::cmp::Ordering;
use task::{Error, Result};

pub(crate) enum Pair {
    /// Only the source has it.
    New(Item),
    Both(Item, Item),
    /// Only the destination has it.
    Gone(Item),
    /// Something cannot be listed, and who knows what is below it.
    Problem {
        name: String,
        error: Error,
    },
}

pub(crate) struct Pairs {
    source: Side,
    dest: Side,
}

struct Side {
    listing: Listing,
    /// Met, and waiting for the other side to come as far.
    waiting: Option<Item>,
    ended: bool,
}

impl Pairs {
    pub(crate) fn new((source, dest): (Listing, Listing)) -> Self {
        let side = |listing| Side { listing, waiting: None, ended: false };
        Self { source: side(source), dest: side(dest) }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Pair>> {
        for side in [&mut self.source, &mut self.dest] {
            if let Some(problem) = side.fill().await? {
                return Ok(Some(problem));
            }
        }
        let order = match (&self.source.waiting, &self.dest.waiting) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(dest)) => source.name.cmp(&dest.name),
        };
        let source = if order.is_le() { self.source.waiting.take() } else { None };
        let dest = if order.is_ge() { self.dest.waiting.take() } else { None };
        Ok(match (source, dest) {
            (Some(source), Some(dest)) => Some(Pair::Both(source, dest)),
            (Some(source), None) => Some(Pair::New(source)),
            (None, dest) => dest.map(Pair::Gone),
        })
    }
}

impl Side {
    async fn fill(&mut self) -> Result<Option<Pair>> {
        if self.waiting.is_some() || self.ended {
            return Ok(None);
        }
        match self.listing.next().await? {
            Some(Met::File(item)) => self.waiting = Some(item),
            Some(Met::Problem { name, error }) => return Ok(Some(Pair::Problem { name, error })),
            None => self.ended = true,
        }
        Ok(None)
    }
}

/// Finds keys that would have to lie in a file: `a/b` where `a` is one, too. They come in order, so
/// the names that the present one begins with are enough to know.
#[derive(Debug, Default)]
pub(crate) struct Nesting(Vec<String>);

impl Nesting {
    /// The file that stands in this one's way.
    pub(crate) fn above(&mut self, name: &str) -> Option<String> {
        while self.0.last().is_some_and(|above| !name.starts_with(above.as_str())) {
            self.0.pop();
        }
        let within = |above: &&String| name.as_bytes().get(above.len()) == Some(&b'/');
        let found = self.0.iter().find(within).cloned();
        if found.is_none() {
            self.0.push(name.to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_below_a_file_is_found_whatever_lies_between() {
        let mut nesting = Nesting::default();
        let names = ["a", "a-b", "a/b", "a/b/c", "ab", "b/c", "b/c/d", "b/cd"];
        let found: Vec<_> = names.map(|name| nesting.above(name)).into_iter().collect();
        let a = || Some("a".to_owned());
        assert_eq!(found, [None, None, a(), a(), None, None, Some("b/c".to_owned()), None]);
    }
}
