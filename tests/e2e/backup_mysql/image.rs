//! The image, with a real server.

use crate::image::{Image, writable};
use testkit::{Mysql, run};

/// More than the memory it gets, so that what is not streamed shows.
const ROWS: &str = "
CREATE TABLE visit (id BIGINT AUTO_INCREMENT PRIMARY KEY, page TEXT NOT NULL);
INSERT INTO visit (page) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
    SELECT REPEAT(SHA2(a.i * 1000 + b.i, 256), 4) FROM n a JOIN n b;
";

#[test]
fn the_image_backs_up_and_restores_real_servers_as_nobody_in_64_mib() {
    let image = Image::build("backup-mysql");
    for release in ["mysql-9", "mariadb-11"] {
        let server = Mysql::start(release);
        let (source, target) = (server.create_schema(), server.create_schema());
        source.sql(ROWS);
        let store = writable();
        let task = |schema: &testkit::Schema| {
            let mut environment = schema.environment();
            for (_, value) in environment.iter_mut().filter(|(_, value)| value == "127.0.0.1") {
                // By name: a program without libc's files around it must still find it.
                "localhost".clone_into(value);
            }
            image.command("nightshift-mysql", &[(store.path(), "/backup")], &environment)
        };
        let made = run(task(&source).arg("backup"));
        assert_eq!(made.code, 0, "{release}: {}", made.stderr);
        let verified = run(task(&source).args(["verify", "latest"]));
        assert_eq!(verified.code, 0, "{release}: {}", verified.stderr);
        let restored = run(task(&target).args(["restore", "latest", "--name", source.name()]));
        assert_eq!(restored.code, 0, "{release}: {}", restored.stderr);
        let count = "SELECT COUNT(*), SUM(CRC32(page)) FROM visit";
        assert_eq!(source.sql(count), target.sql(count), "{release}");
    }
}
