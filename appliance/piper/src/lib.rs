//! The role that takes batches from the stage intake through the filters of their datasets.
