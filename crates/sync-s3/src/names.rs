//! The names in one directory, packed: a million of them must fit into little memory.

use std::cmp::Ordering;

/// What a name stands for; a directory's ends with a slash here, so that names sort as S3 sorts
/// the keys that are made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File,
    /// A link that leads nowhere, a socket, a pipe, a device.
    Other,
}

#[derive(Debug, Default)]
pub(crate) struct Names {
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    at: u32,
    length: u16,
    kind: Kind,
}

impl Names {
    /// False if there is no room for more.
    pub(crate) fn push(&mut self, name: &[u8], kind: Kind) -> bool {
        let (Ok(at), Ok(length)) = (u32::try_from(self.bytes.len()), u16::try_from(name.len()))
        else {
            return false;
        };
        self.bytes.extend_from_slice(name);
        let slash = kind == Kind::Directory;
        if slash {
            self.bytes.push(b'/');
        }
        self.slots.push(Slot { at, length: length + u16::from(slash), kind });
        true
    }

    pub(crate) fn sort(&mut self) {
        let bytes = &self.bytes;
        self.slots.sort_unstable_by(|a, b| -> Ordering { name(bytes, *a).cmp(name(bytes, *b)) });
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], Kind)> {
        self.slots.iter().map(|slot| (name(&self.bytes, *slot), slot.kind))
    }
}

fn name(bytes: &[u8], slot: Slot) -> &[u8] {
    let at = slot.at as usize;
    &bytes[at..at + usize::from(slot.length)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_sorts_as_the_keys_in_it() {
        let mut names = Names::default();
        for (name, kind) in [
            ("a", Kind::Directory),
            ("a.b", Kind::File),
            ("a-b", Kind::File),
            ("a0", Kind::File),
            ("é", Kind::File),
            ("z", Kind::File),
        ] {
            assert!(names.push(name.as_bytes(), kind));
        }
        names.sort();
        let sorted: Vec<_> = names.iter().map(|(name, _)| str::from_utf8(name).unwrap()).collect();
        assert_eq!(sorted, ["a-b", "a.b", "a/", "a0", "z", "é"]);
        assert!(size_of::<Slot>() == 8);
    }
}
