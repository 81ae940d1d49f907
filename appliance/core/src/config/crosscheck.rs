//! What concerns several settings at once.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::problem::Complaint;
use super::{Config, Cpus, DatasetConfig, HttpInput, HttpMode, InputConfig, Transport};

/// Reports everything that is wrong, each with the path of the setting.
pub(super) fn check(config: &Config, mut report: impl FnMut(&str, Complaint)) {
    check_shards(config, &mut report);
    check_query(config, &mut report);
    check_receiver(config, &mut report);
    check_listeners(config, &mut report);
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    for (index, dataset) in config.datasets.iter().enumerate() {
        let path = format!("datasets[{index}]");
        if let Some(first) = seen.insert((&dataset.tenant, &dataset.dataset), index) {
            let name = format!("{}/{}", dataset.tenant, dataset.dataset);
            let reason = format!("the dataset `{name}` is already defined at datasets[{first}]");
            report(&path, Complaint::advise(reason, "put the inputs of both into one, or rename one"));
        }
        check_dataset(dataset, &path, &mut report);
    }
}

fn check_shards(config: &Config, report: &mut impl FnMut(&str, Complaint)) {
    let shards = &config.shards;
    if shards.log_disk_bytes_max.bytes() < shards.log_segment_bytes.bytes().saturating_mul(4) {
        let reason = format!("{} is less than four segments of the log", shards.log_disk_bytes_max);
        let advice = format!("raise it, or lower log_segment_bytes ({})", shards.log_segment_bytes);
        report("shards.log_disk_bytes_max", Complaint::advise(reason, advice));
    }
    if let Cpus::List(cpus) = &shards.cpus {
        for (index, cpu) in cpus.iter().enumerate() {
            if cpus[..index].contains(cpu) {
                let reason = format!("cpu {cpu} is given twice");
                report(&format!("shards.cpus[{index}]"), Complaint::advise(reason, "remove one of them"));
            }
        }
    }
}

fn check_query(config: &Config, report: &mut impl FnMut(&str, Complaint)) {
    if config.query.token.is_none() && !config.query.listen.ip().is_loopback() {
        let reason =
            format!("{} can be reached from other machines, and there is no token", config.query.listen);
        let advice = "set `query.token`, or listen on 127.0.0.1";
        report("query.listen", Complaint::advise(reason, advice));
    }
}

fn check_receiver(config: &Config, report: &mut impl FnMut(&str, Complaint)) {
    let receiver = &config.receiver;
    if receiver.anonymous && !receiver.listen.ip().is_loopback() {
        let reason = format!("{} can be reached from other machines", receiver.listen);
        let advice = "set `receiver.tokens`, or listen on 127.0.0.1";
        report("receiver.anonymous", Complaint::advise(reason, advice));
    }
    for (index, token) in receiver.tokens.iter().enumerate() {
        if token.dataset.is_some() && token.tenant.is_none() {
            let path = format!("receiver.tokens[{index}].dataset");
            report(&path, Complaint::advise("a dataset is one of a tenant", "add `tenant`"));
        }
    }
}

fn check_dataset(dataset: &DatasetConfig, path: &str, report: &mut impl FnMut(&str, Complaint)) {
    check_format(dataset, path, report);
    for (index, input) in dataset.inputs.iter().enumerate() {
        let path = format!("{path}.inputs[{index}]");
        check_tls(input, &path, report);
        if let InputConfig::Http(http) = input {
            check_http(http, &path, report);
        }
    }
}

/// A dataset without a format has the one that its inputs imply, so they must agree.
fn check_format(dataset: &DatasetConfig, path: &str, report: &mut impl FnMut(&str, Complaint)) {
    if dataset.format.is_some() {
        return;
    }
    let mut first = None;
    for (index, input) in dataset.inputs.iter().enumerate() {
        let input_path = format!("{path}.inputs[{index}].type");
        let kind = input.kind();
        let Some(format) = input.implied_format() else {
            let reason = format!("there is no decoder yet for what `type: {kind}` brings");
            report(&input_path, Complaint::advise(reason, "set the dataset's `format`"));
            continue;
        };
        match first {
            None => first = Some((format, kind)),
            Some((other, _)) if other == format => {}
            Some((other, other_kind)) => {
                let reason = format!(
                    "`{kind}` brings the format {format}, and `{other_kind}` above brings {other}: a dataset has one"
                );
                let advice = "give this input a dataset of its own, or set the dataset's `format`";
                report(&input_path, Complaint::advise(reason, advice));
            }
        }
    }
}

fn check_tls(input: &InputConfig, path: &str, report: &mut impl FnMut(&str, Complaint)) {
    let chosen = match input {
        InputConfig::Syslog(input) | InputConfig::Ebpf(input) => Some(input.transport),
        InputConfig::Ipfix(input) => Some(input.transport),
        _ => None,
    };
    match (input.tls(), chosen) {
        (None, Some(Transport::Tls)) => {
            let advice = "add `tls:` with `certificate_file` and `key_file`";
            report(path, Complaint::advise("`transport: tls` needs a certificate", advice));
        }
        (Some(_), Some(Transport::Udp | Transport::Tcp)) => {
            let advice = "write `transport: tls`, or remove the key";
            report(&format!("{path}.tls"), Complaint::advise("`tls` is only for `transport: tls`", advice));
        }
        (Some(tls), _) if tls.require_client_certificate && tls.client_ca_file.is_none() => {
            let reason = "`require_client_certificate` needs authorities to check them against";
            let advice = "add `client_ca_file`";
            report(&format!("{path}.tls.require_client_certificate"), Complaint::advise(reason, advice));
        }
        _ => {}
    }
}

/// What only requests of one mode have.
fn check_http(http: &HttpInput, path: &str, report: &mut impl FnMut(&str, Complaint)) {
    if http.mode == HttpMode::Events {
        return;
    }
    let advice = "remove the key, or write `mode: events`";
    if http.signature.is_some() {
        let reason = "senders of this mode do not sign their requests";
        report(&format!("{path}.signature"), Complaint::advise(reason, advice));
    }
    if !http.headers.is_empty() {
        let reason = "headers are only kept with `mode: events`";
        report(&format!("{path}.headers"), Complaint::advise(reason, advice));
    }
}

/// A listener: where it stands in the file, and what it takes.
struct Listener<'a> {
    path: String,
    address: SocketAddr,
    udp: bool,
    http: Option<&'a HttpInput>,
}

fn check_listeners(config: &Config, report: &mut impl FnMut(&str, Complaint)) {
    let listeners = listeners(config);
    for (index, listener) in listeners.iter().enumerate() {
        for earlier in listeners[..index].iter().filter(|earlier| collide(earlier, listener)) {
            let clash = match (earlier.http, listener.http) {
                (Some(first), Some(second)) if earlier.address == listener.address => {
                    check_shared(first, second, listener, earlier)
                }
                _ => Some(taken(listener, earlier)),
            };
            if let Some((path, complaint)) = clash {
                report(&path, complaint);
                break;
            }
        }
    }
}

/// The address is not to be had.
fn taken(listener: &Listener<'_>, earlier: &Listener<'_>) -> (String, Complaint) {
    let protocol = if listener.udp { "udp" } else { "tcp" };
    let reason = format!(
        "{} ({protocol}) is already taken by {} ({})",
        listener.address, earlier.path, earlier.address
    );
    (format!("{}.listen", listener.path), Complaint::advise(reason, "choose another port"))
}

/// HTTP inputs may share an address: a request says by its path for which of them it is, a connection does not.
fn check_shared(
    first: &HttpInput,
    second: &HttpInput,
    listener: &Listener<'_>,
    earlier: &Listener<'_>,
) -> Option<(String, Complaint)> {
    let shared = format!("{} shares {}", earlier.path, listener.address);
    let (key, reason, advice) = if first.shares_a_path_with(second) {
        ("path", format!("{shared} and takes the same path"), "choose another path or another port")
    } else if first.tls != second.tls {
        ("tls", format!("{shared} and has another `tls`"), "give both the same, or choose another port")
    } else if first.max_connections != second.max_connections {
        let reason = format!("{shared} and has another `max_connections`");
        ("max_connections", reason, "give both the same, or choose another port")
    } else {
        return None;
    };
    Some((format!("{}.{key}", listener.path), Complaint::advise(reason, advice)))
}

fn listeners(config: &Config) -> Vec<Listener<'_>> {
    let own = |path: &str, address| Listener { path: path.to_owned(), address, udp: false, http: None };
    let mut listeners = vec![own("health", config.health.listen), own("query", config.query.listen)];
    for (dataset_index, dataset) in config.datasets.iter().enumerate() {
        for (input_index, input) in dataset.inputs.iter().enumerate() {
            let http = if let InputConfig::Http(http) = input { Some(http) } else { None };
            let path = format!("datasets[{dataset_index}].inputs[{input_index}]");
            let udp = input.transport() == Transport::Udp;
            listeners.push(Listener { path, address: input.listen(), udp, http });
        }
    }
    listeners
}

/// Whether two listeners cannot both have what they want. Port 0 is a free port, chosen when the listener is opened.
fn collide(left: &Listener<'_>, right: &Listener<'_>) -> bool {
    if left.udp != right.udp || left.address.port() != right.address.port() || left.address.port() == 0 {
        return false;
    }
    // An unspecified IPv6 address takes the port of IPv4 too, as Linux does unless told otherwise.
    let (left_ip, right_ip) = (left.address.ip(), right.address.ip());
    left_ip == right_ip
        || left_ip.is_unspecified() && (left_ip.is_ipv6() || right_ip.is_ipv4())
        || right_ip.is_unspecified() && (right_ip.is_ipv6() || left_ip.is_ipv4())
}
