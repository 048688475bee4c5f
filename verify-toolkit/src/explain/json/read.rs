use super::{DEEPEST, MOST_NODES, Node};

/// Reads a text that is valid JSON. None if it is too deep, or has too much in it.
pub(super) fn nodes(text: &str) -> Option<Vec<Node>> {
    let mut reader = Reader { text: text.as_bytes(), at: 0, nodes: Vec::new() };
    reader.node(DEEPEST)?;
    Some(reader.nodes)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn node(&mut self, levels: usize) -> Option<()> {
        let levels = levels.checked_sub(1)?;
        let close = match self.peek()? {
            b'{' => b'}',
            b'[' => b']',
            _ => return self.scalar(),
        };
        let place = self.begin()?;
        self.at += 1;
        while self.peek()? != close {
            if close == b'}' {
                self.scalar()?;
                self.peek()?;
                self.at += 1;
            }
            self.node(levels)?;
            if self.peek()? == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        self.end(place)
    }

    fn scalar(&mut self) -> Option<()> {
        let is_text = self.peek()? == b'"';
        let place = self.begin()?;
        let rest = self.text.get(self.at..)?;
        self.at += if is_text {
            let mut end = 1;
            while *rest.get(end)? != b'"' {
                end += if rest[end] == b'\\' { 2 } else { 1 };
            }
            end + 1
        } else {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b",]}".contains(byte);
            rest.iter().position(ends).unwrap_or(rest.len())
        };
        self.end(place)
    }

    fn begin(&mut self) -> Option<usize> {
        let start = u32::try_from(self.at).ok()?;
        self.nodes.push(Node { start, end: start, next: 0 });
        (self.nodes.len() <= MOST_NODES).then(|| self.nodes.len() - 1)
    }

    fn end(&mut self, place: usize) -> Option<()> {
        let next = u32::try_from(self.nodes.len()).ok()?;
        let node = self.nodes.get_mut(place)?;
        (node.end, node.next) = (u32::try_from(self.at).ok()?, next);
        Some(())
    }
}
