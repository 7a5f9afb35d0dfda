//! Bytes as a JSON value of some type: the first line is the type's JSON, the rest is the value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tf_framework::Type;
use tf_framework::inside::{decode_json, decode_msgpack, decode_stored_json, encode_msgpack};

fuzz_target!(|bytes: &[u8]| {
    let (ty, bytes) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => return,
    };
    let Ok(ty) = Type::from_json(ty) else { return };
    let stored = decode_stored_json(bytes, &ty);
    if let Ok(value) = decode_json(bytes, &ty) {
        assert!(stored.as_ref() == Ok(&value), "what is read strictly is read leniently too");
    }
    if let Ok(value) = stored
        && let Ok(written) = encode_msgpack(&value, &ty)
    {
        assert!(decode_msgpack(&written, &ty) == Ok(value), "it reads back as another value");
    }
});
