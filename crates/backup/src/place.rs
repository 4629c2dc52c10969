//! Where a backup is to lie, from the first look at the stores to the manifest and what is removed
//! after it. The order is the promise: proven, then named, and only then are older ones looked at.

use crate::age::Recipients;
use crate::codec::Codec;
use crate::manifest::Manifest;
use crate::name::Name;
use crate::readback::Check;
use crate::settings::{KeepSettings, PlaceSettings};
use crate::writer::{Facts, Writer, Written};
use crate::{prune, readback};
use storage::Store;
use task::{Error, Exit, Result, Task};
use tracing::{info, warn};

#[derive(Debug)]
pub struct Place {
    stores: Vec<Store>,
    name: Name,
    codec: Codec,
    recipients: Recipients,
    keep: KeepSettings,
    proving: bool,
    pruning: bool,
    location: String,
}

impl Place {
    /// Asks whether it can be written, and removes what killed runs left.
    pub async fn open(task: &Task, settings: &PlaceSettings, name: Name) -> Result<Self> {
        let stores = settings.store.open_all(task).await?;
        let codec = settings.codec.codec;
        let recipients = settings.encrypt.recipients()?;
        let file =
            if recipients.is_empty() { name.file(codec) } else { name.encrypted_file(codec) };
        let location: Vec<_> = stores.iter().map(|store| store.location(&file)).collect();
        for store in stores.iter().filter(|_| !task.dry_run()) {
            store.writable().await?;
            let age = settings.store.leftover_age;
            for leftover in prune::sweep(task, store, (name.kind(), name.name()), age).await? {
                info!("removed {leftover}, left by a run that was killed");
            }
        }
        Ok(Self {
            stores,
            name,
            codec,
            recipients,
            keep: settings.keep.clone(),
            proving: !settings.finish.no_verify,
            pruning: !settings.finish.no_prune,
            location: location.join(", "),
        })
    }

    /// Where the file will lie, for people to read.
    pub fn location(&self) -> &str {
        &self.location
    }

    pub fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// The new backup lacks something: what is older must not go for its sake.
    #[must_use]
    pub fn without_pruning(mut self) -> Self {
        self.pruning = false;
        self
    }

    pub async fn writer(&self) -> Result<Writer> {
        Writer::create(&self.stores, self.name.clone(), self.codec, &self.recipients).await
    }

    /// Proves what was written, makes a backup of it, and only then looks at older ones. `check` makes
    /// one for each copy.
    pub async fn keep<C: Check>(
        &self,
        task: &Task,
        mut written: Written,
        facts: Facts,
        jobs: usize,
        check: impl Fn() -> C,
    ) -> Result<Manifest> {
        if self.proving {
            prove(task, &mut written, jobs, check).await?;
        }
        let manifest = written.commit(Facts { verified: self.proving, ..facts }).await?;
        if self.pruning {
            self.prune(task).await;
        }
        Ok(manifest)
    }

    /// The backup is done: what is wrong with old ones is another matter.
    async fn prune(&self, task: &Task) {
        let (kind, name) = (self.name.kind(), self.name.name());
        for store in &self.stores {
            let pruned = prune::prune(task, store, &[kind], Some(name), &self.keep).await;
            match pruned {
                Ok(pruned) if pruned.incomplete.is_empty() => info!("{}", pruned.summary),
                Ok(pruned) => {
                    warn!("{}; not removed: {}", pruned.summary, pruned.incomplete.join(", "));
                }
                Err(error) => {
                    warn!("the backup is done, but old ones were not removed: {error:#}");
                }
            }
        }
    }
}

/// Reads the file back from everywhere and compares it with what was sent.
async fn prove<C: Check>(
    task: &Task,
    written: &mut Written,
    jobs: usize,
    check: impl Fn() -> C,
) -> Result<()> {
    let mut wrong = Vec::new();
    for (place, copy) in written.copies().iter().enumerate() {
        let progress = task.progress("reading back", Some(written.artifact.size));
        let read = readback::readback(copy, &*written, jobs, check(), |bytes| {
            progress.add(bytes);
        });
        match task.until_stopped(read).await {
            Err(error) if error.exit() == Exit::Stopped => return Err(error),
            Err(error) => wrong.push((place, error)),
            Ok(()) => {}
        }
    }
    written.give_up(wrong)
}

/// Ends the writing, once nobody else holds the writer.
pub async fn seal(task: &Task, writer: std::sync::Arc<Writer>) -> Result<Written> {
    let writer = std::sync::Arc::into_inner(writer)
        .ok_or_else(|| Error::failed("a worker still writes after the last row"))?;
    task.until_stopped(writer.seal()).await
}
