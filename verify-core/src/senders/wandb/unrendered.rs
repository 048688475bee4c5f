/// Yields the names of the template variables that stand in a body as they were typed:
/// `artifact_version` for `${artifact_version}`.
///
/// The sender leaves a variable that it does not know as it is, so that a handler would take the
/// literal text for a value. It looks at the bytes and not at the JSON, which a body need not be.
pub fn unrendered(body: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = body;
    core::iter::from_fn(move || {
        loop {
            let start = rest.windows(2).position(|pair| pair == b"${")?;
            let (_, behind) = rest.split_at_checked(start.checked_add(2)?)?;
            let len = behind.iter().take_while(|byte| is_of_a_name(**byte)).count();
            let (name, after) = behind.split_at_checked(len)?;
            rest = after;
            if !name.is_empty() && after.first() == Some(&b'}') {
                // `is_of_a_name` lets nothing but ASCII in.
                return core::str::from_utf8(name).ok();
            }
        }
    })
}

/// Names of variables and of secrets, and the path behind `artifact_metadata.`
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}
