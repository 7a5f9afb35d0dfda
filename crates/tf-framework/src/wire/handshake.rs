//! What the process prints for whoever started it: the handshake line for a host, a reattach line for a developer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls_pki_types::CertificateDer;
use serde_json::json;

use super::socket::Address;

/// Version of the handshake itself.
const CORE_VERSION: u8 = 1;

/// Major version of Terraform's protocol. The minor is never on the wire.
pub(crate) const PROTOCOL_VERSION: u8 = 6;

/// For a person who starts the program by hand.
pub(crate) const NOTICE: &str = "\
This program is a plugin and is not meant to be run by itself.
Terraform or OpenTofu starts it when a configuration needs it.
To start it for a debugger, use --debug; for more, --help.
";

/// The first and only line on stdout, as go-plugin reads it: the certificate is base64 **without padding**, and the seventh
/// field, which says that connections are not multiplexed, stands only where the host asked.
pub(crate) fn handshake_line(
    address: &Address,
    certificate: Option<&CertificateDer<'_>>,
    asks_for_multiplexing: bool,
) -> String {
    let certificate = certificate.map_or_else(String::new, |der| STANDARD_NO_PAD.encode(der));
    let multiplex = if asks_for_multiplexing { "|false" } else { "" };
    format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{}|{}|grpc|{certificate}{multiplex}\n", address.network, address.address)
}

/// How to attach Terraform or OpenTofu to this process.
///
/// `Test` must be true: without it Terraform takes the negotiated version for 0 and panics (seen with 1.11.4).
pub(crate) fn reattach_text(provider_address: &str, process_id: u32, address: &Address) -> String {
    let value = json!({
        provider_address: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": process_id,
            "Test": true,
            "Addr": { "Network": address.network, "String": address.address },
        }
    })
    .to_string();
    let variable = if cfg!(windows) {
        format!(
            "\tCommand Prompt:\tset \"TF_REATTACH_PROVIDERS={value}\"\n\
             \tPowerShell:\t$env:TF_REATTACH_PROVIDERS='{}'\n",
            value.replace('\'', "''")
        )
    } else {
        format!("\tTF_REATTACH_PROVIDERS='{}'\n", value.replace('\'', r"'\''"))
    };
    format!(
        "The provider is running. To attach Terraform or OpenTofu to it, set this variable where they run:\n\n{variable}\n"
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn address() -> Address {
        Address { network: "unix", address: "/tmp/it's/socket".to_owned() }
    }

    #[test]
    fn without_tls_the_sixth_field_is_empty() {
        expect![[r#"
            1|6|unix|/tmp/it's/socket|grpc|
        "#]]
        .assert_eq(&handshake_line(&address(), None, false));
    }

    #[test]
    fn the_certificate_is_not_padded_and_the_seventh_field_answers_a_question() {
        let certificate = CertificateDer::from(vec![0xff, 0xfe, 0xfd, 0xfc]);
        expect![[r#"
            1|6|unix|/tmp/it's/socket|grpc|//79/A|false
        "#]]
        .assert_eq(&handshake_line(&address(), Some(&certificate), true));
    }

    #[cfg(unix)]
    #[test]
    fn the_reattach_line_can_be_pasted_into_a_shell() {
        expect![[r#"
            The provider is running. To attach Terraform or OpenTofu to it, set this variable where they run:

            	TF_REATTACH_PROVIDERS='{"example/thing":{"Addr":{"Network":"unix","String":"/tmp/it'\''s/socket"},"Pid":7,"Protocol":"grpc","ProtocolVersion":6,"Test":true}}'

        "#]]
        .assert_eq(&reattach_text("example/thing", 7, &address()));
    }
}
