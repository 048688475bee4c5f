mod decode;

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
    /// Decodes a signature into `tag`, in the one of `accepted` that its length belongs to.
    #[inline(always)]
    pub(crate) fn decode(accepted: &[Self], text: &[u8], tag: &mut Tag) -> Option<Self> {
        let encoding = accepted.iter().find(|encoding| encoding.len() == text.len())?;
        let decoded = match encoding {
            Self::Base64 => decode::base64(text.strip_suffix(b"=")?.try_into().ok()?, tag),
            Self::Base64Unpadded => decode::base64(text.try_into().ok()?, tag),
            Self::Hex => decode::hex(text.try_into().ok()?, tag),
        };
        decoded.then_some(*encoding)
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
