//! Forms of one language only.

use serde::de::IgnoredAny;

use super::{Failure, Place, Problem, Reader};
use crate::capture::document::tree::Tree;

impl<'t> Reader<'t> {
    /// Reads a form that begins in a way of its own.
    pub(super) fn printed(&mut self, levels: usize) -> Result<Option<Tree<'t>>, Failure> {
        if self.rest().starts_with("<Buffer") {
            return self.node_buffer().map(Some);
        }
        if self.rest().starts_with("#<") {
            return self.object(self.at).map(Some);
        }
        if self.skip("map[") {
            let typed = self.rest().starts_with("string]");
            return if typed {
                // `map[string][]string{`
                self.take_until(|c| c == '{');
                self.collection('}', levels).map(Some)
            } else {
                self.go_map().map(Some)
            };
        }
        if self.skip("string(") {
            return self.php_text().map(Some);
        }
        let start = self.at;
        if self.skip("Array") {
            self.skip_space();
        }
        let is_php = self.skip("(\n") || self.skip("(\r\n");
        if is_php && self.rest().trim_start().starts_with('[') {
            return self.php_array(levels).map(Some);
        }
        self.at = start;
        Ok(None)
    }

    /// What a program prints of an object of which it shows nothing, up to its `>` in the same line.
    pub(super) fn object(&mut self, start: usize) -> Result<Tree<'t>, Failure> {
        self.at = start;
        let line = self.rest().bytes().take(LONGEST_OBJECT).take_while(|byte| *byte != b'\n');
        match line.enumerate().find(|(_, byte)| *byte == b'>') {
            Some((end, _)) => {
                self.at += end + 1;
                Ok(Tree::Cut)
            }
            None => self.fail(),
        }
    }

    /// `<Buffer 7b 22 ... 5 more bytes>`
    fn node_buffer(&mut self) -> Result<Tree<'t>, Failure> {
        self.at += "<Buffer".len();
        let digits = self.take_until(|c| c == '>');
        if !self.skip(">") {
            return Err((self.at, Problem::Cut));
        }
        let digits: String = digits.split_whitespace().collect();
        Ok(base16ct::mixed::decode_vec(&digits).map_or(Tree::Cut, Tree::Bytes))
    }

    /// What `%v` prints of a map in Go, behind `map[`: names and values without quotes.
    fn go_map(&mut self) -> Result<Tree<'t>, Failure> {
        let mut fields = Vec::new();
        loop {
            self.skip_space();
            if self.skip("]") {
                return Ok(Tree::Object(fields));
            }
            self.values += 1;
            let name = self.take_until(|c| c == ':' || c == ']' || c == '\n');
            if !self.skip(":") {
                return self.fail();
            }
            let is_list = self.skip("[");
            let rest = self.rest();
            let is_end = |at: &usize| {
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
                let mut behind = rest.as_bytes()[*at + 1..].iter().take(LONGEST_NAME);
                rest[*at..].starts_with(']')
                    || (!is_list && behind.find(|byte| !is_part(byte)) == Some(&b':'))
            };
            let ends = rest.match_indices([']', ' ']).map(|(at, _)| at);
            let end = ends.take(MOST_WORDS).find(is_end).ok_or((self.text.len(), Problem::Cut))?;
            self.at += end;
            if is_list {
                self.at += 1;
            }
            fields.push((name.into(), rest[..end].into()));
        }
    }

    /// What `var_dump` of PHP prints of a text, behind `string(`: its length, and no escapes.
    fn php_text(&mut self) -> Result<Tree<'t>, Failure> {
        let length = self.take_until(|c| !c.is_ascii_digit()).parse::<usize>();
        if !self.skip(") \"") {
            return self.fail();
        }
        let text = length.ok().and_then(|length| self.rest().get(..length));
        let Some(text) = text else { return Err((self.text.len(), Problem::Cut)) };
        self.at += text.len();
        if self.skip("\"") { Ok(text.into()) } else { self.fail() }
    }

    /// What `print_r` of PHP prints of an array, behind its parenthesis: a line for each field.
    fn php_array(&mut self, levels: usize) -> Result<Tree<'t>, Failure> {
        let mut fields = Vec::new();
        loop {
            self.skip_space();
            if self.skip(")") {
                return Ok(Tree::Object(fields));
            }
            if !self.skip("[") {
                return self.fail();
            }
            let name = self.take_until(|c| c == ']' || c == '\n');
            if !self.skip("] =>") {
                return self.fail();
            }
            self.skip(" ");
            let value =
                if ["Array\n", "Array\r\n"].iter().any(|array| self.rest().starts_with(array)) {
                    self.value(levels, Place::Member)?
                } else {
                    self.values += 1;
                    let line = self.take_until(|c| c == '\n');
                    line.trim_end_matches('\r').into()
                };
            fields.push((name.into(), value));
        }
    }

    /// What Java prints behind the `=` of a map, without quotes, or what Python does with them.
    pub(super) fn unquoted(&mut self, close: char, levels: usize) -> Result<Tree<'t>, Failure> {
        let rest = self.rest();
        let inner = rest.strip_prefix('[').unwrap_or(rest);
        if rest.starts_with('{') {
            let (start, value) = (self.at, self.value(levels, Place::Member)?);
            let text = self.text.get(start..self.at).unwrap_or_default();
            // As it stood, where nothing around it is JSON.
            let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
            return Ok(if is_json { text.into() } else { value });
        }
        // `headers=[host:"h"]` of Spring.
        let is_named = inner
            .find([':', '=', ',', ']', '\n'])
            .is_some_and(|end| inner.get(end..).is_some_and(|rest| rest.starts_with(":\"")));
        if inner.starts_with(['\'', '"', '{', '(', '<']) || inner.starts_with("b'") || is_named {
            return self.value(levels, Place::Member);
        }
        self.values += 1;
        if inner.len() < rest.len() {
            self.at += 1;
            let value = self.take_until(|c| c == ']' || c == '\n');
            return if self.skip("]") { Ok(value.into()) } else { self.fail() };
        }
        let line = &rest[..rest.find([close, '\n']).unwrap_or(rest.len())];
        let value = &line[..line.find(", ").unwrap_or(line.len())];
        self.at += value.len();
        Ok(value.into())
    }
}

/// Longest form of an object that shows nothing, in bytes.
const LONGEST_OBJECT: usize = 256;

/// Longest name that is looked for behind a value in a map of Go.
const LONGEST_NAME: usize = 64;

/// Most words in one value of a map of Go.
const MOST_WORDS: usize = 10_000;
