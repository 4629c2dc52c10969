//! How hard members are compressed: no harder than the size asks for that a level promises.
//!
//! libdeflate's fastest level takes 0.6 of the time of the one that gzip's 6 needs, at some 8 % more
//! bytes. So of a content's members only as many are compressed hard as keep all together at the
//! promised size. How many that are is measured on the content itself, now and then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// So many members at a content's start are compressed hard unmeasured: of few there is little to
/// gain.
const UNMEASURED: usize = 4;
/// Members between two measurements, for rows may change their kind.
const STRETCH: usize = 128;

/// The efforts for an artifact's contents, whose members come in order.
#[derive(Debug, Default)]
pub(crate) struct Efforts(Mutex<HashMap<Option<usize>, Content>>);

#[derive(Debug, Default)]
struct Content {
    members: usize,
    share: Share,
}

/// Which part of a stretch's members is compressed hard; unknown until it is measured.
type Share = Arc<OnceLock<f64>>;

/// The effort for one member.
#[derive(Debug)]
pub(crate) struct Effort {
    place: usize,
    share: Option<Share>,
}

impl Efforts {
    /// For the next member of this content.
    pub(crate) fn next(&self, content: Option<usize>) -> Effort {
        let mut contents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let content = contents.entry(content).or_default();
        let member = content.members;
        content.members += 1;
        let Some(place) = member.checked_sub(UNMEASURED).map(|measured| measured % STRETCH) else {
            return Effort::FULL;
        };
        if place == 0 {
            content.share = Share::default();
        }
        Effort { place, share: Some(Arc::clone(&content.share)) }
    }
}

impl Effort {
    /// As hard as the level asks for.
    pub(crate) const FULL: Self = Self { place: 0, share: None };

    /// Whether this member is one of those that are compressed hard. `measure` tells which part
    /// has to be.
    pub(super) fn is_hard(&self, measure: impl FnOnce() -> f64) -> bool {
        let Some(share) = &self.share else { return true };
        let share = *share.get_or_init(measure);
        let before = self.place as f64 * share;
        (before + share).floor() > before.floor()
    }
}

/// The part of the members that has to be of size `hard` where the others are of size `fast`, so
/// that all together have the size `wanted` on the average.
pub(super) fn share(fast: usize, hard: usize, wanted: f64) -> f64 {
    let (fast, hard) = (fast as f64, hard as f64);
    if fast <= wanted {
        0.0
    } else if hard >= wanted {
        1.0
    } else {
        (fast - wanted) / (fast - hard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hard(efforts: &Efforts, content: usize, members: usize, share: f64) -> usize {
        let next = || efforts.next(Some(content)).is_hard(|| share);
        std::iter::repeat_with(next).take(members).filter(|hard| *hard).count()
    }

    #[test]
    fn as_many_are_compressed_hard_as_was_measured() {
        let efforts = Efforts::default();
        assert_eq!(hard(&efforts, 0, UNMEASURED, 0.0), UNMEASURED);
        assert_eq!(hard(&efforts, 0, STRETCH, 0.25), STRETCH / 4);
        assert_eq!(hard(&efforts, 0, STRETCH, 0.0), 0);
        assert_eq!(hard(&efforts, 0, STRETCH, 1.0), STRETCH);
        assert_eq!(hard(&efforts, 1, UNMEASURED + 100, 0.5), UNMEASURED + 50);
    }

    #[test]
    fn a_share_gives_the_wanted_size() {
        assert!((share(110, 90, 100.0) - 0.5).abs() < 1e-9);
        assert!((share(99, 90, 100.0)).abs() < 1e-9);
        assert!((share(120, 101, 100.0) - 1.0).abs() < 1e-9);
        assert!((share(100, 100, 90.0) - 1.0).abs() < 1e-9);
    }
}
