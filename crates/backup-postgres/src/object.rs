//! What a dump is made of: objects with an identity, a place in the file, and their statements.

/// Catalogs that have objects of ours, by their fixed OID.
pub(crate) mod class {
    pub(crate) const TYPE: u32 = 1247;
    pub(crate) const PROC: u32 = 1255;
    pub(crate) const RELATION: u32 = 1259;
    pub(crate) const DEFAULT: u32 = 2604;
    pub(crate) const CONSTRAINT: u32 = 2606;
    pub(crate) const NAMESPACE: u32 = 2615;
    pub(crate) const RULE: u32 = 2618;
    pub(crate) const TRIGGER: u32 = 2620;
    pub(crate) const EXTENSION: u32 = 3079;
    pub(crate) const POLICY: u32 = 3256;
    pub(crate) const DEFAULT_ACL: u32 = 826;
    pub(crate) const ACCESS_METHOD: u32 = 2601;
    pub(crate) const FAMILY_OPERATOR: u32 = 2602;
    pub(crate) const FAMILY_FUNCTION: u32 = 2603;
    pub(crate) const CAST: u32 = 2605;
    pub(crate) const CONVERSION: u32 = 2607;
    pub(crate) const LANGUAGE: u32 = 2612;
    pub(crate) const OPERATOR_CLASS: u32 = 2616;
    pub(crate) const OPERATOR: u32 = 2617;
    pub(crate) const OPERATOR_FAMILY: u32 = 2753;
    pub(crate) const COLLATION: u32 = 3456;
    pub(crate) const TRANSFORM: u32 = 3576;
    pub(crate) const TEXT_SEARCH_DICTIONARY: u32 = 3600;
    pub(crate) const TEXT_SEARCH_PARSER: u32 = 3601;
    pub(crate) const TEXT_SEARCH_CONFIGURATION: u32 = 3602;
    pub(crate) const TEXT_SEARCH_TEMPLATE: u32 = 3764;
    pub(crate) const FOREIGN_SERVER: u32 = 1417;
    pub(crate) const USER_MAPPING: u32 = 1418;
    pub(crate) const FOREIGN_DATA_WRAPPER: u32 = 2328;
    pub(crate) const EVENT_TRIGGER: u32 = 3466;
    pub(crate) const STATISTICS: u32 = 3381;
    pub(crate) const PUBLICATION: u32 = 6104;
    pub(crate) const PUBLICATION_TABLE: u32 = 6106;
    pub(crate) const PUBLICATION_SCHEMA: u32 = 6237;
    pub(crate) const SUBSCRIPTION: u32 = 6100;
    /// Where the data lies: what the address of a large object names.
    pub(crate) const LARGE_OBJECT: u32 = 2613;
    pub(crate) const LARGE_OBJECT_METADATA: u32 = 2995;
}

/// Which of the statements that make one object: most need one step only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// What exists before the object is whole: a shell type, a view of typed NULLs.
    Placeholder,
    /// The object itself.
    Main,
    /// What ties it to another one: OWNED BY, ATTACH PARTITION, a trigger's state.
    Link,
}

/// One step of one object: catalog, OID, step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub class: u32,
    pub oid: u32,
    pub step: Step,
}

/// An object as the catalogs name it: catalog, OID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub class: u32,
    pub oid: u32,
}

impl Address {
    pub(crate) fn new(class: u32, oid: u32) -> Self {
        Self { class, oid }
    }

    /// The object itself, if it is one of ours.
    pub(crate) fn id(self) -> Id {
        Id::new(self.class, self.oid)
    }
}

impl Id {
    pub(crate) fn address(self) -> Address {
        Address::new(self.class, self.oid)
    }

    pub(crate) fn new(class: u32, oid: u32) -> Self {
        Self { class, oid, step: Step::Main }
    }

    #[must_use]
    pub(crate) fn step(self, step: Step) -> Self {
        Self { step, ..self }
    }
}

/// The parts of the file, in file order. Their names are the manifest's `part`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Settings,
    /// The database's own settings, owner and rights: nothing happens here unless it is asked for.
    Database,
    /// Of a file of globals: roles and what they may do.
    Roles,
    Tablespaces,
    PreData,
    /// Rows of extensions' own tables, which may refer to each other.
    Configuration,
    Data,
    Sequences,
    /// Indexes and key constraints: no statement here needs another one.
    Indexes,
    PostData,
    /// Statements that need no other one here, but may lock the same two tables.
    ForeignKeys,
    Final,
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Settings => "settings",
            Part::Database => "database",
            Part::Roles => "roles",
            Part::Tablespaces => "tablespaces",
            Part::PreData => "pre-data",
            Part::Configuration => "configuration",
            Part::Data => "data",
            Part::Sequences => "sequences",
            Part::Indexes => "indexes",
            Part::PostData => "post-data",
            Part::ForeignKeys => "foreign-keys",
            Part::Final => "final",
        }
    }
}

/// Classes in the order in which they are written where nothing else orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Schema,
    Extension,
    Language,
    Collation,
    /// Before types and functions, whose defaults may cast without `pg_depend` knowing of it.
    Transform,
    Cast,
    Type,
    Function,
    Aggregate,
    AccessMethod,
    Operator,
    OperatorFamily,
    /// Before classes: a class that is there would take what belongs to the family.
    FamilyMember,
    OperatorClass,
    Conversion,
    TextSearchParser,
    TextSearchTemplate,
    TextSearchDictionary,
    TextSearchConfiguration,
    /// Their bodies may use operator classes and casts without `pg_depend` knowing of it.
    FunctionWithBody,
    ForeignDataWrapper,
    ForeignServer,
    UserMapping,
    Sequence,
    Table,
    ForeignTable,
    View,
    MaterializedView,
    SequenceOwner,
    Default,
    Check,
    Attach,
    LargeObjects,
    Key,
    Index,
    IndexSettings,
    Statistics,
    Rule,
    Trigger,
    Policy,
    ForeignKey,
    Publication,
    PublicationMember,
    Subscription,
    /// Of an object that is there without a statement of ours.
    Changes,
    DefaultPrivileges,
    /// After everything that could fire it.
    EventTrigger,
}

/// One object, or one step of it, with its finished statements.
#[derive(Debug)]
pub(crate) struct Object {
    pub id: Id,
    pub kind: Kind,
    pub part: Part,
    pub schema: String,
    pub name: String,
    /// Complete statements, each ended by `;` and a line end.
    pub ddl: String,
    /// GRANT and REVOKE, written after everything else.
    pub grants: String,
    /// What must stand before it, besides what `pg_depend` says.
    pub needs: Vec<Id>,
    /// For a view: the statement that makes one of the same columns out of NULLs.
    pub placeholder: Option<String>,
}

impl Object {
    pub(crate) fn new(
        id: Id,
        kind: Kind,
        part: Part,
        schema: &str,
        name: &str,
        ddl: String,
    ) -> Self {
        Self {
            id,
            kind,
            part,
            schema: schema.to_owned(),
            name: name.to_owned(),
            ddl,
            grants: String::new(),
            needs: Vec::new(),
            placeholder: None,
        }
    }

    #[must_use]
    pub(crate) fn needing(mut self, needs: impl IntoIterator<Item = Id>) -> Self {
        self.needs.extend(needs);
        self
    }

    #[must_use]
    pub(crate) fn granting(mut self, grants: String) -> Self {
        self.grants = grants;
        self
    }
}
