use super::{Document, Place};

/// Most values of which each may be changed or not, independently of the others.
const FREE: usize = 8;

/// Which of some values are changed: any of a few; of more all that stand under one name, or only one.
pub(super) fn choices(document: &Document<'_>, values: &[Place]) -> Vec<Vec<Place>> {
    if values.len() <= FREE {
        let chosen = |choice: usize| {
            let is_in = |bit: &usize| choice >> bit & 1 == 1;
            (0..values.len()).filter(is_in).filter_map(|bit| values.get(bit).copied()).collect()
        };
        return (0..1_usize << values.len()).map(chosen).collect();
    }
    let name_of = |place: Place| place.checked_sub(1).map(|name| document.text_of(name));
    let under = |name| values.iter().copied().filter(|other| name_of(*other) == name).collect();
    let mut names: Vec<_> = values.iter().map(|place| name_of(*place)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(under).chain(values.iter().map(|place| vec![*place])).collect()
}
