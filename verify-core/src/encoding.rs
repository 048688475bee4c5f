use crate::mac::Tag;

/// How the 32 bytes of a signature are written as text.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Encoding {
    /// 44 characters of standard base64 (RFC 4648, section 4), padded and canonical.
    Base64,
    /// 43 characters: the same without the padding.
    Base64Unpadded,
    /// 64 hex digits in either case.
    Hex,
}

impl Encoding {
    /// Decodes a signature in the one of `accepted` that its length belongs to.
    pub(crate) fn decode(accepted: &[Self], text: &[u8]) -> Option<(Tag, Self)> {
        let encoding = accepted.iter().find(|encoding| encoding.len() == text.len())?;
        let mut tag = Tag::default();
        let decoded = match encoding {
            Self::Base64 => {
                <base64ct::Base64 as base64ct::Encoding>::decode(text, &mut tag).ok()?.len()
            }
            Self::Base64Unpadded => {
                <base64ct::Base64Unpadded as base64ct::Encoding>::decode(text, &mut tag).ok()?.len()
            }
            Self::Hex => base16ct::mixed::decode(text, &mut tag).ok()?.len(),
        };
        (decoded == tag.len()).then_some((tag, *encoding))
    }

    /// Writes a signature into `buffer` and returns the part used.
    #[cfg(feature = "sign")]
    pub(crate) fn encode<'b>(self, tag: &Tag, buffer: &'b mut [u8; 64]) -> Option<&'b str> {
        match self {
            Self::Base64 => <base64ct::Base64 as base64ct::Encoding>::encode(tag, buffer).ok(),
            Self::Base64Unpadded => {
                <base64ct::Base64Unpadded as base64ct::Encoding>::encode(tag, buffer).ok()
            }
            Self::Hex => base16ct::lower::encode_str(tag, buffer).ok(),
        }
    }

    const fn len(self) -> usize {
        match self {
            Self::Base64 => 44,
            Self::Base64Unpadded => 43,
            Self::Hex => 64,
        }
    }
}
