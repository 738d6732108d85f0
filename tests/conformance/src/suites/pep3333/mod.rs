//! PEP 3333: what servers and gateways owe to applications.
//!
//! Each case is a [`Scenario`]: an application that catches who breaks the rule, a request, and what has to come of both. It is
//! played over sockets at the WSGI server, alone, with threads and on the engine, and in memory through the handlers of
//! `wsgiref.handlers`; and everywhere once more with the validator between server and application, which has to find
//! nothing wrong with the server, and in the application just what the case breaks on purpose.

mod client;
mod house;
mod memory;
mod played;
mod probe;
mod request;
mod scenario;
mod topics;

use std::sync::{Arc, Mutex, PoisonError};

use wsgi_util::Application;
use wsgi_util::validate::validator;

use crate::{Case, Failure, Outcome, Problem, Stage, Suite, Trial};
use house::{House, Kind};
use memory::Handler;
use played::Played;
use probe::Probe;
use scenario::{Place, Scenario};

/// The suite.
#[derive(Debug)]
pub(super) struct Pep3333;

impl Suite for Pep3333 {
    fn name(&self) -> &'static str {
        "pep3333"
    }

    fn about(&self) -> &'static str {
        "what PEP 3333 demands of servers and gateways, by applications that catch who breaks it"
    }

    fn trials(&self, stage: &Arc<Stage>) -> Result<Vec<Trial>, Problem> {
        // The applications are Rust: they cannot be given to somebody else's server.
        if !stage.is_ours() {
            return Ok(Vec::new());
        }
        let houses = Kind::ALL.map(House::open).into_iter().collect::<Result<Vec<_>, _>>()?;
        let houses = houses.into_iter().map(Arc::new).collect::<Vec<_>>();
        let mut trials = Vec::new();
        for scenario in topics::all() {
            let case = Arc::new(scenario.case());
            for validated in [false, true] {
                if scenario.place != Place::Memory {
                    for house in &houses {
                        trials.push(over_socket(&case, &scenario, house, validated));
                    }
                }
                if scenario.place != Place::Sockets {
                    for handler in Handler::ALL {
                        trials.push(in_memory(&case, &scenario, handler, validated));
                    }
                }
            }
        }
        trials.extend(topics::others());
        Ok(trials)
    }
}

/// Every case of the suite, without a server to play it on.
pub(crate) fn cases() -> Vec<Case> {
    let scenarios = topics::all().iter().map(Scenario::case).collect::<Vec<_>>();
    let others = topics::others().into_iter().map(|trial| (*trial.case).clone());
    scenarios.into_iter().chain(others).collect()
}

fn subject(name: &str, validated: bool) -> String {
    if validated { format!("{name}, validated") } else { name.to_owned() }
}

fn over_socket(
    case: &Arc<Case>,
    scenario: &Scenario,
    house: &Arc<House>,
    validated: bool,
) -> Trial {
    let (scenario, house) = (scenario.clone(), Arc::clone(house));
    Trial::new(case, subject(house.kind.name(), validated), move || {
        let name = format!("{}{}", scenario.name, if validated { "+validated" } else { "" });
        judged(&scenario, validated, |app, probe| {
            client::play(&house, &name, &scenario, app, probe).map_err(|error| error.to_string())
        })
    })
}

fn in_memory(case: &Arc<Case>, scenario: &Scenario, handler: Handler, validated: bool) -> Trial {
    let scenario = scenario.clone();
    Trial::new(case, subject(handler.name(), validated), move || {
        judged(&scenario, validated, |app, probe| Ok(memory::play(handler, &scenario, &app, probe)))
    })
}

/// Plays a scenario with its application, or with the validator around that.
fn judged(
    scenario: &Scenario,
    validated: bool,
    play: impl FnOnce(Arc<dyn Application>, &Probe) -> Result<Played, String>,
) -> Outcome {
    let probe = Probe::default();
    let app = scenario.application(&probe);
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let app: Arc<dyn Application> = if validated {
        let told = Arc::clone(&warnings);
        Arc::new(validator(app).on_warning(move |warning| {
            told.lock().unwrap_or_else(PoisonError::into_inner).push(warning.to_string());
        }))
    } else {
        Arc::new(app)
    };
    let mut played = match play(app, &probe) {
        Ok(played) => played,
        Err(why) => return Failure::new("a connection", why).into(),
    };
    played.validated = validated;
    played.warnings = warnings.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match scenario.judge(&played) {
        Ok(()) => Outcome::Passed,
        Err(why) => Failure {
            sent: played.sent,
            received: played.received,
            expected: scenario.about.to_owned(),
            why,
        }
        .into(),
    }
}
