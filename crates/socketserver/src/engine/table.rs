//! Places for connections, each with a number that the poller reports events under.

/// A vector with holes that are filled first.
#[derive(Debug)]
pub(super) struct Table<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Table<T> {
    pub(super) fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Puts a value in and returns its number.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(token) = self.free.pop() {
            if let Some(place) = self.places.get_mut(token as usize) {
                *place = Some(value);
                return token;
            }
        }
        // The number of connections is limited by that of descriptors, which is an i32.
        let token = self.places.len() as u32;
        self.places.push(Some(value));
        token
    }

    pub(super) fn get_mut(&mut self, token: u32) -> Option<&mut T> {
        self.places.get_mut(token as usize)?.as_mut()
    }

    /// Takes a value out; its number may be given to another.
    pub(super) fn remove(&mut self, token: u32) -> Option<T> {
        let value = self.places.get_mut(token as usize)?.take()?;
        self.free.push(token);
        Some(value)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let numbered = (0u32..).zip(&self.places);
        numbered.filter_map(|(token, place)| place.as_ref().map(|value| (token, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_first() {
        let mut table = Table::new();
        let [a, b, c] = ["a", "b", "c"].map(|value| table.insert(value));
        assert_eq!(table.remove(b), Some("b"));
        assert_eq!(table.remove(b), None);
        assert_eq!(table.len(), 2);
        assert_eq!(table.insert("d"), b);
        assert_eq!(table.iter().map(|(_, value)| *value).collect::<String>(), "adc");
        assert_eq!(table.get_mut(a), Some(&mut "a"));
        assert_eq!(table.get_mut(c), Some(&mut "c"));
    }
}
