//! In which order the fields of objects may have stood.

use std::rc::Rc;

use super::{Document, Place, plain};

/// Most orders that are tried.
const MOST: usize = 800;
/// Most fields of an object that are put into another order.
const FIELDS: usize = 64;
/// Most fields of an object whose order is not known at all.
const FREE: usize = 6;

/// Of some objects, the names of the fields in another order.
pub(super) type Orders = Rc<Vec<(Place, Vec<Place>)>>;

/// The order of the alphabet, of each object that stands in another.
pub(super) fn sorted(document: &Document<'_>) -> Option<Orders> {
    let orders = document.objects().filter_map(|place| {
        let stand: Vec<_> = document.children(place).collect();
        let mut names = stand.clone();
        names.sort_by_cached_key(|name| plain(document.text_of(*name)));
        (names != stand).then_some((place, names))
    });
    let orders: Vec<_> = orders.collect();
    (!orders.is_empty()).then(|| Rc::new(orders))
}

/// The order in which a sender's own document has the same fields.
pub(super) fn as_in(document: &Document<'_>, sample: &Document<'_>) -> Option<Orders> {
    let names = |document: &Document<'_>| {
        let mut names: Vec<_> =
            document.children(0).map(|name| document.text_of(name).to_owned()).collect();
        names.sort_unstable();
        names
    };
    let is_same = document.is(0, b'{') && names(document) == names(sample);
    let mut orders = Vec::new();
    if is_same {
        arrange(document, 0, sample, 0, &mut orders);
    }
    orders.sort_unstable();
    (!orders.is_empty()).then(|| Rc::new(orders))
}

fn arrange(
    document: &Document<'_>,
    place: Place,
    sample: &Document<'_>,
    at: Place,
    orders: &mut Vec<(Place, Vec<Place>)>,
) {
    let known: Vec<_> = sample.children(at).map(|name| (sample.text_of(name), name)).collect();
    let position = |name: &Place| {
        known.iter().position(|(text, _)| *text == document.text_of(*name)).unwrap_or(usize::MAX)
    };
    let stand: Vec<_> = document.children(place).collect();
    let mut sorted = stand.clone();
    sorted.sort_by_key(position);
    if sorted != stand {
        orders.push((place, sorted));
    }
    for name in stand {
        let inner = known.get(position(&name)).map(|(_, name)| name + 1);
        let inner = inner.filter(|inner| document.is(name + 1, b'{') && sample.is(*inner, b'{'));
        if let Some(inner) = inner {
            arrange(document, name + 1, sample, inner, orders);
        }
    }
}

/// The fields of objects without those that are `null`: all of them, or one.
pub(super) fn without_nulls(document: &Document<'_>) -> Vec<Orders> {
    let is_null = |name: &Place| document.text_of(name + 1) == "null";
    let without = |is_dropped: &dyn Fn(&Place) -> bool| -> Orders {
        let kept = document.objects().filter_map(|place| {
            let (dropped, kept): (Vec<_>, Vec<_>) = document.children(place).partition(is_dropped);
            (!dropped.is_empty()).then_some((place, kept))
        });
        Rc::new(kept.collect())
    };
    let all = document.objects().flat_map(|place| document.children(place)).filter(is_null);
    let all: Vec<_> = all.collect();
    let singly = all.iter().take(FIELDS).map(|null| without(&|name| name == null));
    let together = (all.len() > 1).then(|| without(&is_null));
    together.into_iter().chain(singly).collect()
}

/// The orders that an object may have had whose integer-like names JavaScript put in front (true), or
/// whose names were sorted (false).
pub(super) fn lost(document: &Document<'_>) -> Vec<(bool, Orders)> {
    let mut found = Vec::new();
    for place in document.objects() {
        let names: Vec<_> = document.children(place).take(FIELDS + 1).collect();
        if names.len() > FIELDS {
            continue;
        }
        let integers = integers_first(document, &names).unwrap_or(0);
        let texts: Vec<_> = names.iter().map(|name| plain(document.text_of(*name))).collect();
        let moved = match (integers, texts.is_sorted()) {
            (1.., _) => integers,
            (0, true) if (2..=FREE).contains(&names.len()) => names.len(),
            _ => continue,
        };
        let (moved, kept) = names.split_at(moved);
        // As text, the first guess for names that were sorted before.
        let mut sorted = names.clone();
        sorted.sort_by_cached_key(|name| plain(document.text_of(*name)));
        found.push((integers > 0, Rc::new(vec![(place, sorted)])));
        insert(kept, moved, &mut |order| {
            found.push((integers > 0, Rc::new(vec![(place, order.to_vec())])));
            found.len() < MOST
        });
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// Puts the moved names between the others in each way that there is, for as long as that is wanted.
fn insert(order: &[Place], moved: &[Place], wants: &mut dyn FnMut(&[Place]) -> bool) -> bool {
    let Some((name, rest)) = moved.split_last() else { return wants(order) };
    (0..=order.len()).rev().all(|at| {
        let mut longer = order.to_vec();
        longer.insert(at, *name);
        insert(&longer, rest, wants)
    })
}

/// How many integer-like names stand in front, in rising order, if all that are there do and the
/// object has other names or several of these.
fn integers_first(document: &Document<'_>, names: &[Place]) -> Option<usize> {
    let number = |name: &Place| -> Option<u32> {
        let text = document.text_of(*name).strip_prefix('"')?.strip_suffix('"')?;
        let is_canonical = text == "0" || !text.starts_with(['0', '+']);
        text.parse().ok().filter(|number| is_canonical && *number < u32::MAX)
    };
    let numbers: Vec<_> = names.iter().map_while(number).collect();
    let others = names.get(numbers.len()..)?;
    let is_so = numbers.is_sorted() && !others.iter().any(|name| number(name).is_some());
    (is_so && !numbers.is_empty() && names.len() > 1).then_some(numbers.len())
}

/// Whether an object has integer-like names in front of others, which is where JavaScript puts them.
pub(in super::super) fn has_integer_keys_first(document: &Document<'_>) -> bool {
    document.objects().any(|place| {
        let names: Vec<_> = document.children(place).collect();
        integers_first(document, &names).is_some()
    })
}
