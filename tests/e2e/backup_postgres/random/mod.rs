//! Databases made up by a seed: what nobody thought of when writing the corpora.
//!
//! A round is one database of some random schemas that refer to each other, and its number is the
//! seed. `NIGHTSHIFT_RANDOM_ROUNDS` and `NIGHTSHIFT_RANDOM_FIRST` ask for more, or for others.
//! Every statement must succeed: a generator whose errors are passed over makes empty databases.

mod functions;
mod keys;
mod names;
mod partitions;
mod reactions;
mod rights;
mod tables;
mod types;
mod views;
mod world;

use super::normaliser::normalise;
use super::store::Store;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::{Database, Postgres};
use tests::assert_same;
use world::World;

/// Random schemas in one database.
const SCHEMAS: usize = 17;
/// Three of every major.
const ROUNDS: u64 = 18;
/// Databases at once.
const WORKERS: usize = 2;

fn variable(name: &str, standard: u64) -> u64 {
    std::env::var(name).map_or(standard, |text| text.parse().unwrap())
}

#[test]
fn random_schemas_come_back_the_same() {
    let first = variable("NIGHTSHIFT_RANDOM_FIRST", 0);
    let end = first + variable("NIGHTSHIFT_RANDOM_ROUNDS", ROUNDS);
    let next = AtomicU64::new(first);
    let work = || {
        let seeds = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        seeds.take_while(|seed| *seed < end).filter_map(failure).collect::<Vec<_>>()
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{} rounds failed:\n{}", failures.len(), failures.join("\n"));
}

/// What is wrong after this round, with the fewest of its schemas that show it.
fn failure(seed: u64) -> Option<String> {
    let wrong = try_round(seed, SCHEMAS).err()?;
    let fewer = (1..SCHEMAS).find_map(|schemas| Some((schemas, try_round(seed, schemas).err()?)));
    let (schemas, wrong) = fewer.unwrap_or((SCHEMAS, wrong));
    let major = major(seed);
    let sql = World::of(seed, major, schemas);
    Some(format!(
        "-- NIGHTSHIFT_RANDOM_FIRST={seed} NIGHTSHIFT_RANDOM_ROUNDS=1, on {major}, the first \
         {schemas} schemas:\n{sql}\n{wrong}"
    ))
}

fn try_round(seed: u64, schemas: usize) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| comes_back(seed, schemas))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.unwrap_or_else(|| "a panic without words".to_owned())
    })
}

fn major(seed: u64) -> u32 {
    13 + u32::try_from(seed % 6).unwrap()
}

fn comes_back(seed: u64, schemas: usize) {
    let server = Postgres::start(major(seed));
    let source = database(&server, &World::of(seed, server.major(), schemas));
    let expected = normalise(&source.pg_dump(&[]));
    let store = Store::backup(&source, &[]);
    let by_psql = store.restore_by_psql(&source, "");
    assert_same(&expected, &normalise(&by_psql.pg_dump(&[])), "restored by psql, it differs");
    let by_ours = store.restore_by_ours(&source, "");
    assert_same(&expected, &normalise(&by_ours.pg_dump(&[])), "restored by restore, it differs");
}

fn database(server: &Arc<Postgres>, sql: &str) -> Database {
    super::corpus::make_roles(server);
    let database = server.create_database();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(sql.as_bytes()).unwrap();
    database.psql_file(file.path());
    database
}

#[test]
fn a_seed_makes_the_same_database_every_time() {
    assert_eq!(World::of(7, 18, 5), World::of(7, 18, 5));
    assert!(World::of(7, 18, 5).starts_with(&World::of(7, 18, 4)), "more schemas come behind");
    assert_ne!(World::of(7, 18, 5), World::of(8, 18, 5));
}
