//! Files that have several names: the first that the walk meets holds the content, the others are
//! links to it.

use rustix::fs::Stat;
use std::collections::HashMap;

/// Forgets a file once all its names were met.
#[derive(Default)]
pub(crate) struct Links(HashMap<(u64, u64), First>);

/// The path of the first name, and how many are still to be met.
type First = (Box<[u8]>, u64);

impl Links {
    /// The first name, if there was one.
    pub(crate) fn known(&mut self, stat: &Stat) -> Option<Vec<u8>> {
        let key = (stat.st_dev, stat.st_ino);
        let (path, left) = self.0.get_mut(&key)?;
        let path = path.to_vec();
        *left -= 1;
        if *left == 0 {
            self.0.remove(&key);
        }
        Some(path)
    }

    pub(crate) fn add(&mut self, stat: &Stat, path: &[u8]) {
        // On some systems the count of links is an u32.
        #[allow(clippy::useless_conversion)]
        let left = u64::from(stat.st_nlink).saturating_sub(1);
        self.0.insert((stat.st_dev, stat.st_ino), (path.into(), left));
    }
}
