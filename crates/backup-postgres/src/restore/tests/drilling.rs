//! Drills, and what they leave behind: nothing.

use super::*;

/// The names of scratch databases on a server; each test here has a server of its own.
fn scratch(server: &testkit::Postgres) -> String {
    server.statement("SELECT datname FROM pg_database WHERE datname LIKE 'nightshift\\_drill%'")
}

fn own_server() -> (Arc<testkit::Postgres>, Endpoint) {
    let server = testkit::Postgres::private(15, &testkit::Settings::default());
    let endpoint = Endpoint::from_url(&format!("{}/postgres", server.server_url())).unwrap();
    (server, endpoint)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_reads_the_rows_back_and_leaves_nothing() {
    let (server, target) = own_server();
    let stored = shop().await.store().await;
    let report = drill(&task(), &stored.source, &target, 2).await.unwrap();
    assert!(report.summary.contains("passed the drill"), "{}", report.summary);
    assert_eq!(scratch(&server), "");

    // A table that does not keep what it is given.
    let stored = made()
        .await
        .part(
            "pre-data",
            "CREATE TABLE public.t (a int);\nCREATE FUNCTION public.f() RETURNS trigger LANGUAGE \
             plpgsql AS $$ BEGIN NEW.a := NEW.a + 1; RETURN NEW; END $$;\nCREATE TRIGGER x BEFORE \
             INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();\n",
        )
        .await
        .rows("public.t", "a", &[&["1"], &["2"]])
        .await
        .store()
        .await;
    let error = drill(&task(), &stored.source, &target, 2).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity, "{error:?}");
    assert!(format!("{error:#}").contains("public.t has 2 rows with other contents"), "{error:#}");
    assert_eq!(scratch(&server), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_lends_the_roles_and_the_locale_that_a_server_lacks() {
    let (server, target) = own_server();
    let stored = made()
        .await
        .property("roles", r#"["postgres", "app'\"s"]"#)
        .property("lc_collate", "xx_XX.UTF-8")
        .part(
            "pre-data",
            "CREATE TABLE public.t (a int);\nALTER TABLE public.t OWNER TO \"app'\"\"s\";\n",
        )
        .await
        .part("final", "GRANT SELECT ON public.t TO \"app'\"\"s\";\n")
        .await
        .store()
        .await;
    drill(&task(), &stored.source, &target, 2).await.unwrap();
    assert_eq!(server.statement("SELECT rolname FROM pg_roles WHERE rolname LIKE 'app%'"), "");

    let empty = server.create_database();
    let error = restore(&task(), &stored.source, &endpoint(&empty), &OPTIONS).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains("lacks roles that the backup names: app'\"s;"), "{error:?}");
    let leaving = Leaving { owner: true, privileges: true, tablespaces: true };
    let options = RestoreOptions { leaving, ..OPTIONS };
    restore(&task(), &stored.source, &endpoint(&empty), &options).await.unwrap();

    let options = RestoreOptions { leaving, ..CREATE };
    let create = target.with_database("new");
    let error = restore(&task(), &stored.source, &create, &options).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains("xx_XX.UTF-8"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_drill_and_a_restore_at_once() {
    let (server, target) = own_server();
    let watcher = connect(&target).await;
    let stored = shop().await.part("post-data", "SELECT pg_sleep(600);\n").await.store().await;
    for drilling in [false, true] {
        let task = task();
        let stopping = task.stopping().clone();
        let work = async {
            if drilling {
                drill(&task, &stored.source, &target, 2).await
            } else {
                restore(&task, &stored.source, &target.with_database("stopped"), &CREATE).await
            }
        };
        let stop = async {
            let sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%600%' \
                            AND state = 'active' AND pid <> pg_backend_pid()";
            while watcher.query(sleeping, &[]).await.unwrap().is_empty() {}
            stopping.cancel();
            Instant::now()
        };
        let (result, stopped) = tokio::join!(work, stop);
        assert_eq!(result.unwrap_err().exit(), Exit::Stopped);
        assert!(stopped.elapsed() < Duration::from_secs(3), "{:?}", stopped.elapsed());
        assert!(!has(&server, "stopped"));
        assert_eq!(scratch(&server), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_leftovers_are_swept_and_young_ones_are_not() {
    let (server, target) = own_server();
    let now = Timestamp::now().as_second();
    let [old, young, lent] =
        [90_000, 60, 90_001].map(|age| format!("nightshift_drill_{}_1_000000001", now - age));
    for name in [&old, &young] {
        server.statement(&format!("CREATE DATABASE {name}"));
    }
    server.statement("CREATE ROLE app");
    server.statement(&format!("COMMENT ON ROLE app IS '{lent}'"));
    let stored = made().await.store().await;
    drill(&task(), &stored.source, &target, 1).await.unwrap();
    assert_eq!(scratch(&server).trim(), young);
    assert_eq!(server.statement("SELECT rolname FROM pg_roles WHERE rolname = 'app'"), "");
}
