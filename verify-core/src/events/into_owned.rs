use alloc::{borrow::Cow, collections::BTreeMap, vec::Vec};

/// Copies what is borrowed.
pub(crate) trait IntoOwned {
    type Owned;

    fn owned(self) -> Self::Owned;
}

impl IntoOwned for Cow<'_, str> {
    type Owned = Cow<'static, str>;

    fn owned(self) -> Cow<'static, str> {
        Cow::Owned(self.into_owned())
    }
}

impl IntoOwned for f64 {
    type Owned = Self;

    fn owned(self) -> Self {
        self
    }
}

impl IntoOwned for u64 {
    type Owned = Self;

    fn owned(self) -> Self {
        self
    }
}

impl<T: IntoOwned> IntoOwned for Option<T> {
    type Owned = Option<T::Owned>;

    fn owned(self) -> Option<T::Owned> {
        self.map(T::owned)
    }
}

impl<T: IntoOwned> IntoOwned for Vec<T> {
    type Owned = Vec<T::Owned>;

    fn owned(self) -> Vec<T::Owned> {
        self.into_iter().map(T::owned).collect()
    }
}

impl<K: IntoOwned<Owned: Ord>, V: IntoOwned> IntoOwned for BTreeMap<K, V> {
    type Owned = BTreeMap<K::Owned, V::Owned>;

    fn owned(self) -> BTreeMap<K::Owned, V::Owned> {
        self.into_iter().map(|(key, value)| (key.owned(), value.owned())).collect()
    }
}
