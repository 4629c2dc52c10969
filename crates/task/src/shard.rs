//! A part of the work: an Indexed Job splits a list of items by a stable hash of their names.

use xxhash_rust::xxh3::xxh3_64;

/// Flattened into the settings of programs whose items can be split.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Sharing work")]
pub struct ShardSettings {
    /// Only this part of the items, as in 0/3, 1/3, 2/3 [default: `JOB_COMPLETION_INDEX` of
    /// `SHARD_COUNT`]
    #[arg(long, env = "SHARD", value_name = "I/N", value_parser = parse)]
    pub shard: Option<Shard>,

    #[arg(long, env = "JOB_COMPLETION_INDEX", hide = true)]
    job_completion_index: Option<u32>,

    #[arg(long, env = "SHARD_COUNT", hide = true)]
    shard_count: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl ShardSettings {
    /// All of it, where nothing is said.
    pub fn shard(&self) -> crate::Result<Shard> {
        let counted = match (self.job_completion_index, self.shard_count) {
            (Some(index), Some(count)) => Some(
                Shard::new(index, count)
                    .map_err(|why| crate::Error::usage(format!("SHARD_COUNT: {why}")))?,
            ),
            _ => None,
        };
        Ok(self.shard.or(counted).unwrap_or_default())
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self { index: 0, count: 1 }
    }
}

impl Shard {
    fn new(index: u32, count: u32) -> Result<Self, String> {
        if index >= count {
            return Err(format!("there is no part {index} of {count}: they count from 0"));
        }
        Ok(Self { index, count })
    }

    /// Whether an item of this name belongs to it; the same for ever, whatever else there is.
    pub fn holds(self, name: &str) -> bool {
        self.count == 1 || xxh3_64(name.as_bytes()) % u64::from(self.count) == u64::from(self.index)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

fn parse(text: &str) -> Result<Shard, String> {
    let numbers = text
        .split_once('/')
        .and_then(|(index, count)| Some((index.trim().parse().ok()?, count.trim().parse().ok()?)));
    let (index, count) = numbers.ok_or("write it like 0/3")?;
    Shard::new(index, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_belongs_to_exactly_one_part() {
        let parts: Vec<Shard> = (0..3).map(|index| Shard::new(index, 3).unwrap()).collect();
        let mut counts = [0; 3];
        for number in 0..3000 {
            let name = format!("some/item-{number}");
            let held: Vec<usize> = (0..3).filter(|part| parts[*part].holds(&name)).collect();
            assert_eq!(held.len(), 1, "{name}");
            counts[held[0]] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
        // A change of the hash would have a job's parts overlap while it is rolled out.
        assert_eq!(xxh3_64(b"a"), 0xe6c6_32b6_1e96_4e1f);
        assert!(Shard::default().holds("a"));
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse("1/3").unwrap().to_string(), "1/3");
        for text in ["", "3", "3/3", "-1/3", "a/b", "0/0"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
