//! All peers, and those that are meant.

use super::{Peer, programs, python, venv};
use crate::Problem;

/// Every peer there may be: ours first.
fn all() -> Vec<Peer> {
    let mut peers = programs::peers();
    let others = peers.iter().position(|peer| !peer.name.starts_with(programs::OURS));
    let rust = peers.split_off(others.unwrap_or(peers.len()));
    peers.extend(python::peers());
    peers.extend(venv::peers());
    peers.extend(rust);
    peers
}

/// Those with one of these texts in their names, and ours; all if there are no texts.
///
/// # Errors
///
/// If a text is in no name.
pub fn chosen(texts: &[String]) -> Result<Vec<Peer>, Problem> {
    let mut peers = all();
    for text in texts {
        if !peers.iter().any(|peer| peer.name.contains(text)) {
            let names: Vec<&str> = peers.iter().map(|peer| peer.name.as_str()).collect();
            return Err(Problem::new(format!(
                "no peer has {text:?} in its name; there are {}",
                names.join(", ")
            )));
        }
    }
    peers.retain(|peer| {
        texts.is_empty()
            || peer.name.starts_with(programs::OURS)
            || texts.iter().any(|text| peer.name.contains(text))
    });
    Ok(peers)
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn ours_are_always_there_and_a_wrong_name_offers_the_others() {
        let names: Vec<String> =
            chosen(&["nginx".to_owned()]).unwrap().into_iter().map(|peer| peer.name).collect();
        assert!(names.starts_with(&["ours: handler".to_owned()]), "{names:?}");
        assert_eq!(names.last().unwrap(), "nginx");
        let Err(error) = chosen(&["ngynx".to_owned()]) else { panic!("there is no such peer") };
        assert!(error.to_string().contains("gunicorn"), "{error}");
    }
}
