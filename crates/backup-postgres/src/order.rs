//! The order of the file: parts, then dependencies, then class and name.
//!
//! Two things can stand in the way. A view may need what comes in a later part (it groups by a
//! primary key), and objects may need each other (a function returns a view's row, and the view
//! calls the function). Both are mended as `pg_dump` mends them: a view of typed NULLs stands in
//! until its real text can be written. Any other circle is refused, by name.

use crate::catalog::Dependencies;
use crate::needs::Needs;
use crate::object::{Address, Id, Kind, Part, Step, class};
use crate::objects::{Entry, Objects};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::hash::Hash;
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
    let mut all: HashMap<Address, Vec<Address>> = HashMap::new();
    for (from, to) in &dependencies.edges {
        all.entry(dependencies.whole(*from)).or_default().push(dependencies.whole(*to));
    }
    let mut waiting = BTreeMap::new();
    for (id, text) in items {
        let mut needs = HashSet::new();
        let address = id.address();
        visit(address, |one| all.get(&one), &mut needs);
        needs.remove(&address);
        waiting.insert(text, (address, needs));
    }
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let left: HashSet<Address> = waiting.values().map(|waits| waits.0).collect();
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
fn visit<'a, T: Copy + Eq + Hash + 'a, I: IntoIterator<Item = &'a T>>(
    from: T,
    needs: impl Fn(T) -> Option<I>,
    seen: &mut HashSet<T>,
) {
    let mut stack = vec![from];
    while let Some(one) = stack.pop() {
        if seen.insert(one) {
            stack.extend(needs(one).into_iter().flatten());
        }
    }
}

struct Graph {
    /// Each with all that it needs.
    objects: Objects,
    /// What a view needs for its columns alone.
    columns_need: HashMap<Id, Needs>,
}

impl Graph {
    fn new(objects: Objects, dependencies: &Dependencies) -> Self {
        let mut graph = Self { objects, columns_need: HashMap::new() };
        let checks = graph.checks_of_domains();
        for (from, to) in &dependencies.edges {
            let written = |id| graph.objects.get(id).is_some();
            let (Some(whole), Some(to)) =
                (dependencies.written_as(*from, written), dependencies.written_as(*to, written))
            else {
                continue;
            };
            if whole != to {
                let Some(object) = graph.objects.get_mut(whole) else { continue };
                object.needs.insert(to);
                if object.kind == Kind::View && whole == from.id() {
                    graph.columns_need.entry(whole).or_default().insert(to);
                }
            }
        }
        graph.use_shells();
        graph.check_domains_first(&checks);
        graph
    }

    fn needs(&self, id: Id) -> impl Iterator<Item = &Id> {
        self.objects.get(id).into_iter().flat_map(|object| &object.needs)
    }

    fn needs_too(&mut self, id: Id, need: Id) {
        if let Some(object) = self.objects.get_mut(id) {
            object.needs.insert(need);
        }
    }

    /// Domains, each with a check that comes by a statement of its own.
    fn checks_of_domains(&self) -> Vec<(Id, Id)> {
        self.objects
            .iter()
            .filter(|object| object.kind == Kind::Check && object.part == Part::PreData)
            .flat_map(|check| check.needs.iter().map(|need| (*need, check.id)))
            .filter(|(domain, _)| domain.class == class::TYPE)
            .collect()
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
            let helpers: Vec<Id> = self.needs(whole).copied().collect();
            for helper in helpers.into_iter().filter(|helper| helper.class == class::PROC) {
                if let Some(helper) = self.objects.get_mut(helper)
                    && helper.needs.remove(whole)
                {
                    helper.needs.insert(shell);
                }
            }
            let is_schema =
                |id: &Id| self.objects.get(*id).is_some_and(|object| object.kind == Kind::Schema);
            let schema: Vec<Id> = self.needs(whole).copied().filter(is_schema).collect();
            for schema in schema {
                self.needs_too(shell, schema);
            }
            self.needs_too(whole, shell);
        }
    }

    /// A domain takes no more checks once a column has it inside of another type: so whoever uses
    /// the domain waits for its checks, but for those that the checks themselves need.
    fn check_domains_first(&mut self, checks: &[(Id, Id)]) {
        for (domain, check) in checks {
            let mut before = HashSet::new();
            let needs = |id| self.objects.get(id).map(|object| &object.needs);
            visit(*check, needs, &mut before);
            for user in self.objects.iter_mut() {
                if user.needs.contains(*domain) && !before.contains(&user.id) {
                    user.needs.insert(*check);
                }
            }
        }
    }

    /// Moves what needs something of a later part after it; a view leaves a placeholder behind.
    fn postpone(&mut self) {
        loop {
            let mut late = Vec::new();
            for object in self.objects.iter() {
                let needed = object.needs.iter();
                let needed =
                    needed.filter_map(|id| self.objects.get(*id)).map(|need| need.part).max();
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
        for user in self.objects.iter_mut().filter(|user| user.part == Part::PreData) {
            if user.needs.remove(id) {
                user.needs.insert(early);
            }
        }
        self.needs_too(id, early);
        // The columns' types may be rows of views that have a placeholder by now.
        let columns = self.columns_need.get(&id).cloned().unwrap_or_default();
        for need in &columns {
            let placeholder = need.step(Step::Placeholder);
            let is_there = self.objects.get(placeholder).is_some();
            self.needs_too(early, if is_there { placeholder } else { *need });
        }
    }

    fn break_views(&mut self, circle: &[Id]) {
        for id in circle {
            self.split_view(*id);
        }
    }

    /// One part in order, or what is left because it goes round in circles.
    fn order(&self, part: Part) -> Result<Vec<Id>, Vec<Id>> {
        let mut members: Vec<&Entry> =
            self.objects.iter().filter(|object| object.part == part).collect();
        let schema = |object| self.objects.schema(object);
        members.sort_by_key(|object| (object.kind, schema(object), &object.name, object.id));
        let places: HashMap<Id, usize> = members.iter().map(|object| object.id).zip(0..).collect();
        let mut needs: Vec<(usize, usize)> = Vec::new();
        for (user, object) in members.iter().enumerate() {
            let here = object.needs.iter().filter_map(|need| places.get(need));
            needs.extend(here.map(|need| (*need, user)));
        }
        drop(places);
        needs.sort_unstable();
        let mut waits_for = vec![0; members.len()];
        for (_, user) in &needs {
            waits_for[*user] += 1;
        }
        let none = (0..members.len()).filter(|member| waits_for[*member] == 0);
        let mut ready: BinaryHeap<Reverse<usize>> = none.map(Reverse).collect();
        let mut order = Vec::with_capacity(members.len());
        while let Some(Reverse(member)) = ready.pop() {
            order.push(members[member].id);
            let first = needs.partition_point(|(need, _)| *need < member);
            for (_, user) in needs[first..].iter().take_while(|(need, _)| *need == member) {
                waits_for[*user] -= 1;
                if waits_for[*user] == 0 {
                    ready.push(Reverse(*user));
                }
            }
        }
        if order.len() == members.len() {
            return Ok(order);
        }
        let waiting = members.iter().zip(waits_for).filter(|(_, count)| *count > 0);
        Err(self.circle(waiting.map(|(object, _)| object.id).collect()))
    }

    /// Of those that wait, the ones that wait for themselves: no need to touch mere followers.
    fn circle(&self, mut left: HashSet<Id>) -> Vec<Id> {
        loop {
            let needed: HashSet<Id> = left.iter().flat_map(|id| self.needs(*id)).copied().collect();
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
            .map(|object| {
                format!("{:?} {}.{}", object.kind, self.objects.schema(object), object.name)
            })
            .collect();
        let names: Vec<String> = names.into_iter().take(10).collect();
        Error::usage(format!(
            "cannot write these objects in any order, because each needs first what comes after \
             it: {}",
            names.join(", ")
        ))
    }
}
