//! The order of the file: parts, then dependencies, then class and name.
//!
//! Two things can stand in the way. A view may need what comes in a later part (it groups by a
//! primary key), and objects may need each other (a function returns a view's row, and the view
//! calls the function). Both are mended as `pg_dump` mends them: a view of typed NULLs stands in
//! until its real text can be written. Any other circle is refused, by name.

use crate::catalog::Dependencies;
use crate::needs::Needs;
use crate::object::{Id, Kind, Part, Step, class};
use crate::objects::{Entry, Objects};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use task::{Error, Result};

/// All objects, in file order.
pub(crate) fn sort(objects: Objects, dependencies: &Dependencies) -> Result<Objects> {
    let mut graph = Graph::new(objects, dependencies);
    graph.postpone();
    graph.refuse_late_tables()?;
    let parts: Vec<Part> =
        [Part::PreData, Part::Indexes, Part::PostData, Part::ForeignKeys, Part::Final].into();
    let mut sorted = Vec::with_capacity(graph.objects.len());
    for part in parts {
        let order = match graph.order(part) {
            Ok(order) => order,
            Err(circle) => {
                graph.break_views(&circle);
                graph.order(part).map_err(|circle| graph.refuse(&circle))?
            }
        };
        sorted.extend(order);
    }
    Ok(graph.objects.arranged(&sorted))
}

/// Orders what is given so that each comes after those it needs, directly or through others; by
/// their text where nothing else tells.
pub(crate) fn by_need(items: Vec<(Id, String)>, dependencies: &Dependencies) -> Vec<String> {
    let mut all: HashMap<Id, Vec<Id>> = HashMap::new();
    for (from, to) in &dependencies.edges {
        all.entry(dependencies.whole(*from)).or_default().push(dependencies.whole(*to));
    }
    let mut waiting = BTreeMap::new();
    for (id, text) in items {
        let mut needs = HashSet::new();
        visit(id, |id| all.get(&id), &mut needs);
        needs.remove(&id);
        waiting.insert(text, (id, needs));
    }
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let left: HashSet<Id> = waiting.values().map(|waits| waits.0).collect();
        let ready = waiting.iter().find(|(_, (_, needs))| needs.is_disjoint(&left));
        // Views that need each other are all as ready as they can be.
        let next = ready.or_else(|| waiting.iter().next()).map(|(text, _)| text.clone());
        let Some(next) = next else { break };
        waiting.remove(&next);
        ordered.push(next);
    }
    ordered
}

/// All that one needs, directly or through others, and itself.
fn visit<'a, I: IntoIterator<Item = &'a Id>>(
    from: Id,
    needs: impl Fn(Id) -> Option<I>,
    seen: &mut HashSet<Id>,
) {
    let mut stack = vec![from];
    while let Some(id) = stack.pop() {
        if seen.insert(id) {
            stack.extend(needs(id).into_iter().flatten());
        }
    }
}

struct Graph {
    objects: Objects,
    needs: HashMap<Id, Needs>,
    /// What a view needs for its columns alone.
    columns_need: HashMap<Id, Needs>,
}

impl Graph {
    fn new(objects: Objects, dependencies: &Dependencies) -> Self {
        let mut needs: HashMap<Id, Needs> = HashMap::with_capacity(objects.len());
        let mut columns_need: HashMap<Id, Needs> = HashMap::new();
        let written = |id| objects.get(id).is_some();
        for (from, to) in &dependencies.edges {
            let (Some(whole), Some(to)) =
                (dependencies.written_as(*from, written), dependencies.written_as(*to, written))
            else {
                continue;
            };
            if whole != to {
                needs.entry(whole).or_default().insert(to);
                let is_view = objects.get(whole).is_some_and(|object| object.kind == Kind::View);
                if is_view && whole == *from {
                    columns_need.entry(whole).or_default().insert(to);
                }
            }
        }
        for object in objects.iter() {
            let explicit = object.needs.iter().copied().filter(|id| written(*id));
            needs.entry(object.id).or_default().extend(explicit);
        }
        let mut graph = Self { objects, needs, columns_need };
        graph.use_shells();
        graph.check_domains_first();
        graph
    }

    /// A function that a type needs for its definition makes do with the shell of the type.
    fn use_shells(&mut self) {
        let shells: Vec<Id> = self
            .objects
            .iter()
            .filter(|object| object.kind == Kind::Type && object.id.step == Step::Placeholder)
            .map(|object| object.id)
            .collect();
        for shell in shells {
            let whole = shell.step(Step::Main);
            let helpers = self.needs.get(&whole).cloned().unwrap_or_default();
            for helper in helpers.iter().filter(|helper| helper.class == class::PROC) {
                if let Some(needs) = self.needs.get_mut(helper)
                    && needs.remove(whole)
                {
                    needs.insert(shell);
                }
            }
            let schema = self.needs.get(&whole).into_iter().flatten().copied();
            let schema = schema
                .filter(|id| {
                    self.objects.get(*id).is_some_and(|object| object.kind == Kind::Schema)
                })
                .collect();
            self.needs.insert(shell, schema);
            self.needs.entry(whole).or_default().insert(shell);
        }
    }

    /// A domain takes no more checks once a column has it inside of another type: so whoever uses
    /// the domain waits for its checks, but for those that the checks themselves need.
    fn check_domains_first(&mut self) {
        let checks: Vec<(Id, Id)> = self
            .objects
            .iter()
            .filter(|object| object.kind == Kind::Check && object.part == Part::PreData)
            .flat_map(|check| check.needs.iter().map(|need| (*need, check.id)))
            .filter(|(domain, _)| domain.class == class::TYPE)
            .collect();
        for (domain, check) in checks {
            let mut before = HashSet::new();
            visit(check, |id| self.needs.get(&id), &mut before);
            for (user, needs) in &mut self.needs {
                if needs.contains(domain) && !before.contains(user) {
                    needs.insert(check);
                }
            }
        }
    }

    /// Moves what needs something of a later part after it; a view leaves a placeholder behind.
    fn postpone(&mut self) {
        loop {
            let mut late = Vec::new();
            for object in self.objects.iter() {
                let needs = self.needs.get(&object.id).into_iter().flatten();
                let needed =
                    needs.filter_map(|id| self.objects.get(*id)).map(|need| need.part).max();
                // Statements of these two parts run side by side, so they cannot need each other.
                let alone = [Part::Indexes, Part::ForeignKeys].contains(&object.part);
                match needed {
                    Some(needed) if needed > object.part || needed == object.part && alone => {
                        late.push((object.id, needed.max(Part::PostData)));
                    }
                    _ => {}
                }
            }
            if late.is_empty() {
                return;
            }
            for (id, part) in late {
                self.split_view(id);
                let part = if part == Part::ForeignKeys { Part::Final } else { part };
                if let Some(object) = self.objects.get_mut(id) {
                    object.part = part;
                }
            }
        }
    }

    /// The rows come right after the first part: what holds them has to stand there.
    fn refuse_late_tables(&self) -> Result<()> {
        let holds_rows = [Kind::Table, Kind::Attach, Kind::Sequence, Kind::SequenceOwner];
        let late = self
            .objects
            .iter()
            .find(|object| object.part > Part::PreData && holds_rows.contains(&object.kind));
        late.map_or(Ok(()), |object| Err(self.refuse(&[object.id])))
    }

    /// Puts a placeholder in front of a view; whoever stands in an early part is content with it.
    fn split_view(&mut self, id: Id) {
        let Some(early) = self.objects.split(id) else { return };
        for (user, needs) in &mut self.needs {
            if needs.contains(id)
                && self.objects.get(*user).is_some_and(|user| user.part == Part::PreData)
            {
                needs.remove(id);
                needs.insert(early);
            }
        }
        self.needs.entry(id).or_default().insert(early);
        // The columns' types may be rows of views that have a placeholder by now.
        let columns = self.columns_need.get(&id).cloned().unwrap_or_default();
        let columns = columns.iter().map(|need| {
            let early = need.step(Step::Placeholder);
            if self.objects.get(early).is_some() { early } else { *need }
        });
        let columns = columns.collect();
        self.needs.insert(early, columns);
    }

    fn break_views(&mut self, circle: &[Id]) {
        for id in circle {
            self.split_view(*id);
        }
    }

    /// One part in order, or what is left because it goes round in circles.
    fn order(&self, part: Part) -> Result<Vec<Id>, Vec<Id>> {
        let members: HashMap<Id, &Entry> = self
            .objects
            .iter()
            .filter(|object| object.part == part)
            .map(|object| (object.id, object))
            .collect();
        let key = |id: &Id| {
            let object = members[id];
            Reverse((object.kind, &object.schema, &object.name, object.id))
        };
        let mut waiting: HashMap<Id, usize> = HashMap::new();
        let mut users: HashMap<Id, Vec<Id>> = HashMap::new();
        for id in members.keys() {
            let needs = self.needs.get(id).into_iter().flatten();
            let here: Vec<&Id> = needs.filter(|need| members.contains_key(need)).collect();
            waiting.insert(*id, here.len());
            for need in here {
                users.entry(*need).or_default().push(*id);
            }
        }
        let mut ready: BinaryHeap<_> =
            waiting.iter().filter(|(_, count)| **count == 0).map(|(id, _)| key(id)).collect();
        let mut order = Vec::with_capacity(members.len());
        while let Some(Reverse((_, _, _, id))) = ready.pop() {
            waiting.remove(&id);
            order.push(id);
            for user in users.get(&id).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(user) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(key(user));
                    }
                }
            }
        }
        if waiting.is_empty() { Ok(order) } else { Err(self.circle(&waiting)) }
    }

    /// Of those that wait, the ones that wait for themselves: no need to touch mere followers.
    fn circle(&self, waiting: &HashMap<Id, usize>) -> Vec<Id> {
        let mut left: HashSet<Id> = waiting.keys().copied().collect();
        loop {
            let needed: HashSet<Id> = left
                .iter()
                .flat_map(|id| self.needs.get(id).into_iter().flatten())
                .copied()
                .collect();
            let before = left.len();
            left.retain(|id| needed.contains(id));
            if left.len() == before {
                return left.into_iter().collect();
            }
        }
    }

    fn refuse(&self, circle: &[Id]) -> Error {
        let names: BTreeSet<String> = circle
            .iter()
            .filter_map(|id| self.objects.get(*id))
            .map(|object| format!("{:?} {}.{}", object.kind, object.schema, object.name))
            .collect();
        let names: Vec<String> = names.into_iter().take(10).collect();
        Error::usage(format!(
            "cannot write these objects in any order, because each needs first what comes after \
             it: {}",
            names.join(", ")
        ))
    }
}
