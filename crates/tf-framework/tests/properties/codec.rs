//! Values and types survive their encodings, and bytes that are none are refused.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value as Json;
use tf_framework::inside::{decode_json, decode_msgpack, decode_stored_json, encode_msgpack};
use tf_framework::{Dynamic, Type};

use crate::values::{Open, count, json_of, numbers, typed_values, types};
use crate::{cases, msgpack};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_value_survives_msgpack((ty, value) in typed_values(Open::Any)) {
        let bytes = encode_msgpack(&value, &ty).unwrap();
        prop_assert_eq!(decode_msgpack(&bytes, &ty), Ok(value));
    }

    #[test]
    fn every_number_survives_msgpack_digit_by_digit(number in numbers()) {
        let value = Dynamic::from(number.clone());
        let bytes = encode_msgpack(&value, &Type::Number).unwrap();
        let read = decode_msgpack(&bytes, &Type::Number).unwrap();
        prop_assert_eq!(read.as_number().map(ToString::to_string), Some(number.to_string()));
    }

    #[test]
    fn equal_values_are_equal_bytes_in_whatever_form_they_came(
        (ty, value) in typed_values(Open::Any),
        choices in vec(any::<u8>(), 0..64),
    ) {
        let read = decode_msgpack(&msgpack::write(&value, &ty, &choices), &ty);
        prop_assert_eq!(read.as_ref(), Ok(&value));
        prop_assert_eq!(encode_msgpack(&read.unwrap(), &ty), encode_msgpack(&value, &ty));
    }

    #[test]
    fn every_known_value_survives_json((ty, value) in typed_values(Open::Null)) {
        let json = json_of(&value, &ty);
        for text in [json.to_string(), format!("{json:#}")] {
            prop_assert_eq!(decode_json(text.as_bytes(), &ty), Ok(value.clone()));
            prop_assert_eq!(decode_stored_json(text.as_bytes(), &ty), Ok(value.clone()));
        }
    }

    #[test]
    fn every_type_survives_its_json(ty in types()) {
        prop_assert_eq!(Type::from_json(&ty.to_json()), Ok(ty));
    }

    #[test]
    fn a_value_is_refused_where_another_type_is_due((ty, value) in typed_values(Open::Never), other in types()) {
        // Whatever is written can be read back, whichever type it was written as.
        if let Ok(bytes) = encode_msgpack(&value, &other) {
            prop_assert!(decode_msgpack(&bytes, &other).is_ok(), "{} as {}", ty, other);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(ty in types(), bytes in vec(any::<u8>(), 0..64)) {
        check_msgpack(&bytes, &ty)?;
        check_json(&bytes, &ty)?;
        check_type(&bytes)?;
    }

    #[test]
    fn a_value_with_damaged_bytes_is_read_or_refused(
        (ty, value) in typed_values(Open::Any),
        choices in vec(any::<u8>(), 0..16),
        damages in damages(),
    ) {
        check_msgpack(&damaged(msgpack::write(&value, &ty, &choices), &damages), &ty)?;
    }

    #[test]
    fn a_text_with_damaged_bytes_is_read_or_refused((ty, value) in typed_values(Open::Null), damages in damages()) {
        check_json(&damaged(json_of(&value, &ty).to_string().into_bytes(), &damages), &ty)?;
        check_type(&damaged(ty.to_json(), &damages))?;
    }

    #[test]
    fn any_json_is_read_or_refused(json in json(), ty in types()) {
        check_json(json.to_string().as_bytes(), &ty)?;
        check_type(json.to_string().as_bytes())?;
    }
}

/// What was read takes no more room than there were bytes, and can be written and read again.
fn check_msgpack(bytes: &[u8], ty: &Type) -> Result<(), TestCaseError> {
    let Ok(value) = decode_msgpack(bytes, ty) else { return Ok(()) };
    prop_assert!(count(&value) <= bytes.len());
    check_again(&value, ty)
}

/// A missing attribute is null: one text may say "nothing" for each of the schema's attributes, and nothing more.
fn check_json(bytes: &[u8], ty: &Type) -> Result<(), TestCaseError> {
    let stored = decode_stored_json(bytes, ty);
    if let Ok(value) = decode_json(bytes, ty) {
        prop_assert_eq!(stored.as_ref(), Ok(&value));
    }
    let Ok(value) = stored else { return Ok(()) };
    prop_assert!(count(&value) <= bytes.len() * size(ty));
    check_again(&value, ty)
}

fn check_again(value: &Dynamic, ty: &Type) -> Result<(), TestCaseError> {
    // Dynamic values of different types in one collection are never written: Terraform would crash.
    if let Ok(written) = encode_msgpack(value, ty) {
        prop_assert_eq!(&decode_msgpack(&written, ty), &Ok(value.clone()));
    }
    Ok(())
}

fn check_type(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(ty) = Type::from_json(bytes) {
        prop_assert_eq!(Type::from_json(&ty.to_json()), Ok(ty));
    }
    Ok(())
}

/// How many types there are in a type, itself included.
fn size(ty: &Type) -> usize {
    1 + match ty {
        Type::List(inner) | Type::Set(inner) | Type::Map(inner) => size(inner),
        Type::Object(attributes) => attributes.values().map(size).sum(),
        Type::Tuple(elements) => elements.iter().map(size).sum::<usize>(),
        _ => 0,
    }
}

/// What happens to bytes, and where.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Change(u8),
    Insert(u8),
    Remove,
    Cut,
}

fn damages() -> impl Strategy<Value = Vec<(Index, Damage)>> {
    let damage = prop_oneof![
        4 => any::<u8>().prop_map(Damage::Change),
        2 => any::<u8>().prop_map(Damage::Insert),
        2 => Just(Damage::Remove),
        1 => Just(Damage::Cut),
    ];
    vec((any::<Index>(), damage), 1..4)
}

fn damaged(mut bytes: Vec<u8>, damages: &[(Index, Damage)]) -> Vec<u8> {
    for (place, damage) in damages {
        if bytes.is_empty() {
            break;
        }
        let place = place.index(bytes.len());
        match damage {
            Damage::Change(byte) => bytes[place] = *byte,
            Damage::Insert(byte) => bytes.insert(place, *byte),
            Damage::Remove => {
                bytes.remove(place);
            }
            Damage::Cut => bytes.truncate(place),
        }
    }
    bytes
}

/// Any JSON, with the words that mean something to a reader.
fn json() -> impl Strategy<Value = Json> {
    let words = prop_oneof!["[a-e]", Just("string".to_owned()), Just("list".to_owned()), Just("object".to_owned())];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        words.prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let keys = prop_oneof![Just("value".to_owned()), Just("type".to_owned()), "[a-e]"];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec((keys, inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}
