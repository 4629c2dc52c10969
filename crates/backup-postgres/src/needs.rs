//! A few objects that one needs: most need one or two, and a hash table for each would be large.

use crate::object::Id;
use smallvec::SmallVec;

#[derive(Clone, Debug, Default)]
pub(crate) struct Needs(SmallVec<[Id; 1]>);

impl Needs {
    /// Whether it was not there yet.
    pub(crate) fn insert(&mut self, id: Id) -> bool {
        let place = self.0.binary_search(&id);
        if let Err(place) = place {
            // One at a time: few grow at all.
            self.0.reserve_exact(1);
            self.0.insert(place, id);
        }
        place.is_err()
    }

    pub(crate) fn remove(&mut self, id: Id) -> bool {
        let place = self.0.binary_search(&id);
        place.map(|place| self.0.remove(place)).is_ok()
    }

    pub(crate) fn contains(&self, id: Id) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Id> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Needs {
    type Item = &'a Id;
    type IntoIter = std::slice::Iter<'a, Id>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Id> for Needs {
    fn extend<T: IntoIterator<Item = Id>>(&mut self, ids: T) {
        for id in ids {
            self.insert(id);
        }
    }
}

impl FromIterator<Id> for Needs {
    fn from_iter<T: IntoIterator<Item = Id>>(ids: T) -> Self {
        let mut needs = Self::default();
        needs.extend(ids);
        needs
    }
}
