//! The role that takes batches over HTTP and puts them into the stage intake.
