//! Exact decimal numbers. Terraform compares numbers by their decimal text, so a detour through `f64` would show up as a
//! change that nobody made.

use std::{fmt, str::FromStr};

use bigdecimal::{BigDecimal, ToPrimitive};

/// Most digits of a number that is written without an exponent, so that whatever was read can be written and read again.
/// Terraform's own numbers carry some 154 significant digits and the smallest `f64` has 1,074 decimals; without a limit
/// `1e999999999` would expand to a gigabyte.
const MAX_DIGITS: usize = 4_096;

/// Bits that are free at the end of a float which is meant to the last digit. A rounded one has as many once in a million.
const FREE_BITS: u32 = 20;

/// An exact decimal number, compared by value: `1.50` equals `1.5`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(
    /// Always normalized: no trailing zeros in the digits, so that equal values have equal parts.
    BigDecimal,
);

impl Number {
    /// The value as an integer, if it is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        if self.0.is_integer() { self.0.to_i64() } else { None }
    }

    /// The nearest `f64`, if the value is within its range.
    pub fn to_f64(&self) -> Option<f64> {
        // The standard library rounds decimal text correctly; the conversion through big integers does not promise it.
        self.to_string().parse().ok().filter(|float: &f64| float.is_finite())
    }

    /// The value as an `f64` that is exactly this number, and whose shortest text is this number too: a reader may go by
    /// either.
    pub(crate) fn to_exact_f64(&self) -> Option<f64> {
        self.to_f64().filter(|float| {
            BigDecimal::try_from(*float).is_ok_and(|exact| exact == self.0)
                && Number::try_from(*float).is_ok_and(|shortest| shortest == *self)
        })
    }

    /// A float as Terraform sends it: for a number that is exactly that float, so every digit counts. 2^-30 has 21, more than
    /// its shortest text. But a float that another provider computed counts for Terraform as its shortest text, such as 0.1.
    /// That one uses all of its bits, while a number that was written down, or divided by a power of two, leaves many free.
    pub(crate) fn from_wire(float: f64) -> Result<Number, NumberError> {
        if float.is_finite() && float.to_bits().trailing_zeros() >= FREE_BITS {
            let exact = BigDecimal::try_from(float).map_err(|_| NumberError::NotFinite)?;
            return Ok(Number(exact.normalized()));
        }
        Number::try_from(float)
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.0.is_integer()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number(BigDecimal::from(value).normalized())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        Number(BigDecimal::from(value).normalized())
    }
}

/// Takes the shortest decimal text that stands for the float: `0.1_f64` becomes exactly 0.1.
impl TryFrom<f64> for Number {
    type Error = NumberError;

    fn try_from(value: f64) -> Result<Number, NumberError> {
        if value.is_finite() { value.to_string().parse() } else { Err(NumberError::NotFinite) }
    }
}

/// Reads decimal text, with or without an exponent: `-12.5`, `1e21`.
impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Number, NumberError> {
        // Beside its digits, a text may have a sign and a point.
        if text.len() > MAX_DIGITS + 2 {
            return Err(NumberError::TooLong);
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        if !mantissa.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte)) {
            return Err(NumberError::NotANumber);
        }
        let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent_digits.is_empty() || !exponent_digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NumberError::NotANumber);
        }
        // Digits only, so the one way to fail is to be too large.
        let power: usize = exponent_digits.parse().map_err(|_| NumberError::TooLong)?;
        if power > MAX_DIGITS {
            return Err(NumberError::TooLong);
        }
        let number = BigDecimal::from_str(text).map_err(|_| NumberError::NotANumber)?.normalized();
        if plain_digits(&number) > MAX_DIGITS as u64 {
            return Err(NumberError::TooLong);
        }
        Ok(Number(number))
    }
}

/// How many digits the plain text of a number has, a zero before the point among them.
fn plain_digits(number: &BigDecimal) -> u64 {
    let (digits, decimals) = (number.digits(), number.fractional_digit_count());
    match u64::try_from(decimals) {
        Ok(decimals) => digits.max(decimals + 1),
        Err(_) => digits + decimals.unsigned_abs(),
    }
}

/// Plain decimal text without an exponent.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_plain_string(f)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What can't be a [`Number`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not decimal text.
    NotANumber,
    /// Infinity or not-a-number.
    NotFinite,
    /// More digits, or a larger exponent, than Terraform itself can hold.
    TooLong,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NumberError::NotANumber => f.write_str("not a decimal number"),
            NumberError::NotFinite => f.write_str("not a finite number"),
            NumberError::TooLong => write!(f, "a number of more than {MAX_DIGITS} digits"),
        }
    }
}

impl std::error::Error for NumberError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn number(text: &str) -> Number {
        text.parse().expect(text)
    }

    #[test]
    fn text_is_plain_and_normal() {
        for (text, plain) in [
            ("1.50", "1.5"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0e10", "0"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("1e-7", "0.0000001"),
            ("-12.500", "-12.5"),
            ("18446744073709551616", "18446744073709551616"),
            ("3.14159265358979323846264338327950288", "3.14159265358979323846264338327950288"),
        ] {
            assert_eq!(number(text).to_string(), plain);
        }
    }

    #[test]
    fn equality_and_order_are_by_value() {
        assert_eq!(number("1.0"), Number::from(1_i64));
        assert_eq!(number("1e2"), Number::from(100_u64));
        let sorted: BTreeSet<Number> = ["10", "9.5", "-1", "1e1", "0.1"].map(number).into();
        assert_eq!(sorted.iter().map(Number::to_string).collect::<Vec<_>>(), ["-1", "0.1", "9.5", "10"]);
    }

    #[test]
    fn a_float_becomes_its_shortest_text() {
        for (float, text) in [(0.1, "0.1"), (-0.0, "0"), (1e21, "1000000000000000000000"), (2.5, "2.5")] {
            assert_eq!(Number::try_from(float).unwrap().to_string(), text);
        }
        assert_eq!(Number::try_from(f64::from_bits(1)).unwrap().to_f64(), Some(f64::from_bits(1)));
        assert_eq!(Number::try_from(f64::MAX).unwrap().to_f64(), Some(f64::MAX));
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Number::try_from(float), Err(NumberError::NotFinite));
        }
    }

    #[test]
    fn only_whole_numbers_in_range_are_integers() {
        assert_eq!(number("9223372036854775807").to_i64(), Some(i64::MAX));
        assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(number("9223372036854775808").to_i64(), None);
        assert_eq!(number("1.5").to_i64(), None);
        assert_eq!(number("1e400").to_i64(), None);
    }

    #[test]
    fn a_float_is_exact_only_where_no_digit_is_lost() {
        assert_eq!(number("0.5").to_exact_f64(), Some(0.5));
        assert_eq!(number("16777217.5").to_exact_f64(), Some(16_777_217.5));
        assert_eq!(number("0.1").to_exact_f64(), None);
        assert_eq!(number("0.1").to_f64(), Some(0.1));
        assert_eq!(number("1e400").to_f64(), None);
    }

    #[test]
    fn a_float_that_has_more_digits_than_its_shortest_text_is_not_written_as_one() {
        assert_eq!(number("0.000000000931322574615478515625").to_exact_f64(), None);
        assert_eq!(number("0.0000000009313225746154785").to_exact_f64(), None);
    }

    #[test]
    fn a_float_from_terraform_is_meant_to_the_last_digit_unless_it_was_rounded() {
        for (float, text) in [
            (2_f64.powi(-30), "0.000000000931322574615478515625"),
            (-0.5, "-0.5"),
            (0.0, "0"),
            (1e21, "1000000000000000000000"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.3333333333333333"),
        ] {
            assert_eq!(Number::from_wire(float).unwrap().to_string(), text);
        }
        assert_eq!(Number::from_wire(f64::INFINITY), Err(NumberError::NotFinite));
    }

    #[test]
    fn text_that_is_no_number_is_refused() {
        for text in [
            "", "-", ".", "e", "e5", "1e", "1e+", "1e5e5", "1_000", "0x10", "NaN", "inf", "1,5", "1 ", "--1", "1.2.3",
            "٣",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn a_number_that_would_expand_is_refused() {
        let long = "9".repeat(MAX_DIGITS + 1);
        let spread = format!("{}e3300", "7".repeat(800));
        for text in [
            spread.as_str(),
            "1e4096",
            "1e-4096",
            "1e4097",
            "1e-4097",
            "1e999999999999",
            "1e-99999999999999999999999",
            long.as_str(),
        ] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::TooLong), "{text:?}");
        }
        assert_eq!(number("-1e4095").to_string().len(), 4_097);
        assert_eq!(number("-1e-4095").to_string().len(), 4_098);
    }

    #[test]
    fn the_longest_text_that_is_written_can_be_read() {
        for text in ["-1e4095", "-1e-4095", "1e-4095"] {
            assert_eq!(number(&number(text).to_string()), number(text));
        }
    }
}
