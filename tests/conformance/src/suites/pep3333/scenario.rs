//! A rule of PEP 3333, with an application written to catch who breaks it.

use std::fmt;
use std::sync::Arc;

use wsgi_util::{AppResult, Application, Environ, StartResponse};

use super::played::Played;
use super::probe::Probe;
use super::request::Request;
use crate::{Case, Level};

/// What the application of a scenario does with one request.
type App = Arc<dyn Fn(&Probe, &mut Environ<'_>, &mut dyn StartResponse) -> AppResult + Send + Sync>;

/// What is wrong with what came of it.
type Expectation = Arc<dyn Fn(&Played) -> Result<(), String> + Send + Sync>;

/// A rule, and how it is tried.
#[derive(Clone)]
pub(super) struct Scenario {
    /// `topic/name`.
    pub(super) name: &'static str,
    /// The section of PEP 3333.
    pub(super) section: &'static str,
    pub(super) level: Level,
    pub(super) about: &'static str,
    pub(super) request: Request,
    pub(super) client: Client,
    pub(super) place: Place,
    /// The application breaks a rule, and this is what the validator says about it.
    pub(super) violation: Option<&'static str>,
    /// What the validator is to find doubtful about the application.
    pub(super) warning: Option<&'static str>,
    app: App,
    expectation: Expectation,
}

/// What the client does after it has sent its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// Reads the answer, and sends another request if it may.
    Reads,
    /// Says so, as the note `client has ...`, when each of these has come; then goes on as always.
    Confirms(Vec<&'static str>),
    /// Begins to read when the application has noted this.
    ReadsLate(&'static str),
    /// Resets the connection when this has come.
    LeavesAfter(&'static str),
    /// Sends the body only when it was told to go on: `100 Continue`.
    WaitsForContinue,
    /// Sends a part of the body, and finishes.
    CutsTheBody,
    /// Never sends the body.
    WithholdsTheBody,
    /// Sends the same request twice, one after the other; the second answer counts.
    Repeats,
    /// Sends the request and the one that follows in one go.
    Pipelines,
    /// Sends the same request on two connections at once.
    Pairs,
}

/// Where a scenario can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Over sockets, and in memory.
    Everywhere,
    /// Only where there are connections.
    Sockets,
    /// Only by the handlers of `wsgiref.handlers`.
    Memory,
}

/// Begins a scenario: an application that answers `hello`, a GET request, and no expectation yet.
pub(super) fn scenario(
    name: &'static str,
    section: &'static str,
    level: Level,
    about: &'static str,
) -> Scenario {
    Scenario {
        name,
        section,
        level,
        about,
        request: Request::get("/"),
        client: Client::Reads,
        place: Place::Everywhere,
        violation: None,
        warning: None,
        app: Arc::new(|_, _, start_response| {
            plain(start_response)?;
            Ok("hello".into())
        }),
        expectation: Arc::new(|_| Ok(())),
    }
}

/// Starts a response as most applications do.
pub(super) fn plain(start_response: &mut dyn StartResponse) -> Result<(), wsgi_util::AppError> {
    start_response.start("200 OK", [("Content-Type", "text/plain")])?;
    Ok(())
}

impl Scenario {
    pub(super) fn app(
        mut self,
        app: impl Fn(&Probe, &mut Environ<'_>, &mut dyn StartResponse) -> AppResult
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.app = Arc::new(app);
        self
    }

    pub(super) fn request(mut self, request: Request) -> Self {
        self.request = request;
        self
    }

    pub(super) fn client(mut self, client: Client) -> Self {
        self.client = client;
        self
    }

    pub(super) fn only(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// The application breaks a rule: under the validator these words are all that is expected.
    pub(super) fn violates(mut self, words: &'static str) -> Self {
        self.violation = Some(words);
        self
    }

    /// The application does what is doubtful: the validator says so.
    pub(super) fn warns(mut self, words: &'static str) -> Self {
        self.warning = Some(words);
        self
    }

    pub(super) fn expect(
        mut self,
        expectation: impl Fn(&Played) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.expectation = Arc::new(expectation);
        self
    }

    /// The rule, for lists and reports.
    pub(super) fn case(&self) -> Case {
        Case {
            id: format!("pep3333/{}", self.name),
            rule: format!("PEP 3333, \"{}\"", self.section),
            level: self.level,
            about: self.about.to_owned(),
        }
    }

    /// The application, which notes with this probe.
    pub(super) fn application(&self, probe: &Probe) -> impl Application + 'static {
        let (app, probe) = (Arc::clone(&self.app), probe.clone());
        move |environ: &mut Environ<'_>, start_response: &mut dyn StartResponse| -> AppResult {
            app(&probe, environ, start_response)
        }
    }

    /// Whether the server kept the rule.
    pub(super) fn judge(&self, played: &Played) -> Result<(), String> {
        match self.violation {
            Some(words) if played.validated => played.reports(words),
            _ => {
                played.is_sound(self.warning)?;
                (self.expectation)(played)
            }
        }
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
