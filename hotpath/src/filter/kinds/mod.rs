//! The filters, one a file, or a folder where one is more than one idea.

pub(super) mod add_field;
pub(super) mod conditional;
pub(super) mod conditional_field;
pub(super) mod drop;
pub(super) mod exclude;
mod field_test;
mod field_value;
pub(super) mod fingerprint;
pub(super) mod geoip;
pub(super) mod include;
pub(super) mod json_flatten;
pub(super) mod json_parse;
mod json_rows;
pub(super) mod json_validate;
pub(super) mod kv;
pub(super) mod mask;
pub(super) mod mutate;
mod operator_test;
pub(super) mod passthrough;
mod random_share;
pub(super) mod regex_replace;
pub(super) mod remove_field;
pub(super) mod rename_field;
pub(super) mod sample;
pub(super) mod split;
pub(super) mod uppercase_keys;
pub(super) mod useragent;
