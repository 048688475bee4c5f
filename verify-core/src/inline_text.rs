use core::fmt;

/// Up to `CAPACITY` visible ASCII characters, kept in place.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct InlineText<const CAPACITY: usize> {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl<const CAPACITY: usize> InlineText<CAPACITY> {
    /// Copies `text`, unless it is empty, too long or holds anything but visible ASCII.
    #[inline(always)]
    pub(crate) fn new(text: &[u8]) -> Option<Self> {
        // To the end in any case: then the characters are looked at sixteen at a time.
        let visible = text.iter().fold(!text.is_empty(), |all, byte| all & byte.is_ascii_graphic());
        let mut bytes = [0; CAPACITY];
        bytes.get_mut(..text.len()).filter(|_| visible)?.copy_from_slice(text);
        Some(Self { bytes, len: text.len() })
    }

    #[cfg(feature = "sign")]
    pub(crate) const fn empty() -> Self {
        Self { bytes: [0; CAPACITY], len: 0 }
    }

    pub(crate) fn as_str(&self) -> &str {
        // `new` lets nothing but ASCII in.
        self.bytes.get(..self.len).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or("")
    }
}

impl<const CAPACITY: usize> fmt::Debug for InlineText<CAPACITY> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(feature = "sign")]
impl<const CAPACITY: usize> fmt::Write for InlineText<CAPACITY> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.checked_add(text.len()).ok_or(fmt::Error)?;
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
