//! The columns that flows have whatever the exporter calls them; see `docs/protocols/netflow.md`.

use crate::batch::{BatchBuilder, ColumnIndex, ShortText};
use crate::cut::ColumnType;

/// What the column `record_type` says.
pub(super) const FLOW: ShortText = ShortText::new("flow");
pub(super) const OPTIONS: ShortText = ShortText::new("options");
pub(super) const TEMPLATE: ShortText = ShortText::new("template");

macro_rules! columns {
    ($($name:ident: $column_type:expr,)*) => {
        /// Columns that the decoder defines.
        #[derive(Debug, Clone, Copy)]
        pub(super) struct Columns {
            $(pub(super) $name: ColumnIndex,)*
        }

        impl Columns {
            /// Defines them all.
            pub(super) fn define(rows: &mut BatchBuilder) -> Self {
                Self { $($name: rows.define(stringify!($name), $column_type),)* }
            }
        }
    };
}

columns! {
    record_type: ColumnType::String,
    flow_format: ColumnType::String,
    exporter_ip: ColumnType::String,
    observation_domain_id: ColumnType::Int64,
    template_id: ColumnType::Int64,
    template_ids: ColumnType::List(Box::new(ColumnType::Int64)),
    sequence_number: ColumnType::Int64,
    sequence_gap: ColumnType::Int64,
    engine_type: ColumnType::Int64,
    engine_id: ColumnType::Int64,
    source_ip: ColumnType::String,
    dest_ip: ColumnType::String,
    source_port: ColumnType::Int64,
    dest_port: ColumnType::Int64,
    protocol: ColumnType::Int64,
    protocol_name: ColumnType::String,
    bytes: ColumnType::Int64,
    packets: ColumnType::Int64,
    bytes_scaled: ColumnType::Int64,
    packets_scaled: ColumnType::Int64,
    sampling_rate: ColumnType::Int64,
    sampling_source: ColumnType::String,
    sampling_mode: ColumnType::Int64,
    tcp_flags: ColumnType::Int64,
    tos: ColumnType::Int64,
    start_time: ColumnType::Timestamp,
    end_time: ColumnType::Timestamp,
    input_interface: ColumnType::Int64,
    output_interface: ColumnType::Int64,
    source_as: ColumnType::Int64,
    dest_as: ColumnType::Int64,
    source_mask: ColumnType::Int64,
    dest_mask: ColumnType::Int64,
    next_hop: ColumnType::String,
    bgp_next_hop: ColumnType::String,
    source_mac: ColumnType::String,
    dest_mac: ColumnType::String,
    vlan_id: ColumnType::Int64,
    direction: ColumnType::Int64,
    icmp_type: ColumnType::Int64,
    icmp_code: ColumnType::Int64,
    router_sc: ColumnType::String,
}
