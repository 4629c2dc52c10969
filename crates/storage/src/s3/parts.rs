//! How a stream is cut into the parts of an upload, and how much of it lies in memory.
//!
//! S3 takes 10,000 parts of 5 MiB to 5 GiB, and a part must be kept until it is taken, to be sent
//! again. So parts are as small as they may be while a file is small, and grow with it:
//!
//! | parts       | of MiB | up to GiB | in memory, MiB |
//! |-------------|--------|-----------|----------------|
//! | 1–2000      | 5      | 9.8       | 15             |
//! | 2001–3000   | 8      | 17.6      | 16             |
//! | 3001–5000   | 16     | 48.8      | 16             |
//! | 5001–7000   | 32     | 111       | 32             |
//! | 7001–8500   | 64     | 205       | 64             |
//! | 8501–9500   | 256    | 455       | 256            |
//! | 9501–10000  | 1024   | 955       | 1024           |
//!
//! A size that is given is kept for all parts, which R2 demands: 16 MiB are enough for 156 GiB,
//! 64 for 625.

/// The most that one object can have.
pub(super) const MOST: u32 = 10_000;
const MIB: usize = 1 << 20;

/// The last part of each size, and the size in MiB.
const SIZES: [(u32, usize); 7] =
    [(2000, 5), (3000, 8), (5000, 16), (7000, 32), (8500, 64), (9500, 256), (MOST, 1024)];

/// Parts that are filled or under way, if they fit: two that travel hide the time that the server
/// takes for each.
const BUFFERS: usize = 3;
const MEMORY: usize = 16 * MIB;

#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// In MiB, for all parts.
    given: Option<u16>,
}

impl Parts {
    pub(super) fn new(given: Option<u16>) -> Self {
        Self { given }
    }

    /// Bytes of part `number`, which counts from 1; the last of all may be shorter.
    pub(super) fn size(self, number: u32) -> usize {
        let grown = SIZES.iter().find(|(last, _)| number <= *last).map_or(1024, |(_, size)| *size);
        self.given.map_or(grown, usize::from) * MIB
    }

    /// How many parts may be in memory, that which is filled among them.
    pub(super) fn buffers(self, number: u32) -> usize {
        (MEMORY / self.size(number)).clamp(1, BUFFERS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_are_enough_and_memory_is_bounded() {
        let parts = Parts::new(None);
        let up_to =
            |last: u32| (1..=last).map(|number| parts.size(number) as u64).sum::<u64>() >> 30;
        assert_eq!(
            [2000, 3000, 5000, 7000, 8500, 9500, MOST].map(up_to),
            [9, 17, 48, 111, 205, 455, 955]
        );
        for number in 1..=5000 {
            let memory = parts.buffers(number) * parts.size(number);
            assert!(memory <= MEMORY, "part {number}: {memory}");
        }
        assert_eq!(parts.buffers(1), 3);
        assert_eq!(parts.buffers(MOST), 1);
    }

    #[test]
    fn a_size_that_is_given_is_kept() {
        let parts = Parts::new(Some(64));
        assert_eq!((parts.size(1), parts.size(MOST)), (64 << 20, 64 << 20));
        assert_eq!(parts.buffers(1), 1);
    }
}
