//! `SplitMix64`, a fixed generator of random numbers: the same seed gives the same numbers everywhere.
//!
//! Always true: only whole numbers of 64 bits are used, so no platform rounds differently.

/// A generator of random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator with a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number, of all that there are.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a bound; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of a product; its bias is that of a bound in 2^64.
        let wide = u128::from(self.next()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// An index below a length; 0 where the length is 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// A number from `least` to `most`.
    pub fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// As [`within`](Self::within), for small numbers.
    pub fn small(&mut self, least: u32, most: u32) -> u32 {
        u32::try_from(self.within(least.into(), most.into())).unwrap_or(least)
    }

    /// True in so many cases of a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these; `None` where there are none.
    pub fn pick<T: Copy>(&mut self, among: &[T]) -> Option<T> {
        among.get(self.index(among.len())).copied()
    }

    /// One of these, by weight; `None` where all weights are 0.
    pub fn weighted<T: Copy>(&mut self, among: &[(u64, T)]) -> Option<T> {
        let total = among.iter().map(|(weight, _)| weight).sum();
        let mut at = self.below(total);
        among.iter().find_map(|&(weight, item)| {
            if at < weight {
                return Some(item);
            }
            at -= weight;
            None
        })
    }

    /// Puts a list into random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }
}
