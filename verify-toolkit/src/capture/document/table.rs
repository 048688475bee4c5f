//! Requests of which each field or line stands in a record of its own: CSV, and logs in JSON.

use super::tree::Tree;

/// What log entries call their line.
const LINES: [&str; 5] = ["log", "message", "msg", "textPayload", "line"];

/// Puts the lines of log entries together, if there are several.
pub(super) fn joined<'t>(trees: impl Iterator<Item = &'t Tree<'t>>) -> Option<String> {
    let mut lines = Vec::new();
    trees.for_each(|tree| add_lines(tree, &mut lines));
    (lines.len() > 1).then(|| lines.join("\n"))
}

fn add_lines<'t>(tree: &'t Tree<'t>, lines: &mut Vec<&'t str>) {
    let line = LINES.iter().find_map(|name| match tree.at(name) {
        Some(Tree::Text(line)) => Some(line.strip_suffix('\n').unwrap_or(line)),
        _ => None,
    });
    match line {
        Some(line) => lines.push(line),
        None => {
            let inner = tree.items().iter().chain(tree.fields().iter().map(|(_, value)| value));
            inner.for_each(|inner| add_lines(inner, lines));
        }
    }
}

/// Reads comma-separated values with names in the first line, if a field has quotes in it.
pub(super) fn csv(text: &str) -> Option<Tree<'_>> {
    let first = text.lines().next()?;
    if text.starts_with(['{', '[']) || !first.contains(',') || !text.contains("\"\"") {
        return None;
    }
    let mut records = Records { rest: text };
    let names = records.next()?;
    let mut rows = Vec::new();
    for values in records {
        // A number of values that differs is no table; the last may have been cut.
        if values.len() != names.len() {
            break;
        }
        let fields = names.iter().zip(values);
        let fields = fields.map(|(name, value)| (name.clone().into(), Tree::Text(value.into())));
        rows.push(Tree::Object(fields.collect()));
    }
    (names.len() > 1 && !rows.is_empty()).then_some(Tree::List(rows))
}

/// The records of RFC 4180.
struct Records<'t> {
    rest: &'t str,
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut values = Vec::new();
        loop {
            let mut value = String::new();
            let mut is_doubled = false;
            while let Some(quoted) = self.rest.strip_prefix('"') {
                let end = quoted.find('"')?;
                // Two quotes are one of the value.
                value.push_str(if is_doubled { "\"" } else { "" });
                value.push_str(&quoted[..end]);
                self.rest = &quoted[end + 1..];
                is_doubled = true;
            }
            let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
            value.push_str(self.rest[..end].trim_end_matches('\r'));
            values.push(value);
            let more = self.rest[end..].starts_with(',');
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if !more {
                return Some(values);
            }
        }
    }
}
