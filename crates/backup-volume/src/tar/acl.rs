//! POSIX access lists as GNU tar keeps them: the kernel's bytes, written as text with numeric ids.

const VERSION: u32 = 2;
/// Nobody in particular: the owner, the group, the mask, all others.
const TAGS: [(u16, &str, bool); 6] = [
    (0x01, "user", false),
    (0x02, "user", true),
    (0x04, "group", false),
    (0x08, "group", true),
    (0x10, "mask", false),
    (0x20, "other", false),
];

/// The text of the extended attribute's value; none if it is not of the kind we know.
pub(super) fn text(value: &[u8]) -> Option<String> {
    let (version, entries) = value.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*version) != VERSION || !entries.len().is_multiple_of(8) {
        return None;
    }
    let mut lines = Vec::new();
    for entry in entries.chunks_exact(8) {
        let tag = u16::from_le_bytes([entry[0], entry[1]]);
        let bits = u16::from_le_bytes([entry[2], entry[3]]);
        let id = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
        let (_, name, named) = TAGS.iter().find(|known| known.0 == tag)?;
        let who = if *named { id.to_string() } else { String::new() };
        let may = |bit: u16, letter: char| if bits & bit == 0 { '-' } else { letter };
        lines.push(format!("{name}:{who}:{}{}{}", may(4, 'r'), may(2, 'w'), may(1, 'x')));
    }
    Some(lines.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_list_becomes_text() {
        let mut value = VERSION.to_le_bytes().to_vec();
        for (tag, bits, id) in [
            (1_u16, 6_u16, u32::MAX),
            (2, 4, 1000),
            (4, 4, u32::MAX),
            (16, 7, u32::MAX),
            (32, 0, u32::MAX),
        ] {
            value.extend(tag.to_le_bytes());
            value.extend(bits.to_le_bytes());
            value.extend(id.to_le_bytes());
        }
        assert_eq!(
            text(&value).unwrap(),
            "user::rw-,user:1000:r--,group::r--,mask::rwx,other::---"
        );
        assert_eq!(text(&value[..9]), None);
        assert_eq!(text(b""), None);
    }
}
