//! Many contenders for one lease in made-up time: clocks that differ, slow requests, lost answers, sudden deaths.
//!
//! Everything runs on one thread. When nobody can get on, the clock jumps to the next moment at which somebody can.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::store::{ListPage, Object, ObjectInfo};
use crate::testing::MemoryStore;

const KEY: &str = "lease";
const LENGTH: Duration = Duration::from_secs(8);
const CONTENDERS: usize = 5;
const END: Duration = Duration::from_secs(1200);

/// The moments at which somebody wants to be woken, and chance.
struct World {
    state: Mutex<State>,
}

struct State {
    now: Duration,
    timers: BTreeMap<(Duration, u64), Waker>,
    timers_set: u64,
    rng: StdRng,
    /// What contenders hold or have held, with their fences.
    guards: Vec<(u64, LeaseGuard)>,
}

impl World {
    fn new(seed: u64) -> Arc<Self> {
        let rng = StdRng::seed_from_u64(seed);
        let (now, timers) = (Duration::ZERO, BTreeMap::new());
        Arc::new(Self { state: Mutex::new(State { now, timers, timers_set: 0, rng, guards: Vec::new() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn now(&self) -> Duration {
        self.state().now
    }

    fn chance(&self, one_in: u32) -> bool {
        self.state().rng.random_ratio(1, one_in)
    }

    fn up_to(&self, most: Duration) -> Duration {
        most.mul_f64(self.state().rng.random_range(0.0..1.0))
    }

    async fn wait(&self, pause: Duration) {
        let until = self.now() + pause;
        poll_fn(|context| {
            let mut state = self.state();
            if state.now >= until {
                return Poll::Ready(());
            }
            state.timers_set += 1;
            let number = state.timers_set;
            state.timers.insert((until, number), context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Jumps to the next moment at which somebody wants to be woken.
    fn jump(&self) {
        let mut state = self.state();
        let ((moment, _), waker) = state.timers.pop_first().expect("somebody waits for a moment");
        state.now = state.now.max(moment);
        drop(state);
        waker.wake();
    }

    /// The heart of it: of all guards, one at most says that its lease is held. An earlier holder's fence is smaller.
    fn check(&self) {
        let guards = self.state().guards.clone();
        let held: Vec<u64> =
            guards.iter().filter(|(_, guard)| guard.is_held()).map(|(fence, _)| *fence).collect();
        assert!(held.len() <= 1, "held at one time at {:?}: fences {held:?}", self.now());
        let greatest = guards.iter().map(|(fence, _)| *fence).max();
        assert!(held.is_empty() || held.first().copied() == greatest, "{held:?} of {greatest:?}");
    }

    fn grant(&self, lease: &Lease) {
        let is_new = self.state().guards.iter().all(|(fence, _)| *fence != lease.fence());
        assert!(is_new, "fence {} twice", lease.fence());
        self.state().guards.push((lease.fence(), lease.guard()));
    }
}

/// The clock of one contender: it began at some time, and is up to 5 % too fast or too slow.
#[derive(Debug)]
struct SkewedPace {
    world: Arc<World>,
    offset: Duration,
    speed: f64,
}

impl std::fmt::Debug for World {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("World")
    }
}

#[async_trait]
impl Pace for SkewedPace {
    fn now_us(&self) -> i64 {
        0
    }

    fn monotonic(&self) -> Duration {
        self.offset + self.world.now().mul_f64(self.speed)
    }

    async fn sleep(&self, pause: Duration) {
        self.world.wait(pause.div_f64(self.speed)).await;
    }

    fn jitter(&self, most: Duration) -> Duration {
        self.world.up_to(most)
    }
}

/// A store far away: requests and answers take their time, some very long, and some are lost.
#[derive(Debug)]
struct FarStore {
    world: Arc<World>,
    inner: Arc<MemoryStore>,
}

impl FarStore {
    async fn travel(&self) {
        let most = if self.world.chance(30) { LENGTH * 2 } else { Duration::from_millis(300) };
        self.world.wait(self.world.up_to(most)).await;
    }

    fn lost(&self) -> Result<(), StoreError> {
        if self.world.chance(20) {
            return Err(StoreError::new(StoreErrorKind::Unavailable, "put", KEY, "lost on its way"));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for FarStore {
    async fn put_bytes(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        self.travel().await;
        self.lost()?;
        let done = self.inner.put_bytes(key, bytes, condition).await;
        self.travel().await;
        self.lost()?;
        done
    }

    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError> {
        self.travel().await;
        let found = self.inner.get(key, max_bytes).await;
        self.travel().await;
        self.lost()?;
        found
    }

    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        self.inner.put_file(key, path).await
    }

    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError> {
        self.inner.read_range(key, range, etag).await
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        self.inner.head(key).await
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError> {
        self.inner.list(prefix, cursor).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }

    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        self.inner.local_path(key)
    }

    fn location(&self) -> String {
        "far away".to_owned()
    }
}

/// Takes the lease, works, dies, comes back, until the end.
async fn contend(world: Arc<World>, inner: Arc<MemoryStore>, number: usize) {
    let (offset, speed) = {
        let mut state = world.state();
        (Duration::from_secs(state.rng.random_range(0..100_000)), state.rng.random_range(0.96..1.04))
    };
    let pace: Arc<dyn Pace> = Arc::new(SkewedPace { world: Arc::clone(&world), offset, speed });
    let store: Arc<dyn Store> = Arc::new(FarStore { world: Arc::clone(&world), inner });
    while world.now() < END {
        // A life: its memory of what it saw goes with it.
        let board = LeaseBoard::new(Arc::clone(&store), Arc::clone(&pace));
        while world.now() < END && !world.chance(40) {
            if let Ok(Some(lease)) = board.take(KEY, &format!("contender {number}"), LENGTH).await {
                world.grant(&lease);
                world.check();
                work(&world, lease).await;
            }
            world.wait(world.up_to(LENGTH / 2)).await;
        }
        world.wait(world.up_to(LENGTH)).await;
    }
}

/// Renews a few times, sometimes too late; then gives the lease back, or dies.
async fn work(world: &World, mut lease: Lease) {
    let turns = world.state().rng.random_range(0..6);
    for _ in 0..turns {
        let pause = if world.chance(8) { LENGTH * 2 } else { LENGTH / 3 };
        world.wait(world.up_to(pause)).await;
        if matches!(lease.renew().await, Err(LeaseError::Lost { .. })) {
            assert!(!lease.is_held());
            return;
        }
        world.check();
    }
    if world.chance(2) {
        // Whether it arrives or not.
        drop(lease.release().await);
        return;
    }
    // Dead: a guard of a dead process protects nothing, but time goes on as if it still worked.
    drop(lease);
}

/// Looks at all guards again and again, whatever the contenders do.
async fn watch(world: Arc<World>) {
    while world.now() < END {
        world.check();
        world.wait(LENGTH / 100).await;
    }
}

/// Runs a world to its end; gives the number of leases that were taken.
fn run(seed: u64) -> usize {
    let world = World::new(seed);
    let inner = Arc::new(MemoryStore::default());
    let mut tasks: FuturesUnordered<Pin<Box<dyn Future<Output = ()>>>> = FuturesUnordered::new();
    tasks.push(Box::pin(watch(Arc::clone(&world))));
    for number in 0..CONTENDERS {
        tasks.push(Box::pin(contend(Arc::clone(&world), Arc::clone(&inner), number)));
    }
    futures::executor::block_on(poll_fn(|context| {
        loop {
            match tasks.poll_next_unpin(context) {
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Ready(Some(())) => {}
                Poll::Pending => world.jump(),
            }
        }
    }));
    world.state().guards.len()
}

#[test]
fn whatever_happens_no_two_hold_the_lease_at_one_time_and_fences_grow() {
    for seed in 0..12 {
        let taken = run(seed);
        assert!(taken > 20, "seed {seed}: in twenty minutes only {taken} leases were taken");
    }
}
