//! The role that makes Parquet files of what pipers have written.
