use super::*;
use task::Exit;

fn read(yaml: &str) -> task::Result<Config> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    task::config::read(file.path())
}

const REST: &str = "table: {name: t, key: [id]}\ncolumns: {id: {}}\n";

fn source(yaml: &str) -> Source {
    read(&format!("source: {yaml}\n{REST}")).unwrap().source
}

#[test]
fn what_is_left_out_is_the_simplest() {
    let config = read(REST).unwrap();
    assert_eq!(config.source.paging, Paging::None);
    assert_eq!(config.source.records, Path::default());
    assert!(config.incremental.is_none() && !config.table.remove_missing);
    let (name, column) = &config.columns.0[0];
    assert_eq!((name.as_str(), column.r#type), ("id", Kind::Text));
}

#[test]
fn there_are_five_ways_to_the_next_page() {
    let path = |text: &str| Path::try_from(text.to_owned()).unwrap();
    assert_eq!(source("{paging: link}").paging, Paging::Link);
    assert_eq!(source("{paging: {next: links.next}}").paging, Paging::Next(path("links.next")));
    let page = Numbered { param: "page".into(), start: 1 };
    assert_eq!(source("{paging: {page: {param: page}}}").paging, Paging::Page(page));
    let offset = Counted { param: "skip".into() };
    assert_eq!(source("{paging: {offset: {param: skip}}}").paging, Paging::Offset(offset));
    let cursor = Marked { param: "after".into(), path: path("meta.next") };
    assert_eq!(
        source("{paging: {cursor: {param: after, path: meta.next}}}").paging,
        Paging::Cursor(cursor)
    );
    assert_eq!(source("{auth: {header: X-Key}}").auth, Some(Auth::Header("X-Key".into())));
    assert_eq!(source("{auth: basic}").auth, Some(Auth::Basic));
    assert_eq!(source("{query: {limit: 100, all: true}}").query["limit"], Scalar("100".into()));
}

#[test]
fn columns_keep_their_order_and_defaults_may_be_anything() {
    let config = read(
        "table: {name: a.b, key: [z]}\ncolumns:\n  z: {from: id, type: integer}\n  \
         a: {default: 0, type: number}\n  m: {default: UNKNOWN, trim: true, case: upper}\n\
         incremental: {param: since, field: updated, overlap: 5m}\n",
    )
    .unwrap();
    let names: Vec<_> = config.columns.0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z", "a", "m"]);
    assert_eq!(config.columns.0[1].1.default, Some(Scalar("0".into())));
    assert_eq!(config.columns.0[2].1.case, Some(Case::Upper));
    assert_eq!(config.incremental.unwrap().overlap, Duration::from_mins(5));
}

#[test]
fn a_mistake_is_named_with_its_place() {
    for (yaml, said) in [
        ("tabel: {}\n", "line 1, column 1"),
        ("table: {name: t, key: [id]}\ncolumns:\n  id: {form: id}\n", "line 3, column"),
        ("table: {name: t, key: [id]}\ncolumns:\n  id: {type: string}\n", "line 3"),
        ("source:\n  paging: {pages: x}\ntable: {name: t, key: [id]}\ncolumns: {}\n", "line 2"),
        ("source: {records: a..b}\n", "is no path"),
        ("table: {name: a.b.c, key: [id]}\n", "SCHEMA.TABLE"),
        ("table: {name: t, key: [id]}\ncolumns: {id: {}, id: {}}\n", "line 2"),
    ] {
        let error = read(yaml).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(format!("{error:#}").contains(said), "{yaml}: {error:#}");
    }
}
