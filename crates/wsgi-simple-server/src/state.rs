//! What the handlers of one server share.

use crate::BaseEnviron;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use wsgi_util::Application;

/// What a handler of a WSGI server finds at `self.server` in Python: the application and the base environ.
///
/// Cheap to clone; all clones are the same server's.
///
/// # Examples
///
/// With a clone of it, another thread gives a server that is running a new application:
///
/// ```
/// use std::thread;
/// use wsgi_simple_server::{WsgiServer, demo_app};
///
/// let server = WsgiServer::bind("127.0.0.1:0")?;
/// let state = server.state().clone();
/// thread::spawn(move || state.set_app(demo_app)).join().unwrap();
/// assert!(server.get_app().is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ServerState {
    shared: Arc<Shared>,
    /// What a connection has found there when it began.
    seen: Option<Seen>,
}

#[derive(Default)]
struct Shared {
    application: RwLock<Option<Arc<dyn Application>>>,
    base_environ: RwLock<Arc<BaseEnviron>>,
    /// How often either was replaced.
    generation: AtomicUsize,
}

/// Application and base environ as of a generation. As long as that is the present one, which is nearly for ever, all
/// threads look at it without taking turns at a lock and a count.
#[derive(Clone)]
struct Seen {
    generation: usize,
    application: Option<Arc<dyn Application>>,
    base_environ: CountedApart,
}

/// A base environ that each connection counts by itself: its requests each hold it for a while, and threads that have the
/// others would take turns at one count.
pub(crate) type CountedApart = Arc<Arc<BaseEnviron>>;

impl ServerState {
    /// The same for one connection, whose requests look the application up without a lock.
    pub(crate) fn for_connection(&self) -> Self {
        // Asked first: what is replaced meanwhile counts as new.
        let generation = self.shared.generation.load(Ordering::Acquire);
        let (application, base_environ) = (self.get_app(), Arc::new(self.base_environ()));
        let seen = Some(Seen { generation, application, base_environ });
        Self { shared: Arc::clone(&self.shared), seen }
    }

    fn seen(&self) -> Option<&Seen> {
        let seen = self.seen.as_ref()?;
        (seen.generation == self.shared.generation.load(Ordering::Acquire)).then_some(seen)
    }

    /// Calls `work` with the application, if there is one.
    pub(crate) fn with_app<T>(&self, work: impl FnOnce(Option<&dyn Application>) -> T) -> T {
        match self.seen() {
            Some(seen) => work(seen.application.as_deref()),
            None => work(self.get_app().as_deref()),
        }
    }

    /// The application, once one is set.
    pub fn get_app(&self) -> Option<Arc<dyn Application>> {
        // A writer only stores a pointer, so a lock that is poisoned holds a good value.
        self.shared.application.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the application; requests that are being answered keep the one they have.
    pub fn set_app(&self, application: impl Application + 'static) {
        let application = Arc::new(application);
        *self.shared.application.write().unwrap_or_else(PoisonError::into_inner) =
            Some(application);
        self.shared.generation.fetch_add(1, Ordering::Release);
    }

    /// The variables that every environ of this server begins with.
    pub fn base_environ(&self) -> Arc<BaseEnviron> {
        Arc::clone(&self.shared.base_environ.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same for a request.
    pub(crate) fn base_environ_for_request(&self) -> CountedApart {
        match self.seen() {
            Some(seen) => Arc::clone(&seen.base_environ),
            None => Arc::new(self.base_environ()),
        }
    }

    /// Replaces the variables that every environ of this server begins with.
    pub fn set_base_environ(&self, base_environ: BaseEnviron) {
        *self.shared.base_environ.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(base_environ);
        self.shared.generation.fetch_add(1, Ordering::Release);
    }
}

impl fmt::Debug for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerState")
            .field("application", &self.get_app().map(|_| ".."))
            .field("base_environ", &self.base_environ())
            .finish()
    }
}
