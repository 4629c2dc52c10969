//! What the server said, as an error of ours: its message, and the exit code that it means.

use mysql_async::{DriverError, Error as Cause, IoError, ServerError, TlsError};
use std::io::ErrorKind;
use task::{Error, Exit};

/// What ends a connection that was open. One that was never opened is refused, not lost.
const LOST: [ErrorKind; 4] = [
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::BrokenPipe,
    ErrorKind::NotConnected,
];

/// An error that names what we were doing and holds the server's message.
pub fn explain(error: Cause, doing: impl Into<String>) -> Error {
    let exit = exit(&error);
    let error = match error {
        Cause::Server(said) => return Error::new(exit, doing).because(sentence(&said)),
        Cause::Driver(DriverError::ConnectionClosed) => {
            return Error::new(exit, doing).because("lost the connection: the server closed it");
        }
        // rustls says it in a sentence that ends in an address of its manual.
        Cause::Io(IoError::Io(cause)) if cause.kind() == ErrorKind::UnexpectedEof => {
            return Error::new(exit, doing).because("lost the connection: the server closed it");
        }
        Cause::Io(IoError::Io(cause)) if LOST.contains(&cause.kind()) => {
            return Error::new(exit, doing).because(format!("lost the connection: {cause}"));
        }
        error => error,
    };
    Error::new(exit, doing).because(error)
}

/// The number of the server's error, if the server it was.
pub fn code(error: &Cause) -> Option<u16> {
    match error {
        Cause::Server(said) => Some(said.code),
        _ => None,
    }
}

fn sentence(said: &ServerError) -> String {
    let help = match said.code {
        1153 => "; raise max_allowed_packet on the server",
        1418 | 1419 => "; connect with SUPER, or set log_bin_trust_function_creators on the server",
        _ => "",
    };
    format!("{} (error {}, SQLSTATE {}){help}", said.message, said.code, said.state)
}

fn exit(error: &Cause) -> Exit {
    match error {
        Cause::Server(said) => server_exit(said),
        Cause::Driver(
            DriverError::NoClientSslFlagFromServer
            | DriverError::CleartextPluginDisabled
            | DriverError::MysqlOldPasswordDisabled
            | DriverError::UnknownAuthPlugin { .. }
            | DriverError::NoKeyFound,
        )
        | Cause::Url(_)
        | Cause::Io(IoError::Tls(TlsError::Tls(rustls::Error::InvalidCertificate(_)))) => {
            Exit::Usage
        }
        Cause::Io(IoError::Io(cause)) if is_bad_certificate(cause) => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// Whether another try may help, by the number of the error where its SQLSTATE says too little.
fn server_exit(said: &ServerError) -> Exit {
    match said.code {
        // No place left for now; a resource of the account used up for this hour; killed; an older
        // snapshot than the table.
        1040 | 1203 | 1226 | 1317 | 1412 => Exit::Failed,
        // Not allowed by an option, read-only, the account locked or its password expired, a missing
        // definer, an invalid view, packets too large, no right to create routines, unknown collation,
        // no such host, an unknown variable or engine, wrong value for one.
        1290 | 1836 | 3118 | 4151 | 1862 | 1820 | 1449 | 1356 | 1153 | 1418 | 1419 | 1273
        | 1115 | 1130 | 1193 | 1231 | 1286 | 1396 | 3530 => Exit::Usage,
        _ => match said.state.get(..2).unwrap_or_default() {
            "28" | "3D" | "42" | "0A" => Exit::Usage,
            _ => Exit::Failed,
        },
    }
}

/// rustls hands its errors on inside an `io::Error`.
fn is_bad_certificate(cause: &std::io::Error) -> bool {
    let inside = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inside, Some(rustls::Error::InvalidCertificate(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: u16, state: &str) -> Exit {
        let (message, state) = ("no".to_owned(), state.to_owned());
        explain(Cause::Server(ServerError { code, message, state }), "cannot").exit()
    }

    #[test]
    fn what_no_retry_can_help_is_wrong_use() {
        for (code, state) in
            [(1045, "28000"), (1044, "42000"), (1049, "42000"), (1146, "42S02"), (1290, "HY000")]
        {
            assert_eq!(found(code, state), Exit::Usage, "{code}");
        }
    }

    #[test]
    fn a_lost_connection_is_called_one() {
        for kind in [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset, ErrorKind::BrokenPipe] {
            let said = explain(Cause::Io(IoError::Io(kind.into())), "cannot");
            assert_eq!(said.exit(), Exit::Failed);
            assert!(format!("{said:#}").starts_with("cannot: lost the connection: "), "{said:#}");
        }
    }

    #[test]
    fn what_may_pass_is_a_failure() {
        for (code, state) in [(1040, "08004"), (1203, "42000"), (1205, "HY000"), (1213, "40001")] {
            assert_eq!(found(code, state), Exit::Failed, "{code}");
        }
    }
}
