//! Whether what both sides have is to be copied again: aws' rules, or the content itself.

use crate::digest::Tag;
use crate::item::Item;
use crate::route::Route;
use crate::source;
use std::path::Path;
use storage::Objects;
use task::{Result, blocking};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum By {
    /// Size and time.
    #[default]
    Time,
    /// Size and, when downloading, exactly the same time.
    ExactTime,
    Size,
    Content,
}

/// What can be told without looking into the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    Differs,
    Ask,
}

pub(crate) fn at_sight(by: By, route: &Route, source: &Item, dest: &Item) -> Verdict {
    if source.size != dest.size {
        return Verdict::Differs;
    }
    match by {
        By::Size => Verdict::Same,
        By::Content => Verdict::Ask,
        By::Time | By::ExactTime => by_time(by, route, source, dest),
    }
}

/// What is put into S3 is younger than what it was made of; what comes from there gets its time. So
/// a destination that is older than its source is out of date in the first case, one that is
/// younger was changed in the second.
fn by_time(by: By, route: &Route, source: &Item, dest: &Item) -> Verdict {
    let same = match route {
        Route::Up { .. } | Route::Across { .. } => dest.time >= source.time,
        Route::Down { .. } if by == By::ExactTime => dest.time == source.time,
        Route::Down { .. } => dest.time <= source.time,
    };
    if same { Verdict::Same } else { Verdict::Differs }
}

/// By content, for files of one size. Where S3 does not tell enough of it, the time decides, and
/// the second value says so.
pub(crate) async fn asked(route: &Route, source: &Item, dest: &Item) -> Result<(bool, bool)> {
    let known = match route {
        Route::Up { from, to, .. } => file_and_object(&from.join(&source.name), to, dest).await?,
        Route::Down { from, to, .. } => file_and_object(&to.join(&dest.name), from, source).await?,
        Route::Across { .. } => match (&source.etag, &dest.etag) {
            (Some(one), Some(other)) if one == other => Some(true),
            // Cut into other parts, the same content has another ETag.
            _ => None,
        },
    };
    Ok(match known {
        Some(same) => (!same, false),
        None => (by_time(By::Time, route, source, dest) == Verdict::Differs, true),
    })
}

async fn file_and_object(path: &Path, objects: &Objects, object: &Item) -> Result<Option<bool>> {
    let Some(tag) = object.etag.as_deref().and_then(Tag::parse) else { return Ok(None) };
    if !tag.is_parted() {
        if is_of(tag, path, None).await? {
            return Ok(Some(true));
        }
        // With a key of its own S3 makes an ETag of something else.
        let (_, keyed) = objects.first_part(&object.name).await?;
        return Ok((!keyed).then_some(false));
    }
    let cut = part_sizes(tag, objects, object).await?;
    for part in cut.sizes {
        if is_of(tag, path, Some(part)).await? {
            return Ok(Some(true));
        }
    }
    Ok(cut.told.then_some(false))
}

async fn is_of(tag: Tag, path: &Path, part: Option<u64>) -> Result<bool> {
    let path = path.to_owned();
    blocking(move || {
        let file = source::open(&path)?;
        tag.is_of_file(&file, part).map_err(|cause| source::unreadable(&path, cause))
    })
    .await
}

/// How an object was cut into parts.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    /// The sizes that all but the last part may have.
    pub(crate) sizes: Vec<u64>,
    /// The server says so: there is no other.
    pub(crate) told: bool,
}

/// The sizes of parts that an object may have been put in: the one that the server tells, or those
/// that the usual programs take, where they fit.
pub(crate) async fn part_sizes(tag: Tag, objects: &Objects, object: &Item) -> Result<Cut> {
    const MIB: [u64; 9] = [8, 5, 16, 64, 50, 10, 32, 100, 128];
    let (told, keyed) = objects.first_part(&object.name).await?;
    if keyed {
        return Ok(Cut::default());
    }
    if let Some(told) = told.filter(|told| tag.fits(object.size, *told)) {
        return Ok(Cut { sizes: vec![told], told: true });
    }
    let usual = objects.part_size().into_iter().chain(MIB.map(|mib| mib << 20));
    // Each costs a reading of the whole file.
    let sizes = usual.filter(|part| tag.fits(object.size, *part)).take(2).collect();
    Ok(Cut { sizes, told: false })
}
