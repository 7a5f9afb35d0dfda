//! Encryption of a secret's value to an age recipient.

use age::x25519::Recipient;
use tf_framework::{Diagnostic, Path, Result};

/// Why a text is no recipient, or `None`. The text itself is left out: it may be a private key that was pasted here.
pub(super) fn check(recipient: &str) -> Option<Diagnostic> {
    read(recipient).is_none().then(|| {
        let detail = if recipient.to_uppercase().starts_with("AGE-SECRET-KEY-") {
            "`encrypt_to` holds an age identity, which is the private key. Put its recipient here, `age1…`, as `age-keygen -y` \
             prints it, and keep the identity away from Terraform."
        } else {
            "`encrypt_to` must be an age recipient of the native kind (X25519): `age1…`, as `age-keygen` and `age-keygen -y` print \
             it. Keys of SSH and of age's plugins are not supported."
        };
        Diagnostic::error("Not an age recipient", detail).at(Path::attribute("encrypt_to"))
    })
}

/// The armored ciphertext, which the recipient's identity alone decrypts.
///
/// # Errors
/// When the text is no recipient, or the random numbers fail.
pub(super) fn seal(recipient: &str, value: &str) -> Result<String> {
    let sealed = read(recipient).and_then(|recipient| age::encrypt_and_armor(&recipient, value.as_bytes()).ok());
    sealed.ok_or_else(|| {
        Diagnostic::error(
            "The client secret could not be encrypted",
            "A secret was made, and its value could not be encrypted, so it is lost. The state names the secret as tainted: the next \
             apply revokes it and makes another.",
        )
        .at(Path::attribute("encrypt_to"))
        .into()
    })
}

fn read(recipient: &str) -> Option<Recipient> {
    recipient.parse().ok()
}

#[cfg(test)]
mod tests {
    use age::{secrecy::ExposeSecret, x25519::Identity};

    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_identity_and_with_no_other() {
        let identity = Identity::generate();
        let sealed = seal(&identity.to_public().to_string(), "pck_hidden").unwrap();
        assert!(sealed.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{sealed}");
        let armored = |identity: &Identity| age::decrypt(identity, sealed.as_bytes());
        assert_eq!(armored(&identity).unwrap(), b"pck_hidden");
        assert!(armored(&Identity::generate()).is_err());
    }

    #[test]
    fn a_private_key_in_the_wrong_place_is_named_and_not_repeated() {
        let identity = Identity::generate();
        let key = identity.to_string().expose_secret().to_owned();
        let problem = format!("{:?}", check(&key).unwrap());
        assert!(problem.contains("which is the private key") && !problem.contains(&key), "it is repeated");
        assert!(check("ssh-ed25519 AAAA").is_some());
        assert!(check("age1tooshort").is_some());
        assert_eq!(check(&identity.to_public().to_string()), None);
    }
}
