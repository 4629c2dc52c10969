//! SIGTERM and SIGINT at any moment.

journey!(a_backup_stopped_at_any_moment_leaves_nothing(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_backup_stopped_while_it_reads_back_leaves_nothing(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_backup_stopped_while_it_waits_for_a_server_ends_at_once(small), mysql_9 "mysql-9");
journey!(a_server_that_does_not_answer_does_not_keep_it(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_read_back_stopped_at_any_moment_changes_nothing(large), mariadb_11 "mariadb-11");
journey!(a_restore_stopped_at_any_moment_lets_go_of_the_server(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_drill_stopped_at_any_moment_drops_its_database(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_drill_on_a_server_that_does_not_answer_ends_in_time(large),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
journey!(a_dry_run_stops_too(small),
    mysql_9 "mysql-9", mariadb_11 "mariadb-11");
