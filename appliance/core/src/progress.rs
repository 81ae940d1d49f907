//! How the parts of the process are, told by themselves: not that they live, but that they get on.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::limits::{COMPONENTS_MAX, STATE_REASON_CHARACTERS_MAX};

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentState {
    /// Not yet able to do its work.
    Starting,
    /// Does its work.
    Ready,
    /// Does its work with a restriction (the storage is away and the spool fills). The process stays ready.
    Degraded(String),
    /// Cannot do its work (the log is full). The process is not ready.
    Blocked(String),
}

/// Reads a clock that only goes forward; a test passes its own.
type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Every component that reports its progress.
#[derive(Clone)]
pub struct Progress {
    clock: Clock,
    components: Arc<Mutex<Vec<Arc<Shared>>>>,
}

struct Shared {
    name: String,
    /// Longest time between two beats; none for a component that reports only its state.
    deadline: Option<Duration>,
    last_beat_ms: AtomicU64,
    state: Mutex<ComponentState>,
}

/// A component's way to report. When it is dropped, the component is no longer looked at.
pub struct Component {
    shared: Arc<Shared>,
    progress: Progress,
}

/// There are as many components as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{COMPONENTS_MAX} components report already")]
pub struct TooManyComponents;

/// How a component is, as `/readyz` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentReport {
    /// Its name.
    pub name: String,
    /// `starting`, `ready`, `degraded`, `blocked` or `stalled`.
    pub state: &'static str,
    /// Why, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl ComponentReport {
    /// Whether it keeps the process from being ready.
    pub fn keeps_from_ready(&self) -> bool {
        !matches!(self.state, "ready" | "degraded")
    }
}

impl Default for Progress {
    fn default() -> Self {
        let start = Instant::now();
        Self::with_clock(move || start.elapsed())
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.report()).finish()
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Component").field("name", &self.shared.name).finish_non_exhaustive()
    }
}

impl Progress {
    /// With a clock of the caller's; it must never go back.
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock), components: Arc::default() }
    }

    /// Adds a component, in the state `starting`. With a `deadline` it is `stalled` when it has not called
    /// [`Component::beat`] for longer than that.
    ///
    /// # Errors
    /// When there are [`COMPONENTS_MAX`] components.
    pub fn register(
        &self,
        name: impl Into<String>,
        deadline: Option<Duration>,
    ) -> Result<Component, TooManyComponents> {
        let shared = Arc::new(Shared {
            name: name.into(),
            deadline,
            last_beat_ms: AtomicU64::new(self.now_ms()),
            state: Mutex::new(ComponentState::Starting),
        });
        let mut components = lock(&self.components);
        if components.len() >= COMPONENTS_MAX {
            return Err(TooManyComponents);
        }
        components.push(Arc::clone(&shared));
        Ok(Component { shared, progress: self.clone() })
    }

    /// How every component is, in the order of registration.
    pub fn report(&self) -> Vec<ComponentReport> {
        let now_ms = self.now_ms();
        lock(&self.components).iter().map(|component| component.report(now_ms)).collect()
    }

    /// Whether every component gets on, whatever its state: the process is worth keeping alive.
    pub fn is_moving(&self) -> bool {
        let now_ms = self.now_ms();
        lock(&self.components).iter().all(|component| component.overdue_ms(now_ms).is_none())
    }

    /// Whether there are components and none keeps the process from being ready.
    pub fn is_ready(&self) -> bool {
        let reports = self.report();
        !reports.is_empty() && !reports.iter().any(ComponentReport::keeps_from_ready)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from((self.clock)().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Shared {
    /// Milliseconds since the last beat, where that is too long ago.
    fn overdue_ms(&self, now_ms: u64) -> Option<u64> {
        let deadline_ms = self.deadline?.as_millis();
        let silent_ms = now_ms.saturating_sub(self.last_beat_ms.load(Ordering::Relaxed));
        (u128::from(silent_ms) > deadline_ms).then_some(silent_ms)
    }

    fn report(&self, now_ms: u64) -> ComponentReport {
        let name = self.name.clone();
        if let Some(silent_ms) = self.overdue_ms(now_ms) {
            let reason = Some(format!("no progress for {silent_ms} ms"));
            return ComponentReport { name, state: "stalled", reason };
        }
        let (state, reason) = match &*lock(&self.state) {
            ComponentState::Starting => ("starting", None),
            ComponentState::Ready => ("ready", None),
            ComponentState::Degraded(reason) => ("degraded", Some(reason.clone())),
            ComponentState::Blocked(reason) => ("blocked", Some(reason.clone())),
        };
        ComponentReport { name, state, reason }
    }
}

impl Component {
    /// Says that the component got on: a turn of its loop, whether there was work or not. Cheap; call it at every turn.
    pub fn beat(&self) {
        self.shared.last_beat_ms.store(self.progress.now_ms(), Ordering::Relaxed);
    }

    /// Says how the component is. Counts as a beat.
    pub fn set(&self, state: ComponentState) {
        self.beat();
        *lock(&self.shared.state) = match state {
            ComponentState::Degraded(reason) => ComponentState::Degraded(cut(reason)),
            ComponentState::Blocked(reason) => ComponentState::Blocked(cut(reason)),
            state => state,
        };
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        lock(&self.progress.components).retain(|component| !Arc::ptr_eq(component, &self.shared));
    }
}

fn cut(reason: String) -> String {
    match reason.char_indices().nth(STATE_REASON_CHARACTERS_MAX) {
        Some((end, _)) => reason[..end].to_owned(),
        None => reason,
    }
}

/// What is behind these locks is written in one step, so it is whole even after a panic elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A clock that stands still until it is told otherwise.
    pub(crate) fn hand_clock() -> (Arc<AtomicU64>, Progress) {
        let time_ms = Arc::new(AtomicU64::new(1_000));
        let read = Arc::clone(&time_ms);
        let progress = Progress::with_clock(move || Duration::from_millis(read.load(Ordering::Relaxed)));
        (time_ms, progress)
    }

    const SECOND: Option<Duration> = Some(Duration::from_secs(1));

    #[test]
    fn it_is_ready_when_every_component_is() {
        let (_, progress) = hand_clock();
        assert!(!progress.is_ready(), "nothing can be done by nobody");
        let shard = progress.register("shard 0", SECOND).unwrap();
        let store = progress.register("storage", None).unwrap();
        shard.set(ComponentState::Ready);
        assert!(!progress.is_ready());
        store.set(ComponentState::Ready);
        assert!(progress.is_ready());
        store.set(ComponentState::Degraded("503 from the storage".into()));
        assert!(progress.is_ready());
        store.set(ComponentState::Blocked("spool is full".into()));
        assert!(!progress.is_ready());
        let report = &progress.report()[1];
        assert_eq!((report.state, report.reason.as_deref()), ("blocked", Some("spool is full")));
        drop(store);
        assert!(progress.is_ready());
    }

    #[test]
    fn a_component_that_gets_nowhere_is_stalled_until_it_gets_on() {
        let (time_ms, progress) = hand_clock();
        let shard = progress.register("shard 0", SECOND).unwrap();
        let _patient = progress.register("storage", None).unwrap();
        shard.set(ComponentState::Ready);
        time_ms.fetch_add(1_000, Ordering::Relaxed);
        assert!(progress.is_moving());
        time_ms.fetch_add(1, Ordering::Relaxed);
        assert!(!progress.is_moving() && !progress.is_ready());
        let report = &progress.report()[0];
        assert_eq!((report.state, report.reason.as_deref()), ("stalled", Some("no progress for 1001 ms")));
        shard.beat();
        assert!(progress.is_moving());
        assert_eq!(progress.report()[0].state, "ready");
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let (_, progress) = hand_clock();
        let component = progress.register("c", None).unwrap();
        component.set(ComponentState::Blocked("ä".repeat(10_000)));
        let reason = progress.report()[0].reason.clone().unwrap();
        assert_eq!(reason.chars().count(), STATE_REASON_CHARACTERS_MAX);
    }
}
