//! Cleans texts from outside before a person or a log sees them.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

/// How much of a foreign text is shown, in characters: a long sentence, not a page.
const MAX_TEXT_CHARS: usize = 500;

/// How much of a foreign text is looked at, in bytes. It is far more than is shown, so that what a cut leaves of a
/// secret at the end is never shown.
const MAX_LOOKED_AT_BYTES: usize = 64 * 1024;

/// Shorter secrets are not searched for: cutting out every `a` helps nobody.
const MIN_SECRET_CHARS: usize = 4;

const REDACTED: &str = "[redacted]";

/// Prefixes of Pangea's secret values: client secrets, and tokens of every kind.
const SECRET_PREFIXES: [&str; 7] = ["pck_", "pts_", "ptr_", "ptu_", "pti_", "pcl_", "pmc_"];

/// Cleans texts that may echo what was sent.
#[derive(Default)]
pub(crate) struct Scrub {
    /// Every form in which a text may echo a secret that was sent.
    forms: Vec<SecretString>,
}

impl Scrub {
    /// Prepares for texts that answer a request with these secrets.
    pub(crate) fn of<'s>(secrets: impl IntoIterator<Item = &'s SecretString>) -> Scrub {
        let mut forms = Vec::new();
        for secret in secrets {
            let plain = secret.expose_secret();
            if plain.chars().count() >= MIN_SECRET_CHARS {
                forms.push(secret.clone());
                forms.extend(inside_base64(plain));
                forms.push(utf8_percent_encode(plain, NON_ALPHANUMERIC).to_string().into());
                let in_form: String = form_urlencoded::byte_serialize(plain.as_bytes()).collect();
                forms.push(in_form.replace('+', "%20").into());
                forms.push(in_form.into());
            }
        }
        Scrub { forms }
    }

    /// The text on one line without control characters, secrets, and what exceeds the limit.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = one_line(head(text));
        for form in &self.forms {
            text = text.replace(form.expose_secret(), REDACTED);
        }
        let text = without_authorization(&without_tokens(&text));
        match text.char_indices().nth(MAX_TEXT_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

/// What the text looks like somewhere inside of a longer one in base64, where it can begin at any of three places. The
/// characters at both ends that depend on the neighbours are left out.
fn inside_base64(text: &str) -> impl Iterator<Item = SecretString> {
    [(0_usize, 0_usize), (1, 2), (2, 3)].into_iter().map(move |(before, first)| {
        let bytes = [&vec![0; before], text.as_bytes()].concat();
        let encoded = BASE64_STANDARD_NO_PAD.encode(&bytes);
        SecretString::from(&encoded[first..bytes.len() * 8 / 6])
    })
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_LOOKED_AT_BYTES)]
}

fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts out what is shaped like one of Pangea's secrets or like a JWT, whoever it belongs to.
fn without_tokens(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        match secret_length(rest) {
            0 => {
                clean.push(next);
                rest = &rest[next.len_utf8()..];
            }
            length => {
                clean.push_str(REDACTED);
                rest = &rest[length..];
            }
        }
    }
    clean
}

/// How many bytes at the start of the text are a secret; 0 where it starts with something else.
fn secret_length(text: &str) -> usize {
    /// A third of a real value, so that a value that was cut short is found too.
    const MIN_VALUE: usize = 10;
    let run = |text: &str, belongs: fn(char) -> bool| text.find(|c| !belongs(c)).unwrap_or(text.len());
    let after = |prefix: &str| {
        let rest = text.strip_prefix(prefix.trim_end_matches('_'))?;
        // Escaped for an address or a form, it is a secret still.
        ["_", "%5F", "%5f"].into_iter().find_map(|mark| rest.strip_prefix(mark))
    };
    if let Some(value) = SECRET_PREFIXES.into_iter().find_map(after) {
        let length = run(value, |c| c.is_ascii_alphanumeric());
        return if length >= MIN_VALUE { text.len() - value.len() + length } else { 0 };
    }
    if text.starts_with("eyJ") {
        let length = run(text, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '='));
        return if length >= 2 * MIN_VALUE { length } else { 0 };
    }
    0
}

/// Cuts out what follows `Basic` or `Bearer`, as in an echo of the `Authorization` header.
fn without_authorization(text: &str) -> String {
    let mut after_scheme = false;
    let words = text.split(' ').map(|word| {
        let hidden = after_scheme && looks_encoded(word);
        let bare = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        after_scheme = bare.eq_ignore_ascii_case("basic") || bare.eq_ignore_ascii_case("bearer");
        if hidden { REDACTED } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a word may be a credential rather than prose: long, and of one piece.
fn looks_encoded(word: &str) -> bool {
    word.len() >= 16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let scrub = Scrub::of([&SecretString::from("hunter2/and more")]);
        assert_eq!(scrub.text(text), expected);
    }

    #[test]
    fn prose_stays_as_it_is() {
        check(
            "The client psa_abc does not exist, pts_ is a prefix.",
            "The client psa_abc does not exist, pts_ is a prefix.",
        );
    }

    #[test]
    fn what_was_sent_is_cut_out_in_every_form() {
        check("got hunter2/and more", "got [redacted]");
        check("got hunter2%2Fand%20more", "got [redacted]");
        check("got hunter2%2Fand+more", "got [redacted]");
        check("got aHVudGVyMi9hbmQgbW9yZQ", "got [redacted]Q");
        check("got eHg6aHVudGVyMi9hbmQgbW9yZTp4", "got eHg6[redacted]Tp4");
        check("got eDpodW50ZXIyL2FuZCBtb3JlOng", "got eDp[redacted]Ong");
        check("got Omh1bnRlcjIvYW5kIG1vcmU6eA", "got Om[redacted]U6eA");
    }

    #[test]
    fn anything_shaped_like_a_secret_is_cut_out() {
        check("pck_abcdefghijklmnopqrstuvwxyz234567, and", "[redacted], and");
        check("\"pts_abcdefghijkl\"", "\"[redacted]\"");
        check("pck%5Fabcdefghijkl pts%5fabcdefghijkl", "[redacted] [redacted]");
        check("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln.", "[redacted]");
    }

    #[test]
    fn an_echoed_header_is_cut_out() {
        check("authorization: Basic cHNhX2E6cGNrX2I6Y2Q= host: x", "authorization: Basic [redacted] host: x");
    }

    #[test]
    fn a_secret_broken_by_control_characters_is_one_line_of_harmless_text() {
        check("a\u{1b}[31mb\r\n\tc\0", "a [31mb c");
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let text = Scrub::default().text(&"ä".repeat(40_000));
        assert_eq!(text.chars().count(), MAX_TEXT_CHARS + 1);
        assert!(text.ends_with("ä…"));
    }
}
