//! Operator families, and the operators and functions that belong to a family or to one of its
//! classes.
//!
//! A family is always written, also one that its class would make. A member that no class needs
//! may stand in a family of the system's or of an extension's: then there is nothing but the
//! member to write.

use super::{Catalog, Contents, operator_class, qualified, quote};
use crate::object::{Id, Kind, Object, Part, class};
use serde::Deserialize;
use std::collections::HashMap;
use task::Result;

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    name: String,
    method: String,
    owner: String,
}

/// One operator or function, and what holds it.
#[derive(Deserialize)]
struct Member {
    catalog: u32,
    oid: u32,
    class: Option<u32>,
    schema: String,
    family: String,
    method: String,
    number: i32,
    /// With its types, as are functions.
    operator: Option<String>,
    sort_schema: Option<String>,
    sort_family: Option<String>,
    left: String,
    right: String,
    function: Option<String>,
    /// Its family or class is in one of the chosen schemas, or in none that could be chosen.
    chosen: bool,
}

pub(super) async fn read(catalog: &Catalog<'_>, found: &mut Contents) -> Result<()> {
    let query = format!(
        "SELECT f.oid::int8, nspname AS schema, opfname AS name, amname AS method,
            pg_get_userbyid(opfowner) AS owner
         FROM pg_opfamily f JOIN pg_namespace n ON n.oid = opfnamespace
         JOIN pg_am m ON m.oid = opfmethod
         WHERE n.oid = ANY({}) AND {}",
        catalog.scope.schemas(),
        catalog.scope.not_of_an_extension("pg_opfamily", "f.oid"),
    );
    for row in catalog.read("operator families", &query).await? {
        let row: Row = row;
        let id = Id::new(class::OPERATOR_FAMILY, row.oid);
        let target = target(&row.schema, &row.name, &row.method);
        let ddl = format!("CREATE {target};\n")
            + &catalog.owner(&target, &row.owner)
            + &catalog.comment_on(&target, id, 0);
        let name = format!("{} {}", row.name, row.method);
        let object = Object::new(id, Kind::OperatorFamily, Part::PreData, &row.schema, &name, ddl);
        found.objects.push(object);
    }
    let mut of_classes: HashMap<u32, Vec<String>> = HashMap::new();
    for member in catalog.read("members of operator families", &members(catalog)).await? {
        let member: Member = member;
        let id = Id::new(member.catalog, member.oid);
        if !member.chosen {
            found.skipped.push((id, None));
        } else if let Some(class) = member.class {
            of_classes.entry(class).or_default().push(member.item());
            found.inside.push(id);
        } else {
            let target = target(&member.schema, &member.family, &member.method);
            let ddl = format!("ALTER {target} ADD\n    {};\n", member.item());
            let name = format!("{} {}", member.family, member.method);
            let (kind, part) = (Kind::FamilyMember, Part::PreData);
            found.objects.push(Object::new(id, kind, part, &member.schema, &name, ddl));
        }
    }
    operator_class::read(catalog, &of_classes, found).await
}

fn target(schema: &str, name: &str, method: &str) -> String {
    format!("OPERATOR FAMILY {} USING {}", qualified(schema, name), quote::ident(method))
}

/// The members that are the user's. Nothing says who put one into a family of the system's or of an
/// extension's: it was the user if the operator or function is the user's, or if all is built in.
fn members(catalog: &Catalog) -> String {
    let everything = catalog.scope.has_everything();
    let extension = |class: &str, column: &str| {
        let is_not = catalog.scope.not_of_an_extension(class, column);
        format!("NOT ({is_not})")
    };
    format!(
        "SELECT m.catalog, m.oid, c.oid::int8 AS class, n.nspname AS schema,
            f.opfname AS family, amname AS method, number, operator, left_type AS left, right_type AS right, function,
            sn.nspname AS sort_schema, sort.opfname AS sort_family,
            CASE WHEN c.oid IS NOT NULL THEN opcnamespace = ANY({schemas})
                WHEN f.oid >= 16384 AND NOT of_extension THEN f.opfnamespace = ANY({schemas})
                ELSE {everything} END AS chosen
         FROM (SELECT 'pg_amop'::regclass::oid::int8 AS catalog, a.oid::int8, amopfamily AS family,
                amopstrategy AS number, amopopr::regoperator::text AS operator,
                amopsortfamily AS sort_family, amoplefttype::regtype::text AS left_type,
                amoprighttype::regtype::text AS right_type, NULL AS function, amopopr AS target,
                {operator_of_extension} AS target_of_extension
            FROM pg_amop a WHERE a.oid >= 16384
            UNION ALL SELECT 'pg_amproc'::regclass::oid::int8, a.oid::int8, amprocfamily,
                amprocnum, NULL, 0, amproclefttype::regtype::text, amprocrighttype::regtype::text,
                amproc::regprocedure::text, amproc, {function_of_extension}
            FROM pg_amproc a WHERE a.oid >= 16384) m
         JOIN (SELECT f.*, {family_of_extension} AS of_extension FROM pg_opfamily f) f
            ON f.oid = m.family
         JOIN pg_namespace n ON n.oid = f.opfnamespace
         JOIN pg_am ON pg_am.oid = f.opfmethod
         LEFT JOIN pg_opfamily sort ON sort.oid = m.sort_family
         LEFT JOIN pg_namespace sn ON sn.oid = sort.opfnamespace
         LEFT JOIN pg_depend d ON d.classid = m.catalog::oid AND d.objid = m.oid::oid
            AND d.refclassid = 'pg_opclass'::regclass
         LEFT JOIN pg_opclass c ON c.oid = d.refobjid
         WHERE CASE WHEN c.oid IS NOT NULL THEN {class_of_user}
            WHEN f.oid >= 16384 AND NOT of_extension THEN true
            WHEN target >= 16384 THEN NOT target_of_extension
            ELSE f.oid < 16384 END
         ORDER BY 1, number, 2",
        schemas = catalog.scope.schemas(),
        operator_of_extension = extension("pg_operator", "amopopr"),
        function_of_extension = extension("pg_proc", "amproc"),
        family_of_extension = extension("pg_opfamily", "f.oid"),
        class_of_user = catalog.scope.not_of_an_extension("pg_opclass", "c.oid"),
    )
}

impl Member {
    /// As it stands in CREATE OPERATOR CLASS and ALTER OPERATOR FAMILY.
    fn item(&self) -> String {
        let Self { number, left, right, .. } = self;
        if let Some(function) = &self.function {
            return format!("FUNCTION {number} ({left}, {right}) {function}");
        }
        let order = self.sort_schema.as_deref().zip(self.sort_family.as_deref());
        let order = order.map_or_else(String::new, |(schema, family)| {
            format!(" FOR ORDER BY {}", qualified(schema, family))
        });
        format!("OPERATOR {number} {}{order}", self.operator.as_deref().unwrap_or_default())
    }
}
