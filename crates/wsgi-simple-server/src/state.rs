//! What the handlers of one server share.

use crate::BaseEnviron;
use std::fmt;
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
}

#[derive(Default)]
struct Shared {
    application: RwLock<Option<Arc<dyn Application>>>,
    base_environ: RwLock<Arc<BaseEnviron>>,
}

impl ServerState {
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
    }

    /// The variables that every environ of this server begins with.
    pub fn base_environ(&self) -> Arc<BaseEnviron> {
        Arc::clone(&self.shared.base_environ.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the variables that every environ of this server begins with.
    pub fn set_base_environ(&self, base_environ: BaseEnviron) {
        *self.shared.base_environ.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(base_environ);
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
