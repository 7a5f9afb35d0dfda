//! Bytes as a MessagePack value of some type: the first line is the type's JSON, the rest is the value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tf_framework::Type;
use tf_framework::inside::{decode_msgpack, encode_msgpack};

fuzz_target!(|bytes: &[u8]| {
    let (ty, bytes) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => return,
    };
    let Ok(ty) = Type::from_json(ty) else { return };
    let Ok(value) = decode_msgpack(bytes, &ty) else { return };
    // Dynamic values of different types in one collection can be read, and are never written.
    if let Ok(written) = encode_msgpack(&value, &ty) {
        assert!(decode_msgpack(&written, &ty).as_ref() == Ok(&value), "it reads back as another value");
        assert_eq!(encode_msgpack(&value, &ty), Ok(written));
    }
});
