//! What the hosts talk to, and the interfaces of the router in between.

/// An application as Cisco's NBAR2 numbers it (RFC 6759): engine 3 is IANA's ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Application {
    /// Engine in the highest byte, selector in the others.
    pub id: u32,
    /// Its short name.
    pub name: &'static str,
}

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// What it is.
    pub application: Application,
    /// IP protocol.
    pub protocol: u8,
    /// Port; 0 of ICMP.
    pub port: u16,
    /// How often it is asked, beside the others.
    pub weight: u32,
    /// Bytes of a request on average.
    pub request_bytes: u32,
    /// Bytes of an answer on average.
    pub answer_bytes: u32,
    /// Bytes of a packet of the request, at most.
    pub packet_bytes: u32,
}

const fn service(
    name: &'static str,
    protocol: u8,
    port: u16,
    weight: u32,
    request_bytes: u32,
    answer_bytes: u32,
    packet_bytes: u32,
) -> Service {
    let application = Application { id: 3 << 24 | port as u32, name };
    Service { application, protocol, port, weight, request_bytes, answer_bytes, packet_bytes }
}

/// All services.
pub const SERVICES: &[Service] = &[
    service("dns", 17, 53, 300, 70, 180, 512),
    service("secure-http", 6, 443, 280, 2_400, 38_000, 600),
    service("quic", 17, 443, 120, 3_200, 52_000, 900),
    service("http", 6, 80, 50, 900, 9_000, 600),
    service("ssh", 6, 22, 15, 5_200, 7_800, 300),
    service("smtp", 6, 25, 20, 14_000, 1_400, 1_200),
    service("ntp", 17, 123, 30, 76, 76, 76),
    service("snmp", 17, 161, 40, 110, 320, 484),
    service("syslog", 17, 514, 25, 2_600, 60, 300),
    service("cifs", 6, 445, 25, 8_800, 24_000, 1_200),
    service("ms-wbt", 6, 3_389, 10, 42_000, 160_000, 400),
    service("sip", 17, 5_060, 10, 900, 700, 900),
    service("icmp", 1, 0, 40, 84, 84, 84),
];

/// The echo service, which has no ports.
pub(crate) const ICMP: &Service = &SERVICES[12];
/// A service that is asked by name.
pub(crate) const WEB: &Service = &SERVICES[1];

/// An interface of the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface {
    /// SNMP index.
    pub index: u32,
    /// Name.
    pub name: &'static str,
    /// What its operator calls it.
    pub description: &'static str,
    /// VLAN behind it.
    pub vlan_id: u16,
}

const fn interface(index: u32, name: &'static str, description: &'static str, vlan_id: u16) -> Interface {
    Interface { index, name, description, vlan_id }
}

/// All interfaces; the first leads out.
pub const INTERFACES: [Interface; 4] = [
    interface(1, "Te0/0/0", "uplink to example transit", 1),
    interface(11, "Gi0/1", "clients first floor", 110),
    interface(12, "Gi0/2", "clients second floor", 120),
    interface(13, "Gi0/3", "servers", 130),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_services_are_those() {
        assert_eq!((ICMP.application.name, WEB.application.name), ("icmp", "secure-http"));
    }
}
