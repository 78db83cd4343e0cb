//! The same done to many things, by several processors where that pays.

use std::num::NonZeroUsize;
use std::thread;

/// Fewer are done sooner than a thread has begun.
const WORTH_A_THREAD: usize = 500;
/// A host is shared: no more processors are taken.
const MOST_THREADS: usize = 4;

/// Maps each, in order.
pub fn map_many<T: Send, R: Send>(items: Vec<T>, map: impl Fn(T) -> R + Sync) -> impl Iterator<Item = R> {
    in_parts(items, map).into_iter().flatten()
}

/// What became of each, in as many parts as threads had to do with it.
fn in_parts<T: Send, R: Send>(items: Vec<T>, map: impl Fn(T) -> R + Sync) -> Vec<Vec<R>> {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = (items.len() / WORTH_A_THREAD).min(processors).min(MOST_THREADS);
    if threads < 2 {
        return vec![items.into_iter().map(map).collect()];
    }
    let each = items.len().div_ceil(threads);
    let mut items = items.into_iter();
    let parts: Vec<Vec<T>> = (0..threads).map(|_| items.by_ref().take(each).collect()).collect();
    let map = &map;
    thread::scope(|scope| {
        let parts: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || part.into_iter().map(map).collect::<Vec<R>>())).collect();
        // a panic in one of them is a panic here, as without threads
        let join = |part: thread::ScopedJoinHandle<'_, Vec<R>>| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        parts.into_iter().map(join).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_mapped_in_their_order_whatever_their_number() {
        for count in [0, 1, 499, 1000, 1001, 7919] {
            let doubled: Vec<usize> = (0..count).map(|n| n * 2).collect();
            assert_eq!(map_many((0..count).collect(), |n: usize| n * 2).collect::<Vec<_>>(), doubled);
        }
    }

    #[test]
    #[should_panic(expected = "the last of them")]
    fn a_panic_in_one_is_a_panic_of_all() {
        map_many((0..5000).collect(), |n: usize| assert!(n != 4999, "the last of them")).for_each(drop);
    }
}
