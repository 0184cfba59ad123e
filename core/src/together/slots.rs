//! Places for what comes, in the order of the futures.

/// What came, by number.
#[derive(Debug)]
pub(super) struct Slots<T>(Vec<Option<T>>);

impl<T> Slots<T> {
    pub(super) fn new(length: usize) -> Self {
        let mut slots = Vec::new();
        slots.resize_with(length, || None);
        Self(slots)
    }

    pub(super) fn fill(&mut self, number: usize, value: T) {
        if number >= self.0.len() {
            self.0.resize_with(number + 1, || None);
        }
        self.0[number] = Some(value);
    }

    pub(super) fn into_vec(self) -> Vec<Option<T>> {
        self.0
    }
}
