//! Sampled transactions of applications, and what is known of their connections.

use super::names::{
    APP_STATUS, HTTP_METHODS, MEMCACHE_COMMANDS, MEMCACHE_PROTOCOLS, MEMCACHE_STATUS, PACKET_DIRECTIONS,
    SERVICE_DIRECTIONS, TRANSACTION_STATUS,
};
use super::structure::{Kind, Structure, field, tag};

/// Sorted by tag.
pub(super) const TRANSACTION_RECORDS: [Structure; 20] = [
    // Host performance statistics; times in microseconds.
    Structure::new(
        tag(0, 2000),
        "transaction",
        &[
            field("transaction_direction", Kind::Named(SERVICE_DIRECTIONS)),
            field("transaction_wait", Kind::Number),
            field("transaction_duration", Kind::Number),
            field("transaction_status", Kind::Named(TRANSACTION_STATUS)),
            field("bytes_received", Kind::Hyper),
            field("bytes_send", Kind::Hyper),
        ],
    ),
    Structure::new(
        tag(0, 2001),
        "extended_nfs_storage_transaction",
        &[
            field("nfs_path", Kind::Text),
            field("nfs_operation", Kind::Number),
            field("nfs_status", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 2002),
        "extended_scsi_storage_transaction",
        &[
            field("scsi_lun", Kind::Number),
            field("scsi_operation", Kind::Number),
            field("scsi_status", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 2003),
        "extended_http_transaction",
        &[
            field("http_uri", Kind::Text),
            field("http_host", Kind::Text),
            field("http_referer", Kind::Text),
            field("user_agent", Kind::Text),
            field("http_authuser", Kind::Text),
            field("http_status", Kind::Number),
        ],
    ),
    // sFlow Host Structures.
    Structure::new(
        tag(0, 2100),
        "extended_socket_ipv4",
        &[
            field("socket_protocol", Kind::Number),
            field("socket_local_ip", Kind::Ipv4),
            field("socket_remote_ip", Kind::Ipv4),
            field("socket_local_port", Kind::Number),
            field("socket_remote_port", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 2101),
        "extended_socket_ipv6",
        &[
            field("socket_protocol", Kind::Number),
            field("socket_local_ip", Kind::Ipv6),
            field("socket_remote_ip", Kind::Ipv6),
            field("socket_local_port", Kind::Number),
            field("socket_remote_port", Kind::Number),
        ],
    ),
    // sFlow HTTP Structures.
    Structure::new(
        tag(0, 2102),
        "extended_proxy_socket_ipv4",
        &[
            field("proxy_socket_protocol", Kind::Number),
            field("proxy_socket_local_ip", Kind::Ipv4),
            field("proxy_socket_remote_ip", Kind::Ipv4),
            field("proxy_socket_local_port", Kind::Number),
            field("proxy_socket_remote_port", Kind::Number),
        ],
    ),
    Structure::new(
        tag(0, 2103),
        "extended_proxy_socket_ipv6",
        &[
            field("proxy_socket_protocol", Kind::Number),
            field("proxy_socket_local_ip", Kind::Ipv6),
            field("proxy_socket_remote_ip", Kind::Ipv6),
            field("proxy_socket_local_port", Kind::Number),
            field("proxy_socket_remote_port", Kind::Number),
        ],
    ),
    // sFlow Memcache Structures.
    Structure::new(
        tag(0, 2200),
        "memcache_operation",
        &[
            field("memcache_protocol", Kind::Named(MEMCACHE_PROTOCOLS)),
            field("memcache_cmd", Kind::Named(MEMCACHE_COMMANDS)),
            field("memcache_key", Kind::Text),
            field("memcache_nkeys", Kind::Number),
            field("memcache_value_bytes", Kind::Number),
            field("memcache_duration_us", Kind::Number),
            field("memcache_status", Kind::Named(MEMCACHE_STATUS)),
        ],
    ),
    // The first edition, with its own number.
    Structure::new(
        tag(0, 2201),
        "http_request",
        &[
            field("http_request_method", Kind::Named(HTTP_METHODS)),
            field("http_uri", Kind::Text),
            field("http_host", Kind::Text),
            field("http_referer", Kind::Text),
            field("user_agent", Kind::Text),
            field("http_xff", Kind::Text),
            field("http_authuser", Kind::Text),
            field("http_mime_type", Kind::Text),
            field("http_req_bytes", Kind::Hyper),
            field("http_resp_bytes", Kind::Hyper),
            field("http_duration_us", Kind::Number),
            field("http_status", Kind::Signed),
        ],
    ),
    // sFlow Application Structures.
    Structure::new(
        tag(0, 2202),
        "app_operation",
        &[
            field("app_application", Kind::Text),
            field("app_operation", Kind::Text),
            field("app_attributes", Kind::Text),
            field("app_status_descr", Kind::Text),
            field("app_req_bytes", Kind::Hyper),
            field("app_resp_bytes", Kind::Hyper),
            field("app_duration_us", Kind::Number),
            field("app_status", Kind::Named(APP_STATUS)),
        ],
    ),
    Structure::new(
        tag(0, 2203),
        "app_parent_context",
        &[
            field("app_parent_application", Kind::Text),
            field("app_parent_operation", Kind::Text),
            field("app_parent_attributes", Kind::Text),
        ],
    ),
    Structure::new(tag(0, 2204), "app_initiator", &[field("app_initiator", Kind::Text)]),
    Structure::new(tag(0, 2205), "app_target", &[field("app_target", Kind::Text)]),
    // sFlow HTTP Structures.
    Structure::new(
        tag(0, 2206),
        "http_request",
        &[
            field("http_request_method", Kind::Named(HTTP_METHODS)),
            field("http_request_protocol", Kind::Number),
            field("http_uri", Kind::Text),
            field("http_host", Kind::Text),
            field("http_referer", Kind::Text),
            field("user_agent", Kind::Text),
            field("http_xff", Kind::Text),
            field("http_authuser", Kind::Text),
            field("http_mime_type", Kind::Text),
            field("http_req_bytes", Kind::Hyper),
            field("http_resp_bytes", Kind::Hyper),
            field("http_duration_us", Kind::Number),
            field("http_status", Kind::Signed),
        ],
    ),
    Structure::new(
        tag(0, 2207),
        "extended_proxy_request",
        &[field("proxy_request_uri", Kind::Text), field("proxy_request_host", Kind::Text)],
    ),
    // Navigation Timing.
    Structure::new(
        tag(0, 2208),
        "extended_nav_timing",
        &[
            field("nav_type", Kind::Number),
            field("nav_redirect_count", Kind::Number),
            field("nav_navigation_start", Kind::Number),
            field("nav_unload_event_start", Kind::Number),
            field("nav_unload_event_end", Kind::Number),
            field("nav_redirect_start", Kind::Number),
            field("nav_redirect_end", Kind::Number),
            field("nav_fetch_start", Kind::Number),
            field("nav_domain_lookup_start", Kind::Number),
            field("nav_domain_lookup_end", Kind::Number),
            field("nav_connect_start", Kind::Number),
            field("nav_connect_end", Kind::Number),
            field("nav_secure_connection_start", Kind::Number),
            field("nav_request_start", Kind::Number),
            field("nav_response_start", Kind::Number),
            field("nav_response_end", Kind::Number),
            field("nav_dom_loading", Kind::Number),
            field("nav_dom_interactive", Kind::Number),
            field("nav_dom_content_loaded_event_start", Kind::Number),
            field("nav_dom_content_loaded_event_end", Kind::Number),
            field("nav_dom_complete", Kind::Number),
            field("nav_load_event_start", Kind::Number),
            field("nav_load_event_end", Kind::Number),
        ],
    ),
    // TCP performance; times in microseconds.
    Structure::new(
        tag(0, 2209),
        "extended_tcp_info",
        &[
            field("tcp_info_dir", Kind::Named(PACKET_DIRECTIONS)),
            field("tcp_info_snd_mss", Kind::Number),
            field("tcp_info_rcv_mss", Kind::Number),
            field("tcp_info_unacked", Kind::Number),
            field("tcp_info_lost", Kind::Number),
            field("tcp_info_retrans", Kind::Number),
            field("tcp_info_pmtu", Kind::Number),
            field("tcp_info_rtt", Kind::Number),
            field("tcp_info_rttvar", Kind::Number),
            field("tcp_info_snd_cwnd", Kind::Number),
            field("tcp_info_reordering", Kind::Number),
            field("tcp_info_min_rtt", Kind::Number),
        ],
    ),
    // Systemd traffic marking.
    Structure::new(
        tag(0, 2210),
        "extended_entities",
        &[
            field("entity_src_class", Kind::Number),
            field("entity_src_index", Kind::Number),
            field("entity_dst_class", Kind::Number),
            field("entity_dst_index", Kind::Number),
        ],
    ),
    // sFlow Broadcom Peak Buffer Utilization Structures.
    Structure::new(tag(4413, 1), "extended_bst_egress_queue", &[field("egress_queue", Kind::Number)]),
];
