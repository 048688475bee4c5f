//! Numbers, as libraries write what they hold as a double.

use std::rc::Rc;

use super::{Document, Place, choices::choices};

/// Most numbers of a document of which any is guessed.
const MOST: usize = 64;
/// Most integers that are tried in place of one that was rounded.
const NEAR: i128 = 1100;

/// How one library writes a double.
struct Spelling {
    /// The exponents, from and below, of numbers that are written without one.
    plain: core::ops::Range<i32>,
    /// Whether it is `100.0` and not `100`.
    point: bool,
    /// Whether it is `1.0e-7` and not `1e-7`.
    point_before_exponent: bool,
    mark: &'static str,
    plus: &'static str,
    /// The fewest digits of an exponent.
    digits: usize,
}

const fn spelling(
    plain: core::ops::Range<i32>,
    (point, point_before_exponent): (bool, bool),
    (mark, plus, digits): (&'static str, &'static str, usize),
) -> Spelling {
    Spelling { plain, point, point_before_exponent, mark, plus, digits }
}

/// Python, JavaScript and Go, Java, .NET, PHP, Ruby, Rust.
static SPELLINGS: [Spelling; 7] = [
    spelling(-4..16, (true, false), ("e", "+", 2)),
    spelling(-6..21, (false, false), ("e", "+", 1)),
    spelling(-3..7, (true, true), ("E", "", 1)),
    spelling(-4..15, (false, false), ("E", "+", 2)),
    spelling(-4..15, (true, true), ("e", "+", 1)),
    spelling(-4..16, (true, true), ("e", "+", 2)),
    spelling(-5..16, (true, false), ("e", "", 1)),
];

/// What values of a document may be, all together: places and what is written there.
pub(super) type Values = Rc<Vec<(Place, String)>>;

impl Spelling {
    fn write(&self, number: f64) -> Option<String> {
        // As few digits as tell the number from every other one.
        let text = format!("{:e}", number.abs());
        let (digits, exponent) = text.split_once('e')?;
        let (digits, exponent) = (digits.replace('.', ""), exponent.parse::<i32>().ok()?);
        let sign = if number.is_sign_negative() { "-" } else { "" };
        if !self.plain.contains(&exponent) && number != 0.0 {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() && !self.point_before_exponent { "" } else { "." };
            let rest = if rest.is_empty() && self.point_before_exponent { "0" } else { rest };
            let plus = if exponent < 0 { "-" } else { self.plus };
            let exponent = format!("{:0width$}", exponent.unsigned_abs(), width = self.digits);
            return Some(format!("{sign}{first}{point}{rest}{}{plus}{exponent}", self.mark));
        }
        let before = usize::try_from(exponent + 1).unwrap_or(0);
        let zeros = usize::try_from(-exponent).unwrap_or(0);
        let (whole, fraction) = if before >= digits.len() {
            (format!("{digits}{}", "0".repeat(before - digits.len())), String::new())
        } else if before > 0 {
            (digits[..before].to_owned(), digits[before..].to_owned())
        } else {
            ("0".to_owned(), format!("{}{digits}", "0".repeat(zeros.saturating_sub(1))))
        };
        Some(match (fraction.is_empty(), self.point) {
            (true, true) => format!("{sign}{whole}.0"),
            (true, false) => format!("{sign}{whole}"),
            (false, _) => format!("{sign}{whole}.{fraction}"),
        })
    }
}

/// One number of a document.
struct Number<'t> {
    place: Place,
    text: &'t str,
    value: f64,
}

impl Number<'_> {
    /// It is a double in one library and an integer in another.
    fn is_whole(&self) -> bool {
        self.value.fract() == 0.0 && self.value.abs() < 1e21
    }

    fn is_integer(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    }

    fn as_integer(&self) -> String {
        if self.is_integer() { self.text.to_owned() } else { format!("{:.0}", self.value) }
    }
}

/// The numbers of a document that a double can hold.
fn numbers<'t>(document: &Document<'t>) -> Vec<Number<'t>> {
    let places = (0..document.nodes.len()).filter(|place| document.is_number(*place));
    let read = |place| {
        let text = document.text_of(place);
        let value = text.parse().ok().filter(|value: &f64| value.is_finite())?;
        Some(Number { place, text, value })
    };
    places.filter_map(read).collect()
}

/// Each way in which one library may have written all of a document's doubles, where those that are
/// whole are all doubles or all integers.
pub(super) fn in_one_way(document: &Document<'_>) -> Vec<Values> {
    let numbers = numbers(document);
    let mut found = Vec::new();
    for write in writers() {
        for are_doubles in [false, true] {
            add(&mut found, &numbers, |_, number| {
                let is_double = are_doubles || !number.is_whole();
                if is_double { write(number.value) } else { Some(number.as_integer()) }
            });
        }
    }
    found
}

/// The ways in which some whole numbers are doubles, and others integers.
pub(super) fn in_many_ways(document: &Document<'_>) -> Vec<Values> {
    let numbers = numbers(document);
    if numbers.len() > MOST {
        return Vec::new();
    }
    let whole = numbers.iter().filter(|number| number.is_whole()).map(|number| number.place);
    let choices = choices(document, &whole.collect::<Vec<_>>());
    let mut found = Vec::new();
    for write in writers() {
        // What makes no difference to the numbers that are there is another library's.
        let mut same = Vec::new();
        add(&mut same, &numbers, |_, number| write(number.value));
        if same.is_empty() || found.contains(&same) {
            continue;
        }
        found.push(same);
    }
    let mut all = Vec::new();
    for spelled in found.into_iter().flatten() {
        for choice in &choices {
            let spelled_at = |place| {
                let at = spelled.binary_search_by_key(&place, |(place, _)| *place).ok();
                at.and_then(|at| spelled.get(at)).map(|(_, text)| text.clone())
            };
            let written = numbers.iter().filter_map(|number| {
                let is_double = !number.is_whole() || choice.contains(&number.place);
                let text = if is_double { spelled_at(number.place)? } else { number.as_integer() };
                (text != number.text).then_some((number.place, text))
            });
            let written: Vec<_> = written.collect();
            if !written.is_empty() {
                all.push(Rc::new(written));
            }
        }
    }
    all
}

/// What may have stood where an integer was rounded to a double, if there is one such place.
pub(super) fn unrounded(document: &Document<'_>) -> Vec<Values> {
    let rounded: Vec<_> =
        numbers(document).into_iter().filter(|number| is_rounded(number.text)).collect();
    let [Number { place, text, value }] = rounded[..] else { return Vec::new() };
    let Ok(middle) = text.parse::<i128>() else { return Vec::new() };
    #[expect(clippy::cast_precision_loss, reason = "that is what was done to it")]
    let rounds_there = |other: &i128| *other as f64 == value;
    let others = (1..NEAR).flat_map(|far| [middle - far, middle + far]).filter(rounds_there);
    others.map(|other| Rc::new(vec![(place, other.to_string())])).collect()
}

/// Whether an integer is one that no double is nearer to, and too large for a double to be exact.
pub(in super::super) fn is_rounded(text: &str) -> bool {
    let is_long = text.trim_start_matches('-').len() >= "9007199254740993".len()
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let [_, spelling, ..] = &SPELLINGS;
    is_long
        && text.parse::<f64>().is_ok_and(|value| {
            value.abs() >= 2_f64.powi(53) && spelling.write(value).as_deref() == Some(text)
        })
}

type Write = Box<dyn Fn(f64) -> Option<String>>;

/// Each library's way, and some numbers of decimals.
fn writers() -> impl Iterator<Item = Write> {
    let own = SPELLINGS.iter().map(|spelling| -> Write { Box::new(|value| spelling.write(value)) });
    let fixed = [1_usize, 2, 3, 6].into_iter().map(|decimals| -> Write {
        // What has more decimals was not written so.
        Box::new(move |value| {
            let text = format!("{value:.decimals$}");
            (text.parse() == Ok(value)).then_some(text)
        })
    });
    own.chain(fixed)
}

/// Adds what is different from what stands there, if it is new.
fn add(
    found: &mut Vec<Values>,
    numbers: &[Number<'_>],
    write: impl Fn(usize, &Number<'_>) -> Option<String>,
) {
    let written = numbers.iter().enumerate().filter_map(|(at, number)| {
        let text = write(at, number).filter(|text| text != number.text)?;
        Some((number.place, text))
    });
    let written: Vec<_> = written.collect();
    if !written.is_empty() && !found.iter().any(|other| **other == written) {
        found.push(Rc::new(written));
    }
}

#[cfg(test)]
mod tests {
    use super::{SPELLINGS, is_rounded};

    /// Each as its library writes it.
    #[test]
    fn doubles_are_written_as_libraries_do() {
        let [python, javascript, java, net, php, ruby, rust] = &SPELLINGS;
        for (spelling, value, expected) in [
            (python, 100.0, "100.0"),
            (python, 1e-6, "1e-06"),
            (python, 0.0001, "0.0001"),
            (python, 1.5e16, "1.5e+16"),
            (python, 1e15, "1000000000000000.0"),
            (python, -0.0, "-0.0"),
            (javascript, 100.0, "100"),
            (javascript, 1e-6, "0.000001"),
            (javascript, 1.5e-7, "1.5e-7"),
            (javascript, 1e20, "100000000000000000000"),
            (javascript, 1e21, "1e+21"),
            (javascript, 105.5, "105.5"),
            (java, 1e-6, "1.0E-6"),
            (java, 12_345_678.0, "1.2345678E7"),
            (net, 1e-6, "1E-06"),
            (net, 1e15, "1E+15"),
            (php, 1e-6, "1.0e-6"),
            (php, 100.0, "100.0"),
            (ruby, 1e-6, "1.0e-06"),
            (rust, 1e-6, "1e-6"),
            (rust, 1e16, "1e16"),
        ] {
            assert_eq!(spelling.write(value).as_deref(), Some(expected));
        }
        assert!(is_rounded("12345678901234567000") && is_rounded("9007199254740994"));
        assert!(!is_rounded("12345678901234567001") && !is_rounded("900719925474099"));
    }
}
