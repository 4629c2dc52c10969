//! What is left when all content is there: further names of files, and the attributes of folders. A
//! folder's turn comes when the index has left it: its time would change, and its mode could keep us
//! out.

use super::Restored;
use super::select::Selection;
use super::target::Target;
use crate::attributes::Attributes;
use crate::entry::{Entry, Kind, shown, within};
use crate::index::{Line, Reading};
use std::collections::HashMap;
use task::{Error, Result};

pub(super) fn finish(
    mut reading: Reading,
    selection: &Selection,
    target: &mut Target,
    restored: &mut Restored,
) -> Result<()> {
    let mut attributes: HashMap<_, _> = std::mem::take(&mut restored.folders).into_iter().collect();
    let mut open: Vec<Entry> = Vec::new();
    while let Some(text) = reading.next()? {
        let line = Line::parse(&text)?;
        if !matches!(line.kind, Kind::Directory | Kind::Link) {
            continue;
        }
        let path = line.path()?;
        while let Some(folder) = open.pop_if(|folder| !within(&path, &folder.path)) {
            dress(folder, &mut attributes, target, restored);
        }
        if line.kind == Kind::Directory {
            if selection.has(&path) || selection.leads_to(&path) {
                open.push(folder(&line, path)?);
            }
        } else if selection.has(&path) {
            link(&line.link()?, &path, selection, target, restored);
        }
    }
    while let Some(folder) = open.pop() {
        dress(folder, &mut attributes, target, restored);
    }
    target.sync()
}

fn folder(line: &Line<'_>, path: Vec<u8>) -> Result<Entry> {
    let id = |text: &str| {
        text.parse().map_err(|_| Error::integrity("an owner in the file index is damaged"))
    };
    Ok(Entry {
        path,
        kind: Kind::Directory,
        mode: line.mode,
        uid: id(line.uid)?,
        gid: id(line.gid)?,
        mtime: line.mtime,
        ..Entry::default()
    })
}

fn dress(
    mut folder: Entry,
    attributes: &mut HashMap<Vec<u8>, Attributes>,
    target: &mut Target,
    restored: &mut Restored,
) {
    folder.attributes = attributes.remove(&folder.path).unwrap_or_default();
    if let Err(cause) = target.dress_folder(&folder) {
        restored.fail(format!("{}: {cause}", shown(&folder.path)));
    }
}

fn link(
    first: &[u8],
    path: &[u8],
    selection: &Selection,
    target: &mut Target,
    restored: &mut Restored,
) {
    let Some(place) = selection.place(first) else { return };
    if place == path {
        // It was made as the file itself.
        return;
    }
    match target.link(place, path) {
        Ok(()) => restored.entries += 1,
        Err(cause) => restored.fail(format!("{}: {cause}", shown(path))),
    }
}
