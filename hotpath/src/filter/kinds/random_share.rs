//! A random share of the rows, the same for the same seed.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::filter::mask::Mask;

/// What is drawn from for one batch.
#[derive(Debug)]
pub(super) struct RandomRows {
    generator: SmallRng,
}

impl RandomRows {
    /// The rows drawn depend on the seed and on the batch.
    pub(super) fn new(seed: u64, batch_seed: u64) -> Self {
        // The factor spreads neighbouring batch seeds, so that seed 1 of batch 2 is not seed 2 of batch 1.
        let mixed = seed ^ batch_seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self { generator: SmallRng::seed_from_u64(mixed) }
    }

    /// Each of `rows` with a chance of `percentage` in a hundred.
    pub(super) fn draw(&mut self, percentage: f64, rows: &Mask) -> Mask {
        rows.keep_where(|_| self.generator.random::<f64>() * 100.0 < percentage)
    }
}
