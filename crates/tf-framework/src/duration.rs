//! Lengths of time as Terraform's field writes them.

use std::{fmt, time::Duration};

use crate::{
    model::{Element, Misfit, Unfit},
    path::Path,
    schema::Shape,
    types::Type,
    value::Dynamic,
};

/// Units, each with its length in nanoseconds. Go writes a microsecond with either of two letters that look alike.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A length of time in an attribute, written as Go does: numbers with units, such as `1h30m`, `45s`, `1.5h` or `300ms`. The
/// units are `h`, `m`, `s`, `ms`, `us` and `ns`. Anything else, a negative length among it, is an error at the attribute.
///
/// It remembers how it was written, since Terraform compares the text.
///
/// ```
/// use std::time::Duration;
/// use tf_framework::GoDuration;
///
/// let patience: GoDuration = "1h30m".parse()?;
/// assert_eq!(patience.length(), Duration::from_secs(5400));
/// assert_eq!(patience.to_string(), "1h30m");
/// # Ok::<(), tf_framework::NoDuration>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration {
    length: Duration,
    text: String,
}

impl GoDuration {
    /// How long it is.
    pub fn length(&self) -> Duration {
        self.length
    }
}

impl std::str::FromStr for GoDuration {
    type Err = NoDuration;

    fn from_str(text: &str) -> Result<GoDuration, NoDuration> {
        let length = length(text).ok_or(NoDuration)?;
        Ok(GoDuration { length, text: text.to_owned() })
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDuration;

impl fmt::Display for NoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a length of time such as \"30m\", \"1h30m\" or \"45s\", with the units h, m, s and ms")
    }
}

impl std::error::Error for NoDuration {}

impl Element for GoDuration {
    fn shape() -> Shape {
        Shape::Plain(Type::String)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<GoDuration, Unfit> {
        let text = String::from_known(value, path)?;
        text.parse()
            .map_err(|problem: NoDuration| Unfit::Misfit(Misfit { path: path.clone(), problem: problem.to_string() }))
    }

    fn into_known(self) -> Dynamic {
        self.text.into_known()
    }
}

/// Go's longest length is what a signed 64-bit number of nanoseconds holds, some 292 years.
fn length(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds: u64 = 0;
    while !rest.is_empty() {
        let (part, after) = first_part(rest)?;
        nanoseconds = nanoseconds.checked_add(part).filter(|sum| i64::try_from(*sum).is_ok())?;
        rest = after;
    }
    Some(Duration::from_nanos(nanoseconds))
}

/// The nanoseconds of the first number and its unit, and what follows them.
fn first_part(text: &str) -> Option<(u64, &str)> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(end);
    let nanoseconds = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Digits behind a billionth of a unit are less than a nanosecond even of an hour's.
    let fraction: String = fraction.chars().chain("000000000000000".chars()).take(15).collect();
    let fraction = u128::from(nanoseconds) * fraction.parse::<u128>().ok()? / 1_000_000_000_000_000;
    Some((whole.checked_mul(nanoseconds)?.checked_add(u64::try_from(fraction).ok()?)?, after))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_go_reads_them() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("+0", 0),
            ("0s", 0),
            ("1ns", 1),
            ("300ms", 300_000_000),
            ("45s", 45_000_000_000),
            ("+5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5m", 30_000_000_000),
            ("1.s", 1_000_000_000),
            ("1us1\u{b5}s1\u{3bc}s", 3_000),
            ("30m1h", 5_400_000_000_000),
            ("0.3333333333333333333h", 1_199_999_999_999),
            ("2562047h47m16.854775807s", 9_223_372_036_854_775_807),
        ] {
            let read = text.parse::<GoDuration>().map(|duration| duration.length());
            assert_eq!(read, Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in [
            "",
            "+",
            "3",
            "-5s",
            "-0",
            "s",
            ".",
            ".s",
            "1x",
            "1 h",
            " 1h",
            "1h ",
            "1hm",
            "1h30",
            "1..5h",
            "1d",
            "1H",
            "++1s",
            "30m\u{0}",
            "\u{661}h",
            "2562047h47m16.854775808s",
            "99999999999999999999h",
            "one hour",
        ] {
            assert_eq!(text.parse::<GoDuration>(), Err(NoDuration), "{text:?}");
        }
    }

    #[test]
    fn the_text_stays_as_it_was_written() {
        let read = GoDuration::from_known(Dynamic::from("90m"), &Path::root()).expect("it is a length");
        assert_eq!(read.into_known(), Dynamic::from("90m"));
    }
}
