//! What can happen to a file that lies somewhere for years, done on purpose.

use std::collections::BTreeSet;
use std::ops::Range;

/// One harm. `{:?}` of it belongs into a test's message.
#[derive(Clone, Debug)]
pub enum Damage {
    /// One bit of one byte.
    Flip {
        at: usize,
        bit: u8,
    },
    /// Nothing is left from here on.
    Cut(usize),
    Append(Vec<u8>),
    /// Two parts in each other's place; the first lies before the second.
    Swap(Range<usize>, Range<usize>),
    /// A hole, as after a crash of the file system.
    Zero(Range<usize>),
}

impl Damage {
    /// The bytes with the harm done.
    pub fn to(&self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        match self {
            Self::Flip { at, bit } => bytes[*at] ^= 1 << bit,
            Self::Cut(length) => bytes.truncate(*length),
            Self::Append(more) => bytes.extend_from_slice(more),
            Self::Swap(one, other) => {
                bytes = [
                    &whole[..one.start],
                    &whole[other.clone()],
                    &whole[one.end..other.start],
                    &whole[one.clone()],
                    &whole[other.end..],
                ]
                .concat();
            }
            Self::Zero(range) => bytes[range.clone()].fill(0),
        }
        bytes
    }
}

/// Every place of a short file; of a longer one the first and last 64, where headers and trailers
/// are, and as many between, at random, as make `count`.
pub fn dense(seed: u64, length: usize, count: usize) -> Vec<usize> {
    if length <= count {
        return (0..length).collect();
    }
    let edge = 64.min(length / 2);
    let mut places: BTreeSet<usize> = (0..edge).chain(length - edge..length).collect();
    let mut random = fastrand::Rng::with_seed(seed);
    while places.len() < count {
        places.insert(random.usize(edge..length - edge));
    }
    places.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_harm_is_what_it_says() {
        let of = |damage: Damage| damage.to(b"abcdef");
        assert_eq!(of(Damage::Flip { at: 1, bit: 0 }), b"accdef");
        assert_eq!(of(Damage::Cut(2)), b"ab");
        assert_eq!(of(Damage::Append(b"!".to_vec())), b"abcdef!");
        assert_eq!(of(Damage::Swap(0..1, 3..5)), b"debcaf");
        assert_eq!(of(Damage::Zero(4..6)), b"abcd\0\0");
    }

    #[test]
    fn edges_are_always_among_the_places() {
        assert_eq!(dense(1, 3, 10), [0, 1, 2]);
        let places = dense(1, 1000, 200);
        assert_eq!(places.len(), 200);
        assert_eq!((places[63], places[199 - 63]), (63, 1000 - 64));
    }
}
