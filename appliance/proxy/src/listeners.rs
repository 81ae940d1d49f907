//! Which sockets the configuration asks for, and what changes between two configurations.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use anyhow::Context;
use bytefreezer_core::config::{Config, HttpInput, InputConfig, Transport};
use hotpath::names::DatasetKey;
use hotpath::receive::reuseport::{Spread, spread};
use hotpath::receive::socket::{ReceiveBuffer, bind_tcp, bind_udp, local_address};
use tracing::warn;

/// An input of the configuration that receives on the shards: any but HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedInput {
    /// Its dataset.
    pub dataset: DatasetKey,
    /// What the configuration says.
    pub input: InputConfig,
}

/// All inputs but those of HTTP, by a name that stays the same as long as nothing about the input changes.
///
/// # Errors
/// When a dataset has no valid name, which no loaded configuration has.
pub fn plan(config: &Config) -> anyhow::Result<BTreeMap<String, PlannedInput>> {
    let mut inputs = BTreeMap::new();
    for dataset in &config.datasets {
        let key = dataset.key()?;
        for input in &dataset.inputs {
            if matches!(input, InputConfig::Http(_)) {
                continue;
            }
            let planned = PlannedInput { dataset: key.clone(), input: input.clone() };
            inputs.insert(format!("{key} {} {}", name_of(input), input.listen()), planned);
        }
    }
    Ok(inputs)
}

/// HTTP inputs that share a listening socket.
pub type HttpInputs = Vec<(DatasetKey, HttpInput)>;

/// What tells the listening sockets of HTTP inputs apart: the address, and where that leaves the port open, the input,
/// which has a port of its own then.
pub type HttpPlace = (SocketAddr, String);

/// The HTTP inputs by where they listen.
///
/// # Errors
/// When a dataset has no valid name, which no loaded configuration has.
pub fn plan_http(config: &Config) -> anyhow::Result<BTreeMap<HttpPlace, HttpInputs>> {
    let mut inputs: BTreeMap<HttpPlace, HttpInputs> = BTreeMap::new();
    for dataset in &config.datasets {
        let key = dataset.key()?;
        for (number, input) in dataset.inputs.iter().enumerate() {
            if let InputConfig::Http(input) = input {
                let own = if input.listen.port() == 0 { format!("{key} {number}") } else { String::new() };
                inputs.entry((input.listen, own)).or_default().push((key.clone(), input.clone()));
            }
        }
    }
    Ok(inputs)
}

/// An input's kind and how its events travel, as it is printed: `syslog udp`; `udp` and `tcp` say both by themselves.
pub fn name_of(input: &InputConfig) -> String {
    match (input, input.transport()) {
        (InputConfig::Udp(_), _) => "udp".to_owned(),
        (InputConfig::Tcp(_), transport) => transport_name(transport).to_owned(),
        (_, transport) => format!("{} {}", input.kind(), transport_name(transport)),
    }
}

fn transport_name(transport: Transport) -> &'static str {
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
pub fn bind(
    input: &InputConfig,
    shards: usize,
    udp_buffer_bytes: usize,
) -> anyhow::Result<(SocketAddr, Vec<OwnedFd>)> {
    let mut address = input.listen();
    let transport = input.transport();
    let mut sockets = Vec::with_capacity(shards);
    for _ in 0..shards {
        let socket = bind_one(transport, address, udp_buffer_bytes)
            .with_context(|| format!("cannot listen on {} {address}", transport_name(transport)))?;
        address = local_address(&socket)?;
        sockets.push(socket);
    }
    if transport == Transport::Udp
        && let Some(first) = sockets.first()
        && let Err(error) = spread(first, shards, spread_of(input))
    {
        warn!(%address, %error, "the kernel spreads datagrams over the shards by its own hash: a busy sender stays on one");
    }
    Ok((address, sockets))
}

/// Decoders that learn from an exporter must see all it sends; all others take a datagram from anybody.
fn spread_of(input: &InputConfig) -> Spread {
    match input {
        InputConfig::Netflow(_) | InputConfig::Ipfix(_) | InputConfig::Sflow(_) | InputConfig::Udp(_) => {
            Spread::BySenderAddress
        }
        _ => Spread::Evenly,
    }
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
