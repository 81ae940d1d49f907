//! One query: what is asked of the servers, and what their answers mean.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hotpath::filter::{NameAnswer, NameQuestion, ResolverSettings};
use tokio::sync::OnceCell;

use crate::limits::NAME_ABSENCE_SECONDS;

/// What became of a query.
pub(super) enum Outcome {
    /// What the servers know, and for how long that holds.
    Known(NameAnswer, Duration),
    /// A server has answered, and nothing can be made of it.
    Useless(&'static str),
    /// There is no way to a server.
    Unreachable,
    /// No server answered in time.
    Late,
}

/// Asks servers, each time anew.
pub(super) struct Client {
    settings: ResolverSettings,
    /// Made with the first query, because it reads the system's configuration.
    resolver: OnceCell<TokioResolver>,
}

impl Client {
    pub(super) fn new(settings: &ResolverSettings) -> Self {
        Self { settings: settings.clone(), resolver: OnceCell::new() }
    }

    /// Asks the servers. It takes as long as they take.
    pub(super) async fn ask(&self, question: &NameQuestion) -> Outcome {
        let Ok(resolver) = self.resolver.get_or_try_init(|| async { resolver(&self.settings) }).await else {
            return Outcome::Useless("the system's name servers cannot be read");
        };
        match question {
            NameQuestion::NameOf(address) => records(resolver, Name::from(*address), RecordType::PTR).await,
            NameQuestion::AddressOf(name) => {
                let Ok(mut name) = Name::from_ascii(name) else {
                    return Outcome::Useless("not a name");
                };
                // Asked for as it is: the search list of the machine is not for the names of events.
                name.set_fqdn(true);
                address_of(resolver, name).await
            }
        }
    }
}

/// The IPv4 address, and where there is none the IPv6 address.
async fn address_of(resolver: &TokioResolver, name: Name) -> Outcome {
    let of_v4 = records(resolver, name.clone(), RecordType::A).await;
    let Outcome::Known(NameAnswer::NotThere, absent) = of_v4 else {
        return of_v4;
    };
    match records(resolver, name, RecordType::AAAA).await {
        Outcome::Known(answer, lasts) => Outcome::Known(answer, lasts.min(absent)),
        other => other,
    }
}

fn resolver(settings: &ResolverSettings) -> Result<TokioResolver, NetError> {
    let mut builder = if settings.servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let servers = settings.servers.iter().map(|server| {
            let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
            (udp.port, tcp.port) = (server.port(), server.port());
            // It is asked as the one who knows: what it says is not there is not there.
            NameServerConfig::new(server.ip(), true, vec![udp, tcp])
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    set_options(builder.options_mut(), settings);
    builder.build()
}

fn set_options(options: &mut ResolverOpts, settings: &ResolverSettings) {
    // Twice in the time that there is.
    options.timeout = settings.timeout / 2;
    options.attempts = 1;
    // What is remembered is so in one place.
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
}

async fn records(resolver: &TokioResolver, name: Name, kind: RecordType) -> Outcome {
    match resolver.lookup(name, kind).await {
        Ok(found) => answer_in(found.answers()),
        Err(error) => outcome_of(&error),
    }
}

/// The first of the records in their order, whatever order they came in.
fn answer_in(records: &[Record]) -> Outcome {
    let names = records.iter().filter_map(|record| match &record.data {
        RData::PTR(name) => Some(name.0.to_ascii().trim_end_matches('.').to_owned()),
        _ => None,
    });
    let v4 = records.iter().filter_map(|record| match &record.data {
        RData::A(address) => Some(Ipv4Addr::from(*address)),
        _ => None,
    });
    let v6 = records.iter().filter_map(|record| match &record.data {
        RData::AAAA(address) => Some(Ipv6Addr::from(*address)),
        _ => None,
    });
    let name = names.filter(|name| !name.is_empty()).min();
    let address = || v4.min().map(|v4| v4.to_string()).or_else(|| v6.min().map(|v6| v6.to_string()));
    let lasts = records.iter().map(|record| record.ttl).min().unwrap_or(0);
    let answer = name.or_else(address).map_or(NameAnswer::NotThere, NameAnswer::Found);
    Outcome::Known(answer, Duration::from_secs(u64::from(lasts)))
}

fn outcome_of(error: &NetError) -> Outcome {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain | ResponseCode::NoError => {
                let lasts = none.negative_ttl.map_or(NAME_ABSENCE_SECONDS, u64::from);
                Outcome::Known(NameAnswer::NotThere, Duration::from_secs(lasts))
            }
            _ => Outcome::Useless("a name server answers with an error"),
        },
        NetError::Dns(_) => Outcome::Useless("a name server answers with an error"),
        NetError::Timeout => Outcome::Late,
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => Outcome::Unreachable,
        _ => Outcome::Useless("the answer of a name server cannot be read"),
    }
}
