use core::{
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
};
use std::sync::Arc;

use super::{Budget, Charge, Spent};

struct Flag(AtomicBool);

impl std::task::Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn charge(budget: &Budget, bytes: usize) -> Charge {
    charge_for(budget, bytes, bytes)
}

fn charge_for(budget: &Budget, bytes: usize, received: usize) -> Charge {
    let mut charge = budget.charge();
    charge.raise_to(bytes, received).unwrap();
    charge
}

fn is_evicted(charge: &mut Charge) -> bool {
    charge.poll_evicted(&Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn charges_are_counted_and_given_back() {
    let budget = Budget::new(100);
    let mut first = charge(&budget, 30);
    let second = charge(&budget.clone(), 40);
    assert_eq!(budget.used(), 70);
    first.raise_to(60, 0).unwrap();
    assert_eq!(budget.used(), 100);
    first.settle(60).unwrap();
    assert_eq!(budget.used(), 100);
    drop(second);
    assert_eq!(budget.used(), 60);
    drop(first);
    drop(budget.charge());
    assert_eq!(budget.used(), 0);
}

#[test]
fn the_oldest_makes_room_for_the_newest() {
    let budget = Budget::new(100);
    let mut charges = [30, 30, 30].map(|bytes| charge(&budget, bytes));
    let newest = charge(&budget, 50);
    assert_eq!(charges.each_mut().map(is_evicted), [true, true, false]);
    assert_eq!(budget.used(), 80);
    assert_eq!(charges[0].raise_to(31, 0), Err(Spent));
    drop(charges);
    assert_eq!(budget.used(), 50);
    drop(newest);
    assert_eq!(budget.used(), 0);
}

#[test]
fn the_oldest_does_not_evict_those_that_came_later() {
    let budget = Budget::new(100);
    let mut oldest = charge(&budget, 50);
    let mut newest = charge(&budget, 50);
    assert_eq!(oldest.raise_to(51, 0), Err(Spent));
    assert!(!is_evicted(&mut newest));
    assert_eq!(budget.used(), 100);
}

/// What holds much more than came of it, such as a head that was compressed on the wire.
#[test]
fn a_heavy_one_makes_room_first_and_takes_none_of_others() {
    let budget = Budget::new(100_000);
    let mut modest = charge_for(&budget, 60_000, 26_000);
    let mut older = charge_for(&budget, 20_000, 0);
    let mut heavy = charge_for(&budget, 20_000, 0);
    let newest = charge_for(&budget, 20_000, 0);
    assert_eq!([&mut modest, &mut older, &mut heavy].map(is_evicted), [false, true, false]);
    assert_eq!(budget.charge().raise_to(60_000, 0), Err(Spent));
    assert_eq!(budget.used(), 100_000);
    // Of whatever age.
    assert_eq!(modest.raise_to(70_000, 31_000), Ok(()));
    assert_eq!([&mut modest, &mut heavy].map(is_evicted), [false, true]);
    drop((modest, newest));
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_heavy_one_is_modest_once_its_body_has_come() {
    let budget = Budget::new(100_000);
    let mut slow = charge_for(&budget, 40_000, 0);
    let mut heavy = charge_for(&budget, 60_000, 0);
    slow.raise_to(41_000, 16_404).unwrap();
    assert!(is_evicted(&mut heavy), "the newer one");
    assert_eq!(budget.charge().raise_to(59_001, 0), Err(Spent));
    let newer = charge(&budget, 59_001);
    assert!(is_evicted(&mut slow));
    drop(newer);
    drop((slow, heavy));
    assert_eq!(budget.used(), 0);
}

/// Its waker comes along to its new rank.
#[test]
fn one_that_changes_its_rank_is_woken_all_the_same() {
    let budget = Budget::new(100_000);
    let mut slow = charge_for(&budget, 40_000, 0);
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&flag));
    assert_eq!(slow.poll_evicted(&Context::from_waker(&waker)), Poll::Pending);
    slow.raise_to(40_000, 40_000).unwrap();
    let newer = charge(&budget, 100_000);
    assert!(flag.0.load(Ordering::Relaxed));
    drop((slow, newer));
    assert_eq!(budget.used(), 0);
}

/// Its head was heavy, but it was verified.
#[test]
fn a_verified_one_that_was_evicted_takes_the_room_of_others() {
    let budget = Budget::new(100_000);
    let mut evicted = charge_for(&budget, 20_000, 0);
    let mut newer = charge(&budget, 90_000);
    assert!(is_evicted(&mut evicted));
    assert_eq!(evicted.settle(20_000), Ok(()));
    assert!(is_evicted(&mut newer));
    drop((evicted, newer));
    assert_eq!(budget.used(), 0);
}

#[test]
fn nobody_is_evicted_where_that_would_not_be_enough() {
    let budget = Budget::new(100);
    let mut arriving = charge(&budget, 50);
    let mut settled = charge(&budget, 50);
    settled.settle(50).unwrap();
    assert_eq!(budget.charge().raise_to(51, 0), Err(Spent));
    assert_eq!(budget.charge().raise_to(101, 0), Err(Spent));
    assert!(!is_evicted(&mut arriving) && !is_evicted(&mut settled));
    assert_eq!(budget.used(), 100);
    drop(charge(&budget, 50));
    assert!(is_evicted(&mut arriving));
}

#[test]
fn an_evicted_delivery_is_woken() {
    let budget = Budget::new(100);
    let mut waiting = charge(&budget, 100);
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&flag));
    assert_eq!(waiting.poll_evicted(&Context::from_waker(&waker)), Poll::Pending);
    let newer = charge(&budget, 1);
    assert!(flag.0.load(Ordering::Relaxed));
    assert!(is_evicted(&mut waiting));
    drop((waiting, newer));
    assert_eq!(budget.used(), 0);
}

#[test]
fn one_that_was_evicted_but_is_complete_needs_room_anew() {
    let budget = Budget::new(100);
    let [mut first, mut second] = [60, 40].map(|bytes| charge(&budget, bytes));
    let third = charge(&budget, 60);
    assert_eq!((is_evicted(&mut first), is_evicted(&mut second)), (true, false));
    assert_eq!(first.settle(40), Ok(()));
    assert!(is_evicted(&mut second), "it is older than the one that came back");
    assert_eq!(budget.used(), 100);
    let mut settled = third;
    settled.settle(60).unwrap();
    assert_eq!(second.settle(40), Err(Spent));
    drop((first, second, settled));
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_is_settled_stays_as_it_is() {
    let budget = Budget::new(100);
    let mut settled = charge(&budget, 60);
    settled.settle(60).unwrap();
    assert_eq!(settled.raise_to(101, 0), Ok(()));
    assert_eq!(settled.settle(101), Ok(()));
    assert_eq!(budget.used(), 60);
}

#[test]
fn a_budget_shows_its_limit() {
    assert_eq!(format!("{:?}", Budget::new(100)), "Budget { limit: 100, .. }");
}

#[test]
fn there_is_one_for_the_process() {
    let charge = charge(&Budget::process_wide(), 7);
    assert_eq!(Budget::process_wide().used(), 7);
    let too_much = Budget::process_wide().charge().raise_to(64 * 1024 * 1024 + 1, 0);
    assert_eq!(too_much, Err(Spent));
    drop(charge);
    drop(self::charge(&Budget::process_wide(), 64 * 1024 * 1024));
}
