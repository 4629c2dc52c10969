//! What servers print of accounts and their rights, made fit for a server that has some of them already.

use super::tokens::Tokens;

/// What `SHOW CREATE USER` printed, for a server that may have the account: what is there stays as it is.
/// Without the default roles, which are not granted at that time.
pub(crate) fn created(text: &[u8]) -> Vec<u8> {
    let tokens = Tokens::of(text);
    if !tokens.is(0, "create") || !tokens.is(1, "user") {
        return text.to_vec();
    }
    let count = tokens.tokens.len();
    let roles = tokens.find(&["default", "role"]).unwrap_or(count);
    let after = (roles..count).find(|at| tokens.is(*at, "require")).unwrap_or(count);
    [b"CREATE USER IF NOT EXISTS ", tokens.between(2, roles), tokens.between(after, count)].concat()
}

/// What `SHOW GRANTS` printed. MariaDB writes the password with it, and limits: they are the account's, and
/// would change one that is there.
pub(crate) fn granted(text: &[u8]) -> Vec<u8> {
    let tokens = Tokens::of(text);
    let count = tokens.tokens.len();
    let to = tokens.find(&["to"]).unwrap_or(count);
    let of_account =
        |at: &usize| ["identified", "require", "with"].iter().any(|word| tokens.is(*at, word));
    let Some(end) = (to..count).find(of_account) else { return text.to_vec() };
    let option = ["grant", "admin"]
        .into_iter()
        .find(|word| (end..count).any(|at| tokens.is(at, word) && tokens.is(at + 1, "option")));
    let option = option.map(|word| format!(" WITH {} OPTION", word.to_uppercase()));
    let head = tokens.between(0, end).trim_ascii_end();
    [head, option.unwrap_or_default().as_bytes()].concat()
}

/// Whom a right is given to.
pub(crate) fn grantee(text: &[u8]) -> Option<&[u8]> {
    let tokens = Tokens::of(text);
    let to = tokens.find(&["to"]).filter(|_| tokens.is(0, "grant"))?;
    let count = tokens.tokens.len();
    let with = (to..count).find(|at| tokens.is(*at, "with")).unwrap_or(count);
    Some(tokens.between(to + 1, with).trim_ascii_end())
}

/// Whether a right is one on a single table, view, routine: these must be there before it is given.
pub(crate) fn is_on_object(text: &[u8]) -> bool {
    let tokens = Tokens::of(text);
    let Some(on) = tokens.find(&["on"]).filter(|_| !tokens.is(1, "proxy")) else { return false };
    let kinds = ["function", "procedure", "package"];
    if kinds.iter().any(|kind| tokens.is(on + 1, kind)) {
        return true;
    }
    // `db`.*, and *.*
    !tokens.sign(on + 3, b'*')
}

/// Where passwords begin, in a statement that has some.
pub(crate) fn secret(text: &[u8]) -> Option<usize> {
    let begins = |words: &[u8]| {
        text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
    };
    if !begins(b"CREATE USER") && !begins(b"CREATE SERVER") {
        return None;
    }
    let tokens = Tokens::of(text);
    let words = ["identified", "options"];
    let at = (0..tokens.tokens.len()).find(|at| words.iter().any(|word| tokens.is(*at, word)))?;
    Some(tokens.tokens[at].start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn accounts_that_are_there_stay_and_default_roles_come_later() {
        let mysql = "CREATE USER `a`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x24 \
                     DEFAULT ROLE `r`@`%`,`require`@`%` REQUIRE NONE PASSWORD EXPIRE DEFAULT";
        let wanted = "CREATE USER IF NOT EXISTS `a`@`%` IDENTIFIED WITH 'caching_sha2_password' AS \
                      0x24 REQUIRE NONE PASSWORD EXPIRE DEFAULT";
        assert_eq!(text(created(mysql.as_bytes())), wanted);
        let maria = "CREATE USER `default role`@`%` IDENTIFIED VIA x USING 'default role'";
        let wanted =
            "CREATE USER IF NOT EXISTS `default role`@`%` IDENTIFIED VIA x USING 'default role'";
        assert_eq!(text(created(maria.as_bytes())), wanted);
    }

    #[test]
    fn rights_bring_no_password() {
        for (printed, wanted) in [
            (
                "GRANT ALL PRIVILEGES ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*A' WITH GRANT OPTION",
                "GRANT ALL PRIVILEGES ON *.* TO `a`@`%` WITH GRANT OPTION",
            ),
            (
                "GRANT USAGE ON *.* TO `with`@`%` IDENTIFIED VIA ed25519 USING 'x' REQUIRE SSL WITH \
                 MAX_QUERIES_PER_HOUR 5",
                "GRANT USAGE ON *.* TO `with`@`%`",
            ),
            ("GRANT `r` TO `a`@`%` WITH ADMIN OPTION", "GRANT `r` TO `a`@`%` WITH ADMIN OPTION"),
            ("GRANT SELECT ON `to`.* TO `a`@`%` REQUIRE SSL", "GRANT SELECT ON `to`.* TO `a`@`%`"),
            ("GRANT SELECT ON `d`.`t` TO `a`@`%`", "GRANT SELECT ON `d`.`t` TO `a`@`%`"),
        ] {
            assert_eq!(text(granted(printed.as_bytes())), wanted);
        }
        let right = b"GRANT PROXY ON ``@`` TO `to with`@`x` WITH GRANT OPTION";
        assert_eq!(grantee(right), Some(&b"`to with`@`x`"[..]));
        assert_eq!(grantee(b"SET DEFAULT ROLE a TO b"), None);
    }

    #[test]
    fn messages_hold_no_password() {
        let shown = |text: &str| crate::script::statements::title(text.as_bytes());
        assert_eq!(
            shown("CREATE USER IF NOT EXISTS `identified`@`%` IDENTIFIED WITH x AS 0x24"),
            "CREATE USER IF NOT EXISTS `identified`@`%`…"
        );
        assert_eq!(
            shown("CREATE SERVER `s` FOREIGN DATA WRAPPER `w` OPTIONS (PASSWORD 'x')"),
            "CREATE SERVER `s` FOREIGN DATA WRAPPER `w`…"
        );
    }

    #[test]
    fn rights_on_single_things_are_told_apart() {
        for (printed, wanted) in [
            ("GRANT SELECT ON *.* TO `a`@`%`", false),
            ("GRANT SELECT ON `d`.* TO `a`@`%`", false),
            ("GRANT `on`@`%` TO `a`@`%`", false),
            ("GRANT PROXY ON ``@`%` TO `a`@`%`", false),
            ("REVOKE SELECT ON `d`.* FROM `a`@`%`", false),
            ("GRANT SELECT ON `d`.`t` TO `a`@`%`", true),
            ("GRANT SELECT (`on`), INSERT ON `d`.`*` TO `a`@`%`", true),
            ("GRANT EXECUTE ON PROCEDURE `d`.`p` TO `a`@`%`", true),
            ("GRANT EXECUTE ON PACKAGE BODY `d`.`p` TO `a`@`%`", true),
        ] {
            assert_eq!(is_on_object(printed.as_bytes()), wanted, "{printed}");
        }
    }
}
