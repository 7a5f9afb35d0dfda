//! PEM out of JSON Web Keys. The expected texts were made with OpenSSL.

use expect_test::{Expect, expect};

use super::*;

fn check(key: &str, expected: Expect) {
    let key: Jwk = serde_json::from_str(key).unwrap();
    expected.assert_eq(&pem(&key).unwrap_or_else(|reason| reason));
}

#[test]
fn ec_keys_of_each_curve() {
    check(
        r#"{"kty": "EC", "crv": "P-256", "x": "jlM7b6C_e0YluzBmfAH7YH75-LioD-9bMAYocDGHsqM",
            "y": "c-sdveAzGDZtBp-DpvWQAFPHNjPLBBshxV4ahsH0ALQ"}"#,
        expect![[r#"
            -----BEGIN PUBLIC KEY-----
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjlM7b6C/e0YluzBmfAH7YH75+Lio
            D+9bMAYocDGHsqNz6x294DMYNm0Gn4Om9ZAAU8c2M8sEGyHFXhqGwfQAtA==
            -----END PUBLIC KEY-----
        "#]],
    );
    check(
        r#"{"kty": "EC", "crv": "P-384", "x": "KDwdc2XOR4jyn46_I07f_q1v6Zf76l_6LVjMnfp7HFCLBVJvVbnrsgQPBbSPttDh",
            "y": "lHXJkGHkG4i6Uu_bjBaQRxph2GfteZcp2cks0B29IlYw2E7eMqePnmRmTNrFEu-M"}"#,
        expect![[r#"
            -----BEGIN PUBLIC KEY-----
            MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEKDwdc2XOR4jyn46/I07f/q1v6Zf76l/6
            LVjMnfp7HFCLBVJvVbnrsgQPBbSPttDhlHXJkGHkG4i6Uu/bjBaQRxph2GfteZcp
            2cks0B29IlYw2E7eMqePnmRmTNrFEu+M
            -----END PUBLIC KEY-----
        "#]],
    );
    check(
        r#"{"kty": "EC", "crv": "P-521",
            "x": "AFbV0dmdW39jRu62X9oLBzoMXyLg6PVIMijwGNLC9xFMXYwwjQq_xpjYyabfMNzju8RvlT9Q_cJhmgHOrYgoFuzU",
            "y": "AD0tG32bqqKhENHYMXo51oR4tcWC0Cgk8N1x29mKJsveVWvQ8pPN7J4rlSOjRZHOGl-ednEqXd78e1xri8kFJSUb"}"#,
        expect![[r#"
            -----BEGIN PUBLIC KEY-----
            MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAVtXR2Z1bf2NG7rZf2gsHOgxfIuDo
            9UgyKPAY0sL3EUxdjDCNCr/GmNjJpt8w3OO7xG+VP1D9wmGaAc6tiCgW7NQAPS0b
            fZuqoqEQ0dgxejnWhHi1xYLQKCTw3XHb2Yomy95Va9Dyk83sniuVI6NFkc4aX552
            cSpd3vx7XGuLyQUlJRs=
            -----END PUBLIC KEY-----
        "#]],
    );
}

#[test]
fn an_rsa_key() {
    check(
        r#"{"kty": "RSA", "e": "AQAB", "n": "wXvFLL7xKB2y77MlgJlNjL2hMsTOyNnGoKVP5hxhX0ICs6426jMAJKAz5mTNGsagOMzZiibZkecRyyZ58qyPKNX72UOBLUMnMyNPt_9vs7K6RwtiLFYnTzXcaKsA9PkQxn3Uj1MWEyv7fbYFtSwtFjsKYmLO2XA_VAq-Tr8kyec"}"#,
        expect![[r#"
            -----BEGIN PUBLIC KEY-----
            MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDBe8UsvvEoHbLvsyWAmU2MvaEy
            xM7I2cagpU/mHGFfQgKzrjbqMwAkoDPmZM0axqA4zNmKJtmR5xHLJnnyrI8o1fvZ
            Q4EtQyczI0+3/2+zsrpHC2IsVidPNdxoqwD0+RDGfdSPUxYTK/t9tgW1LC0WOwpi
            Ys7ZcD9UCr5OvyTJ5wIDAQAB
            -----END PUBLIC KEY-----
        "#]],
    );
}

#[test]
fn an_ed25519_key() {
    check(
        r#"{"kty": "OKP", "crv": "Ed25519", "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}"#,
        expect![[r#"
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=
            -----END PUBLIC KEY-----
        "#]],
    );
}

#[test]
fn what_is_no_such_key_has_no_pem_and_a_reason() {
    check("{}", expect!["has no `kty`, which says what kind of key it is"]);
    check(r#"{"kty": "EC", "crv": null}"#, expect!["is an EC key whose `crv` is none of `P-256`, `P-384` and `P-521`"]);
    check(
        r#"{"kty": "EC", "crv": "secp256k1", "x": "AQAB", "y": "AQAB"}"#,
        expect!["is an EC key whose `crv` is none of `P-256`, `P-384` and `P-521`"],
    );
    check(r#"{"kty": "EC", "crv": "P-256", "x": "AQAB"}"#, expect!["has no `y`, which its kind of key must have"]);
    check(
        r#"{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}"#,
        expect!["is a P-256 key whose `x` and `y` are not 32 bytes each"],
    );
    check(r#"{"kty": "RSA", "n": "", "e": "AQAB"}"#, expect!["has no `n`, which its kind of key must have"]);
    check(
        r#"{"kty": "RSA", "n": "not base64!", "e": "AQAB"}"#,
        expect!["has a member `n` that is not base64url without padding"],
    );
    check(r#"{"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}"#, expect!["is an Ed25519 key whose `x` is not 32 bytes"]);
    check(
        r#"{"kty": "OKP", "crv": "X25519", "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}"#,
        expect!["is an OKP key of another curve than `Ed25519`"],
    );
    check(r#"{"kty": "oct", "k": "AQAB"}"#, expect!["is a symmetric key (`kty` is `oct`), which has no public half"]);
    check(r#"{"kty": "AKP"}"#, expect!["is of a kind that is not known here: `kty` is none of `EC`, `RSA` and `OKP`"]);
}
