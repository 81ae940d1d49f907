//! Settings of the shards: CPUs, log, memory, disk.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ByteSize;

/// The shards that take events in: one for each CPU, each with its own log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShardsConfig {
    /// The CPUs that get a shard: `auto`, or a list of their numbers. `auto` leaves one CPU to the rest of the process where there are more than two.
    pub cpus: Cpus,
    /// The longest time an event from UDP or plain TCP waits before it is on disk, in milliseconds. HTTP is answered only when it is.
    #[schemars(range(min = 1, max = 10_000))]
    pub log_flush_interval_ms: u64,
    /// Size of a segment of the log, the unit in which its disk space is given back.
    #[schemars(extend("minimum" = 4_194_304, "maximum" = 17_179_869_184_u64))]
    pub log_segment_bytes: ByteSize,
    /// Disk that the log of one shard may take. At the limit TCP and HTTP are slowed and UDP is counted as dropped.
    #[schemars(extend("minimum" = 16_777_216))]
    pub log_disk_bytes_max: ByteSize,
    /// Disk that finished Parquet files of one shard may take while they wait for the storage.
    #[schemars(extend("minimum" = 16_777_216))]
    pub spool_disk_bytes_max: ByteSize,
    /// Receive buffer asked of the kernel for each UDP socket. The kernel grants as much as `net.core.rmem_max` allows to a process without CAP_NET_ADMIN.
    #[schemars(extend("minimum" = 65_536, "maximum" = 1_073_741_824))]
    pub udp_receive_buffer_bytes: ByteSize,
    /// Memory for blocks of received bytes, for each shard.
    #[schemars(extend("minimum" = 8_388_608))]
    pub block_pool_bytes: ByteSize,
    /// Rows in a row group of a Parquet file.
    #[schemars(range(min = 1_024, max = 16_777_216))]
    pub row_group_rows: u64,
    /// Memory a row group may take before it is written, whatever its rows.
    #[schemars(extend("minimum" = 1_048_576, "maximum" = 4_294_967_296_u64))]
    pub row_group_memory_bytes: ByteSize,
}

impl Default for ShardsConfig {
    fn default() -> Self {
        Self {
            cpus: Cpus::default(),
            log_flush_interval_ms: 100,
            log_segment_bytes: ByteSize::mebibytes(256),
            log_disk_bytes_max: ByteSize::gibibytes(10),
            spool_disk_bytes_max: ByteSize::gibibytes(20),
            udp_receive_buffer_bytes: ByteSize::mebibytes(64),
            block_pool_bytes: ByteSize::mebibytes(192),
            row_group_rows: 1_048_576,
            row_group_memory_bytes: ByteSize::mebibytes(64),
        }
    }
}

/// The CPUs that get a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Cpus {
    /// Chosen by the process.
    Auto(AutoWord),
    /// These, by their numbers in `/proc/cpuinfo`.
    #[schemars(extend("minItems" = 1, "maxItems" = 1024))]
    List(Vec<u16>),
}

/// The word `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AutoWord {
    /// `auto`.
    Auto,
}

impl Default for Cpus {
    fn default() -> Self {
        Self::Auto(AutoWord::Auto)
    }
}
