//! Values as MessagePack, the form in which Terraform sends and expects them.
//!
//! Terraform sends a map where a reader might expect a number: what stands for what depends on the type, so reading and
//! writing both follow the type. Unknown values are extension types; Terraform adds what it knows about them
//! ("refinements"), which a provider may ignore and may leave out of its answer.

use std::{collections::BTreeMap, slice};

use rmp::{
    Marker,
    encode::{self, ByteBuf},
};

use crate::{
    number::Number,
    path::Step,
    types::{MAX_DEPTH, Type},
    value::{Dynamic, Set, ValueError, insert_once, mismatch, missing, nfc, too_deep, unsupported, wrong_tuple},
};

/// Reads a value of type `ty`. Anything unknown becomes [`Dynamic::Unknown`], whatever Terraform knew about it.
pub(crate) fn decode(bytes: &[u8], ty: &Type) -> Result<Dynamic, ValueError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(ty, MAX_DEPTH)?;
    match reader.rest.len() {
        0 => Ok(value),
        count => Err(ValueError::new(format!("{count} bytes follow the value"))),
    }
}

/// Writes a value of type `ty`: keys and sets sorted, every number in its one canonical form, so that equal values give
/// equal bytes.
pub(crate) fn encode(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, ValueError> {
    let mut writer = Writer { out: ByteBuf::new() };
    writer.value(value, ty, MAX_DEPTH)?;
    Ok(writer.out.into_vec())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// `depth` is how many levels may still follow.
    fn value(&mut self, ty: &Type, depth: usize) -> Result<Dynamic, ValueError> {
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        let marker = Marker::from_u8(self.byte()?);
        if marker == Marker::Null {
            return Ok(Dynamic::Null);
        }
        if let Some(length) = self.extension_length(marker)? {
            // One byte of extension type goes before the contents.
            self.byte()?;
            self.take(length)?;
            return Ok(Dynamic::Unknown);
        }
        match ty {
            Type::String => Ok(Dynamic::from(self.text(marker)?)),
            Type::Number => Ok(Dynamic::Number(self.number(marker)?)),
            Type::Bool => match marker {
                Marker::True => Ok(Dynamic::Bool(true)),
                Marker::False => Ok(Dynamic::Bool(false)),
                other => Err(unexpected("true or false", other)),
            },
            Type::List(inner) => {
                let length = self.array_length(marker, "a list")?;
                Ok(Dynamic::List(self.elements(length, inner, Step::Index, depth)?))
            }
            Type::Set(inner) => {
                let length = self.array_length(marker, "a set")?;
                let elements = self.elements(length, inner, |_| Step::SetElement, depth)?;
                Ok(Dynamic::Set(Set::from_iter(elements)))
            }
            Type::Map(inner) => self.map(marker, inner, depth),
            Type::Object(attributes) => self.object(marker, attributes, depth),
            Type::Tuple(types) => self.tuple(marker, types, depth),
            Type::Dynamic => self.dynamic(marker, depth),
        }
    }

    fn elements(
        &mut self,
        length: i64,
        inner: &Type,
        step: fn(i64) -> Step,
        depth: usize,
    ) -> Result<Vec<Dynamic>, ValueError> {
        // Grows with what really is there, never by what the length promises.
        let mut elements = Vec::new();
        for index in 0..length {
            elements.push(self.value(inner, depth).map_err(|error| error.inside(step(index)))?);
        }
        Ok(elements)
    }

    fn tuple(&mut self, marker: Marker, types: &[Type], depth: usize) -> Result<Dynamic, ValueError> {
        let length = self.array_length(marker, "a tuple")?;
        if usize::try_from(length) != Ok(types.len()) {
            return Err(wrong_tuple(types.len(), length));
        }
        let elements = types
            .iter()
            .zip(0..)
            .map(|(inner, index)| self.value(inner, depth).map_err(|error| error.inside(Step::Index(index))));
        Ok(Dynamic::List(elements.collect::<Result<_, _>>()?))
    }

    fn map(&mut self, marker: Marker, inner: &Type, depth: usize) -> Result<Dynamic, ValueError> {
        let length = self.map_length(marker, "a map")?;
        let mut entries = BTreeMap::new();
        for _ in 0..length {
            let key = self.key()?;
            let value = self.value(inner, depth).map_err(|error| error.inside(Step::Key(key.clone())))?;
            insert_once(&mut entries, key, value)?;
        }
        Ok(Dynamic::Map(entries))
    }

    fn object(&mut self, marker: Marker, types: &BTreeMap<String, Type>, depth: usize) -> Result<Dynamic, ValueError> {
        let length = self.map_length(marker, "an object")?;
        let mut attributes = BTreeMap::new();
        for _ in 0..length {
            let name = self.key()?;
            let Some(inner) = types.get(&name) else {
                return Err(unsupported(&name));
            };
            let value = self.value(inner, depth).map_err(|error| error.inside(Step::Attribute(name.clone())))?;
            insert_once(&mut attributes, name, value)?;
        }
        match types.keys().find(|name| !attributes.contains_key(*name)) {
            None => Ok(Dynamic::Map(attributes)),
            Some(name) => Err(missing(name)),
        }
    }

    /// An array of two: the type's JSON, and the value.
    fn dynamic(&mut self, marker: Marker, depth: usize) -> Result<Dynamic, ValueError> {
        let length = self.array_length(marker, "a value with its type")?;
        if length != 2 {
            return Err(ValueError::new(format!("a value with its type is required, not an array of {length}")));
        }
        let marker = Marker::from_u8(self.byte()?);
        let json = self.bytes(marker, "a type")?;
        let ty = Type::from_json(json).map_err(|error| ValueError::new(error.to_string()))?;
        let value = self.value(&ty, depth)?;
        // "A dynamic value of the dynamic type" says nothing about the type.
        Ok(if ty == Type::Dynamic { value } else { Dynamic::typed(ty, value) })
    }

    /// Terraform writes a number in one of three ways, and reads all of them at any width.
    fn number(&mut self, marker: Marker) -> Result<Number, ValueError> {
        let float = match marker {
            Marker::FixPos(value) => return Ok(Number::from(u64::from(value))),
            Marker::FixNeg(value) => return Ok(Number::from(i64::from(value))),
            Marker::U8 => return Ok(Number::from(u64::from(self.byte()?))),
            Marker::U16 => return Ok(Number::from(u64::from(u16::from_be_bytes(self.array()?)))),
            Marker::U32 => return Ok(Number::from(u64::from(u32::from_be_bytes(self.array()?)))),
            Marker::U64 => return Ok(Number::from(u64::from_be_bytes(self.array()?))),
            Marker::I8 => return Ok(Number::from(i64::from(i8::from_be_bytes(self.array()?)))),
            Marker::I16 => return Ok(Number::from(i64::from(i16::from_be_bytes(self.array()?)))),
            Marker::I32 => return Ok(Number::from(i64::from(i32::from_be_bytes(self.array()?)))),
            Marker::I64 => return Ok(Number::from(i64::from_be_bytes(self.array()?))),
            Marker::F32 => f64::from(f32::from_be_bytes(self.array()?)),
            Marker::F64 => f64::from_be_bytes(self.array()?),
            other => {
                let text = str::from_utf8(self.bytes(other, "a number")?).unwrap_or_default();
                return text.parse().map_err(|error| ValueError::new(format!("{error}")));
            }
        };
        Number::from_wire(float).map_err(|error| ValueError::new(error.to_string()))
    }

    fn key(&mut self) -> Result<String, ValueError> {
        let marker = Marker::from_u8(self.byte()?);
        Ok(nfc(self.text(marker)?))
    }

    fn text(&mut self, marker: Marker) -> Result<&'a str, ValueError> {
        let bytes = self.bytes(marker, "a string")?;
        str::from_utf8(bytes).map_err(|_| ValueError::new("a string is not UTF-8"))
    }

    /// The contents of a string or of raw bytes: Terraform takes one for the other.
    fn bytes(&mut self, marker: Marker, wanted: &str) -> Result<&'a [u8], ValueError> {
        let length = match marker {
            Marker::FixStr(length) => u32::from(length),
            Marker::Str8 | Marker::Bin8 => u32::from(self.byte()?),
            Marker::Str16 | Marker::Bin16 => u32::from(u16::from_be_bytes(self.array()?)),
            Marker::Str32 | Marker::Bin32 => u32::from_be_bytes(self.array()?),
            other => return Err(unexpected(wanted, other)),
        };
        self.take(length)
    }

    fn array_length(&mut self, marker: Marker, wanted: &str) -> Result<i64, ValueError> {
        match marker {
            Marker::FixArray(length) => Ok(i64::from(length)),
            Marker::Array16 => Ok(i64::from(u16::from_be_bytes(self.array()?))),
            Marker::Array32 => Ok(i64::from(u32::from_be_bytes(self.array()?))),
            other => Err(unexpected(wanted, other)),
        }
    }

    fn map_length(&mut self, marker: Marker, wanted: &str) -> Result<u32, ValueError> {
        match marker {
            Marker::FixMap(length) => Ok(u32::from(length)),
            Marker::Map16 => Ok(u32::from(u16::from_be_bytes(self.array()?))),
            Marker::Map32 => Ok(u32::from_be_bytes(self.array()?)),
            other => Err(unexpected(wanted, other)),
        }
    }

    /// The length of an extension's contents, if `marker` begins an extension.
    fn extension_length(&mut self, marker: Marker) -> Result<Option<u32>, ValueError> {
        Ok(Some(match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => u32::from(self.byte()?),
            Marker::Ext16 => u32::from(u16::from_be_bytes(self.array()?)),
            Marker::Ext32 => u32::from_be_bytes(self.array()?),
            _ => return Ok(None),
        }))
    }

    fn byte(&mut self) -> Result<u8, ValueError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(cut_short)?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], ValueError> {
        let length = usize::try_from(length).map_err(|_| cut_short())?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut_short)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn cut_short() -> ValueError {
    ValueError::new("the value is cut short")
}

fn unexpected(wanted: &str, marker: Marker) -> ValueError {
    let found = match marker {
        Marker::True | Marker::False => "a bool",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "raw bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "an array",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        Marker::Null => "null",
        Marker::Reserved => "a reserved byte",
        Marker::Ext8 | Marker::Ext16 | Marker::Ext32 => "an unknown value",
        Marker::FixExt1 | Marker::FixExt2 | Marker::FixExt4 | Marker::FixExt8 | Marker::FixExt16 => "an unknown value",
        _ => "a number",
    };
    ValueError::new(format!("{wanted} is required, not {found}"))
}

/// Extension type 0 with one byte: an unknown value of which nothing more is said.
const UNKNOWN: [u8; 3] = [0xd4, 0, 0];

struct Writer {
    /// Writing into memory can't fail, and this buffer's error type says so.
    out: ByteBuf,
}

impl Writer {
    /// `depth` is how many levels may still follow.
    fn value(&mut self, value: &Dynamic, ty: &Type, depth: usize) -> Result<(), ValueError> {
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        match (value, ty) {
            (Dynamic::Null, _) => {
                let Ok(()) = encode::write_nil(&mut self.out);
            }
            (Dynamic::Unknown, _) => self.raw(&UNKNOWN),
            (Dynamic::Bool(flag), Type::Bool) => {
                let Ok(()) = encode::write_bool(&mut self.out, *flag);
            }
            (Dynamic::Number(number), Type::Number) => self.number(number)?,
            (Dynamic::String(text), Type::String) => self.text(&nfc(text))?,
            (Dynamic::List(elements), Type::List(inner)) => {
                self.elements(elements.iter(), inner, Step::Index, depth)?;
            }
            (Dynamic::Set(elements), Type::Set(inner)) => {
                self.elements(elements.iter(), inner, |_| Step::SetElement, depth)?;
            }
            (Dynamic::Map(entries), Type::Map(inner)) => self.map(entries, inner, depth)?,
            (Dynamic::Map(attributes), Type::Object(types)) => self.object(attributes, types, depth)?,
            (Dynamic::List(elements), Type::Tuple(types)) => self.tuple(elements, types, depth)?,
            (Dynamic::Typed(ty, value), Type::Dynamic) if **ty == Type::Dynamic => self.value(value, ty, depth)?,
            (Dynamic::Typed(ty, value), Type::Dynamic) => {
                let json = ty.to_json();
                let Ok(_) = encode::write_array_len(&mut self.out, 2);
                let Ok(_) = encode::write_bin_len(&mut self.out, length(json.len())?);
                self.raw(&json);
                self.value(value, ty, depth)?;
            }
            (value, ty) => return Err(mismatch(value, ty)),
        }
        Ok(())
    }

    fn elements<'a>(
        &mut self,
        elements: slice::Iter<'a, Dynamic>,
        inner: &Type,
        step: fn(i64) -> Step,
        depth: usize,
    ) -> Result<(), ValueError> {
        one_type(elements.clone())?;
        let Ok(_) = encode::write_array_len(&mut self.out, length(elements.len())?);
        for (element, index) in elements.zip(0..) {
            self.value(element, inner, depth).map_err(|error| error.inside(step(index)))?;
        }
        Ok(())
    }

    fn tuple(&mut self, elements: &[Dynamic], types: &[Type], depth: usize) -> Result<(), ValueError> {
        if elements.len() != types.len() {
            return Err(wrong_tuple(types.len(), elements.len()));
        }
        let Ok(_) = encode::write_array_len(&mut self.out, length(elements.len())?);
        for ((element, inner), index) in elements.iter().zip(types).zip(0..) {
            self.value(element, inner, depth).map_err(|error| error.inside(Step::Index(index)))?;
        }
        Ok(())
    }

    fn map(&mut self, entries: &BTreeMap<String, Dynamic>, inner: &Type, depth: usize) -> Result<(), ValueError> {
        one_type(entries.values())?;
        let Ok(_) = encode::write_map_len(&mut self.out, length(entries.len())?);
        for (key, entry) in entries {
            self.text(&nfc(key))?;
            self.value(entry, inner, depth).map_err(|error| error.inside(Step::Key(key.clone())))?;
        }
        Ok(())
    }

    fn object(
        &mut self,
        attributes: &BTreeMap<String, Dynamic>,
        types: &BTreeMap<String, Type>,
        depth: usize,
    ) -> Result<(), ValueError> {
        if let Some(name) = attributes.keys().find(|name| !types.contains_key(*name)) {
            return Err(unsupported(name));
        }
        let Ok(_) = encode::write_map_len(&mut self.out, length(types.len())?);
        for (name, inner) in types {
            let attribute = attributes.get(name).ok_or_else(|| missing(name))?;
            self.text(name)?;
            self.value(attribute, inner, depth).map_err(|error| error.inside(Step::Attribute(name.clone())))?;
        }
        Ok(())
    }

    /// An integer where one fits; else a float where no digit is lost; else decimal text.
    fn number(&mut self, number: &Number) -> Result<(), ValueError> {
        if let Some(integer) = number.to_i64() {
            let Ok(_) = encode::write_sint(&mut self.out, integer);
        } else if let Some(float) = number.to_exact_f64().filter(|_| !number.is_integer()) {
            let Ok(()) = encode::write_f64(&mut self.out, float);
        } else {
            self.text(&number.to_string())?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ValueError> {
        let Ok(_) = encode::write_str_len(&mut self.out, length(text.len())?);
        self.raw(text.as_bytes());
        Ok(())
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.out.as_mut_vec().extend_from_slice(bytes);
    }
}

/// Terraform crashes on a collection whose dynamic elements have different types, so it must not see one.
fn one_type<'a>(elements: impl Iterator<Item = &'a Dynamic>) -> Result<(), ValueError> {
    let mut types = elements.filter_map(|element| match element {
        Dynamic::Typed(ty, _) => Some(ty),
        _ => None,
    });
    let Some(first) = types.next() else {
        return Ok(());
    };
    match types.find(|ty| *ty != first) {
        None => Ok(()),
        Some(other) => Err(ValueError::new(format!("all elements must have one type, not {first} and {other}"))),
    }
}

fn length(length: usize) -> Result<u32, ValueError> {
    u32::try_from(length).map_err(|_| ValueError::new("the value is longer than MessagePack can say"))
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::Value as Json;

    use super::*;

    /// One value as Terraform sent it, and as we answer it.
    pub(crate) struct Vector {
        pub(crate) ty: Type,
        pub(crate) expression: String,
        pub(crate) sent: Vec<u8>,
        /// Differs where Terraform knew something about an unknown value.
        pub(crate) answered: Vec<u8>,
        /// The same value as it stands in a state; unknown values never do.
        pub(crate) json: Option<String>,
    }

    pub(crate) fn vectors() -> Vec<Vector> {
        let rows: Vec<Json> =
            serde_json::from_str(include_str!("../../../tf-conformance/data/value-vectors.json")).unwrap();
        let bytes = |row: &Json, name: &str| row[name].as_str().map(hex);
        rows.iter()
            .map(|row| Vector {
                ty: Type::from_json(row["type"].to_string().as_bytes()).unwrap(),
                expression: row["expression"].as_str().unwrap().to_owned(),
                sent: bytes(row, "msgpack").unwrap(),
                answered: bytes(row, "unrefined").or(bytes(row, "msgpack")).unwrap(),
                json: row.get("json").map(Json::to_string),
            })
            .collect()
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|char| char.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn read(ty: &Type, text: &str) -> Result<Dynamic, String> {
        decode(&hex(text), ty).map_err(|error| error.to_string())
    }

    fn write(ty: &Type, value: impl Into<Dynamic>) -> Result<String, String> {
        let bytes = encode(&value.into(), ty).map_err(|error| error.to_string())?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn number(text: &str) -> Dynamic {
        Dynamic::Number(text.parse().unwrap())
    }

    fn person() -> Type {
        Type::object([("age", Type::Number), ("name", Type::String)])
    }

    #[test]
    fn everything_terraform_sent_goes_back_in_the_same_bytes() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 83);
        for Vector { ty, expression, sent, answered, .. } in vectors {
            let value = decode(&sent, &ty).expect(&expression);
            assert_eq!(encode(&value, &ty).expect(&expression), answered, "{expression} as {ty}");
        }
    }

    #[test]
    fn a_number_is_read_in_every_form_and_width() {
        for (bytes, expected) in [
            ("01", "1"),
            ("ff", "-1"),
            ("cc 01", "1"),
            ("cd 0001", "1"),
            ("ce 00000001", "1"),
            ("cf 0000000000000001", "1"),
            ("cf ffffffffffffffff", "18446744073709551615"),
            ("d0 01", "1"),
            ("d1 ffff", "-1"),
            ("d2 00000001", "1"),
            ("d3 ffffffffffffffff", "-1"),
            ("ca 3f000000", "0.5"),
            ("cb 3fb999999999999a", "0.1"),
            ("cb 8000000000000000", "0"),
            ("cb 44b52d02c7e14af6", "100000000000000000000000"),
            ("a3 302e31", "0.1"),
            ("d9 03 302e31", "0.1"),
            ("da 0003 316533", "1000"),
            ("db 00000002 2d30", "0"),
            ("c4 01 37", "7"),
        ] {
            assert_eq!(read(&Type::Number, bytes), Ok(number(expected)), "{bytes}");
        }
    }

    #[test]
    fn a_number_is_written_as_integer_else_exact_float_else_text() {
        for (text, bytes) in [
            ("1.0", "01"),
            ("-0.0", "00"),
            ("0.50", "cb3fe0000000000000"),
            ("0.1", "a3302e31"),
            ("1e19", "b43130303030303030303030303030303030303030"),
            ("9007199254740993.5", "b2393030373139393235343734303939332e35"),
        ] {
            assert_eq!(write(&Type::Number, number(text)).as_deref(), Ok(bytes), "{text}");
        }
        assert_eq!(write(&Type::Number, number("1e30")).unwrap().len(), 2 * 32);
    }

    #[test]
    fn what_is_no_finite_number_is_refused() {
        for bytes in ["cb 7ff0000000000000", "cb fff0000000000000", "cb 7ff8000000000000", "ca 7f800000", "ca 7fc00000"]
        {
            assert_eq!(read(&Type::Number, bytes), Err("not a finite number".to_owned()));
        }
        assert_eq!(read(&Type::Number, "a3 496e66"), Err("not a decimal number".to_owned()));
        assert_eq!(read(&Type::Number, "a8 3165393939393939"), Err("a number of more than 4096 digits".to_owned()));
        assert_eq!(read(&Type::Number, "c3"), Err("a number is required, not a bool".to_owned()));
    }

    #[test]
    fn a_string_is_read_as_text_or_raw_bytes_of_any_width_and_normalized() {
        for bytes in ["a2 c3a9", "d9 02 c3a9", "da 0002 c3a9", "db 00000002 c3a9", "c4 02 c3a9", "a3 65cc81"] {
            assert_eq!(read(&Type::String, bytes), Ok(Dynamic::from("\u{e9}")), "{bytes}");
        }
        assert_eq!(read(&Type::String, "01"), Err("a string is required, not a number".to_owned()));
        assert_eq!(read(&Type::String, "a1 ff"), Err("a string is not UTF-8".to_owned()));
    }

    #[test]
    fn text_that_someone_forgot_to_normalize_is_normalized_on_the_way_out() {
        assert_eq!(write(&Type::String, Dynamic::String("e\u{301}".to_owned())).as_deref(), Ok("a2c3a9"));
        let map = Dynamic::Map([("e\u{301}".to_owned(), Dynamic::Bool(true))].into());
        assert_eq!(write(&Type::map(Type::Bool), map).as_deref(), Ok("81a2c3a9c3"));
    }

    #[test]
    fn only_a_bool_is_a_bool() {
        assert_eq!(read(&Type::Bool, "c3"), Ok(Dynamic::Bool(true)));
        for bytes in ["01", "a4 74727565", "90"] {
            assert!(read(&Type::Bool, bytes).unwrap_err().starts_with("true or false is required, not a"));
        }
    }

    #[test]
    fn null_fits_every_type() {
        for Vector { ty, .. } in vectors() {
            assert_eq!(read(&ty, "c0"), Ok(Dynamic::Null));
            assert_eq!(write(&ty, Dynamic::Null).as_deref(), Ok("c0"));
        }
    }

    #[test]
    fn any_extension_is_an_unknown_value_whatever_it_says() {
        for bytes in [
            "d4 00 00",
            "d4 05 ff",
            "d5 0c 8000",
            "d6 0c 8101c200",
            "d8 01 00000000000000000000000000000000",
            "c7 00 00",
            "c7 03 0c 8101c2",
            // A refinement that does not exist.
            "c7 03 0c 8163c2",
            // The body is no map.
            "c7 02 0c ffff",
            "c8 0003 0c 8101c2",
            "c9 00000003 0c 8101c2",
        ] {
            for ty in [Type::String, Type::list(Type::Bool), Type::Dynamic] {
                assert_eq!(read(&ty, bytes), Ok(Dynamic::Unknown), "{bytes}");
            }
        }
    }

    #[test]
    fn an_unknown_element_does_not_make_its_list_unknown() {
        assert_eq!(read(&Type::list(Type::String), "91 d40000"), Ok(Dynamic::list([Dynamic::Unknown])));
    }

    #[test]
    fn a_dynamic_value_brings_its_type() {
        // The type stands as raw bytes, or as text.
        for bytes in ["92 c406 22626f6f6c22 c3", "92 a6 22626f6f6c22 c3", "dc 0002 d906 22626f6f6c22 c3"] {
            assert_eq!(read(&Type::Dynamic, bytes), Ok(Dynamic::typed(Type::Bool, true)), "{bytes}");
        }
        assert_eq!(read(&Type::Dynamic, "92 c406 22626f6f6c22 c0"), Ok(Dynamic::typed(Type::Bool, Dynamic::Null)));
        assert_eq!(
            read(&Type::Dynamic, "92 c406 22626f6f6c22 d40000"),
            Ok(Dynamic::typed(Type::Bool, Dynamic::Unknown))
        );
        for (bytes, problem) in [
            ("91 c406 22626f6f6c22", "a value with its type is required, not an array of 1"),
            ("c3", "a value with its type is required, not a bool"),
            ("92 01 c3", "a type is required, not a number"),
            ("92 c401 31 c3", "not a type: neither a name nor an array"),
            ("92 c406 22626f6f6c22 01", "true or false is required, not a number"),
        ] {
            assert_eq!(read(&Type::Dynamic, bytes), Err(problem.to_owned()), "{bytes}");
        }
    }

    #[test]
    fn the_blocks_of_a_dynamic_kind_arrive_as_a_tuple() {
        let block = |ty| Type::object([("d", ty)]);
        let blocks = Dynamic::typed(
            Type::Tuple(vec![block(Type::Number), block(Type::String)]),
            Dynamic::list([Dynamic::map([("d", number("1"))]), Dynamic::map([("d", Dynamic::from("x"))])]),
        );
        let bytes = encode(&blocks, &Type::Dynamic).unwrap();
        assert_eq!(decode(&bytes, &Type::Dynamic), Ok(blocks));
    }

    #[test]
    fn dynamic_elements_of_different_types_are_never_sent() {
        let (text, flag) = (Dynamic::typed(Type::String, "x"), Dynamic::typed(Type::Bool, true));
        let mixed = [text.clone(), Dynamic::Null, flag.clone()];
        let problem = Err("all elements must have one type, not string and bool".to_owned());
        assert_eq!(write(&Type::list(Type::Dynamic), Dynamic::list(mixed.clone())), problem);
        assert_eq!(write(&Type::set(Type::Dynamic), Dynamic::set(mixed.clone())), problem);
        assert_eq!(write(&Type::map(Type::Dynamic), Dynamic::map([("a", text), ("b", flag)])), problem);
        assert!(write(&Type::Tuple(vec![Type::Dynamic; 3]), Dynamic::list(mixed)).is_ok());
    }

    #[test]
    fn an_object_has_exactly_its_attributes() {
        let jo = Dynamic::map([("age", number("7")), ("name", Dynamic::from("Jo"))]);
        assert_eq!(read(&person(), "82 a46e616d65 a24a6f a3616765 07"), Ok(jo.clone()));
        for (bytes, problem) in [
            ("81 a3616765 07", "the attribute \"name\" is missing"),
            ("80", "the attribute \"age\" is missing"),
            ("83 a3616765 07 a46e616d65 a24a6f a178 c0", "the attribute \"x\" is not supported"),
            ("82 a3616765 07 a3616765 07", "the key \"age\" appears twice"),
            ("82 01 07 a3616765 07", "a string is required, not a number"),
            ("90", "an object is required, not an array"),
        ] {
            assert_eq!(read(&person(), bytes), Err(problem.to_owned()), "{bytes}");
        }
        assert_eq!(write(&person(), jo).as_deref(), Ok("82a361676507a46e616d65a24a6f"));
        let short = Dynamic::map([("age", number("7"))]);
        assert_eq!(write(&person(), short), Err("the attribute \"name\" is missing".to_owned()));
        let long = Dynamic::map([("age", Dynamic::Null), ("name", Dynamic::Null), ("x", Dynamic::Null)]);
        assert_eq!(write(&person(), long), Err("the attribute \"x\" is not supported".to_owned()));
    }

    #[test]
    fn a_map_has_text_keys_each_once() {
        let map = Type::map(Type::Bool);
        assert_eq!(read(&map, "81 a161 c3"), Ok(Dynamic::map([("a", true)])));
        assert_eq!(read(&map, "de 0001 a161 c3"), Ok(Dynamic::map([("a", true)])));
        assert_eq!(read(&map, "df 00000001 a161 c3"), Ok(Dynamic::map([("a", true)])));
        assert_eq!(read(&map, "82 a2c3a9 c3 a365cc81 c3"), Err("the key \"é\" appears twice".to_owned()));
        assert_eq!(read(&map, "81 c0 c3"), Err("a string is required, not null".to_owned()));
        assert_eq!(read(&map, "93 c3 c3 c3"), Err("a map is required, not an array".to_owned()));
    }

    #[test]
    fn a_tuple_has_exactly_its_length() {
        let pair = Type::Tuple(vec![Type::String, Type::Bool]);
        assert_eq!(read(&pair, "92 a178 c3"), Ok(Dynamic::list([Dynamic::from("x"), true.into()])));
        assert_eq!(read(&pair, "91 a178"), Err("a tuple of 2 elements is required, not of 1".to_owned()));
        assert_eq!(write(&pair, Dynamic::list([true])), Err("a tuple of 2 elements is required, not of 1".to_owned()));
        assert_eq!(read(&pair, "92 a178 01"), Err("[1]: true or false is required, not a number".to_owned()));
    }

    #[test]
    fn an_error_says_where() {
        let ty = Type::object([("any", Type::Dynamic), ("sets", Type::map(Type::set(person())))]);
        let person = |age: Dynamic| Dynamic::map([("age", age), ("name", Dynamic::Null)]);
        let value =
            |age| Dynamic::map([("any", Dynamic::Null), ("sets", Dynamic::map([("k", Dynamic::set([person(age)]))]))]);
        assert_eq!(
            write(&ty, value("old".into())),
            Err("sets[\"k\"][*].age: number is required, not a string".to_owned())
        );
        let wrong = hex("82 a3616e79 c0 a473657473 81 a16b 91 82 a3616765 c3 a46e616d65 c0");
        let error = decode(&wrong, &ty).unwrap_err();
        assert_eq!(error.to_string(), "sets[\"k\"][*].age: a number is required, not a bool");
        assert_eq!(error.path.wire_steps().len(), 2);
    }

    #[test]
    fn a_value_that_does_not_fit_its_type_is_an_error_with_both_named() {
        for (ty, value, problem) in [
            (Type::String, number("1"), "string is required, not a number"),
            (Type::Bool, Dynamic::from("true"), "bool is required, not a string"),
            (Type::set(Type::Bool), Dynamic::list([true]), "set(bool) is required, not a list"),
            (Type::list(Type::Bool), Dynamic::set([true]), "list(bool) is required, not a set"),
            (Type::Dynamic, Dynamic::from("x"), "a value with its own type is required, not a string"),
            (Type::String, Dynamic::typed(Type::String, "x"), "string is required, not a value with its own type"),
            (Type::list(Type::Bool), Dynamic::list([number("1")]), "[0]: bool is required, not a number"),
        ] {
            assert_eq!(write(&ty, value), Err(problem.to_owned()));
        }
    }

    #[test]
    fn a_set_is_read_in_any_order_and_loses_what_is_known_to_be_repeated() {
        let ty = Type::set(Type::String);
        assert_eq!(read(&ty, "93 a162 a161 a162"), Ok(Dynamic::set(["a", "b"])));
        // Two unknown elements may turn out different, and Terraform misses the one that a plan leaves out.
        let unknown = read(&ty, "93 d40000 a161 d40000").unwrap();
        assert_eq!(write(&ty, unknown).as_deref(), Ok("93a161d40000d40000"));
        assert_eq!(read(&ty, "93 c3 a161 a161"), Err("[*]: a string is required, not a bool".to_owned()));
    }

    #[test]
    fn bytes_after_the_value_are_refused() {
        assert_eq!(read(&Type::Bool, "c3 c3 c3"), Err("2 bytes follow the value".to_owned()));
    }

    #[test]
    fn no_bytes_at_all_are_refused() {
        assert_eq!(read(&Type::String, ""), Err("the value is cut short".to_owned()));
    }

    #[test]
    fn a_value_cut_anywhere_is_refused() {
        for Vector { ty, expression, sent, .. } in vectors() {
            for end in 0..sent.len() {
                assert!(decode(&sent[..end], &ty).is_err(), "{expression} cut at {end}");
            }
        }
    }

    #[test]
    fn a_value_with_any_byte_changed_is_read_or_refused_and_never_panics() {
        for Vector { ty, mut sent, .. } in vectors() {
            for position in 0..sent.len() {
                let original = sent[position];
                for byte in 0..=255 {
                    sent[position] = byte;
                    let Ok(value) = decode(&sent, &ty) else { continue };
                    match encode(&value, &ty) {
                        Ok(bytes) => assert_eq!(decode(&bytes, &ty), Ok(value)),
                        Err(error) => assert!(error.message.starts_with("all elements must have one type")),
                    }
                }
                sent[position] = original;
            }
        }
    }

    #[test]
    fn a_length_that_promises_gigabytes_allocates_nothing() {
        for (ty, bytes) in [
            (Type::String, "db ffffffff 61"),
            (Type::list(Type::Bool), "dd ffffffff c3"),
            (Type::set(Type::Bool), "dd ffffffff c3"),
            (Type::map(Type::Bool), "df ffffffff a161 c3"),
            (Type::String, "c9 ffffffff 0c 80"),
        ] {
            assert!(read(&ty, bytes).unwrap_err().ends_with("the value is cut short"), "{bytes}");
        }
    }

    #[test]
    fn a_value_of_too_many_levels_is_refused() {
        // Each level wraps the next: an array of the type `list(dynamic)` and a list of one.
        let level = hex("92 c412 5b226c697374222c2264796e616d6963225d 91");
        let bomb = [level.repeat(100_000), hex("c0")].concat();
        let error = decode(&bomb, &Type::Dynamic).unwrap_err();
        assert!(error.to_string().ends_with("the value is deeper than 64 levels"));

        let mut value = Dynamic::Null;
        let mut ty = Type::Bool;
        for _ in 0..=MAX_DEPTH {
            (value, ty) = (Dynamic::list([value]), Type::list(ty));
        }
        assert!(write(&ty, value).unwrap_err().ends_with("the value is deeper than 64 levels"));
    }

    #[test]
    fn a_set_of_ten_thousand_comes_back_sorted_without_repetition() {
        let ty = Type::set(Type::String);
        let name = |index: u32| Dynamic::from(format!("scope-{:05}", index.wrapping_mul(7_919) % 10_000));
        let set = Dynamic::set((0..20_000).map(name));
        let bytes = encode(&set, &ty).unwrap();
        let read = decode(&bytes, &ty).unwrap();
        assert_eq!(read, set);
        assert_eq!(read.as_set().unwrap().len(), 10_000);

        // The same elements in another order are the same bytes.
        let list = Dynamic::list((0..10_000).rev().map(name));
        let unsorted = encode(&list, &Type::list(Type::String)).unwrap();
        assert_eq!(encode(&decode(&unsorted, &ty).unwrap(), &ty).unwrap(), bytes);
    }
}
