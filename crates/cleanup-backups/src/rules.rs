//! What holds for which backups: the flags, and before them the first rule of the file that fits.

use crate::pattern::Pattern;
use crate::settings::MaxAge;
use backup::settings::KeepSettings;
use serde::Deserialize;
use std::num::NonZeroU32;

/// The file of `--config`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    expect: Vec<Pattern>,
}

/// What it leaves out is as the flags say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rule {
    backups: Pattern,
    keep_days: Option<u32>,
    keep_last: Option<NonZeroU32>,
    keep_daily: Option<u32>,
    keep_weekly: Option<u32>,
    keep_monthly: Option<u32>,
    keep_yearly: Option<u32>,
    max_age: Option<MaxAge>,
}

pub(crate) struct Rules {
    /// In their order; the last one fits all.
    watches: Vec<(Option<Pattern>, Watch)>,
    only: Vec<Pattern>,
    expect: Vec<Pattern>,
}

/// What holds for the backups of one kind and name.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub keep: KeepSettings,
    pub max_age: MaxAge,
}

impl Rules {
    pub(crate) fn new(
        config: Config,
        keep: &KeepSettings,
        max_age: MaxAge,
        only: Vec<Pattern>,
        expect: &[Pattern],
    ) -> Self {
        let flags = Watch { keep: keep.clone(), max_age };
        let mut watches: Vec<_> = config
            .rules
            .into_iter()
            .map(|rule| (Some(rule.backups.clone()), rule.over(&flags)))
            .collect();
        watches.push((None, flags));
        Self { watches, only, expect: [config.expect, expect.to_vec()].concat() }
    }

    /// None where these backups are not to be looked at.
    pub(crate) fn watch(&self, kind: &str, name: &str) -> Option<&Watch> {
        let only = self.only.is_empty() || self.only.iter().any(|one| one.fits(kind, name));
        let fits = |rule: &Option<Pattern>| rule.as_ref().is_none_or(|one| one.fits(kind, name));
        self.watches.iter().find(|(rule, _)| only && fits(rule)).map(|(_, watch)| watch)
    }

    /// What is expected, and fits none of these kinds and names.
    pub(crate) fn missing<'a>(&'a self, found: &[(&str, &str)]) -> Vec<&'a Pattern> {
        self.expect.iter().filter(|one| !one.fits_any(found)).collect()
    }

    /// Other patterns that fit none of these: perhaps a slip of the pen.
    pub(crate) fn idle<'a>(&'a self, found: &[(&str, &str)]) -> Vec<&'a Pattern> {
        let rules = self.watches.iter().filter_map(|(pattern, _)| pattern.as_ref());
        rules.chain(&self.only).filter(|one| !one.fits_any(found)).collect()
    }
}

impl Rule {
    fn over(self, flags: &Watch) -> Watch {
        let keep = &flags.keep;
        Watch {
            keep: KeepSettings {
                keep_days: self.keep_days.unwrap_or(keep.keep_days),
                keep_last: self.keep_last.map_or(keep.keep_last, NonZeroU32::get),
                keep_daily: self.keep_daily.unwrap_or(keep.keep_daily),
                keep_weekly: self.keep_weekly.unwrap_or(keep.keep_weekly),
                keep_monthly: self.keep_monthly.unwrap_or(keep.keep_monthly),
                keep_yearly: self.keep_yearly.unwrap_or(keep.keep_yearly),
            },
            max_age: self.max_age.unwrap_or(flags.max_age),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        keep: KeepSettings,
    }

    fn rules(yaml: &str, only: &[&str]) -> task::Result<Rules> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), yaml).unwrap();
        let flags = Flags::parse_from(["test", "--keep-days=30", "--keep-weekly=4"]);
        let only = only.iter().map(|text| text.parse().unwrap()).collect();
        let config = task::config::read(file.path())?;
        Ok(Rules::new(config, &flags.keep, MaxAge(None), only, &[]))
    }

    const YAML: &str = "
rules:
  - backups: postgres/shop
    keep-days: 90
    max-age: 26h
  - backups: '*/shop'
    keep-last: 7
expect: [postgres/shop, volume/*]
";

    #[test]
    fn the_first_rule_that_fits_holds_and_the_flags_fill_it_up() {
        let rules = rules(YAML, &[]).unwrap();
        let of = |kind, name| {
            let watch = rules.watch(kind, name).unwrap();
            let hours = watch.max_age.0.map(|age| age.as_secs() / 3600);
            (watch.keep.keep_days, watch.keep.keep_last, watch.keep.keep_weekly, hours)
        };
        assert_eq!(of("postgres", "shop"), (90, 3, 4, Some(26)));
        assert_eq!(of("volume", "shop"), (30, 7, 4, None));
        assert_eq!(of("volume", "media"), (30, 3, 4, None));
    }

    #[test]
    fn only_leaves_the_others_alone() {
        let rules = rules(YAML, &["volume/*", "x/y"]).unwrap();
        assert!(rules.watch("volume", "media").is_some());
        assert!(rules.watch("postgres", "shop").is_none());
    }

    #[test]
    fn what_fits_nothing_is_told() {
        let rules = rules(YAML, &["volume/*", "x/y"]).unwrap();
        let texts =
            |found: Vec<&Pattern>| found.iter().map(ToString::to_string).collect::<Vec<_>>();
        let found = [("volume", "media")];
        assert_eq!(texts(rules.missing(&found)), ["postgres/shop"]);
        assert_eq!(texts(rules.idle(&found)), ["postgres/shop", "*/shop", "x/y"]);
    }

    #[test]
    fn a_mistake_in_the_file_is_named_with_its_place() {
        for (yaml, said) in [
            ("rules:\n  - backups: shop\n", "KIND/NAME"),
            ("rules:\n  - backups: a/b\n    keep-last: 0\n", "line 3"),
            ("rules:\n  - backups: a/b\n    keep-dais: 7\n", "line 3"),
            ("rules:\n  - backups: a/b\n    max-age: 0s\n", "write off"),
            ("rules:\n  - keep-days: 7\n", "backups"),
        ] {
            let error = rules(yaml, &[]).err().unwrap();
            assert_eq!(error.exit(), task::Exit::Usage, "{yaml}");
            assert!(format!("{error:#}").contains(said), "{yaml}: {error:#}");
        }
    }
}
