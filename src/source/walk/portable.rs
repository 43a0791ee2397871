//! The portable walk: by paths, with `jwalk` for several threads and `walkdir` for one.
//!
//! The packages find the names and schedule the directories; what the names are is asked in
//! `bypath`, so both give the same batches. Limits: a path that is longer than the system takes ends the walk
//! there; a directory that is swapped for another while it waits is not noticed.

use std::sync::Arc;

use crossbeam_channel::{Sender, bounded};
use jwalk::{Parallelism, WalkDirGeneric};

use crate::entry::{Progress, Sink};
use crate::error::Result;
use crate::sys::Fault;

use super::bypath::{Listed, Name, Place, Reader, failure};
use super::{Walk, Walked, reason};

/// Reads everything below the root; the sink is called in this thread only.
pub(super) fn walk(walk: Walk, progress: &Progress, sink: &mut dyn Sink) -> Result<Walked> {
    walk.send_root(sink);
    let reader = Arc::new(Reader::new(walk));
    let root = reader.root();
    let mut walked = Walked::default();
    let mut take = |listed: Listed| {
        sink.listing(&listed.batch);
        progress.add(listed.batch.len() as u64, listed.bytes);
        listed.troubles.pour_into(&mut walked);
        !progress.is_cancelled()
    };
    let complete = if reader.walk.threads.most > 1 {
        std::thread::scope(|scope| {
            let (sender, listings) = bounded(64);
            let walker = reader.spread(root, sender.clone());
            let reports = || reader.report_unread(walker, root, sender);
            let started = std::thread::Builder::new().spawn_scoped(scope, reports);
            started.map_err(|cause| super::no_thread(&cause))?;
            Ok(listings.into_iter().all(&mut take))
        })?
    } else {
        reader.in_turn(root, &mut take)
    };
    walked.vanished = reader.vanished();
    if !complete {
        walked.troubles.push(reader.walk.interrupted());
    }
    Ok(walked)
}

type Spread = WalkDirGeneric<(Place, Place)>;

impl Reader {
    /// One thread: lists a directory, then the last one that was found.
    fn in_turn(&self, root: Place, take: &mut dyn FnMut(Listed) -> bool) -> bool {
        let mut waiting = vec![(self.walk.root.clone(), root)];
        while let Some((path, place)) = waiting.pop() {
            let found = walkdir::WalkDir::new(&path)
                .min_depth(1)
                .max_depth(1)
                .into_iter();
            let names: Vec<Name> = found
                .map(|found| match found {
                    Ok(found) => Ok(found.file_name().to_owned()),
                    Err(error) => Err(failure(error.io_error())),
                })
                .collect();
            let (listed, enter) = self.list(&path, place, &names);
            let below = names.iter().zip(enter).rev();
            waiting.extend(
                below.filter_map(|(name, place)| Some((path.join(name.as_ref().ok()?), place?))),
            );
            if !take(listed) {
                return false;
            }
        }
        true
    }

    /// Several threads: each directory is asked about where it is read. A child is read only
    /// after this has returned, and so after its parent's listing was sent.
    fn spread(self: &Arc<Self>, root: Place, sender: Sender<Listed>) -> Spread {
        let reader = Arc::clone(self);
        Spread::new(&self.walk.root)
            .skip_hidden(false)
            .parallelism(Parallelism::RayonNewPool(self.walk.threads.most))
            .root_read_dir_state(root)
            .process_read_dir(move |depth, path, place, children| {
                if depth.is_none() {
                    return;
                }
                let names: Vec<Name> = children
                    .iter()
                    .map(|child| match child {
                        Ok(child) => Ok(child.file_name.clone()),
                        Err(error) => Err(failure(error.io_error())),
                    })
                    .collect();
                let (listed, enter) = reader.list(path, *place, &names);
                let heard = sender.send(listed).is_ok();
                let mut enter = enter.into_iter();
                children.retain_mut(|child| {
                    let (Some(Some(place)), Ok(child)) = (enter.next(), child) else {
                        return false;
                    };
                    child.client_state = place;
                    let Some(below) = child.read_children.as_mut() else {
                        // A directory took the place of what was listed: nobody will read it.
                        let replaced = [Err((Fault::NotDir, reason(Fault::NotDir, None)))];
                        let dir = path.join(&child.file_name);
                        let (listed, _) = reader.list(&dir, place, &replaced);
                        drop(sender.send(listed));
                        return false;
                    };
                    below.client_read_state = Some(place);
                    heard
                });
            })
    }

    /// Runs the walk; what could not be opened is known only from what it yields.
    fn report_unread(&self, walker: Spread, root: Place, sender: Sender<Listed>) {
        for found in walker.into_iter().flatten() {
            let Some(error) = found.read_children.as_ref().and_then(|c| c.error()) else {
                continue;
            };
            let place = if found.depth == 0 {
                root
            } else {
                found.client_state
            };
            let names = [Err(failure(error.io_error()))];
            let (listed, _) = self.list(&found.path(), place, &names);
            if sender.send(listed).is_err() {
                return;
            }
        }
    }
}
