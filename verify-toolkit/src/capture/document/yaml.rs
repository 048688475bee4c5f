//! YAML, as far as tools write it: mappings and lists by indentation, texts in all their forms.

mod scalar;

use super::{
    literal::{DEEPEST, MOST},
    tree::Tree,
};

/// Reads each document of a text, if all of them are mappings or lists.
pub(super) fn read(text: &str) -> Option<Vec<Tree<'_>>> {
    let mut reader = Reader { text, at: 0, column: None, values: 0 };
    let mut documents = Vec::new();
    while let Some(marked) = reader.next_document() {
        let document = reader.node(0, DEEPEST)?;
        let is_empty = marked && document.is_null();
        if !(is_empty || matches!(document, Tree::List(_) | Tree::Object(_))) {
            return None;
        }
        documents.push(document);
    }
    (!documents.is_empty()).then_some(documents)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The column of `at`, where something of its line is read already.
    column: Option<usize>,
    values: usize,
}

/// The name of a field, and how long it is with its colon.
type Key<'t> = (Tree<'t>, usize);

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What is left of the line.
    fn line(&self) -> &'t str {
        let rest = self.rest();
        rest.get(..rest.find('\n').unwrap_or(rest.len())).unwrap_or_default()
    }

    fn skip_line(&mut self) {
        self.at = (self.at + self.line().len() + 1).min(self.text.len());
        self.column = None;
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Goes to what comes next in the document, past blank lines and comments, and returns its column.
    fn next(&mut self) -> Option<usize> {
        loop {
            let start = self.at;
            self.skip_spaces();
            let line = self.line();
            let column = self.column.unwrap_or(0) + self.at - start;
            if self.rest().is_empty() {
                return None;
            }
            if line.trim_end().is_empty() || line.starts_with('#') {
                self.skip_line();
                continue;
            }
            let is_fresh = self.column.is_none() && column == 0;
            if is_fresh && (is_mark(line, "---") || is_mark(line, "...")) {
                return None;
            }
            self.column = Some(column);
            return Some(column);
        }
    }

    /// Goes to the next document, and says whether a line announces it.
    fn next_document(&mut self) -> Option<bool> {
        let mut marked = false;
        while self.next().is_none() {
            if self.rest().is_empty() {
                return None;
            }
            marked = true;
            self.skip_line();
        }
        Some(marked)
    }

    /// Reads the value that stands at this column or further in. There is none if the next one does
    /// not.
    fn node(&mut self, least: usize, levels: usize) -> Option<Tree<'t>> {
        let levels = levels.checked_sub(1)?;
        self.values += 1;
        if self.values > MOST {
            return None;
        }
        match self.next() {
            Some(column) if column >= least => {
                if is_item(self.line()) {
                    self.list(column, levels)
                } else if self.key().is_some() {
                    self.mapping(column, levels)
                } else {
                    self.value(least.checked_sub(1), levels)
                }
            }
            _ => Some(Tree::Word("null")),
        }
    }

    fn list(&mut self, column: usize, levels: usize) -> Option<Tree<'t>> {
        let mut items = Vec::new();
        while self.next() == Some(column) && is_item(self.line()) {
            self.at += 1;
            self.column = Some(column + 1);
            items.push(self.node(column + 1, levels)?);
        }
        self.ends(column).then_some(Tree::List(items))
    }

    fn mapping(&mut self, column: usize, levels: usize) -> Option<Tree<'t>> {
        let mut fields = Vec::new();
        while self.next() == Some(column) {
            let Some((name, length)) = self.key() else { break };
            self.at += length;
            let Tree::Text(name) = name else { return None };
            // Anything in the same line is further in than this.
            self.column = Some(column + 1);
            let line = self.line().trim_start();
            let value = if line.trim_end().is_empty() || line.starts_with('#') {
                self.skip_line();
                let is_list = self.next() == Some(column) && is_item(self.line());
                if is_list { self.list(column, levels) } else { self.node(column + 1, levels) }
            } else {
                self.skip_spaces();
                self.value(Some(column), levels)
            };
            fields.push((name, value?));
        }
        self.ends(column).then_some(Tree::Object(fields))
    }

    /// Whether what comes next belongs to something further out.
    fn ends(&mut self, column: usize) -> bool {
        match self.next() {
            None => true,
            // A list may stand below a name of the same column.
            Some(next) => next < column || (next == column && !is_item(self.line())),
        }
    }

    /// The name of a field, if the rest of the line begins with one.
    fn key(&self) -> Option<Key<'t>> {
        let line = self.line();
        let is_end = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '\r']);
        if line.starts_with(['\'', '"']) {
            let (name, length) = scalar::quoted(line)?;
            let rest = line.get(length..)?;
            let colon = rest.trim_start().strip_prefix(':').filter(|rest| is_end(rest))?;
            return Some((name, line.len() - colon.len()));
        }
        if line.starts_with(['[', ']', '{', '}', '|', '>', '&', '*', '!', '%', '@', '`', '#', ','])
        {
            return None;
        }
        let near = line.char_indices().take(LONGEST_NAME).filter(|(_, c)| *c == ':');
        let mut colons = near.map(|(at, _)| at);
        let colon = colons.find(|at| line.get(at + 1..).is_some_and(is_end))?;
        let name = line.get(..colon)?.trim_end();
        // What programs print has these, and YAML could.
        let is_other = name.is_empty() || name.contains(['{', '[', '(', '"', '\'', '#', '=']);
        (!is_other).then(|| (name.into(), colon + 1))
    }
}

/// Most characters of a name.
const LONGEST_NAME: usize = 1024;

fn is_item(line: &str) -> bool {
    line.strip_prefix('-')
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']))
}

fn is_mark(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']))
}
