//! Nested blocks: what a configuration writes as `name { … }`, without an equals sign.

use crate::{
    schema::{Attribute, Nesting, Replacement, Schema},
    types::Type,
};

/// How often a block may stand, and what its values are arranged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockNesting {
    /// At most once; the value is an object, or null without the block.
    Single,
    /// At most once; the value is an object in any case, whose attributes are null without the block.
    Group,
    /// Any number of times, in order.
    List,
    /// Any number of times, without order and without repetition.
    Set,
    /// Any number of times, each with a label of its own: `name "key" { … }`.
    Map,
}

impl BlockNesting {
    /// The arrangement of the objects in the value.
    pub(crate) fn arrangement(self) -> Nesting {
        match self {
            BlockNesting::Single | BlockNesting::Group => Nesting::Single,
            BlockNesting::List => Nesting::List,
            BlockNesting::Set => Nesting::Set,
            BlockNesting::Map => Nesting::Map,
        }
    }
}

/// One kind of nested block. Made by [`Block::new`] and the builder functions below, or by `#[derive(Model)]`.
///
/// New schemas do better with nested attributes, which can be null, unknown, and set by an expression. Blocks are for what
/// people already write as blocks. A block that is not [`computed`](Block::computed) never becomes unknown in a plan, and one
/// that repeats is empty, never null, where there is none.
///
/// ```
/// use tf_framework::{Model, Value};
///
/// /// A firewall.
/// #[derive(Clone, Model)]
/// struct Firewall {
///     /// Who may pass, in order.
///     #[attr(block, min_items(1))]
///     rule: Value<Vec<Rule>>,
/// }
///
/// /// One rule.
/// #[derive(Clone, Model)]
/// struct Rule {
///     /// A network in CIDR notation.
///     #[attr(required)]
///     source: Value<String>,
/// }
/// assert_eq!(Firewall::blocks()[0].name(), "rule");
/// ```
#[derive(Clone, Debug)]
pub struct Block {
    name: String,
    nesting: BlockNesting,
    group: bool,
    attributes: Vec<Attribute>,
    blocks: Vec<Block>,
    description: String,
    deprecation: Option<String>,
    min_items: usize,
    max_items: Option<usize>,
    computed: bool,
    keeps_prior: bool,
    replacement: Replacement,
}

impl Block {
    /// A block with nothing but a name, a nesting and its contents.
    pub fn new(
        name: impl Into<String>,
        nesting: BlockNesting,
        attributes: Vec<Attribute>,
        blocks: Vec<Block>,
    ) -> Block {
        Block {
            name: name.into(),
            nesting,
            group: false,
            attributes,
            blocks,
            description: String::new(),
            deprecation: None,
            min_items: 0,
            max_items: None,
            computed: false,
            keeps_prior: false,
            replacement: Replacement::Never,
        }
    }

    /// The text of the registry page, in Markdown.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Block {
        self.description = description.into();
        self
    }

    /// Marks it deprecated. `message` says what to use instead; whoever writes the block reads it as a warning.
    #[must_use]
    pub fn deprecated(mut self, message: impl Into<String>) -> Block {
        self.deprecation = Some(message.into());
        self
    }

    /// Demands at least so many blocks, which Terraform checks. For a list or a set; on a single block, 1 makes it required.
    #[must_use]
    pub fn min_items(mut self, least: usize) -> Block {
        self.min_items = least;
        self
    }

    /// Allows at most so many blocks, which Terraform checks. For a list or a set.
    #[must_use]
    pub fn max_items(mut self, most: usize) -> Block {
        self.max_items = Some(most);
        self
    }

    /// Makes a single block a [`BlockNesting::Group`]: without it, its value is an object of nulls.
    #[must_use]
    pub fn group(mut self) -> Block {
        self.group = true;
        self
    }

    /// Lets the provider add the blocks where the configuration has none; the field is then null in the configuration, and
    /// unknown in the plan until the provider fills it in. It behaves as an optional and computed attribute does, so blocks
    /// that are removed from the configuration stay until something else changes. Everything inside must be computed too.
    ///
    /// Needs Terraform 1.16; no OpenTofu has it. With an older one, whoever uses the resource reads that as an error.
    #[must_use]
    pub fn computed(mut self) -> Block {
        self.computed = true;
        self
    }

    /// Plans the prior blocks instead of unknown ones when the object is updated. For a computed block.
    #[must_use]
    pub fn keep_when_unknown(mut self) -> Block {
        self.keeps_prior = true;
        self
    }

    /// Any change of the blocks replaces the object.
    #[must_use]
    pub fn replace_on_change(mut self) -> Block {
        self.replacement = Replacement::OnChange;
        self
    }

    /// The name, as the configuration writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often it may stand.
    pub fn nesting(&self) -> BlockNesting {
        match self.nesting {
            BlockNesting::Single if self.group => BlockNesting::Group,
            nesting => nesting,
        }
    }

    /// The attributes inside.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The blocks inside.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The text of the registry page.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What to use instead, if it is deprecated.
    pub fn deprecation(&self) -> Option<&str> {
        self.deprecation.as_deref()
    }

    /// The least number of blocks.
    pub fn least_items(&self) -> usize {
        self.min_items
    }

    /// The greatest number of blocks, if there is one.
    pub fn most_items(&self) -> Option<usize> {
        self.max_items
    }

    /// Whether the provider may add the blocks.
    pub fn is_computed(&self) -> bool {
        self.computed
    }

    /// Whether what can't be a group is called one.
    pub(crate) fn is_misused_group(&self) -> bool {
        self.group && !matches!(self.nesting, BlockNesting::Single | BlockNesting::Group)
    }

    pub(crate) fn keeps_prior(&self) -> bool {
        self.keeps_prior
    }

    pub(crate) fn replacement(&self) -> Replacement {
        self.replacement
    }

    pub(crate) fn body(&self) -> Body<'_> {
        Body { attributes: &self.attributes, blocks: &self.blocks }
    }

    pub(crate) fn value_type(&self) -> Type {
        let object = self.body().value_type();
        match self.nesting().arrangement() {
            Nesting::Single => object,
            Nesting::List => Type::list(object),
            Nesting::Set => Type::set(object),
            Nesting::Map => Type::map(object),
        }
    }
}

/// What an object holds, be it a whole schema, a block, or an object of a nested attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    pub(crate) attributes: &'a [Attribute],
    pub(crate) blocks: &'a [Block],
}

impl<'a> Body<'a> {
    /// The type of such an object.
    pub(crate) fn value_type(self) -> Type {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name(), attribute.shape().value_type()));
        Type::object(attributes.chain(self.blocks.iter().map(|block| (block.name(), block.value_type()))))
    }

    /// The first computed block in it, at any depth.
    pub(crate) fn computed_block(self) -> Option<&'a Block> {
        self.blocks.iter().find_map(|block| if block.computed { Some(block) } else { block.body().computed_block() })
    }
}

/// The objects of a nested attribute.
impl<'a> From<&'a [Attribute]> for Body<'a> {
    fn from(attributes: &'a [Attribute]) -> Body<'a> {
        Body { attributes, blocks: &[] }
    }
}

impl Schema {
    pub(crate) fn body(&self) -> Body<'_> {
        Body { attributes: &self.attributes, blocks: &self.blocks }
    }
}
