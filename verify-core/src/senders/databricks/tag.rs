use alloc::{borrow::Cow, vec::Vec};

use serde::{Deserialize, Serialize, de::SeqAccess};

use crate::events::{Expected, IntoOwned, Misfit, Shape, Slot, object};

/// A tag of a model version.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct Tag<'a> {
    /// Its name.
    pub key: Cow<'a, str>,
    /// Its value.
    pub value: Cow<'a, str>,
}

impl IntoOwned for Tag<'_> {
    type Owned = Tag<'static>;

    fn owned(self) -> Tag<'static> {
        Tag { key: self.key.owned(), value: self.value.owned() }
    }
}

impl Expected for Vec<Tag<'_>> {
    const EXPECTED: &'static str = "a list";
}

impl<'de: 'a, 'a> Shape<'de> for Vec<Tag<'a>> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Result<Self, Misfit>, A::Error> {
        let mut all = Ok(Self::new());
        while let Some(tag) = list.next_element::<Slot<WireTag<'de>>>()? {
            let Ok(tags) = &mut all else { continue };
            match tag.into_tag() {
                Ok(tag) => tags.push(tag),
                Err((name, expected)) => {
                    all = Err(Misfit { item: Some((tags.len(), name)), expected });
                }
            }
        }
        Ok(all)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireTag<'a> {
    #[serde(borrow)]
    key: Slot<Cow<'a, str>>,
    #[serde(borrow)]
    value: Slot<Cow<'a, str>>,
}

object!(WireTag);

impl<'a> Slot<WireTag<'a>> {
    /// The tag, or the name of the part that is wrong and what should stand there.
    fn into_tag(self) -> Result<Tag<'a>, (Option<&'static str>, &'static str)> {
        let Self::Value(WireTag { key, value }) = self else {
            return Err((None, WireTag::EXPECTED));
        };
        match (key, value) {
            (Slot::Value(key), Slot::Value(value)) => Ok(Tag { key, value }),
            (Slot::Value(_), _) => Err((Some("value"), <Cow<'_, str>>::EXPECTED)),
            _ => Err((Some("key"), <Cow<'_, str>>::EXPECTED)),
        }
    }
}
