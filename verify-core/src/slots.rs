/// Up to [`CAPACITY`] things, or `N`, kept in place, in the order they were added.
#[derive(Clone, Debug)]
pub(crate) struct Slots<T, const N: usize = CAPACITY>([Option<T>; N]);

/// Four: enough for a rotation in two stages, and a bound on the work for one request.
pub(crate) const CAPACITY: usize = 4;

impl<T, const N: usize> Slots<T, N> {
    pub(crate) const fn new() -> Self {
        Self([const { None }; N])
    }

    /// Adds an item, or gives it back if every slot is taken.
    pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
        match self.0.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => {
                *slot = Some(item);
                Ok(())
            }
            None => Err(item),
        }
    }

    /// Takes out the first item that fits, and leaves no gap.
    pub(crate) fn remove(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let place = self.iter().position(is_it)?;
        let after = self.0.get_mut(place..)?;
        after.rotate_left(1);
        after.last_mut()?.take()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index)?.as_ref()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flatten()
    }
}

/// Those that fit.
impl<T> FromIterator<T> for Slots<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items = items.into_iter();
        Self(core::array::from_fn(|_| items.next()))
    }
}
