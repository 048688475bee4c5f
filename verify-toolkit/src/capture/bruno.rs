//! Bruno's `.bru` files: blocks such as `headers {`, whose lines are indented by two.

use super::{CaptureError, curl::path_of, http::Noted};
use crate::WireRequest;

/// Names of blocks that say the method.
const METHODS: [&str; 9] =
    ["get", "post", "put", "patch", "delete", "options", "head", "connect", "trace"];

/// Reads the request of such a file, if it is one.
pub(super) fn read(text: &str) -> Option<Vec<Result<Noted, CaptureError>>> {
    let blocks = blocks(text);
    let (method, own) = blocks.iter().find(|(name, _)| METHODS.contains(name))?;
    blocks.iter().find(|(name, _)| *name == "meta")?;
    let field = |wanted: &str| {
        let mut fields = own.iter().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.trim())
    };
    let lines = |wanted: &str| blocks.iter().find(|(name, _)| *name == wanted);
    let headers = lines("headers").map_or(&[][..], |(_, lines)| lines).iter();
    let headers = headers.filter_map(|line| line.split_once(':'));
    // `~` stands in front of what is switched off.
    let headers = headers.map(|(name, value)| (name.trim(), value.trim()));
    let headers = headers.filter(|(name, _)| !(name.is_empty() || name.starts_with('~')));
    let kind = field("body").unwrap_or("none");
    let body = lines(&format!("body:{kind}")).or_else(|| lines("body").filter(|_| kind != "none"));
    let body = body.map(|(_, lines)| lines.join("\n")).unwrap_or_default();
    let request = WireRequest {
        method: method.to_ascii_uppercase(),
        path: path_of(field("url").unwrap_or("/")),
        headers: headers.map(|(name, value)| (name.to_owned(), value.into())).collect(),
        body: body.into_bytes(),
    };
    Some(vec![Ok((request, Vec::new()))])
}

/// The blocks of a file, with the lines that they hold.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let name = line.trim_end().strip_suffix(" {").filter(|name| is_name(name));
        let Some(name) = name.filter(|_| blocks.len() < MOST) else { continue };
        let own = lines.by_ref().take_while(|line| !line.starts_with('}'));
        blocks.push((name, own.map(|line| line.strip_prefix("  ").unwrap_or(line)).collect()));
    }
    blocks
}

/// Most blocks of a file.
const MOST: usize = 100;

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || b":-".contains(&byte))
}
