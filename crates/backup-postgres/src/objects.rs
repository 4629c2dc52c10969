//! All objects of a dump, found by their identity, in the order in which they were put in.

use crate::needs::Needs;
use crate::object::{Id, Kind, Object, Part, Step};
use crate::shelf::{self, Shelf, Text};
use std::collections::{HashMap, hash_map};
use std::sync::Arc;
use task::Result;

#[derive(Debug, Default)]
pub(crate) struct Objects {
    list: Vec<Entry>,
    index: HashMap<Id, u32>,
    schemas: Schemas,
    shelf: Shelf,
    /// What bears the identity of another object: a mistake of a reader, which the guard refuses.
    doubles: Vec<String>,
}

/// An object whose statements lie on the shelf.
#[derive(Debug)]
pub(crate) struct Entry {
    pub id: Id,
    pub kind: Kind,
    pub part: Part,
    /// A view whose placeholder stands in front of it.
    replaces: bool,
    schema: u32,
    pub name: Box<str>,
    /// What must stand before it.
    pub needs: Needs,
    ddl: Text,
    /// Few have these two.
    grants: Option<Box<Text>>,
    placeholder: Option<Box<Text>>,
}

/// Each once, by number.
#[derive(Debug, Default)]
struct Schemas {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Schemas {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }
}

impl Objects {
    pub(crate) fn push(&mut self, object: Object) {
        let mut boxed = |text: &str| Box::new(self.shelf.put(text));
        let entry = Entry {
            id: object.id,
            kind: object.kind,
            part: object.part,
            replaces: false,
            schema: self.schemas.number(&object.schema),
            name: object.name.into(),
            needs: object.needs.into_iter().collect(),
            grants: (!object.grants.is_empty()).then(|| boxed(&object.grants)),
            placeholder: object.placeholder.map(|text| boxed(&text)),
            ddl: self.shelf.put(&object.ddl),
        };
        self.insert(entry);
    }

    fn insert(&mut self, entry: Entry) {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        match self.index.entry(entry.id) {
            hash_map::Entry::Vacant(place) => {
                place.insert(next);
                self.list.push(entry);
            }
            hash_map::Entry::Occupied(_) => {
                let name = match self.schema(&entry) {
                    "" => entry.name.to_string(),
                    schema => format!("{schema}.{}", entry.name),
                };
                self.doubles.push(format!("{name:?}, which was taken for another object"));
            }
        }
    }

    /// Empty for what is in none.
    pub(crate) fn schema(&self, entry: &Entry) -> &str {
        self.schemas.names.get(entry.schema as usize).map_or("", |name| name)
    }

    pub(crate) fn doubles(&self) -> &[String] {
        &self.doubles
    }

    /// As if this kind were unknown.
    #[cfg(test)]
    pub(crate) fn forget(&mut self, kind: Kind) -> Vec<Entry> {
        let (forgotten, known) =
            std::mem::take(&mut self.list).into_iter().partition(|entry| entry.kind == kind);
        self.list = known;
        forgotten
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.list.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.list.iter_mut()
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Entry> {
        self.list.get(*self.index.get(&id)? as usize)
    }

    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut Entry> {
        self.list.get_mut(*self.index.get(&id)? as usize)
    }

    /// Puts the placeholder of a view into the first part, as an object of its own; none if the
    /// object has none left.
    pub(crate) fn split(&mut self, id: Id) -> Option<Id> {
        let view = self.get_mut(id)?;
        let ddl = view.placeholder.take()?;
        view.replaces = true;
        let early = Entry {
            id: id.step(Step::Placeholder),
            kind: view.kind,
            part: Part::PreData,
            replaces: false,
            schema: view.schema,
            name: view.name.clone(),
            needs: Needs::default(),
            ddl: *ddl,
            grants: None,
            placeholder: None,
        };
        let id = early.id;
        self.insert(early);
        Some(id)
    }

    /// The same, in this order.
    pub(crate) fn arranged(mut self, order: &[Id]) -> Self {
        let places: HashMap<Id, usize> = order.iter().copied().zip(0..).collect();
        self.list.sort_by_cached_key(|entry| places.get(&entry.id).copied());
        self.index = HashMap::new();
        self.list.shrink_to_fit();
        self
    }

    pub(crate) fn statements(&self) -> Statements<'_> {
        Statements(self.shelf.reader())
    }
}

impl Extend<Object> for Objects {
    fn extend<T: IntoIterator<Item = Object>>(&mut self, objects: T) {
        objects.into_iter().for_each(|object| self.push(object));
    }
}

/// Takes the statements of objects from the shelf.
pub(crate) struct Statements<'a>(shelf::Reader<'a>);

impl Statements<'_> {
    /// Complete ones, each ended by `;` and a line end.
    pub(crate) fn ddl(&mut self, entry: &Entry) -> Result<String> {
        let ddl = self.0.text(entry.ddl)?;
        Ok(if entry.replaces {
            ddl.replacen("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
        } else {
            ddl.to_owned()
        })
    }

    pub(crate) fn grants(&mut self, entry: &Entry) -> Result<&str> {
        entry.grants.as_ref().map_or(Ok(""), |grants| self.0.text(**grants))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_bears_anothers_identity_is_named() {
        let table = |oid, name| {
            let id = Id::new(1259, oid);
            Object::new(id, Kind::Table, Part::PreData, "shop", name, String::new())
        };
        let mut objects = Objects::default();
        objects.extend([table(1, "orders"), table(2, "customers")]);
        assert!(objects.doubles().is_empty());
        objects.push(table(1, "items"));
        assert_eq!(objects.len(), 2);
        assert!(objects.doubles()[0].contains("shop.items"), "{:?}", objects.doubles());
    }
}
