//! Which sockets the configuration asks for, and what changes between two configurations.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use anyhow::Context;
use bytefreezer_core::config::{Config, HttpInput, InputConfig, SyslogInput, Transport};
use hotpath::names::DatasetKey;
use hotpath::receive::socket::{ReceiveBuffer, bind_tcp, bind_udp, local_address};
use tracing::warn;

/// A syslog input of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedInput {
    /// Its dataset.
    pub dataset: DatasetKey,
    /// What the configuration says.
    pub input: SyslogInput,
}

/// All syslog inputs by a name that stays the same as long as nothing about the input changes.
///
/// # Errors
/// When a dataset has no valid name, which no loaded configuration has.
pub fn plan(config: &Config) -> anyhow::Result<BTreeMap<String, PlannedInput>> {
    let mut inputs = BTreeMap::new();
    for dataset in &config.datasets {
        let key = dataset.key()?;
        for input in &dataset.inputs {
            if let InputConfig::Syslog(input) = input {
                inputs.insert(id_of(&key, input), PlannedInput { dataset: key.clone(), input: input.clone() });
            }
        }
    }
    Ok(inputs)
}

/// The HTTP inputs by the address they listen on.
///
/// # Errors
/// When a dataset has no valid name, which no loaded configuration has.
pub fn plan_http(config: &Config) -> anyhow::Result<BTreeMap<SocketAddr, Vec<(DatasetKey, HttpInput)>>> {
    let mut inputs: BTreeMap<SocketAddr, Vec<(DatasetKey, HttpInput)>> = BTreeMap::new();
    for dataset in &config.datasets {
        for input in &dataset.inputs {
            if let InputConfig::Http(input) = input {
                inputs.entry(input.listen).or_default().push((dataset.key()?, input.clone()));
            }
        }
    }
    Ok(inputs)
}

fn id_of(dataset: &DatasetKey, input: &SyslogInput) -> String {
    format!("{dataset} syslog {} {}", transport_name(input.transport), input.listen)
}

/// The name of a transport in addresses that are printed.
pub fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
    }
}

/// A socket for each shard, all on one address. Port 0 becomes the port that the first of them got.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(input: &SyslogInput, shards: usize, udp_buffer_bytes: usize) -> anyhow::Result<(SocketAddr, Vec<OwnedFd>)> {
    let mut address = input.listen;
    let mut sockets = Vec::with_capacity(shards);
    for _ in 0..shards {
        let socket = bind_one(input.transport, address, udp_buffer_bytes)
            .with_context(|| format!("cannot listen on {} {address}", transport_name(input.transport)))?;
        address = local_address(&socket)?;
        sockets.push(socket);
    }
    Ok((address, sockets))
}

fn bind_one(transport: Transport, address: SocketAddr, udp_buffer_bytes: usize) -> std::io::Result<OwnedFd> {
    match transport {
        Transport::Udp => {
            let (socket, buffer) = bind_udp(address, udp_buffer_bytes)?;
            warn_about(address, buffer);
            Ok(socket)
        }
        Transport::Tcp | Transport::Tls => bind_tcp(address),
    }
}

fn warn_about(address: SocketAddr, buffer: ReceiveBuffer) {
    if buffer.is_short() {
        warn!(
            %address,
            wanted_bytes = buffer.wanted_bytes,
            granted_bytes = buffer.granted_bytes,
            "the kernel gave a smaller receive buffer than wanted, bursts of datagrams may be lost: run `sysctl -w net.core.rmem_max={}`",
            buffer.wanted_bytes
        );
    }
}
