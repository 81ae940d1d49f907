//! Events of eBPF sensors: Tetragon, Tracee, Falco, KubeArmor, Inspektor Gadget, and our own agent.

use crate::decode::json::profile::{
    Common, Meaning, Profile, address, integer, program, protocol, sensor, text,
};

/// See `docs/protocols/ebpf.md`.
pub(in crate::decode::json) const EBPF: Profile = Profile {
    // KubeArmor's `Timestamp` is the same time in whole seconds.
    times: &["updated_time"],
    event_objects: TETRAGON_EVENTS,
    searched_lists: &["args"],
    common: COMMON,
    ..Profile::JSON
};

/// What Tetragon calls its events: each is one object of this name.
const TETRAGON_EVENTS: &[&str] = &[
    "process_exec",
    "process_exit",
    "process_kprobe",
    "process_uprobe",
    "process_usdt",
    "process_tracepoint",
    "process_lsm",
    "process_loader",
    "process_throttle",
    "process_connect",
    "process_accept",
    "process_listen",
    "process_close",
    "process_dns",
    "process_http",
    "process_tls",
    "rate_limit_info",
];

#[rustfmt::skip]
const COMMON: &[Common] = &[
    // Tetragon, its event's object left out of the names. Our own agent has the same objects.
    sensor("process_exec_id", "tetragon"),
    integer("process_pid", "process_pid"),
    integer("parent_pid", "process_parent_pid"),
    program("process_binary"),
    Common { from: "process_arguments", to: "process_command_line", meaning: Meaning::Arguments },
    text("process_uid", "user_id"),
    container("process_pod_container_id"),
    container("process_docker"),
    text("process_pod_container_name", "container_name"),
    text("process_pod_name", "pod_name"),
    text("process_pod_namespace", "namespace"),
    text("node_name", "hostname"),
    address("source_ip", "source_ip"),
    integer("source_port", "source_port"),
    address("destination_ip", "dest_ip"),
    integer("destination_port", "dest_port"),
    protocol("protocol"),
    address("args_sock_arg_saddr", "source_ip"),
    integer("args_sock_arg_sport", "source_port"),
    address("args_sock_arg_daddr", "dest_ip"),
    integer("args_sock_arg_dport", "dest_port"),
    protocol("args_sock_arg_protocol"),
    address("args_skb_arg_saddr", "source_ip"),
    integer("args_skb_arg_sport", "source_port"),
    address("args_skb_arg_daddr", "dest_ip"),
    integer("args_skb_arg_dport", "dest_port"),
    protocol("args_skb_arg_protocol"),

    // Our own agent, see `docs/agent.md`.
    sensor("process_ppid", "bytefreezer"),
    sensor("agent_lost_events", "bytefreezer"),
    integer("process_ppid", "process_parent_pid"),
    container("process_container_id"),
    text("host", "hostname"),
    address("network_source_ip", "source_ip"),
    integer("network_source_port", "source_port"),
    address("network_dest_ip", "dest_ip"),
    integer("network_dest_port", "dest_port"),
    protocol("network_protocol"),

    // Tracee. Numbers of processes are those of the host.
    sensor("thread_start_time", "tracee"),
    text("event_name", "event_type"),
    integer("host_process_id", "process_pid"),
    integer("host_parent_process_id", "process_parent_pid"),
    program("executable_path"),
    text("user_id", "user_id"),
    text("host_name", "hostname"),
    container("container_id"),
    text("kubernetes_pod_name", "pod_name"),
    text("kubernetes_pod_namespace", "namespace"),
    text("pod_namespace", "namespace"),
    address("args_src", "source_ip"),
    integer("args_src_port", "source_port"),
    address("args_dst", "dest_ip"),
    integer("args_dst_port", "dest_port"),

    // Falco. The client of a connection is its source.
    sensor("rule", "falco"),
    text("output_fields_evt_type", "event_type"),
    text("output_fields_proc_name", "process_name"),
    program("output_fields_proc_exepath"),
    integer("output_fields_proc_pid", "process_pid"),
    integer("output_fields_proc_ppid", "process_parent_pid"),
    text("output_fields_proc_cmdline", "process_command_line"),
    text("output_fields_user_name", "user_name"),
    text("output_fields_user_uid", "user_id"),
    container("output_fields_container_id"),
    text("output_fields_container_name", "container_name"),
    text("output_fields_k8s_pod_name", "pod_name"),
    text("output_fields_k8s_ns_name", "namespace"),
    address("output_fields_fd_cip", "source_ip"),
    integer("output_fields_fd_cport", "source_port"),
    address("output_fields_fd_sip", "dest_ip"),
    integer("output_fields_fd_sport", "dest_port"),
    protocol("output_fields_fd_l4proto"),

    // KubeArmor. Numbers of processes are those of the host.
    sensor("operation", "kubearmor"),
    text("operation", "event_type"),
    integer("host_pid", "process_pid"),
    integer("host_ppid", "process_parent_pid"),
    program("process_name"),
    text("uid", "user_id"),
    text("namespace_name", "namespace"),
    address("event_data_source_ip", "source_ip"),
    integer("event_data_source_port", "source_port"),
    address("event_data_destination_ip", "dest_ip"),
    integer("event_data_destination_port", "dest_port"),
    protocol("event_data_protocol"),

    // Inspektor Gadget.
    sensor("mntns_id", "inspektor_gadget"),
    sensor("proc_comm", "inspektor_gadget"),
    sensor("gadget", "inspektor_gadget"),
    text("type", "event_type"),
    text("gadget", "event_type"),
    text("comm", "process_name"),
    integer("pid", "process_pid"),
    integer("ppid", "process_parent_pid"),
    program("exepath"),
    text("proc_comm", "process_name"),
    integer("proc_pid", "process_pid"),
    integer("proc_parent_pid", "process_parent_pid"),
    text("proc_creds_uid", "user_id"),
    text("proc_creds_user", "user_name"),
    container("runtime_container_id"),
    text("runtime_container_name", "container_name"),
    text("k8s_container_name", "container_name"),
    text("k8s_pod_name", "pod_name"),
    text("k8s_pod", "pod_name"),
    text("k8s_namespace", "namespace"),
    text("k8s_node", "hostname"),
    address("src_addr", "source_ip"),
    integer("src_port", "source_port"),
    protocol("src_proto"),
    address("dst_addr", "dest_ip"),
    integer("dst_port", "dest_port"),
    protocol("dst_proto"),
];

/// The identifier of a container.
const fn container(from: &'static str) -> Common {
    Common { from, to: "container_id", meaning: Meaning::ContainerId }
}
