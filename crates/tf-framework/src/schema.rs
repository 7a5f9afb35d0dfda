//! What a configuration block may hold: attributes, declared through builder functions.

use std::{fmt, ops::RangeInclusive, sync::Arc};

use crate::{
    block::{Block, Body},
    number::Number,
    same::{Same, same_json},
    types::Type,
    value::Dynamic,
};

/// Who gives an attribute its value. Terraform knows three flags; only these four combinations make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The configuration must set it.
    Required,
    /// The configuration may set it; otherwise it is null.
    Optional,
    /// Only the provider sets it.
    Computed,
    /// The configuration may set it; otherwise the provider does.
    OptionalComputed,
}

impl Presence {
    /// Whether the provider may fill the value in.
    pub fn is_computed(self) -> bool {
        matches!(self, Presence::Computed | Presence::OptionalComputed)
    }

    /// Whether the configuration may set the value.
    pub fn is_configurable(self) -> bool {
        self != Presence::Computed
    }
}

/// How the objects of a nested attribute are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// A list of objects.
    List,
    /// A set of objects.
    Set,
    /// A map of objects.
    Map,
}

/// What an attribute holds: a plain type, or objects whose attributes have a schema of their own.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A value of this type.
    Plain(Type),
    /// A nested attribute.
    Nested(Nesting, Vec<Attribute>),
}

impl Shape {
    /// The type of a value of this shape.
    pub fn value_type(&self) -> Type {
        match self {
            Shape::Plain(ty) => ty.clone(),
            Shape::Nested(nesting, attributes) => {
                let object = Body::from(attributes.as_slice()).value_type();
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::list(object),
                    Nesting::Set => Type::set(object),
                    Nesting::Map => Type::map(object),
                }
            }
        }
    }
}

impl Shape {
    fn make_computed(&mut self) {
        let Shape::Nested(_, attributes) = self else { return };
        for attribute in attributes {
            attribute.presence = Presence::Computed;
            attribute.default = None;
            attribute.shape.make_computed();
        }
    }

    fn make_write_only(&mut self) {
        let Shape::Nested(_, attributes) = self else { return };
        for attribute in attributes {
            attribute.write_only = true;
            attribute.shape.make_write_only();
        }
    }
}

impl From<Type> for Shape {
    fn from(ty: Type) -> Shape {
        Shape::Plain(ty)
    }
}

/// When a changed value makes Terraform destroy the object and create another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Never: the object is updated in place.
    Never,
    /// Whenever the planned value differs from the prior one.
    OnChange,
    /// The same, but only while the configuration sets the value and the prior one is not null: what nobody knows, as after
    /// an import, is no reason to destroy an object.
    WhenConfigured,
}

/// One attribute of a schema. Made by [`Attribute::new`] and the builder functions below, or by `#[derive(Model)]`.
///
/// ```
/// use tf_framework::{Attribute, Presence, Type};
///
/// let name = Attribute::new("name", Type::String, Presence::Required)
///     .describe("Name shown in the console.")
///     .length(1..=255)
///     .replace_on_change();
/// assert_eq!(name.name(), "name");
/// ```
#[derive(Clone, Debug)]
pub struct Attribute {
    name: String,
    shape: Shape,
    presence: Presence,
    description: String,
    deprecation: Option<String>,
    sensitive: bool,
    write_only: bool,
    version: Option<String>,
    default: Option<Dynamic>,
    keeps_prior: bool,
    replacement: Replacement,
    rules: Vec<Rule>,
    variadic: bool,
    unknown_allowed: bool,
    same: Option<Comparison>,
}

impl Attribute {
    /// An attribute with nothing but name, shape and presence. Inside a computed one, every attribute is computed: nobody else
    /// could set it.
    pub fn new(name: impl Into<String>, shape: impl Into<Shape>, presence: Presence) -> Attribute {
        let mut shape = shape.into();
        if presence == Presence::Computed {
            shape.make_computed();
        }
        Attribute {
            name: name.into(),
            shape,
            presence,
            description: String::new(),
            deprecation: None,
            sensitive: false,
            write_only: false,
            version: None,
            default: None,
            keeps_prior: false,
            replacement: Replacement::Never,
            rules: Vec::new(),
            variadic: false,
            unknown_allowed: false,
            same: None,
        }
    }

    /// The text of the registry page, in Markdown.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Attribute {
        self.description = description.into();
        self
    }

    /// Marks it deprecated. `message` says what to use instead; whoever sets the attribute reads it as a warning.
    #[must_use]
    pub fn deprecated(mut self, message: impl Into<String>) -> Attribute {
        self.deprecation = Some(message.into());
        self
    }

    /// Hides the value in Terraform's output. It still stands in the state.
    #[must_use]
    pub fn sensitive(mut self) -> Attribute {
        self.sensitive = true;
        self
    }

    /// Keeps the value out of plan and state: it stands in the configuration alone, where it may come from an ephemeral
    /// resource. `create` and `update` find it in [`Context::config`](crate::Context::config), and every model that holds a
    /// plan or a state has null in its place. Inside a nested attribute that is write-only, every attribute is.
    ///
    /// Needs Terraform 1.11 or OpenTofu 1.11. With an older one, whoever sets the attribute reads that as an error. The
    /// attribute can't be computed, stand inside a set, or be compared with an earlier value: see
    /// [`versioned_by`](Attribute::versioned_by).
    #[must_use]
    pub fn write_only(mut self) -> Attribute {
        self.write_only = true;
        self.shape.make_write_only();
        self
    }

    /// Names the attribute beside a write-only one that says when its value changed, as in `secret_wo` with
    /// `secret_wo_version`. Nobody remembers a write-only value, so a new one alone changes nothing: a person raises the
    /// version, Terraform sees that as a change of the object, and `update` takes the value from the configuration.
    ///
    /// The framework demands that the configuration sets both or neither. The version is an ordinary attribute; whether its
    /// change updates or replaces the object, it says itself.
    ///
    /// ```
    /// use tf_framework::{Model, Value};
    ///
    /// /// An account.
    /// #[derive(Clone, Model)]
    /// struct Account {
    ///     /// Its password.
    ///     #[attr(optional, write_only, versioned_by("password_wo_version"))]
    ///     password_wo: Value<String>,
    ///     /// Any number; a new one says that `password_wo` has a new value.
    ///     #[attr(optional)]
    ///     password_wo_version: Value<i64>,
    /// }
    /// assert!(Account::attributes()[0].is_write_only());
    /// ```
    #[must_use]
    pub fn versioned_by(mut self, attribute: impl Into<String>) -> Attribute {
        self.version = Some(attribute.into());
        self
    }

    /// The value where the configuration has none. Terraform accepts one only where the provider may fill the value in,
    /// so the attribute must be [`Presence::OptionalComputed`].
    #[must_use]
    pub fn default(mut self, value: impl Into<Dynamic>) -> Attribute {
        self.default = Some(value.into());
        self
    }

    /// Plans the prior value instead of an unknown one when the object is updated. For values that never change once the
    /// object exists, such as its id.
    #[must_use]
    pub fn keep_when_unknown(mut self) -> Attribute {
        self.keeps_prior = true;
        self
    }

    /// A changed value replaces the object.
    #[must_use]
    pub fn replace_on_change(mut self) -> Attribute {
        self.replacement = Replacement::OnChange;
        self
    }

    /// A changed value replaces the object, as long as the configuration sets it and the prior one is not null.
    #[must_use]
    pub fn replace_when_configured(mut self) -> Attribute {
        self.replacement = Replacement::WhenConfigured;
        self
    }

    /// Demands one of a few strings.
    #[must_use]
    pub fn one_of(self, choices: &'static [&'static str]) -> Attribute {
        let list = choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(", ");
        self.must(format!("be one of {list}"), move |text| choices.contains(&text))
    }

    /// Limits the number of characters of a string.
    #[must_use]
    pub fn length(self, characters: RangeInclusive<usize>) -> Attribute {
        let requirement = format!("have {} to {} characters", characters.start(), characters.end());
        self.must(requirement, move |text| characters.contains(&text.chars().count()))
    }

    /// Demands a number of at least `least`.
    #[must_use]
    pub fn at_least(self, least: i64) -> Attribute {
        let bound = Number::from(least);
        self.rule(format!("be at least {least}"), move |value| match value {
            Dynamic::Number(number) => *number >= bound,
            _ => true,
        })
    }

    /// Demands a number of at least the first and at most the second.
    #[must_use]
    pub fn between(self, range: RangeInclusive<i64>) -> Attribute {
        let (least, most) = (Number::from(*range.start()), Number::from(*range.end()));
        self.rule(format!("be between {least} and {most}"), move |value| match value {
            Dynamic::Number(number) => *number >= least && *number <= most,
            _ => true,
        })
    }

    /// Limits the number of elements of a collection.
    #[must_use]
    pub fn size(self, elements: RangeInclusive<usize>) -> Attribute {
        let requirement = match (*elements.start(), *elements.end()) {
            (least, usize::MAX) => format!("have at least {least} element{}", plural(least)),
            (0, most) => format!("have at most {most} element{}", plural(most)),
            (least, most) => format!("have {least} to {most} elements"),
        };
        self.rule(requirement, move |value| match value {
            Dynamic::List(list) => elements.contains(&list.len()),
            Dynamic::Set(set) => elements.contains(&set.len()),
            Dynamic::Map(map) => elements.contains(&map.len()),
            _ => true,
        })
    }

    /// Demands anything of a string. `requirement` completes the sentence "it must …".
    #[must_use]
    pub fn must(
        self,
        requirement: impl Into<String>,
        test: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Attribute {
        self.rule(requirement, move |value| value.as_str().is_none_or(&test))
    }

    /// Demands anything of each string in a list or set. `requirement` completes the sentence "each element must …".
    #[must_use]
    pub fn each_must(
        mut self,
        requirement: impl Into<String>,
        test: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Attribute {
        let test = Arc::new(move |value: &Dynamic| value.as_str().is_none_or(&test));
        self.rules.push(Rule { requirement: requirement.into(), of_each_element: true, test });
        self
    }

    /// Makes it a function's last parameter, whose field is a list: it takes all arguments that follow those before it, also
    /// none. Its rules hold for each argument, but for [`size`](Attribute::size), which limits how many there are.
    #[must_use]
    pub fn variadic(mut self) -> Attribute {
        self.variadic = true;
        self
    }

    /// Lets a function's parameter take unknown arguments, and such with something unknown inside. The function must give an
    /// unknown result wherever a later known argument could give another one.
    #[must_use]
    pub fn allow_unknown(mut self) -> Attribute {
        self.unknown_allowed = true;
        self
    }

    /// Says when two different texts mean the same. Then the earlier one stays: a configuration that is only written
    /// differently plans no change and leaves the state as it is; what an operation answers in other words than were planned
    /// is taken for what was planned; and a read that finds the object in other words finds no drift. Of a list, set or map,
    /// each string is compared with the one at its place, in a set with any that is left.
    ///
    /// Terraform's own framework shows the first of these as a change. Nothing changes in the service by it, so it isn't
    /// shown here.
    #[must_use]
    pub fn same_when(mut self, test: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Attribute {
        self.same = Some(Comparison(Arc::new(test)));
        self
    }

    /// Demands JSON of each string, and takes two that mean the same for [the same](Attribute::same_when), whatever their
    /// white space, the order of their keys and the form of their numbers.
    #[must_use]
    pub fn json(mut self) -> Attribute {
        let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        self.rules.push(Rule {
            requirement: "be JSON".to_owned(),
            of_each_element: !matches!(self.shape, Shape::Plain(Type::String)),
            test: Arc::new(move |value: &Dynamic| value.as_str().is_none_or(is_json)),
        });
        self.same_when(same_json)
    }

    /// The name, as the configuration writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it holds.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Who gives it its value.
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// The text of the registry page.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What to use instead, if it is deprecated.
    pub fn deprecation(&self) -> Option<&str> {
        self.deprecation.as_deref()
    }

    /// Whether Terraform hides the value.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Whether the value stands in the configuration alone.
    pub fn is_write_only(&self) -> bool {
        self.write_only
    }

    /// The attribute that says when the value of this write-only one changed.
    pub fn version_attribute(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether it is a parameter that takes all arguments which follow.
    pub fn is_variadic(&self) -> bool {
        self.variadic
    }

    /// Whether it is a parameter that takes unknown arguments.
    pub fn is_unknown_allowed(&self) -> bool {
        self.unknown_allowed
    }

    pub(crate) fn default_value(&self) -> Option<&Dynamic> {
        self.default.as_ref()
    }

    pub(crate) fn keeps_prior(&self) -> bool {
        self.keeps_prior
    }

    pub(crate) fn replacement(&self) -> Replacement {
        self.replacement
    }

    pub(crate) fn same(&self) -> Option<&Same> {
        self.same.as_ref().map(|comparison| &*comparison.0)
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    fn rule(
        mut self,
        requirement: impl Into<String>,
        test: impl Fn(&Dynamic) -> bool + Send + Sync + 'static,
    ) -> Attribute {
        self.rules.push(Rule { requirement: requirement.into(), of_each_element: false, test: Arc::new(test) });
        self
    }
}

/// What a configured value must be like.
#[derive(Clone)]
pub(crate) struct Rule {
    /// Completes "must …".
    pub(crate) requirement: String,
    /// Whether the rule is about each element of a list or set, not about the collection.
    pub(crate) of_each_element: bool,
    /// Never called with null or unknown.
    pub(crate) test: Arc<dyn Fn(&Dynamic) -> bool + Send + Sync>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must {}", self.requirement)
    }
}

/// When two different texts mean the same.
#[derive(Clone)]
struct Comparison(Arc<Same>);

impl fmt::Debug for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a test")
    }
}

/// Everything that one kind of block may hold.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Version of the stored state; raised when a new schema can't read what the old one wrote.
    pub version: i64,
    /// The text of the registry page, in Markdown.
    pub description: String,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The nested blocks.
    pub blocks: Vec<Block>,
}

impl Schema {
    /// The type of a whole value.
    pub fn value_type(&self) -> Type {
        self.body().value_type()
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_a_computed_attribute_everything_is_computed() {
        let inner = vec![Attribute::new("id", Type::String, Presence::Required)];
        let outer = Attribute::new("roles", Shape::Nested(Nesting::Set, inner), Presence::Computed);
        let Shape::Nested(_, inner) = outer.shape() else { panic!("it is nested") };
        assert_eq!(inner[0].presence(), Presence::Computed);
    }
}
