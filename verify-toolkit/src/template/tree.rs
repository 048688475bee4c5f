//! JSON with its fields in order, those that occur twice as well.

use core::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
    Null,
    /// A number, true or false.
    Other,
    Text(String),
}

impl Tree {
    /// A field of an object: the last of those with its name.
    pub(super) fn field(&self, name: &str) -> Option<&Tree> {
        let Self::Object(fields) = self else { return None };
        fields.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Calls with the place of each text, as in `client_payload.alias`, its field, and the text.
    pub(super) fn each_text<'t>(&'t self, found: &mut impl FnMut(&str, &'t str)) {
        self.walk(&mut String::new(), found);
    }

    fn walk<'t>(&'t self, place: &mut String, found: &mut impl FnMut(&str, &'t str)) {
        let length = place.len();
        let mut go = |name: &str, value: &'t Tree| {
            if length > 0 {
                place.push('.');
            }
            place.push_str(name);
            value.walk(place, found);
            place.truncate(length);
        };
        match self {
            Self::List(items) => {
                items.iter().enumerate().for_each(|(at, item)| go(&at.to_string(), item));
            }
            Self::Object(fields) => fields.iter().for_each(|(name, value)| go(name, value)),
            Self::Null | Self::Other => {}
            Self::Text(text) => found(place, text),
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyTree;

        impl<'de> Visitor<'de> for AnyTree {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Tree::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut fields = Vec::new();
                while let Some(name) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Tree::Object(fields))
            }
        }

        deserializer.deserialize_any(AnyTree)
    }
}
