//! Bytes as the JSON of a type.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tf_framework::Type;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(ty) = Type::from_json(bytes) {
        let json = ty.to_json();
        assert_eq!(Type::from_json(&json), Ok(ty));
    }
});
