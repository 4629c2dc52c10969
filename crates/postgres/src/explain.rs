//! What PostgreSQL said, as an error of ours: its message, and the exit code that its class means.

use std::fmt::Write;
use task::{Error, Exit};
use tokio_postgres::error::{DbError, SqlState};

/// An error that names what we were doing and holds the server's message, detail and hint.
pub fn explain(error: tokio_postgres::Error, doing: impl Into<String>) -> Error {
    match error.as_db_error() {
        Some(db) => Error::new(exit(db.code()), doing).because(said(db)),
        None => Error::new(local_exit(&error), doing).because(error),
    }
}

/// The server's message in one line, with detail, hint and where it happened.
fn said(db: &DbError) -> String {
    let mut text = db.message().to_owned();
    for more in [db.detail(), db.hint(), db.where_()].into_iter().flatten() {
        let _ = write!(text, "; {}", more.trim_end());
    }
    let _ = write!(text, " (SQLSTATE {})", db.code().code());
    text
}

/// Whether another try may help, by the class of the SQLSTATE.
fn exit(state: &SqlState) -> Exit {
    match state.code() {
        // A statement on a hot standby fails until the standby is promoted: that is a wrong host.
        "25006" => Exit::Usage,
        code => match code.get(..2).unwrap_or_default() {
            // Not supported, grantor, role, authorisation, catalog or schema name, wrong SQL or
            // no permission.
            "0A" | "0L" | "0P" | "28" | "3D" | "3F" | "42" => Exit::Usage,
            _ => Exit::Failed,
        },
    }
}

/// An error that did not come from the server: the network, mostly.
fn local_exit(error: &tokio_postgres::Error) -> Exit {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if is_bad_certificate(inner)
            || text.contains("does not support TLS")
            || text.contains("password missing")
        {
            return Exit::Usage;
        }
        cause = inner.source();
    }
    Exit::Failed
}

/// rustls hands its errors on inside an `io::Error`, which hides what it wraps from `source`.
fn is_bad_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    let inside = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref)
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(
        error.downcast_ref::<rustls::Error>().or(inside),
        Some(rustls::Error::InvalidCertificate(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_retry_can_help_is_wrong_use() {
        for code in ["28P01", "28000", "42501", "3D000", "42P01", "0A000", "25006"] {
            assert_eq!(exit(&SqlState::from_code(code)), Exit::Usage, "{code}");
        }
    }

    #[test]
    fn what_may_pass_is_a_failure() {
        for code in ["08006", "57P01", "57P03", "53300", "40001", "57014", "55P03", "XX000"] {
            assert_eq!(exit(&SqlState::from_code(code)), Exit::Failed, "{code}");
        }
    }
}
