//! What a schema must not say, though its types allow it.

use std::{collections::BTreeSet, fmt};

use crate::{
    action::ActionType,
    block::{Block, BlockNesting, Body},
    data_source::DataSourceType,
    ephemeral::EphemeralResourceType,
    list_resource::ListResourceType,
    model::Model,
    path::Path,
    provider::Provider,
    registration::ResourceType,
    schema::{Attribute, Nesting, Replacement, Schema, Shape},
    types::Type,
    wire::msgpack,
};

/// Checks every schema of a provider against what Terraform demands of one, and against what the framework can keep its word
/// on. The provider's own tests call it:
///
/// ```
/// # use tf_framework::{Provider, check_schema};
/// # fn the_schemas_are_sound<MyProvider: Provider>() {
/// assert_eq!(check_schema::<MyProvider>(), []);
/// # }
/// ```
///
/// It is a function for tests because a schema never changes after it was compiled: a test finds each mistake before anybody
/// can meet it, and a started provider loses no time over it. A debug build checks itself where Terraform asks for the
/// schemas, so that a mistake shows before there is a test; what one unsound schema would do to a release is break every
/// configuration with this provider, or crash Terraform.
pub fn check_schema<P: Provider>() -> Vec<SchemaProblem> {
    let (resources, data_sources) = (P::resources(), P::data_sources());
    let (ephemerals, lists, actions) = (P::ephemeral_resources(), P::list_resources(), P::actions());
    let mut check = Check::default();
    check.schema(Kind::Provider, P::NAME, &P::Config::schema(0));
    check.names(Kind::Resource, P::NAME, resources.iter().map(ResourceType::name));
    for entry in &resources {
        check.schema(Kind::Resource, entry.name(), entry.resource.schema());
        if let Some(identity) = &entry.identity {
            check.identity(entry.name(), identity.schema());
        }
    }
    check.names(Kind::DataSource, P::NAME, data_sources.iter().map(DataSourceType::name));
    for entry in &data_sources {
        check.schema(Kind::DataSource, entry.name(), entry.0.schema());
    }
    check.names(Kind::Ephemeral, P::NAME, ephemerals.iter().map(EphemeralResourceType::name));
    for entry in &ephemerals {
        check.schema(Kind::Ephemeral, entry.name(), entry.0.schema());
    }
    check.names(Kind::List, P::NAME, lists.iter().map(ListResourceType::name));
    for entry in &lists {
        check.schema(Kind::List, entry.name(), entry.0.schema());
    }
    check.names(Kind::Action, P::NAME, actions.iter().map(ActionType::name));
    for entry in &actions {
        check.schema(Kind::Action, entry.name(), entry.0.schema());
    }
    check.problems
}

/// One mistake in a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaProblem {
    /// Which schema: "resource pangea_project".
    pub schema: String,
    /// Where in it; the root is the schema itself.
    pub place: Path,
    /// What is wrong, as a sentence without its subject.
    pub problem: String,
}

impl fmt::Display for SchemaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.is_root() {
            true => write!(f, "{} {}", self.schema, self.problem),
            false => write!(f, "{}: `{}` {}", self.schema, self.place, self.problem),
        }
    }
}

/// What a schema is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Provider,
    Resource,
    DataSource,
    Ephemeral,
    List,
    Action,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Provider => "provider",
            Kind::Resource => "resource",
            Kind::DataSource => "data source",
            Kind::Ephemeral => "ephemeral resource",
            Kind::List => "list resource",
            Kind::Action => "action",
        }
    }

    /// The names that mean something to Terraform itself in such a block.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Kind::Provider => &["alias", "version"],
            Kind::Resource | Kind::DataSource | Kind::Ephemeral => {
                &["connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"]
            }
            // Their attributes stand in a block of their own, named `config`.
            Kind::List | Kind::Action => &[],
        }
    }
}

/// What surrounds an attribute or a block.
#[derive(Clone, Copy)]
struct Around {
    kind: Kind,
    in_set: bool,
    /// Inside a list, a set or a map.
    in_collection: bool,
    in_computed_block: bool,
}

#[derive(Default)]
struct Check {
    schema: String,
    problems: Vec<SchemaProblem>,
}

impl Check {
    fn schema(&mut self, kind: Kind, name: &str, schema: &Schema) {
        self.schema = format!("{} {name}", kind.noun());
        if schema.version < 0 {
            self.problem(&Path::root(), "has a version below 0");
        }
        let body = schema.body();
        for name in names(body).filter(|name| kind.reserved().contains(name)) {
            self.problem(&Path::attribute(name), "is a name that Terraform keeps for itself");
        }
        let around = Around { kind, in_set: false, in_collection: false, in_computed_block: false };
        self.body(body, &Path::root(), around);
    }

    /// Type names begin with the provider's, since Terraform finds the provider by that.
    fn names<'a>(&mut self, kind: Kind, provider: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            self.schema = format!("{} {name}", kind.noun());
            if !seen.insert(name) {
                self.problem(&Path::root(), "is there twice");
            }
            let rest = name.strip_prefix(provider).and_then(|rest| rest.strip_prefix('_'));
            if !is_name(name) || rest.is_none_or(str::is_empty) {
                self.problem(&Path::root(), format!("must have a name of the form `{provider}_…`, in lower case"));
            }
        }
    }

    fn identity(&mut self, name: &str, schema: &Schema) {
        self.schema = format!("identity of {name}");
        if !schema.blocks.is_empty() {
            self.problem(&Path::root(), "must not have blocks");
        }
        for attribute in &schema.attributes {
            let place = Path::attribute(attribute.name());
            if !is_name(attribute.name()) {
                self.problem(&place, NOT_A_NAME);
            }
            if !matches!(attribute.shape(), Shape::Plain(ty) if is_identity_type(ty)) {
                self.problem(&place, "must be a string, a number, a bool or a list of one of these");
            }
            if attribute.presence().is_computed() {
                self.problem(&place, "must be required or optional");
            }
        }
    }

    fn body(&mut self, body: Body<'_>, parent: &Path, around: Around) {
        let mut seen = BTreeSet::new();
        for name in names(body) {
            if !is_name(name) {
                self.problem(&parent.attr(name), NOT_A_NAME);
            }
            if !seen.insert(name) {
                self.problem(&parent.attr(name), "is there twice");
            }
        }
        for attribute in body.attributes {
            let place = parent.attr(attribute.name());
            self.attribute(attribute, &place, around);
            self.version(attribute, body, &place);
            if let Shape::Nested(nesting, inner) = attribute.shape() {
                self.body(inner.as_slice().into(), &place, around.inside(*nesting));
            }
        }
        for block in body.blocks {
            let place = parent.attr(block.name());
            self.block(block, &place, around);
            let inside = around.inside(block.nesting().arrangement());
            self.body(block.body(), &place, Around { in_computed_block: block.is_computed(), ..inside });
        }
    }

    fn attribute(&mut self, attribute: &Attribute, place: &Path, around: Around) {
        let is_computed = attribute.presence().is_computed();
        if is_computed && matches!(around.kind, Kind::Provider | Kind::List | Kind::Action) {
            self.problem(place, "is computed, and nothing can hold what the provider computes");
        }
        if !is_computed && around.in_computed_block {
            self.problem(place, "must be computed, as everything inside a computed block");
        }
        if let Shape::Plain(ty) = attribute.shape()
            && takes_anything(ty, around.in_collection)
        {
            self.problem(place, "is of the dynamic type inside a collection, whose elements must have one type");
        }
        if let Some(default) = attribute.default_value() {
            let fits = msgpack::encode(default, &attribute.shape().value_type()).is_ok();
            if !is_computed {
                self.problem(place, "has a default, so it must be optional and computed");
            }
            if !fits || default.is_null() || !default.is_wholly_known() {
                self.problem(place, "has a default of another type than its own");
            }
        }
        let is_remembered = attribute.keeps_prior() || attribute.replacement() != Replacement::Never;
        if attribute.is_write_only() {
            self.write_only(attribute, place, around);
            if is_remembered {
                self.problem(place, "is write-only, so there is no earlier value to keep or to compare with");
            }
        } else if is_remembered && around.in_set {
            self.problem(place, "is inside a set, whose elements have no earlier value; let the whole set decide");
        }
    }

    fn write_only(&mut self, attribute: &Attribute, place: &Path, around: Around) {
        if !matches!(around.kind, Kind::Resource | Kind::Action) {
            self.problem(place, "is write-only, which only a resource's or an action's attribute can be");
        }
        if attribute.presence().is_computed() {
            self.problem(place, "is write-only, so the provider can't compute it");
        }
        if around.in_set || matches!(attribute.shape(), Shape::Nested(Nesting::Set, _)) {
            self.problem(place, "is write-only inside a set, whose elements can't be told apart without it");
        }
    }

    fn version(&mut self, attribute: &Attribute, body: Body<'_>, place: &Path) {
        let Some(version) = attribute.version_attribute() else { return };
        if !attribute.is_write_only() {
            self.problem(place, "has a version attribute, so it must be write-only");
        }
        let found = body.attributes.iter().find(|attribute| attribute.name() == version);
        if !found.is_some_and(|version| version.presence().is_configurable() && !version.is_write_only()) {
            self.problem(place, format!("needs an attribute `{version}` beside it that the configuration sets"));
        }
    }

    fn block(&mut self, block: &Block, place: &Path, around: Around) {
        let (least, most) = (block.least_items(), block.most_items());
        let bounds = match block.nesting() {
            _ if block.is_misused_group() => Some("is a group, so it must hold a single model"),
            BlockNesting::Single if least > 1 || most.is_some() => {
                Some("stands at most once; `min_items(1)` requires it")
            }
            BlockNesting::Group | BlockNesting::Map if least > 0 || most.is_some() => {
                Some("can't be counted: only a list or a set of blocks can")
            }
            BlockNesting::List | BlockNesting::Set if most.is_some_and(|most| most < least.max(1)) => {
                Some("allows fewer blocks than it demands, or none at all")
            }
            _ => None,
        };
        if let Some(problem) = bounds {
            self.problem(place, problem);
        }
        if block.is_computed() {
            self.computed_block(block, place, around);
        } else if around.in_computed_block {
            self.problem(place, "must be computed, as everything inside a computed block");
        } else if block.keeps_prior() {
            self.problem(place, "is never unknown, so there is nothing to keep: only a computed block is");
        }
        if block.replacement() != Replacement::Never && around.in_set {
            self.problem(place, "is inside a set, whose elements have no earlier value; let the whole set decide");
        }
    }

    fn computed_block(&mut self, block: &Block, place: &Path, around: Around) {
        if around.kind != Kind::Resource {
            self.problem(place, "is computed, which only a resource's block can be");
        }
        if block.nesting() == BlockNesting::Group {
            self.problem(place, "is a group, which is always there, so it can't be computed");
        }
        if block.least_items() > 0 {
            self.problem(place, "is computed, so no number of blocks can be demanded");
        }
        if around.in_set {
            self.problem(place, "is computed inside a set, whose elements have no earlier value");
        }
    }

    fn problem(&mut self, place: &Path, problem: impl Into<String>) {
        let (schema, place, problem) = (self.schema.clone(), place.clone(), problem.into());
        self.problems.push(SchemaProblem { schema, place, problem });
    }
}

impl Around {
    fn inside(self, nesting: Nesting) -> Around {
        Around {
            in_set: self.in_set || nesting == Nesting::Set,
            in_collection: self.in_collection || nesting != Nesting::Single,
            in_computed_block: false,
            ..self
        }
    }
}

const NOT_A_NAME: &str = "must be a name of lower-case letters, digits and underscores that begins with no digit";

fn names(body: Body<'_>) -> impl Iterator<Item = &str> {
    body.attributes.iter().map(Attribute::name).chain(body.blocks.iter().map(Block::name))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == '_')
}

/// Whether a value of another type may stand in each element of a collection.
fn takes_anything(ty: &Type, in_collection: bool) -> bool {
    match ty {
        Type::Dynamic => in_collection,
        Type::List(inner) | Type::Set(inner) | Type::Map(inner) => takes_anything(inner, true),
        Type::Object(attributes) => attributes.values().any(|inner| takes_anything(inner, in_collection)),
        Type::Tuple(elements) => elements.iter().any(|inner| takes_anything(inner, in_collection)),
        Type::String | Type::Number | Type::Bool => false,
    }
}

fn is_identity_type(ty: &Type) -> bool {
    let is_primitive = |ty: &Type| matches!(ty, Type::String | Type::Number | Type::Bool);
    match ty {
        Type::List(inner) => is_primitive(inner),
        ty => is_primitive(ty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema::Presence, value::Dynamic};

    fn text(name: &str, presence: Presence) -> Attribute {
        Attribute::new(name, Type::String, presence)
    }

    fn optional(name: &str) -> Attribute {
        text(name, Presence::Optional)
    }

    fn plain(ty: Type) -> Attribute {
        Attribute::new("a", ty, Presence::Optional)
    }

    fn nested(nesting: Nesting, inner: Vec<Attribute>) -> Attribute {
        Attribute::new("a", Shape::Nested(nesting, inner), Presence::Optional)
    }

    fn block(nesting: BlockNesting, inner: Vec<Attribute>) -> Block {
        Block::new("b", nesting, inner, Vec::new())
    }

    fn problems_of(kind: Kind, attributes: Vec<Attribute>, blocks: Vec<Block>) -> Vec<String> {
        let mut check = Check::default();
        check.schema(kind, "x_y", &Schema { version: 0, description: String::new(), attributes, blocks });
        check.problems.iter().map(|problem| format!("{} {}", problem.place, problem.problem)).collect()
    }

    #[track_caller]
    fn refused(attributes: Vec<Attribute>, blocks: Vec<Block>, problem: &str) {
        let found = problems_of(Kind::Resource, attributes, blocks);
        assert!(matches!(found.as_slice(), [only] if only.contains(problem)), "{problem}: {found:?}");
    }

    #[test]
    fn a_sound_schema_has_no_problem() {
        let inner = || vec![optional("x"), text("id", Presence::Computed)];
        let computed = || vec![text("x", Presence::OptionalComputed)];
        let attributes = vec![
            optional("secret_wo").write_only().versioned_by("secret_wo_version"),
            optional("secret_wo_version"),
            text("kind", Presence::OptionalComputed).default("a"),
            plain(Type::Dynamic),
            nested(Nesting::Single, vec![plain(Type::Dynamic)]).deprecated("x"),
        ];
        let blocks = vec![
            block(BlockNesting::Set, inner()).min_items(1).max_items(1),
            Block::new("single", BlockNesting::Single, inner(), Vec::new()).min_items(1),
            Block::new("group", BlockNesting::Single, inner(), Vec::new()).group(),
            Block::new("computed", BlockNesting::List, computed(), Vec::new()).computed().max_items(2),
        ];
        let mut attributes = attributes;
        attributes.remove(3);
        assert_eq!(problems_of(Kind::Resource, attributes, blocks), <[String; 0]>::default());
    }

    #[test]
    fn names_that_terraform_would_not_take_are_refused() {
        refused(vec![optional("Geo")], vec![], "must be a name");
        refused(vec![optional("1st")], vec![], "must be a name");
        refused(vec![optional("")], vec![], "must be a name");
        refused(vec![optional("count")], vec![], "keeps for itself");
        refused(vec![optional("b")], vec![block(BlockNesting::List, vec![])], "is there twice");
        refused(vec![nested(Nesting::List, vec![optional("é")])], vec![], "must be a name");
        assert_eq!(problems_of(Kind::Resource, vec![nested(Nesting::List, vec![optional("count")])], vec![]).len(), 0);
        assert_eq!(problems_of(Kind::Provider, vec![optional("alias"), optional("count")], vec![]).len(), 1);
    }

    #[test]
    fn a_default_is_of_the_attributes_type_and_computed() {
        refused(vec![optional("a").default("x")], vec![], "must be optional and computed");
        let number = Attribute::new("a", Type::Number, Presence::OptionalComputed);
        refused(vec![number.clone().default("x")], vec![], "another type");
        refused(vec![number.default(Dynamic::Unknown)], vec![], "another type");
        let list = Attribute::new("a", Type::list(Type::String), Presence::OptionalComputed);
        refused(vec![list.default(Dynamic::list([1_i64]))], vec![], "another type");
    }

    #[test]
    fn a_write_only_attribute_is_never_computed_in_a_set_or_compared() {
        refused(vec![text("a", Presence::OptionalComputed).write_only()], vec![], "can't compute it");
        let inner = || vec![optional("x").write_only()];
        refused(vec![nested(Nesting::Set, inner())], vec![], "inside a set");
        refused(vec![], vec![block(BlockNesting::Set, inner())], "inside a set");
        refused(vec![optional("a").write_only().replace_on_change()], vec![], "no earlier value");
        refused(vec![optional("a").write_only().versioned_by("v")], vec![], "needs an attribute `v` beside it");
        refused(vec![optional("a").versioned_by("v"), optional("v")], vec![], "must be write-only");
        assert_eq!(problems_of(Kind::DataSource, vec![optional("a").write_only()], vec![]).len(), 1);
        assert_eq!(problems_of(Kind::Provider, vec![text("a", Presence::Computed)], vec![]).len(), 1);
    }

    #[test]
    fn no_collection_holds_values_of_any_type() {
        for ty in [
            Type::list(Type::Dynamic),
            Type::set(Type::Dynamic),
            Type::map(Type::object([("x", Type::Dynamic)])),
            Type::Tuple(vec![Type::list(Type::Dynamic)]),
        ] {
            refused(vec![plain(ty)], vec![], "dynamic type inside a collection");
        }
        for nesting in [Nesting::List, Nesting::Set, Nesting::Map] {
            refused(vec![nested(nesting, vec![plain(Type::Dynamic)])], vec![], "dynamic type");
        }
        for nesting in [BlockNesting::List, BlockNesting::Set, BlockNesting::Map] {
            refused(vec![], vec![block(nesting, vec![plain(Type::Dynamic)])], "dynamic type");
        }
        assert_eq!(problems_of(Kind::Resource, vec![plain(Type::Tuple(vec![Type::Dynamic]))], vec![]).len(), 0);
    }

    #[test]
    fn blocks_are_counted_where_terraform_counts_them() {
        refused(vec![], vec![block(BlockNesting::Single, vec![]).min_items(2)], "at most once");
        refused(vec![], vec![block(BlockNesting::Group, vec![]).min_items(1)], "can't be counted");
        refused(vec![], vec![block(BlockNesting::Map, vec![]).max_items(1)], "can't be counted");
        refused(vec![], vec![block(BlockNesting::List, vec![]).min_items(2).max_items(1)], "fewer");
        refused(vec![], vec![block(BlockNesting::List, vec![]).max_items(0)], "none at all");
        refused(vec![], vec![block(BlockNesting::List, vec![]).group()], "a single model");
    }

    #[test]
    fn a_computed_block_is_computed_all_through() {
        let leaf = || vec![text("x", Presence::OptionalComputed)];
        refused(vec![], vec![block(BlockNesting::List, vec![optional("x")]).computed()], "must be computed");
        let inner = Block::new("inner", BlockNesting::List, vec![], vec![]);
        refused(vec![], vec![Block::new("b", BlockNesting::List, leaf(), vec![inner]).computed()], "must be computed");
        refused(vec![], vec![block(BlockNesting::Single, leaf()).group().computed()], "is a group");
        refused(vec![], vec![block(BlockNesting::List, leaf()).computed().min_items(1)], "no number");
        let inner = Block::new("inner", BlockNesting::List, leaf(), vec![]).computed();
        refused(vec![], vec![Block::new("b", BlockNesting::Set, vec![], vec![inner])], "inside a set");
        refused(vec![], vec![block(BlockNesting::List, leaf()).keep_when_unknown()], "never unknown");
        let found = problems_of(Kind::DataSource, vec![], vec![block(BlockNesting::List, leaf()).computed()]);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn an_element_of_a_set_has_nothing_to_compare_with() {
        refused(vec![nested(Nesting::Set, vec![optional("x").replace_on_change()])], vec![], "let the whole set");
        let id = || text("x", Presence::Computed).keep_when_unknown();
        refused(vec![], vec![block(BlockNesting::Set, vec![id()])], "let the whole set");
    }

    #[test]
    fn an_identity_holds_plain_values() {
        let problems = |attributes: Vec<Attribute>| {
            let mut check = Check::default();
            check.identity("x_y", &Schema { version: 0, description: String::new(), attributes, blocks: Vec::new() });
            check.problems.len()
        };
        assert_eq!(problems(vec![plain(Type::list(Type::String)), text("b", Presence::Required)]), 0);
        for ty in [Type::set(Type::String), Type::map(Type::String), Type::Dynamic, Type::list(Type::list(Type::Bool))]
        {
            assert_eq!(problems(vec![plain(ty)]), 1);
        }
        assert_eq!(problems(vec![text("a", Presence::OptionalComputed)]), 1);
    }

    #[test]
    fn type_names_begin_with_the_providers_and_are_there_once() {
        let mut check = Check::default();
        check.names(Kind::Resource, "x", ["x_a", "x_a", "y_a", "x", "x_", "x_A"].into_iter());
        let found: Vec<String> = check.problems.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 5, "{found:?}");
        assert_eq!(found[0], "resource x_a is there twice");
    }
}
