//! JSON events in the shapes of eBPF sensors; everything in them is invented.

use clap::ValueEnum;
use rand::Rng;
use rand::rngs::SmallRng;

use super::syslog::{host, pick};
use super::template::Template;
use super::time_text::TimeStyle;
use super::words::{PUBLIC_NETS, USERS};
use super::{LineKind, Rendered};

/// Whose events they look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SensorKind {
    /// Tetragon: process_exec, process_exit and process_kprobe of connections
    Tetragon,
    /// Tracee: execve, security_socket_connect, security_file_open
    Tracee,
    /// Falco: alerts of rules with output fields
    Falco,
    /// KubeArmor: alerts and logs of processes, files and the network
    Kubearmor,
    /// Inspektor Gadget: trace_exec, trace_tcp and trace_dns
    InspektorGadget,
    /// `bytefreezer agent ebpf`: process_exec and network_connect
    Agent,
    /// All of them
    Mixed,
}

impl LineKind for SensorKind {
    fn render(self, rng: &mut SmallRng) -> Rendered {
        Rendered(match self {
            Self::Tetragon => tetragon(rng),
            Self::Tracee => tracee(rng),
            Self::Falco => falco(rng),
            Self::Kubearmor => kubearmor(rng),
            Self::InspektorGadget => inspektor_gadget(rng),
            Self::Agent => agent(rng),
            Self::Mixed => {
                let makers = [tetragon, tracee, falco, kubearmor, inspektor_gadget, agent];
                makers[rng.random_range(0..makers.len())](rng)
            }
        })
    }

    /// The kinds differ much in length.
    fn group(self) -> usize {
        8
    }
}

const PROGRAMS: [(&str, &str); 6] = [
    ("/usr/bin/curl", "-sS https://www.example.com/health"),
    ("/bin/sh", "-c id"),
    ("/usr/bin/python3", "/opt/app/worker.py --queue default"),
    ("/usr/sbin/nginx", "-g daemon off;"),
    ("/usr/bin/ssh", "backup@files.example.com"),
    ("/usr/bin/cat", "/etc/passwd"),
];
const PODS: [(&str, &str, &str); 4] = [
    ("shop", "checkout-5d7c9f", "docker.io/example/checkout:1.4"),
    ("shop", "search-77b4fd", "docker.io/example/search:2.0"),
    ("default", "nginx-86f6c8", "docker.io/library/nginx:1.27"),
    ("monitoring", "agent-zl2kq", "docker.io/example/agent:0.9"),
];

fn program(rng: &mut SmallRng) -> (&'static str, &'static str, &'static str) {
    let (binary, arguments) = PROGRAMS[rng.random_range(0..PROGRAMS.len())];
    (binary, arguments, binary.rsplit('/').next().unwrap_or(binary))
}

fn hex(digits: usize, rng: &mut SmallRng) -> String {
    (0..digits).map(|_| char::from_digit(rng.random_range(0..16), 16).unwrap_or('0')).collect()
}

fn address(event: &mut Template, rng: &mut SmallRng) {
    event.text(pick(&PUBLIC_NETS, rng)).text(".").varying(1, 1);
}

/// `"pid":...,"uid":...` of a Tetragon process and what follows it up to the end of its object.
fn tetragon_process(event: &mut Template, rng: &mut SmallRng) {
    let (binary, arguments, _) = program(rng);
    let (namespace, pod, image) = PODS[rng.random_range(0..PODS.len())];
    event.text("{\"exec_id\":\"").text(&hex(24, rng)).text("\",\"pid\":").varying(rng.random_range(1..10), 2);
    event.text(&format!(",\"uid\":{},\"cwd\":\"/\",\"binary\":\"{binary}\"", rng.random_range(0..2) * 1000));
    event.text(&format!(",\"arguments\":\"{arguments}\",\"flags\":\"execve clone\",\"start_time\":\""));
    event.time(TimeStyle::Rfc5424).text("\",\"auid\":4294967295,\"pod\":{\"namespace\":\"");
    event.text(&format!("{namespace}\",\"name\":\"{pod}\",\"container\":{{\"id\":\"containerd://"));
    event
        .text(&hex(24, rng))
        .text(&format!("\",\"name\":\"main\",\"image\":{{\"name\":\"{image}\"}},\"pid\":"));
    event.varying(1, 1).text("},\"pod_labels\":{\"app\":\"").text(pod).text("\"}},\"docker\":\"");
    event.text(&hex(24, rng)).text("\",\"parent_exec_id\":\"").text(&hex(24, rng)).text("\",\"refcnt\":1}");
}

fn tetragon(rng: &mut SmallRng) -> Template {
    let mut event = Template::new();
    let kind = pick(&["process_exec", "process_exit", "process_kprobe"], rng);
    event.text("{\"").text(kind).text("\":{\"process\":");
    tetragon_process(&mut event, rng);
    event.text(",\"parent\":");
    tetragon_process(&mut event, rng);
    if kind == "process_kprobe" {
        event.text(",\"function_name\":\"tcp_connect\",\"args\":[{\"sock_arg\":{\"family\":\"AF_INET\",");
        event
            .text("\"type\":\"SOCK_STREAM\",\"protocol\":\"IPPROTO_TCP\",\"saddr\":\"10.20.0.")
            .varying(1, 1);
        event.text("\",\"daddr\":\"");
        address(&mut event, rng);
        event.text("\",\"sport\":").varying(3, 2).text(",\"dport\":443}}],\"action\":\"KPROBE_ACTION_POST\"");
    }
    event.text("},\"node_name\":\"").text(&host(rng)).text("\",\"time\":\"").time(TimeStyle::Rfc5424);
    event.text("\",\"node_labels\":{\"seq\":\"").number().text("\",\"note\":\"a").filler(b' ').text("\"}}");
    event
}

fn tracee(rng: &mut SmallRng) -> Template {
    let (binary, _, name) = program(rng);
    let mut event = Template::new();
    event.text("{\"timestamp\":").time(TimeStyle::Nanoseconds).text(",\"threadStartTime\":");
    event
        .time(TimeStyle::Nanoseconds)
        .text(&format!(",\"processorId\":{},\"processId\":", rng.random_range(0..8)));
    event.varying(rng.random_range(1..10), 2).text(",\"cgroupId\":").varying(5, 1).text(",\"threadId\":");
    event.varying(1, 2).text(",\"parentProcessId\":1,\"hostProcessId\":").varying(rng.random_range(1..10), 2);
    event.text(",\"hostThreadId\":").varying(1, 2).text(",\"hostParentProcessId\":1,\"userId\":0,");
    event.text("\"mountNamespace\":4026532574,\"pidNamespace\":4026531836,\"processName\":\"").text(name);
    event.text("\",\"hostName\":\"").text(&host(rng)).text("\",\"container\":{\"id\":\"").text(&hex(12, rng));
    event.text("\"},\"kubernetes\":{},");
    match rng.random_range(0..3) {
        0 => {
            event.text("\"eventId\":\"59\",\"eventName\":\"execve\",\"argsNum\":2,\"returnValue\":0,");
            event.text("\"syscall\":\"execve\",\"args\":[{\"name\":\"pathname\",\"type\":\"const char*\",");
            event.text(&format!(
                "\"value\":\"{binary}\"}},{{\"name\":\"argv\",\"type\":\"const char*const*\","
            ));
            event.text(&format!("\"value\":[\"{binary}\"]}}]"));
        }
        1 => {
            event.text("\"eventId\":\"736\",\"eventName\":\"security_socket_connect\",\"argsNum\":2,");
            event.text(
                "\"returnValue\":0,\"syscall\":\"connect\",\"args\":[{\"name\":\"sockfd\",\"type\":\"int\",",
            );
            event.text("\"value\":5},{\"name\":\"remote_addr\",\"type\":\"struct sockaddr*\",\"value\":");
            event.text("{\"sa_family\":\"AF_INET\",\"sin_addr\":\"");
            address(&mut event, rng);
            event.text("\",\"sin_port\":\"443\"}}]");
        }
        _ => {
            event.text("\"eventId\":\"730\",\"eventName\":\"security_file_open\",\"argsNum\":2,");
            event.text("\"returnValue\":0,\"syscall\":\"openat\",\"args\":[{\"name\":\"pathname\",");
            event.text("\"type\":\"const char*\",\"value\":\"/etc/passwd\"},{\"name\":\"flags\",");
            event.text("\"type\":\"string\",\"value\":\"O_RDONLY|O_LARGEFILE\"}]");
        }
    }
    event.text(",\"stackAddresses\":null,\"contextFlags\":{\"containerStarted\":true,\"isCompat\":false},");
    event.text("\"matchedPolicies\":[\"seq ").number().filler(b' ').text("\"]}");
    event
}

fn falco(rng: &mut SmallRng) -> Template {
    let (binary, arguments, name) = program(rng);
    let (namespace, pod, image) = PODS[rng.random_range(0..PODS.len())];
    let rule = pick(&["Terminal shell in container", "Write below binary dir", "Contact EC2 metadata"], rng);
    let user = pick(&USERS, rng);
    let mut event = Template::new();
    event.text("{\"hostname\":\"").text(&host(rng)).text("\",\"output\":\"Notice ").text(rule);
    event.text(&format!(" (user={user} command={name} {arguments})\",\"priority\":\""));
    event.text(pick(&["Notice", "Warning", "Error", "Critical"], rng)).text("\",\"rule\":\"").text(rule);
    event.text("\",\"source\":\"syscall\",\"tags\":[\"container\",\"shell\"],\"time\":\"");
    event.time(TimeStyle::Rfc5424).text("\",\"output_fields\":{\"container.id\":\"").text(&hex(12, rng));
    event.text(&format!("\",\"container.image.repository\":\"{image}\",\"evt.time\":"));
    event
        .time(TimeStyle::Nanoseconds)
        .text(&format!(",\"k8s.ns.name\":\"{namespace}\",\"k8s.pod.name\":\"{pod}\""));
    event.text(&format!(",\"proc.cmdline\":\"{binary} {arguments}\",\"proc.name\":\"{name}\",\"proc.pid\":"));
    event
        .varying(rng.random_range(1..10), 2)
        .text(&format!(",\"user.name\":\"{user}\",\"evt.num\":"))
        .number();
    event.text(",\"proc.pname\":\"containerd-shim").filler(b' ').text("\"}}");
    event
}

fn kubearmor(rng: &mut SmallRng) -> Template {
    let (binary, arguments, _) = program(rng);
    let (namespace, pod, image) = PODS[rng.random_range(0..PODS.len())];
    let (operation, resource, data) = match rng.random_range(0..3) {
        0 => ("Process", binary, "syscall=SYS_EXECVE"),
        1 => ("File", "/etc/shadow", "syscall=SYS_OPENAT flags=O_RDONLY"),
        _ => ("Network", "remoteip=203.0.113.9 port=443 protocol=TCP", "kprobe=tcp_connect domain=AF_INET"),
    };
    let mut event = Template::new();
    event
        .text("{\"Timestamp\":")
        .time(TimeStyle::Seconds)
        .text(",\"UpdatedTime\":\"")
        .time(TimeStyle::Rfc5424);
    event.text("\",\"ClusterName\":\"default\",\"HostName\":\"").text(&host(rng));
    event.text(&format!(
        "\",\"NamespaceName\":\"{namespace}\",\"PodName\":\"{pod}\",\"Labels\":\"app={pod}\""
    ));
    event
        .text(",\"ContainerID\":\"")
        .text(&hex(64, rng))
        .text("\",\"ContainerName\":\"main\",\"ContainerImage\":\"");
    event
        .text(image)
        .text("\",\"HostPPID\":")
        .varying(1, 2)
        .text(",\"HostPID\":")
        .varying(rng.random_range(1..10), 2);
    event
        .text(",\"PPID\":")
        .varying(1, 1)
        .text(",\"PID\":")
        .varying(2, 1)
        .text(",\"UID\":0,\"ParentProcessName\":");
    event.text(&format!(
        "\"/bin/sh\",\"ProcessName\":\"{binary}\",\"PolicyName\":\"DefaultPosture\",\"Severity\":"
    ));
    event.text(&format!("\"{}\",\"Type\":\"", rng.random_range(1..10)));
    event.text(pick(&["MatchedPolicy", "ContainerLog"], rng)).text("\",\"Source\":\"").text(binary).text(" ");
    event
        .text(arguments)
        .text(&format!("\",\"Operation\":\"{operation}\",\"Resource\":\"{resource}\",\"Data\":\"{data}"));
    event.text("\",\"Enforcer\":\"AppArmor\",\"Action\":\"").text(pick(&["Block", "Audit"], rng));
    event
        .text("\",\"Result\":\"")
        .text(pick(&["Permission denied", "Passed"], rng))
        .text("\",\"Message\":\"seq ");
    event.number().filler(b' ').text("\"}");
    event
}

fn inspektor_gadget(rng: &mut SmallRng) -> Template {
    let (binary, arguments, name) = program(rng);
    let (namespace, pod, image) = PODS[rng.random_range(0..PODS.len())];
    let mut event = Template::new();
    event.text(&format!(
        "{{\"k8s\":{{\"containerName\":\"main\",\"hostnetwork\":false,\"namespace\":\"{namespace}\""
    ));
    event.text(",\"node\":\"").text(&host(rng)).text(&format!("\",\"podName\":\"{pod}\"}},\"runtime\":{{"));
    event
        .text("\"containerId\":\"")
        .text(&hex(64, rng))
        .text(&format!("\",\"containerImageName\":\"{image}\","));
    event.text("\"containerName\":\"main\",\"runtimeName\":\"containerd\"},\"timestamp\":\"");
    event.time(TimeStyle::Rfc5424).text("\",\"timestamp_raw\":").time(TimeStyle::Nanoseconds);
    event.text(",\"mntns_id\":").varying(40, 4).text(",\"netns_id\":").varying(40, 4);
    event.text(&format!(",\"comm\":\"{name}\",\"pid\":")).varying(rng.random_range(1..10), 2);
    event.text(",\"tid\":").varying(1, 2).text(",\"uid\":0,\"gid\":0,");
    match rng.random_range(0..3) {
        0 => {
            event
                .text(&format!("\"args\":\"{binary} {arguments}\",\"exepath\":\"{binary}\",\"error\":\"\","));
        }
        1 => {
            event.text("\"src\":{\"addr\":\"10.20.0.").varying(1, 1).text("\",\"port\":").varying(3, 2);
            event.text(",\"proto\":6,\"version\":4},\"dst\":{\"addr\":\"");
            address(&mut event, rng);
            event.text("\",\"port\":443,\"proto\":6,\"version\":4},\"type\":\"connect\",\"type_raw\":0,");
        }
        _ => {
            event.text(
                "\"name\":\"www.example.com.\",\"qtype\":\"A\",\"qr\":\"Q\",\"rcode\":\"\",\"latency_ns\":",
            );
            event.varying(1, 3).text(",\"nameserver\":{\"addr\":\"10.20.0.53\",\"version\":4},");
        }
    }
    event.text("\"ppid\":").varying(1, 1).text(",\"pcomm\":\"seq ").number().filler(b' ').text("\"}");
    event
}

/// What `bytefreezer agent ebpf` sends (`docs/agent.md`).
fn agent(rng: &mut SmallRng) -> Template {
    let (binary, arguments, name) = program(rng);
    let mut event = Template::new();
    let is_connect = rng.random_range(0..2) == 0;
    event.text("{\"event_type\":\"").text(if is_connect { "network_connect" } else { "process_exec" });
    event.text("\",\"time\":\"").time(TimeStyle::Rfc5424).text("\",\"host\":\"").text(&host(rng));
    event.text("\"");
    if is_connect {
        event
            .text(",\"network\":{\"source_ip\":\"10.20.0.")
            .varying(1, 1)
            .text("\",\"source_port\":")
            .varying(3, 2);
        event.text(",\"dest_ip\":\"");
        address(&mut event, rng);
        event.text("\",\"dest_port\":443,\"protocol\":\"tcp\",\"outcome\":\"established\"}");
    }
    event.text(",\"process\":{\"pid\":").varying(rng.random_range(1..10), 2).text(",\"ppid\":").varying(1, 1);
    event.text(",\"uid\":").varying(10, 1).text(",\"gid\":").varying(10, 1);
    event.text(&format!(
        ",\"name\":\"{name}\",\"executable\":\"{binary}\",\"command_line\":\"{binary} {arguments} seq "
    ));
    event.number().filler(b' ').text("\"}}");
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::Generator;
    use crate::lines::LineGenerator;

    fn events(kind: SensorKind) -> Vec<serde_json::Value> {
        events_of_size(kind, 300)
    }

    fn events_of_size(kind: SensorKind, size: usize) -> Vec<serde_json::Value> {
        let mut generator = LineGenerator::with_ring(4, kind, size, 1, Some(100));
        let mut events = Vec::new();
        for _ in 0..100 {
            let mut out = Vec::new();
            generator.append_next(1_763_616_896_500_900, &mut out);
            let event = serde_json::from_slice(&out);
            events.push(event.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out))));
        }
        events
    }

    #[test]
    fn events_that_are_made_longer_are_json_too() {
        for event in events_of_size(SensorKind::Mixed, 3_000) {
            assert!(event.to_string().len() > 2_500, "{event}");
        }
    }

    #[test]
    fn events_have_the_shape_of_their_sensor() {
        for event in events(SensorKind::Tetragon) {
            let (kind, inner) = event.as_object().unwrap().iter().next().unwrap();
            assert!(kind.starts_with("process_"));
            assert!(inner["process"]["pid"].is_u64() && inner["parent"]["binary"].is_string(), "{event}");
        }
        for event in events(SensorKind::Tracee) {
            assert!(event["timestamp"].is_u64() && event["args"][0]["name"].is_string(), "{event}");
        }
        for event in events(SensorKind::Falco) {
            assert!(event["output_fields"]["proc.pid"].is_u64() && event["rule"].is_string(), "{event}");
        }
        for event in events(SensorKind::Kubearmor) {
            assert!(event["Timestamp"] == 1_763_616_896 && event["HostPID"].is_u64(), "{event}");
        }
        for event in events(SensorKind::InspektorGadget) {
            assert!(event["runtime"]["containerId"].is_string() && event["pid"].is_u64(), "{event}");
        }
        for event in events(SensorKind::Agent) {
            let is_connect = event["event_type"] == "network_connect";
            assert!(event["process"]["pid"].is_u64(), "{event}");
            assert_eq!(event["network"]["dest_ip"].is_string(), is_connect, "{event}");
        }
        assert_eq!(events(SensorKind::Mixed).len(), 100);
    }
}
