//! The templates, which escape all that is put into them.

use minijinja::Environment;
use serde::Serialize;
use std::sync::LazyLock;
use task::{Context, Result};

// Names that end in .html are what turns escaping on.
pub(crate) const PAGE: &str = "page.html";
pub(crate) const CHART: &str = "chart.html";

static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_trim_blocks(true);
    templates.set_lstrip_blocks(true);
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    templates.add_template(PAGE, include_str!("page.html"))?;
    templates.add_template(CHART, include_str!("chart.html"))?;
    Ok(templates)
});

pub(crate) fn render(name: &str, content: impl Serialize) -> Result<String> {
    let what = || format!("cannot fill in the template {name}");
    let templates = TEMPLATES.as_ref().map_err(ToString::to_string).failed(what)?;
    templates.get_template(name).and_then(|one| one.render(content)).failed(what)
}
