//! `backup-mysql` against real servers, judged by the stock client and `mysqldump` or `mariadb-dump`.

mod consistency;
mod drill;
mod image;
mod judge;
mod oracle;
mod rights;
mod server;
mod store;
