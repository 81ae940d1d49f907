//! What the messages are made of. Names and addresses are those kept for documentation, or private.

pub(crate) const SITES: [&str; 6] = ["ams", "fra", "lon", "nyc", "sin", "syd"];
pub(crate) const ROLES: [&str; 6] = ["web", "db", "mail", "vpn", "app", "jump"];
pub(crate) const USERS: [&str; 16] = [
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "frank",
    "grace",
    "heidi",
    "ivan",
    "judy",
    "mallory",
    "niaj",
    "olivia",
    "peggy",
    "svc-backup",
    "svc-deploy",
];
pub(crate) const STRANGERS: [&str; 8] =
    ["admin", "test", "oracle", "ubuntu", "postgres", "guest", "pi", "ftpuser"];
pub(crate) const ACTIONS: [&str; 4] = ["accepted", "denied", "dropped", "reset"];
pub(crate) const ZONES: [&str; 4] = ["lan", "dmz", "wan", "guest"];
pub(crate) const POLICIES: [&str; 4] = ["default", "guest-in", "servers-out", "vpn-users"];
pub(crate) const PORTS: [&str; 8] = ["443", "80", "53", "22", "25", "3389", "445", "8443"];
pub(crate) const PUBLIC_NETS: [&str; 3] = ["192.0.2", "198.51.100", "203.0.113"];
pub(crate) const PATHS: [&str; 6] =
    ["/api/v1/orders", "/login", "/static/app.js", "/health", "/api/v1/users/me", "/search"];
pub(crate) const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
pub(crate) const STATUSES: [&str; 6] = ["200", "201", "304", "403", "404", "500"];

/// What makes a message longer when it has to be.
pub(crate) const FILLER: [&str; 32] = [
    "session",
    "policy",
    "rule",
    "peer",
    "retry",
    "window",
    "after",
    "before",
    "timeout",
    "interface",
    "renewed",
    "lease",
    "cache",
    "route",
    "tunnel",
    "handshake",
    "matched",
    "request",
    "upstream",
    "pool",
    "worker",
    "thread",
    "quota",
    "audit",
    "granted",
    "expired",
    "segment",
    "gateway",
    "resolver",
    "cluster",
    "primary",
    "standby",
];
