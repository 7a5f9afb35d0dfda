//! What Terraform demands of every planned value and every state, whatever user code made of them: a write-only attribute
//! is null, and blocks that repeat are empty rather than null.

use std::collections::BTreeMap;

use crate::{
    block::{Block, BlockNesting, Body},
    schema::{Nesting, Shape},
    value::{Dynamic, Set},
};

/// Brings a whole plan or state into that form.
#[must_use]
pub(crate) fn normal_form(body: Body<'_>, mut value: Dynamic) -> Dynamic {
    if let Dynamic::Map(values) = &mut value
        && has_a_form(body)
    {
        bring_into_form(body, values);
    }
    value
}

/// Makes computed blocks of a configuration null where there are none: "the provider may add them". Terraform does so where
/// it asks for a plan, and only there.
#[must_use]
pub(crate) fn open_computed_blocks(body: Body<'_>, mut config: Dynamic) -> Dynamic {
    if let Dynamic::Map(values) = &mut config
        && body.computed_block().is_some()
    {
        open(body, values);
    }
    config
}

fn has_a_form(body: Body<'_>) -> bool {
    !body.blocks.is_empty()
        || body.attributes.iter().any(|attribute| {
            attribute.is_write_only()
                || matches!(attribute.shape(), Shape::Nested(_, inner) if has_a_form(inner.as_slice().into()))
        })
}

type Values = BTreeMap<String, Dynamic>;

fn bring_into_form(body: Body<'_>, values: &mut Values) {
    for attribute in body.attributes {
        let Some(value) = values.get_mut(attribute.name()) else { continue };
        match attribute.shape() {
            _ if attribute.is_write_only() => *value = Dynamic::Null,
            Shape::Nested(nesting, inner) if has_a_form(inner.as_slice().into()) => {
                each_object(*nesting, value, &mut |object| bring_into_form(inner.as_slice().into(), object));
            }
            _ => {}
        }
    }
    for block in body.blocks {
        let Some(value) = values.get_mut(block.name()) else { continue };
        if *value == Dynamic::Null {
            *value = no_blocks(block);
        } else if has_a_form(block.body()) {
            each_object(block.nesting().arrangement(), value, &mut |object| bring_into_form(block.body(), object));
        }
    }
}

/// The value where there is no such block.
fn no_blocks(block: &Block) -> Dynamic {
    match block.nesting() {
        BlockNesting::Single => Dynamic::Null,
        BlockNesting::Group => {
            let body = block.body();
            let attributes = body.attributes.iter().map(|attribute| (attribute.name(), Dynamic::Null));
            Dynamic::map(attributes.chain(body.blocks.iter().map(|inner| (inner.name(), no_blocks(inner)))))
        }
        BlockNesting::List => Dynamic::List(Vec::new()),
        BlockNesting::Set => Dynamic::Set(Set::default()),
        BlockNesting::Map => Dynamic::Map(BTreeMap::new()),
    }
}

fn open(body: Body<'_>, values: &mut Values) {
    for block in body.blocks {
        let Some(value) = values.get_mut(block.name()) else { continue };
        if block.is_computed() && *value == no_blocks(block) {
            *value = Dynamic::Null;
        } else if block.body().computed_block().is_some() {
            each_object(block.nesting().arrangement(), value, &mut |object| open(block.body(), object));
        }
    }
}

/// Calls `visit` with each known object of a nested attribute or block.
fn each_object(nesting: Nesting, value: &mut Dynamic, visit: &mut dyn FnMut(&mut Values)) {
    let mut visit_known = |object: &mut Dynamic| {
        if let Dynamic::Map(values) = object {
            visit(values);
        }
    };
    match (nesting, value) {
        (Nesting::Single, value) => visit_known(value),
        (Nesting::List, Dynamic::List(list)) => list.iter_mut().for_each(visit_known),
        (Nesting::Map, Dynamic::Map(map)) => map.values_mut().for_each(visit_known),
        (Nesting::Set, Dynamic::Set(set)) => {
            let elements = std::mem::take(set).into_iter().map(|mut element| {
                visit_known(&mut element);
                element
            });
            *set = elements.collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        schema::{Attribute, Presence},
        types::Type,
    };

    fn text(name: &str) -> Attribute {
        Attribute::new(name, Type::String, Presence::Optional)
    }

    #[test]
    fn a_write_only_value_is_null_wherever_it_stands() {
        let login = || vec![text("user"), text("password_wo").write_only()];
        let attributes = vec![
            text("name"),
            text("token_wo").write_only(),
            Attribute::new("one", Shape::Nested(Nesting::Single, login()), Presence::Optional),
            Attribute::new("list", Shape::Nested(Nesting::List, login()), Presence::Optional),
            Attribute::new("map", Shape::Nested(Nesting::Map, login()), Presence::Optional),
            Attribute::new("whole", Shape::Nested(Nesting::List, login()), Presence::Optional).write_only(),
        ];
        let blocks = vec![Block::new("block", BlockNesting::List, login(), Vec::new())];
        let login = |password: Dynamic| Dynamic::map([("user", Dynamic::from("u")), ("password_wo", password)]);
        let state = |secret: Dynamic, whole: Dynamic| {
            Dynamic::map([
                ("name", Dynamic::from("n")),
                ("token_wo", secret.clone()),
                ("one", login(secret.clone())),
                ("list", Dynamic::list([login(secret.clone()), Dynamic::Null, Dynamic::Unknown])),
                ("map", Dynamic::map([("k", login(secret.clone()))])),
                ("block", Dynamic::list([login(secret)])),
                ("whole", whole),
            ])
        };
        let body = Body { attributes: &attributes, blocks: &blocks };
        for secret in [Dynamic::from("hunter2"), Dynamic::Unknown, Dynamic::Null] {
            let given = state(secret.clone(), Dynamic::list([login(secret)]));
            assert_eq!(normal_form(body, given), state(Dynamic::Null, Dynamic::Null));
        }
    }

    #[test]
    fn where_there_is_no_block_the_value_is_as_the_nesting_says() {
        let inner = || vec![Block::new("inner", BlockNesting::List, vec![text("a")], Vec::new())];
        let blocks: Vec<Block> = [
            ("single", BlockNesting::Single),
            ("group", BlockNesting::Group),
            ("list", BlockNesting::List),
            ("set", BlockNesting::Set),
            ("map", BlockNesting::Map),
        ]
        .map(|(name, nesting)| Block::new(name, nesting, vec![text("a")], inner()))
        .into();
        let body = Body { attributes: &[], blocks: &blocks };
        let nulls = Dynamic::map(blocks.iter().map(|block| (block.name(), Dynamic::Null)));
        let none = Dynamic::map([
            ("single", Dynamic::Null),
            ("group", Dynamic::map([("a", Dynamic::Null), ("inner", Dynamic::List(Vec::new()))])),
            ("list", Dynamic::List(Vec::new())),
            ("set", Dynamic::Set(Set::default())),
            ("map", Dynamic::Map(BTreeMap::new())),
        ]);
        assert_eq!(normal_form(body, nulls), none);
        assert_eq!(normal_form(body, none.clone()), none);

        let object = |inner: Dynamic| Dynamic::map([("a", Dynamic::from("x")), ("inner", inner)]);
        let all = |inner: Dynamic| {
            Dynamic::map([
                ("single", object(inner.clone())),
                ("group", object(inner.clone())),
                ("list", Dynamic::list([object(inner.clone())])),
                ("set", Dynamic::set([object(inner.clone())])),
                ("map", Dynamic::map([("k", object(inner))])),
            ])
        };
        assert_eq!(normal_form(body, all(Dynamic::Null)), all(Dynamic::List(Vec::new())));
    }

    #[test]
    fn an_unknown_block_stays_unknown() {
        let blocks = [Block::new("list", BlockNesting::List, vec![text("a")], Vec::new())];
        let unknown = Dynamic::map([("list", Dynamic::Unknown)]);
        assert_eq!(normal_form(Body { attributes: &[], blocks: &blocks }, unknown.clone()), unknown);
    }

    #[test]
    fn a_computed_block_that_nobody_wrote_is_null_in_the_configuration() {
        let computed = || Block::new("computed", BlockNesting::List, Vec::new(), Vec::new()).computed();
        let blocks = [computed(), Block::new("plain", BlockNesting::List, Vec::new(), vec![computed()])];
        let config = |inner: Dynamic, outer: Dynamic| {
            Dynamic::map([("computed", outer), ("plain", Dynamic::list([Dynamic::map([("computed", inner)])]))])
        };
        let body = Body { attributes: &[], blocks: &blocks };
        let none = || Dynamic::List(Vec::new());
        assert_eq!(open_computed_blocks(body, config(none(), none())), config(Dynamic::Null, Dynamic::Null));
        let written = config(Dynamic::list([Dynamic::Null]), Dynamic::Unknown);
        assert_eq!(open_computed_blocks(body, written.clone()), written);
    }
}
