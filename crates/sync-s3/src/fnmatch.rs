//! Patterns of file names as Python's `fnmatch` has them, because aws' filters are made of it: `*`
//! and `?` match slashes, too, and what stands in brackets has rules of its own. No library has
//! exactly these.

#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Char(char),
    Any,
    Star,
    Set { not: bool, items: Vec<Item> },
}

#[derive(Clone, Debug)]
enum Item {
    One(char),
    Range(char, char),
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let all: Vec<char> = text.chars().collect();
        let (mut steps, mut at) = (Vec::new(), 0);
        while let Some(&c) = all.get(at) {
            at += 1;
            steps.push(match c {
                '*' => Step::Star,
                '?' => Step::Any,
                '[' => match end_of_set(&all, at) {
                    Some(end) => {
                        let set = set(&all[at..end]);
                        at = end + 1;
                        set
                    }
                    None => Step::Char('['),
                },
                c => Step::Char(c),
            });
        }
        steps.dedup_by(|a, b| matches!((a, b), (Step::Star, Step::Star)));
        Self(steps)
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let steps = &self.0;
        let (mut step, mut rest) = (0, name.chars());
        // Where to go on when what followed the last star did not match.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            if let Some(Step::Star) = steps.get(step) {
                step += 1;
                retry = Some((step, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            match (steps.get(step), ahead.next()) {
                (None, None) => return true,
                (Some(one), Some(c)) if one.takes(c) => {
                    (step, rest) = (step + 1, ahead);
                    continue;
                }
                _ => {}
            }
            let Some((after, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            (step, rest) = (*after, from.clone());
        }
    }
}

impl Step {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::Any => true,
            Self::Star => false,
            Self::Set { not, items } => {
                let held = items.iter().any(|item| match item {
                    Item::One(own) => *own == c,
                    Item::Range(from, to) => (*from..=*to).contains(&c),
                });
                held != *not
            }
        }
    }
}

/// Where the set that begins here is closed: a bracket at its very beginning belongs to it.
fn end_of_set(all: &[char], at: usize) -> Option<usize> {
    let mut from = at;
    if all.get(from) == Some(&'!') {
        from += 1;
    }
    if all.get(from) == Some(&']') {
        from += 1;
    }
    all.get(from..)?.iter().position(|c| *c == ']').map(|found| from + found)
}

/// Hyphens between two characters make a range of them, and a range that ends before it begins is
/// none.
fn set(inside: &[char]) -> Step {
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let mut from = 0;
    let mut look = if inside.first() == Some(&'!') { 2 } else { 1 };
    while let Some(found) = inside.get(look..).and_then(|rest| rest.iter().position(|c| *c == '-'))
    {
        let hyphen = look + found;
        chunks.push(inside[from..hyphen].to_vec());
        from = hyphen + 1;
        look = hyphen + 3;
    }
    match inside.get(from..) {
        Some(rest) if !rest.is_empty() => chunks.push(rest.to_vec()),
        _ => match chunks.last_mut() {
            Some(last) => last.push('-'),
            None => chunks.push(Vec::new()),
        },
    }
    for k in (1..chunks.len()).rev() {
        if chunks[k - 1].last() > chunks[k].first() {
            let tail: Vec<char> = chunks[k].iter().skip(1).copied().collect();
            chunks[k - 1].pop();
            chunks[k - 1].extend(tail);
            chunks.remove(k);
        }
    }
    // Alone, an exclamation mark stands for any character: not one of none.
    let not = chunks[0].first() == Some(&'!');
    if not {
        chunks[0].remove(0);
    }
    let mut items = Vec::new();
    for (number, chunk) in chunks.iter().enumerate() {
        let begins = usize::from(number > 0);
        let ends = chunk.len() - usize::from(number + 1 < chunks.len() && !chunk.is_empty());
        items.extend(chunk.get(begins..ends).unwrap_or_default().iter().map(|c| Item::One(*c)));
        if let (Some(next), Some(from)) = (chunks.get(number + 1), chunk.last())
            && let Some(to) = next.first()
        {
            items.push(Item::Range(*from, *to));
        }
    }
    Step::Set { not, items }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn stars_and_question_marks_cross_slashes() {
        for (pattern, name, wanted) in [
            ("*.gz", "a/b.sql.gz", true),
            ("*.gz", "a.gz.old", false),
            ("a?b", "a/b", true),
            ("a*b*c", "a/x/b/yc", true),
            ("a*b*c", "a/x/b/y", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[!]x", "[!]x", true),
            ("[]]", "]", true),
            ("ü?", "üß", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), wanted, "{pattern} {name}");
        }
    }

    /// Against Python itself, over everything short made of what is special.
    #[test]
    fn equal_to_pythons() {
        const JUDGE: &str = "
import fnmatch, sys
for line in sys.stdin:
    pattern, name = line.rstrip('\\n').split('\\t')
    print(int(fnmatch.fnmatchcase(name, pattern)))
";
        let mut random = fastrand::Rng::with_seed(5);
        let mut text = |letters: &str, most: usize| -> String {
            let letters: Vec<char> = letters.chars().collect();
            let length = random.usize(0..=most);
            (0..length).map(|_| letters[random.usize(0..letters.len())]).collect()
        };
        let pairs: Vec<(String, String)> = (0..40_000)
            .map(|number| {
                let letters = if number % 2 == 0 { "[[]]--!!ac^\\" } else { "*?[]-!abc/^" };
                (text(letters, 9), text("abc-!]^\\", 4))
            })
            .collect();
        let lines: Vec<String> = pairs.iter().map(|(p, n)| format!("{p}\t{n}")).collect();
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("pairs");
        std::fs::write(&input, lines.join("\n")).unwrap();
        let output = Command::new("python3")
            .args(["-W", "ignore", "-c", JUDGE])
            .stdin(std::fs::File::open(&input).unwrap())
            .output()
            .unwrap();
        let judged = String::from_utf8(output.stdout).unwrap();
        let judged: Vec<bool> = judged.lines().map(|line| line == "1").collect();
        assert_eq!(judged.len(), pairs.len(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(judged.iter().filter(|matched| **matched).count() > 1000);
        for ((pattern, name), wanted) in pairs.iter().zip(judged) {
            assert_eq!(Pattern::new(pattern).matches(name), wanted, "{pattern:?} {name:?}");
        }
    }
}
