//! What concerns several settings at once.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::problem::Complaint;
use super::{Config, Cpus, DatasetConfig, InputConfig, Route, SyslogInput, Transport};

/// Reports everything that is wrong, each with the path of the setting.
pub(super) fn check(config: &Config, mut report: impl FnMut(&str, Complaint)) {
    check_shards(config, &mut report);
    check_query(config, &mut report);
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
    if shards.log_disk_bytes_max.bytes() < shards.log_segment_bytes.bytes().saturating_mul(2) {
        let reason = format!("{} is less than two segments of the log", shards.log_disk_bytes_max);
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

fn check_dataset(dataset: &DatasetConfig, path: &str, report: &mut impl FnMut(&str, Complaint)) {
    if dataset.route == Route::Staged {
        let reason = "the route `staged` is not there yet, only `direct`";
        report(&format!("{path}.route"), Complaint::advise(reason, "write `route: direct`"));
    }
    for (index, input) in dataset.inputs.iter().enumerate() {
        if let InputConfig::Syslog(syslog) = input {
            check_syslog(syslog, &format!("{path}.inputs[{index}]"), report);
        }
    }
}

fn check_syslog(syslog: &SyslogInput, path: &str, report: &mut impl FnMut(&str, Complaint)) {
    match (&syslog.tls, syslog.transport) {
        (None, Transport::Tls) => {
            let advice = "add `tls:` with `certificate_file` and `key_file`";
            report(path, Complaint::advise("`transport: tls` needs a certificate", advice));
        }
        (Some(_), Transport::Udp | Transport::Tcp) => {
            let advice = "write `transport: tls`, or remove the key";
            report(&format!("{path}.tls"), Complaint::advise("`tls` is only for `transport: tls`", advice));
        }
        (Some(tls), Transport::Tls) if tls.require_client_certificate && tls.client_ca_file.is_none() => {
            let reason = "`require_client_certificate` needs authorities to check them against";
            let advice = "add `client_ca_file`";
            report(&format!("{path}.tls.require_client_certificate"), Complaint::advise(reason, advice));
        }
        _ => {}
    }
}

/// A listener: where it stands in the file, and what it takes.
struct Listener {
    path: String,
    address: SocketAddr,
    udp: bool,
}

fn check_listeners(config: &Config, report: &mut impl FnMut(&str, Complaint)) {
    let listeners = listeners(config);
    for (index, listener) in listeners.iter().enumerate() {
        let taken = listeners[..index].iter().find(|earlier| collide(earlier, listener));
        let Some(earlier) = taken else { continue };
        let protocol = if listener.udp { "udp" } else { "tcp" };
        let reason = format!(
            "{} ({protocol}) is already taken by {} ({})",
            listener.address, earlier.path, earlier.address
        );
        report(&format!("{}.listen", listener.path), Complaint::advise(reason, "choose another port"));
    }
}

fn listeners(config: &Config) -> Vec<Listener> {
    let tcp = |path: &str, address| Listener { path: path.to_owned(), address, udp: false };
    let mut listeners = vec![tcp("health", config.health.listen), tcp("query", config.query.listen)];
    for (dataset_index, dataset) in config.datasets.iter().enumerate() {
        for (input_index, input) in dataset.inputs.iter().enumerate() {
            let udp = matches!(input, InputConfig::Syslog(syslog) if syslog.transport == Transport::Udp);
            let path = format!("datasets[{dataset_index}].inputs[{input_index}]");
            listeners.push(Listener { path, address: input.listen(), udp });
        }
    }
    listeners
}

/// Whether two listeners cannot both have what they want. Port 0 is a free port, chosen when the listener is opened.
fn collide(left: &Listener, right: &Listener) -> bool {
    if left.udp != right.udp || left.address.port() != right.address.port() || left.address.port() == 0 {
        return false;
    }
    // An unspecified IPv6 address takes the port of IPv4 too, as Linux does unless told otherwise.
    let (left_ip, right_ip) = (left.address.ip(), right.address.ip());
    left_ip == right_ip
        || left_ip.is_unspecified() && (left_ip.is_ipv6() || right_ip.is_ipv4())
        || right_ip.is_unspecified() && (right_ip.is_ipv6() || left_ip.is_ipv4())
}
