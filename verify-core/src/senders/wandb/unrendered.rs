/// Yields the names of the template variables that a body holds as they were typed:
/// `artifact_version` for `${artifact_version}`.
///
/// Such variables may arrive, and a handler would take the literal text for a value. The function
/// reads the bytes and not JSON, because a body need not be JSON. A name ends at the next `}`,
/// because the user may choose keys of `artifact_metadata`. It holds no quote, brace, backslash,
/// dollar or line break.
pub fn unrendered(body: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = body;
    core::iter::from_fn(move || {
        loop {
            let start = rest.windows(2).position(|pair| pair == b"${")?;
            let (_, behind) = rest.split_at_checked(start.checked_add(2)?)?;
            let len = behind.iter().take_while(|byte| is_of_a_name(**byte)).count();
            let (name, after) = behind.split_at_checked(len)?;
            rest = after;
            match core::str::from_utf8(name) {
                Ok(name) if !name.is_empty() && after.first() == Some(&b'}') => return Some(name),
                _ => {}
            }
        }
    })
}

fn is_of_a_name(byte: u8) -> bool {
    !byte.is_ascii_control() && !b"\"${}\\".contains(&byte)
}
