//! No body makes a reader panic. What a reader takes out of a body is what stands there, it takes all
//! that its sender documents, and it refuses what has another shape. What is written again is read as
//! the same.
#![cfg_attr(fuzzing, no_main)]

use core::fmt::Debug;

use verify_core::{EventError, UnixMillis, databricks, mlflow, wandb};
use verify_fuzz::{Reached, json::Json, shapes, target};

target!(check);

/// The JSON of the reference goes as deep as the stack.
const LONGEST: usize = 16 * 1024;

/// Compares one reader with its table.
macro_rules! compare {
    ($event:ty, $data:expr, $expected:expr) => {{
        let data: &[u8] = $data;
        let expected: Option<Json> = $expected;
        let read = <$event>::parse(data);
        assert_eq!(read.is_ok(), expected.is_some(), "{read:?}, not {expected:?}");
        if let (Ok(event), Some(expected)) = (&read, &expected) {
            let written = serde_json::to_vec(event).expect("an event");
            let json = Json::parse(&written).expect("JSON");
            assert!(json.is_same(expected), "{json:?}, not {expected:?}");
            assert_eq!(<$event>::parse(&written).as_ref(), Ok(event));
        }
        said(&read);
        read
    }};
}

fn check(data: &[u8]) -> Reached {
    if data.len() > LONGEST {
        return Reached::Nothing;
    }
    let document = Json::parse(data);
    let document = document.as_ref();

    let databricks = compare!(databricks::Event, data, document.and_then(shapes::databricks));
    let mlflow = compare!(mlflow::Event, data, document.and_then(shapes::mlflow));
    let variables = compare!(wandb::Variables, data, document.and_then(shapes::wandb));

    if let Ok(event) = &mlflow {
        let text = event.timestamp.as_str();
        assert_eq!(
            event.timestamp.unix_millis().map(UnixMillis::as_millis),
            millis(text.as_bytes()),
            "{text:?}"
        );
    }
    if let Ok(variables) = &variables {
        if let Some(artifact) = variables.artifact() {
            let wandb::ArtifactVersion { entity, project, name, alias, .. } = artifact;
            let text = format!("{entity}/{project}/{name}:{alias}");
            assert_eq!(variables.artifact_version_string.as_deref(), Some(text.as_str()));
        }
        if let Some(reference) = variables.artifact_reference() {
            let text = format!("wandb-artifact://_id/{}", reference.id);
            assert_eq!(variables.artifact_version.as_deref(), Some(text.as_str()));
        }
    }
    assert_eq!(wandb::unrendered(data).collect::<Vec<_>>(), unrendered(data));

    if databricks.is_ok() || mlflow.is_ok() { Reached::Accepted } else { Reached::Refused }
}

/// An error says something, and nothing of what it says comes from the body: it has only the words
/// of the crate, which are ASCII.
fn said<T: Debug>(read: &Result<T, EventError>) {
    if let Err(error) = read {
        let text = error.to_string();
        assert!(!text.is_empty() && text.is_ascii(), "{text}");
        assert!(error.event().is_none() || error.field().is_some(), "{text}");
    }
}

/// Every `${name}`, looked for at every place.
fn unrendered(body: &[u8]) -> Vec<&str> {
    let at = |start: usize| {
        let rest = body[start..].strip_prefix(b"${")?;
        let name = &rest[..rest.iter().position(|byte| *byte == b'}')?];
        let plain = |byte: &u8| *byte >= 0x20 && *byte != 0x7f && !b"\"${\\".contains(byte);
        let name = core::str::from_utf8(name).ok()?;
        (!name.is_empty() && name.bytes().all(|byte| plain(&byte))).then_some(name)
    };
    (0..body.len()).filter_map(at).collect()
}

/// Milliseconds since 1970 of `yyyy-mm-ddThh:mm:ss[.f]`, in UTC: by counting days one year and one
/// month after the other.
fn millis(text: &[u8]) -> Option<u64> {
    let text = text.strip_suffix(b"Z").or_else(|| text.strip_suffix(b"+00:00"))?;
    let form = b"0000-00-00T00:00:00";
    let (front, fraction) = text.split_at_checked(form.len())?;
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    if !front.iter().zip(form).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| {
        front[from..to].iter().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days_of = |year: u64, month: u64| match month {
        2 => 28 + u64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let dated = year >= 1970 && (1..=12).contains(&month);
    if !dated || day == 0 || day > days_of(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + u64::from(leap(year))).sum();
    let months: u64 = (1..month).map(|month| days_of(year, month)).sum();
    let seconds = (((years + months + day - 1) * 24 + hour) * 60 + minute) * 60 + second;
    let mut millis = 0;
    if let Some((point, digits)) = fraction.split_first() {
        if *point != b'.' || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut unit = 100;
        for digit in digits {
            millis += unit * u64::from(digit - b'0');
            unit /= 10;
        }
    }
    Some(seconds * 1000 + millis)
}
