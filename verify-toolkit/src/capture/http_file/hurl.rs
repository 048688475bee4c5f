//! What only Hurl's files have.

use crate::capture::{CaptureError, document::base64};

/// Whether a line says the answer that is expected: `HTTP 204`, `HTTP/1.1 204`, `HTTP *`.
pub(super) fn is_answer(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let (version, status) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_status = status == "*" || (status.len() == 3 && status.parse::<u16>().is_ok());
    (version == "HTTP" || version.starts_with("HTTP/")) && is_status && words.next().is_none()
}

/// Whether a line begins fields that are no headers, as `[Options]`.
pub(super) fn is_section(line: &str) -> bool {
    let name = line.trim_end().strip_prefix('[').and_then(|line| line.strip_suffix(']'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// Whether a line is a body that says what it is.
pub(super) fn is_said(line: &str) -> bool {
    said(line.trim_end()).is_some()
}

fn said(body: &str) -> Option<(&str, &str)> {
    let (kind, content) = body.strip_suffix(';')?.split_once(',')?;
    matches!(kind, "base64" | "file" | "hex").then_some((kind, content))
}

/// Reads a body that is none as it stands. Nothing if it is one.
pub(super) fn body(text: &str) -> Option<Result<Vec<u8>, CaptureError>> {
    if let Some(lines) = text.strip_prefix("```") {
        // The first line may say the language.
        let (_, lines) = lines.split_once('\n')?;
        return Some(Ok(lines.strip_suffix("```")?.as_bytes().to_vec()));
    }
    if let Some(line) = text.strip_prefix('`') {
        return Some(Ok(line.strip_suffix('`')?.as_bytes().to_vec()));
    }
    let (kind, content) = said(text)?;
    let decoded = match kind {
        "base64" => base64(content),
        "hex" => base16ct::mixed::decode_vec(content).ok(),
        _ => return Some(Err(CaptureError::BodyInFile { path: content.trim().to_owned() })),
    };
    Some(
        decoded.ok_or(CaptureError::BodyDamaged {
            kind: if kind == "hex" { "hex" } else { "base64" },
        }),
    )
}
