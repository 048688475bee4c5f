//! JSON, read by hand (RFC 8259) into all that it says: repeated keys, the digits of numbers, and
//! texts that no text of Rust can hold.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `true` or `false`.
    Bool(bool),
    /// Its items.
    List(Vec<Self>),
    /// `null`.
    Null,
    /// Its digits.
    Number(String),
    /// Its keys and values, in their order, repeated ones too.
    Object(Vec<(Text, Self)>),
    /// A string that has the JSON of this value. Is expected, and never read.
    Spelled(Box<Self>),
    /// A string.
    Text(Text),
}

/// A string; `None`: it has half of a surrogate pair.
pub type Text = Option<String>;

impl Json {
    /// Reads a document. It goes as deep as the stack: for short ones.
    pub fn parse(document: &[u8]) -> Option<Self> {
        let mut reader = Reader(core::str::from_utf8(document).ok()?.as_bytes());
        reader.skip_spaces();
        let value = reader.value()?;
        reader.skip_spaces();
        reader.0.is_empty().then_some(value)
    }

    /// A string that a text of Rust can hold.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(Some(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether both say the same, in whatever order and with whatever digits.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => {
                left == right
                    || left.parse::<u64>().is_err()
                        && left.parse().map(f64::to_bits) == right.parse().map(f64::to_bits)
            }
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(l, r)| l.is_same(r))
            }
            (Self::Object(left), Self::Object(right)) => {
                let has = |(key, value): &(Text, Self)| {
                    right.iter().any(|(other, theirs)| other == key && value.is_same(theirs))
                };
                left.len() == right.len() && left.iter().all(has)
            }
            (Self::Text(Some(text)), Self::Spelled(value)) => {
                Self::parse(text.as_bytes()).is_some_and(|spelled| spelled == **value)
            }
            _ => self == other,
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn skip_spaces(&mut self) {
        let end = self.0.iter().position(|byte| !b" \t\n\r".contains(byte));
        self.0 = &self.0[end.unwrap_or(self.0.len())..];
    }

    fn take(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn value(&mut self) -> Option<Json> {
        match self.0.first()? {
            b'n' => self.take(b"null").map(|()| Json::Null),
            b't' => self.take(b"true").map(|()| Json::Bool(true)),
            b'f' => self.take(b"false").map(|()| Json::Bool(false)),
            b'"' => self.string().map(Json::Text),
            b'[' => self.items(b']', Self::value).map(Json::List),
            b'{' => self.items(b'}', Self::entry).map(Json::Object),
            _ => self.number().map(Json::Number),
        }
    }

    fn entry(&mut self) -> Option<(Text, Json)> {
        let key = self.string()?;
        self.skip_spaces();
        self.take(b":")?;
        self.skip_spaces();
        Some((key, self.value()?))
    }

    fn items<T>(&mut self, end: u8, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.0 = &self.0[1..];
        self.skip_spaces();
        let mut items = Vec::new();
        if self.take(&[end]).is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            self.skip_spaces();
            if self.take(&[end]).is_some() {
                return Some(items);
            }
            self.take(b",")?;
            self.skip_spaces();
        }
    }

    fn digits(&mut self) -> Option<()> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.0 = &self.0[count..];
        (count > 0).then_some(())
    }

    fn number(&mut self) -> Option<String> {
        let start = self.0;
        let _ = self.take(b"-");
        if self.take(b"0").is_none() {
            self.digits()?;
        }
        if self.take(b".").is_some() {
            self.digits()?;
        }
        if self.take(b"e").or_else(|| self.take(b"E")).is_some() {
            let _ = self.take(b"+").or_else(|| self.take(b"-"));
            self.digits()?;
        }
        String::from_utf8(start[..start.len() - self.0.len()].to_vec()).ok()
    }

    fn string(&mut self) -> Option<Text> {
        self.take(b"\"")?;
        // UTF-16, in which half of a pair can be told.
        let mut text = Vec::new();
        let mut units = Vec::new();
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            match first {
                b'"' => break,
                b'\\' => {
                    units.extend(core::str::from_utf8(&text).ok()?.encode_utf16());
                    text.clear();
                    units.push(self.escape()?);
                }
                0..0x20 => return None,
                other => text.push(*other),
            }
        }
        units.extend(core::str::from_utf8(&text).ok()?.encode_utf16());
        Some(String::from_utf16(&units).ok())
    }

    fn escape(&mut self) -> Option<u16> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(match first {
            b'"' | b'\\' | b'/' => u16::from(*first),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let (digits, rest) = self.0.split_at_checked(4)?;
                self.0 = rest;
                let hex = digits.iter().all(u8::is_ascii_hexdigit);
                let digits = core::str::from_utf8(digits).ok().filter(|_| hex)?;
                u16::from_str_radix(digits, 16).ok()?
            }
            _ => return None,
        })
    }
}
