//! What Terraform demands of every planned value and every state, whatever user code made of them: a write-only attribute
//! is null.

use std::collections::BTreeMap;

use crate::{
    schema::{Attribute, Nesting, Shape},
    value::Dynamic,
};

/// Brings a whole plan or state into that form.
#[must_use]
pub(crate) fn normal_form(attributes: &[Attribute], mut value: Dynamic) -> Dynamic {
    if let Dynamic::Map(values) = &mut value
        && holds_write_only(attributes)
    {
        forget(attributes, values);
    }
    value
}

fn holds_write_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.is_write_only() || matches!(attribute.shape(), Shape::Nested(_, inner) if holds_write_only(inner))
    })
}

fn forget(attributes: &[Attribute], values: &mut BTreeMap<String, Dynamic>) {
    for attribute in attributes {
        let Some(value) = values.get_mut(attribute.name()) else { continue };
        match attribute.shape() {
            _ if attribute.is_write_only() => *value = Dynamic::Null,
            Shape::Nested(nesting, inner) => objects(*nesting, value).for_each(|object| forget(inner, object)),
            Shape::Plain(_) => {}
        }
    }
}

/// The known objects of a nested attribute. Those of a set can't be reached, and hold nothing write-only.
fn objects(nesting: Nesting, value: &mut Dynamic) -> impl Iterator<Item = &mut BTreeMap<String, Dynamic>> {
    let objects: Vec<&mut Dynamic> = match (nesting, value) {
        (Nesting::Single, value) => vec![value],
        (Nesting::List, Dynamic::List(list)) => list.iter_mut().collect(),
        (Nesting::Map, Dynamic::Map(map)) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    objects.into_iter().filter_map(|object| match object {
        Dynamic::Map(values) => Some(values),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema::Presence, types::Type};

    #[test]
    fn a_write_only_value_is_null_wherever_it_stands() {
        let text = |name: &str| Attribute::new(name, Type::String, Presence::Optional);
        let login = || vec![text("user"), text("password_wo").write_only()];
        let attributes = vec![
            text("name"),
            text("token_wo").write_only(),
            Attribute::new("one", Shape::Nested(Nesting::Single, login()), Presence::Optional),
            Attribute::new("list", Shape::Nested(Nesting::List, login()), Presence::Optional),
            Attribute::new("map", Shape::Nested(Nesting::Map, login()), Presence::Optional),
            Attribute::new("whole", Shape::Nested(Nesting::Set, login()), Presence::Optional).write_only(),
        ];
        let login = |password: Dynamic| Dynamic::map([("user", Dynamic::from("u")), ("password_wo", password)]);
        let state = |secret: Dynamic, whole: Dynamic| {
            Dynamic::map([
                ("name", Dynamic::from("n")),
                ("token_wo", secret.clone()),
                ("one", login(secret.clone())),
                ("list", Dynamic::list([login(secret.clone()), Dynamic::Null, Dynamic::Unknown])),
                ("map", Dynamic::map([("k", login(secret))])),
                ("whole", whole),
            ])
        };
        for secret in [Dynamic::from("hunter2"), Dynamic::Unknown, Dynamic::Null] {
            let given = state(secret.clone(), Dynamic::set([login(secret)]));
            assert_eq!(normal_form(&attributes, given), state(Dynamic::Null, Dynamic::Null));
        }
    }
}
