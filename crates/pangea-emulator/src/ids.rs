//! Pangea's identifiers: three lower-case letters, an underscore, and 32 characters of base32 without padding (20 random bytes).

use rand::{Rng, RngExt};

/// An OAuth client, also called service account.
pub(crate) const CLIENT: &str = "psa";
/// The id of a client secret, not its value.
pub(crate) const SECRET: &str = "pce";
/// The value of a client secret.
pub(crate) const SECRET_VALUE: &str = "pck";
pub(crate) const ORGANIZATION: &str = "poi";
pub(crate) const PROJECT: &str = "ppi";
pub(crate) const SERVICE_CONFIG: &str = "pci";
pub(crate) const USER: &str = "pui";
/// The id of a token (`jti`), not its value.
pub(crate) const TOKEN: &str = "pmt";
/// The value of an access token or a service token.
pub(crate) const TOKEN_VALUE: &str = "pts";
pub(crate) const REQUEST: &str = "prq";
/// An item of Vault. A JWKS key is named after the item that holds it.
pub(crate) const VAULT_ITEM: &str = "pvi";

/// How many characters follow the underscore.
pub(crate) const SUFFIX_LENGTH: usize = 32;

/// A new identifier with this prefix.
pub(crate) fn mint(rng: &mut impl Rng, prefix: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + 1 + SUFFIX_LENGTH);
    id.push_str(prefix);
    id.push('_');
    for _ in 0..SUFFIX_LENGTH {
        let letter = ALPHABET[rng.random_range(0..ALPHABET.len())];
        id.push(char::from(letter));
    }
    id
}

/// Whether `text` is a whole identifier with this prefix.
pub(crate) fn is(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .is_some_and(|suffix| suffix.len() == SUFFIX_LENGTH && suffix.bytes().all(is_letter))
}

/// Whether a byte may stand in the part after the underscore.
pub(crate) fn is_letter(byte: u8) -> bool {
    ALPHABET.contains(&byte)
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_minted_id_has_its_prefix_and_32_base32_characters() {
        let id = mint(&mut StdRng::seed_from_u64(1), CLIENT);
        assert!(is(&id, CLIENT), "{id}");
        assert!(!is(&id, SECRET), "{id}");
    }

    #[test]
    fn an_id_of_the_wrong_length_or_alphabet_is_none() {
        for bad in ["", "psa", "psa_", "psa_1", &format!("psa_{}", "A".repeat(32)), &format!("psa_{}", "a".repeat(33))]
        {
            assert!(!is(bad, CLIENT), "{bad}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let minted = |seed| mint(&mut StdRng::seed_from_u64(seed), PROJECT);
        assert_eq!(minted(7), minted(7));
        assert_ne!(minted(7), minted(8));
    }
}
