//! A writer of MessagePack in every form that a reader must take: lengths and integers of any width, numbers as floats or
//! text, raw bytes for strings, keys and sets in any order, unknown values with anything known about them.

use tf_framework::{Dynamic, Number, Type};

/// Writes a value. `choices` picks the forms, and is used over and over.
pub(crate) fn write(value: &Dynamic, ty: &Type, choices: &[u8]) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), choices: choices.iter().copied().cycle() };
    writer.value(value, ty);
    writer.out
}

struct Writer<I> {
    out: Vec<u8>,
    choices: I,
}

impl<I: Iterator<Item = u8>> Writer<I> {
    /// One of `0..limit`; 0 where there are no choices.
    fn choose(&mut self, limit: u8) -> u8 {
        self.choices.next().unwrap_or(0) % limit
    }

    fn value(&mut self, value: &Dynamic, ty: &Type) {
        match (value, ty) {
            (Dynamic::Null, _) => self.out.push(0xc0),
            (Dynamic::Unknown, _) => self.unknown(),
            (Dynamic::Bool(flag), _) => self.out.push(0xc2 + u8::from(*flag)),
            (Dynamic::Number(number), _) => self.number(number),
            (Dynamic::String(text), _) => self.text(text),
            (Dynamic::List(elements), Type::List(inner)) => self.elements(elements.iter().collect(), inner),
            (Dynamic::Set(elements), Type::Set(inner)) => {
                let mut elements: Vec<_> = elements.iter().collect();
                self.shuffle(&mut elements);
                self.elements(elements, inner);
            }
            (Dynamic::List(elements), Type::Tuple(types)) => {
                self.length(elements.len(), 0x90, 0xdc);
                elements.iter().zip(types).for_each(|(element, ty)| self.value(element, ty));
            }
            (Dynamic::Map(entries), ty) => {
                let mut entries: Vec<_> = entries.iter().collect();
                self.shuffle(&mut entries);
                self.length(entries.len(), 0x80, 0xde);
                for (key, entry) in entries {
                    let inner = match ty {
                        Type::Object(types) => &types[key],
                        Type::Map(inner) => inner,
                        ty => panic!("{value:?} is no {ty}"),
                    };
                    self.text(key);
                    self.value(entry, inner);
                }
            }
            (Dynamic::Typed(ty, value), Type::Dynamic) => {
                self.length(2, 0x90, 0xdc);
                self.text(&String::from_utf8(ty.to_json()).unwrap());
                self.value(value, ty);
            }
            (value, ty) => panic!("{value:?} is no {ty}"),
        }
    }

    fn elements(&mut self, elements: Vec<&Dynamic>, inner: &Type) {
        self.length(elements.len(), 0x90, 0xdc);
        elements.into_iter().for_each(|element| self.value(element, inner));
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in 1..items.len() {
            let other = usize::from(self.choose(u8::MAX)) % (index + 1);
            items.swap(index, other);
        }
    }

    /// Bare, or with what Terraform knows: not null, a prefix, and keys of a version to come.
    fn unknown(&mut self) {
        const FORMS: [&[u8]; 5] = [
            &[0xd4, 0, 0],
            &[0xd4, 0x0c, 0x80],
            &[0xc7, 3, 0x0c, 0x81, 0x01, 0xc2],
            &[0xc8, 0, 7, 0x0c, 0x82, 0x01, 0xc2, 0x02, 0xa2, b'p', b'-'],
            &[0xd6, 0x0c, 0x81, 0x2a, 0xa1, b'x'],
        ];
        let form = self.choose(5);
        self.out.extend(FORMS[usize::from(form)]);
    }

    fn number(&mut self, number: &Number) {
        let exact = number.to_f64().filter(|float| {
            let shortest = Number::try_from(*float).unwrap();
            shortest == *number && format!("{float:.1074}").parse() == Ok(shortest)
        });
        match (self.choose(4), number.to_i64(), exact) {
            (0 | 1, Some(integer), _) => self.integer(integer),
            (2, _, Some(float)) => {
                self.out.push(0xcb);
                self.out.extend(float.to_be_bytes());
            }
            _ => self.text(&number.to_string()),
        }
    }

    fn integer(&mut self, integer: i64) {
        let choice = self.choose(4);
        if choice == 0
            && let Ok(short) = i8::try_from(integer)
            && short >= -32
        {
            self.out.push(short.to_be_bytes()[0]);
        } else if choice == 1
            && let Ok(short) = i16::try_from(integer)
        {
            self.out.push(0xd1);
            self.out.extend(short.to_be_bytes());
        } else if choice == 2
            && let Ok(unsigned) = u64::try_from(integer)
        {
            self.out.push(0xcf);
            self.out.extend(unsigned.to_be_bytes());
        } else {
            self.out.push(0xd3);
            self.out.extend(integer.to_be_bytes());
        }
    }

    /// A string, or raw bytes: Terraform takes one for the other.
    fn text(&mut self, text: &str) {
        let length = text.len();
        match self.choose(5) {
            0 if length < 32 => self.out.push(0xa0 | u8::try_from(length).unwrap()),
            1 if length < 256 => self.out.extend([0xd9, u8::try_from(length).unwrap()]),
            2 if length < 256 => self.out.extend([0xc4, u8::try_from(length).unwrap()]),
            3 => self.wide(0xc6, length),
            _ => self.wide(0xdb, length),
        }
        self.out.extend(text.as_bytes());
    }

    /// The length of an array or a map: in the first byte, in two more, or in four more.
    fn length(&mut self, length: usize, short: u8, medium: u8) {
        match self.choose(3) {
            0 if length < 16 => self.out.push(short | u8::try_from(length).unwrap()),
            1 => {
                self.out.push(medium);
                self.out.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => self.wide(medium + 1, length),
        }
    }

    fn wide(&mut self, marker: u8, length: usize) {
        self.out.push(marker);
        self.out.extend(u32::try_from(length).unwrap().to_be_bytes());
    }
}
