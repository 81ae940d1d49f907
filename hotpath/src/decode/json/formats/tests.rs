use arrow::array::RecordBatch;

use crate::block::SourceType;
use crate::decode::DecoderOptions;
use crate::decode::json::test_rows::{decode_by, event_time, int64, text, us};

fn decode(format: &str, event: &str) -> RecordBatch {
    let batch = decode_by(format, SourceType::Udp, &DecoderOptions::default(), &[event.as_bytes()]);
    assert!(batch.column_by_name("parse_error").is_none(), "{event}");
    batch
}

fn assert_texts(batch: &RecordBatch, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(text(batch, name, 0), Some(*value), "{name}");
    }
}

fn assert_numbers(batch: &RecordBatch, expected: &[(&str, i64)]) {
    for (name, value) in expected {
        assert_eq!(int64(batch, name, 0), Some(*value), "{name}");
    }
}

#[test]
fn suricata_s_flow_has_the_columns_of_flows() {
    let batch = decode(
        "suricata",
        concat!(
            r#"{"timestamp":"2024-03-05T14:07:08.136079+0800","flow_id":911610881873910,"event_type":"http","#,
            r#""src_ip":"192.0.2.9","src_port":50212,"dest_ip":"198.51.100.7","dest_port":80,"proto":"TCP","#,
            r#""http":{"hostname":"example.org","http_method":"GET","status":200,"http_user_agent":"curl"},"#,
            r#""alert":{"signature_id":2,"signature":"ET TEST","severity":3}}"#
        ),
    );
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.136079Z"));
    assert_texts(
        &batch,
        &[
            ("event_type", "http"),
            ("source_ip", "192.0.2.9"),
            ("src_ip", "192.0.2.9"),
            ("dest_ip", "198.51.100.7"),
            ("protocol_name", "tcp"),
            ("proto", "TCP"),
            ("user_agent", "curl"),
            ("http_method", "GET"),
            ("alert_signature", "ET TEST"),
        ],
    );
    assert_numbers(
        &batch,
        &[
            ("source_port", 50212),
            ("dest_port", 80),
            ("protocol", 6),
            ("http_status", 200),
            ("alert_severity", 3),
        ],
    );
}

#[test]
fn a_file_of_cloudtrail_is_a_row_for_each_record() {
    let record = concat!(
        r#"{"eventVersion":"1.08","eventTime":"2024-03-05T06:07:08Z","eventName":"ConsoleLogin","sourceIPAddress":"192.0.2.9","#,
        r#""userIdentity":{"type":"IAMUser","userName":"ann"},"resources":[{"ARN":"a"}]}"#
    );
    let service = r#"{"eventTime":"2024-03-05T06:07:09Z","sourceIPAddress":"ec2.amazonaws.com"}"#;
    let batch = decode("cloudtrail", &format!("{{\"Records\":[{record},{service}],\"more\":1}}"));
    assert_eq!(batch.num_rows(), 2);
    assert_eq!(
        (event_time(&batch, 0), event_time(&batch, 1)),
        (us("2024-03-05T06:07:08Z"), us("2024-03-05T06:07:09Z"))
    );
    assert_texts(&batch, &[("event_name", "ConsoleLogin"), ("source_ip", "192.0.2.9"), ("user_name", "ann")]);
    assert_eq!(text(&batch, "source_ip", 1), None, "a service is no address");
    assert_eq!(text(&batch, "source_ip_address", 1), Some("ec2.amazonaws.com"));
    assert_eq!((int64(&batch, "more", 0), int64(&batch, "more", 1)), (Some(1), None));
    for one in [
        record.to_owned(),
        format!("{{\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":{record}}}"),
    ] {
        let batch = decode("cloudtrail", &one);
        assert_texts(&batch, &[("event_name", "ConsoleLogin"), ("user_identity_type", "IAMUser")]);
        assert_eq!((batch.num_rows(), event_time(&batch, 0)), (1, us("2024-03-05T06:07:08Z")));
    }
}

#[test]
fn windows_events_of_three_shapes_have_the_same_columns() {
    let winlogbeat = concat!(
        r#"{"@timestamp":"2024-03-05T06:07:08.123Z","message":"An account was logged on.","winlog":{"channel":"Security","#,
        r#""event_id":4624,"computer_name":"WS1","provider_name":"Microsoft-Windows-Security-Auditing","record_id":7,"#,
        r#""event_data":{"TargetUserName":"ann","IpAddress":"192.0.2.9","IpPort":"50212"}}}"#
    );
    let nxlog = concat!(
        r#"{"EventTime":"2024-03-05 01:07:08","@timestamp":"2024-03-05T06:07:08.123Z","Channel":"Security","EventID":4624,"#,
        r#""Hostname":"WS1","SourceName":"Microsoft-Windows-Security-Auditing","RecordNumber":7,"TargetUserName":"ann","#,
        r#""IpAddress":"192.0.2.9","IpPort":"50212"}"#
    );
    let xml = concat!(
        r##"{"Event":{"System":{"Provider":{"@Name":"Microsoft-Windows-Security-Auditing"},"EventID":{"#text":"4624"},"##,
        r##""TimeCreated":{"#attributes":{"SystemTime":"2024-03-05T06:07:08.123000000Z"}},"EventRecordID":"7","##,
        r##""Channel":"Security","Computer":"WS1"},"EventData":{"Data":[{"@Name":"TargetUserName","#text":"ann"},"##,
        r##"{"@Name":"IpAddress","#text":"192.0.2.9"},{"#attributes":{"Name":"IpPort"},"#text":"50212"}]}}}"##
    );
    for event in [winlogbeat, nxlog, xml] {
        let batch = decode("windows", event);
        assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.123Z"), "{event}");
        assert_texts(
            &batch,
            &[
                ("channel", "Security"),
                ("hostname", "WS1"),
                ("provider_name", "Microsoft-Windows-Security-Auditing"),
                ("target_user_name", "ann"),
                ("source_ip", "192.0.2.9"),
            ],
        );
        assert_numbers(&batch, &[("event_id", 4624), ("record_id", 7), ("source_port", 50212)]);
    }
}

#[test]
fn windows_events_name_programs_and_hexadecimal_processes() {
    let batch = decode(
        "windows",
        r#"{"EventID":"4688","NewProcessName":"C:\\Windows\\System32\\sc.exe","NewProcessId":"0xc28","CommandLine":"sc config"}"#,
    );
    assert_texts(
        &batch,
        &[
            ("process_executable", "C:\\Windows\\System32\\sc.exe"),
            ("process_name", "sc.exe"),
            ("process_command_line", "sc config"),
            ("new_process_id", "0xc28"),
        ],
    );
    assert_numbers(&batch, &[("event_id", 4688), ("process_pid", 0xc28)]);
    assert!(batch.column_by_name("body_event_id").is_none(), "a number written as text is one");
}

#[test]
fn gelf_s_own_names_are_those_of_every_format() {
    let batch = decode(
        "gelf",
        concat!(
            r#"{"version":"1.1","host":"web1","short_message":"short","full_message":"long","timestamp":1709618828.5,"#,
            r#""level":3,"_user_id":9001,"_some_info":"foo"}"#
        ),
    );
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.5Z"));
    assert_texts(
        &batch,
        &[("hostname", "web1"), ("message", "short"), ("full_message", "long"), ("some_info", "foo")],
    );
    assert_numbers(&batch, &[("level", 3), ("severity", 3), ("user_id", 9001)]);
}

#[test]
fn tetragon_s_process_and_its_connection() {
    let process = concat!(
        r#""process":{"exec_id":"x","pid":52699,"uid":0,"cwd":"/","binary":"/usr/bin/curl","arguments":"https://ebpf.io","#,
        r#""pod":{"namespace":"default","name":"xwing","container":{"id":"containerd://551e161c","name":"spaceship"}}},"#,
        r#""parent":{"exec_id":"y","pid":52698,"binary":"/bin/bash"}"#
    );
    let exec = format!(
        "{{\"process_exec\":{{{process}}},\"node_name\":\"node1\",\"time\":\"2024-03-05T06:07:08.376304204Z\"}}"
    );
    let batch = decode("ebpf", &exec);
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.376304Z"));
    assert_texts(
        &batch,
        &[
            ("event_type", "process_exec"),
            ("sensor", "tetragon"),
            ("process_name", "curl"),
            ("process_executable", "/usr/bin/curl"),
            ("process_binary", "/usr/bin/curl"),
            ("process_command_line", "/usr/bin/curl https://ebpf.io"),
            ("user_id", "0"),
            ("container_id", "551e161c"),
            ("container_name", "spaceship"),
            ("pod_name", "xwing"),
            ("namespace", "default"),
            ("hostname", "node1"),
            ("parent_binary", "/bin/bash"),
        ],
    );
    assert_numbers(&batch, &[("process_pid", 52699), ("process_parent_pid", 52698)]);

    let kprobe = format!(
        concat!(
            r#"{{"process_kprobe":{{{},"function_name":"tcp_connect","args":[{{"sock_arg":{{"family":"AF_INET","protocol":"#,
            r#""IPPROTO_TCP","saddr":"10.0.0.1","daddr":"192.0.2.9","sport":40020,"dport":443}}}}]}}}}"#
        ),
        process
    );
    let connect = format!(
        concat!(
            r#"{{"process_connect":{{{},"source_ip":"10.0.0.1","source_port":40020,"destination_ip":"192.0.2.9","#,
            r#""destination_port":443,"protocol":"TCP"}}}}"#
        ),
        process
    );
    for event in [kprobe, connect] {
        let batch = decode("ebpf", &event);
        assert_texts(
            &batch,
            &[("source_ip", "10.0.0.1"), ("dest_ip", "192.0.2.9"), ("protocol_name", "tcp")],
        );
        assert_numbers(
            &batch,
            &[("source_port", 40020), ("dest_port", 443), ("protocol", 6), ("process_pid", 52699)],
        );
    }
}

#[test]
fn tracee_s_arguments_are_searched_for_a_connection() {
    let batch = decode(
        "ebpf",
        concat!(
            r#"{"timestamp":1709618828450496178,"threadStartTime":1696249856019516599,"processId":7,"hostProcessId":1014858,"#,
            r#""hostParentProcessId":1729,"userId":1000,"processName":"vlc","executable":{"path":"/usr/bin/vlc"},"#,
            r#""hostName":"rugged","container":{"id":"ab","name":"c"},"kubernetes":{"podName":"p","podNamespace":"n"},"#,
            r#""eventName":"net_packet_tcp","args":[{"name":"src","type":"const char*","value":"192.0.2.50"},"#,
            r#"{"name":"dst","value":"192.0.2.30"},{"name":"src_port","value":40020},{"name":"dst_port","value":80}]}"#
        ),
    );
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.450496Z"));
    assert_texts(
        &batch,
        &[
            ("event_type", "net_packet_tcp"),
            ("sensor", "tracee"),
            ("process_name", "vlc"),
            ("process_executable", "/usr/bin/vlc"),
            ("user_id", "1000"),
            ("hostname", "rugged"),
            ("container_id", "ab"),
            ("container_name", "c"),
            ("pod_name", "p"),
            ("namespace", "n"),
            ("source_ip", "192.0.2.50"),
            ("dest_ip", "192.0.2.30"),
        ],
    );
    assert_numbers(
        &batch,
        &[
            ("process_pid", 1_014_858),
            ("process_parent_pid", 1729),
            ("source_port", 40020),
            ("dest_port", 80),
        ],
    );
    assert!(text(&batch, "args", 0).unwrap().starts_with(r#"[{"name":"src","#));
}

#[test]
fn falco_s_output_fields_have_common_names() {
    let batch = decode(
        "ebpf",
        concat!(
            r#"{"output":"File opened","hostname":"h1","priority":"Error","rule":"Write below binary dir","#,
            r#""time":"2024-03-05T06:07:08.746609046Z","output_fields":{"evt.time":1709618828746609046,"evt.type":"openat","#,
            r#""proc.name":"touch","proc.cmdline":"touch /bin/hack","proc.pid":9,"user.name":"root","user.uid":0,"#,
            r#""container.id":"host","k8s.pod.name":null,"fd.cip":"192.0.2.1","fd.sport":443,"fd.l4proto":"udp"}}"#
        ),
    );
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.746609Z"));
    assert_texts(
        &batch,
        &[
            ("sensor", "falco"),
            ("rule", "Write below binary dir"),
            ("priority", "Error"),
            ("event_type", "openat"),
            ("process_name", "touch"),
            ("process_command_line", "touch /bin/hack"),
            ("user_name", "root"),
            ("user_id", "0"),
            ("source_ip", "192.0.2.1"),
            ("hostname", "h1"),
        ],
    );
    assert_numbers(&batch, &[("process_pid", 9), ("dest_port", 443), ("protocol", 17)]);
}

#[test]
fn kubearmor_s_process_is_a_path() {
    let batch = decode(
        "ebpf",
        concat!(
            r#"{"Timestamp":1709618828,"UpdatedTime":"2024-03-05T06:07:08.451704Z","ClusterName":"default","HostName":"ip1","#,
            r#""NamespaceName":"default","PodName":"nginx","ContainerID":"8762","ContainerName":"nginx","HostPPID":3,"HostPID":4,"#,
            r#""PPID":786,"PID":792,"UID":7,"ProcessName":"/usr/bin/apt","PolicyName":"block","Operation":"Network","#,
            r#""EventData":{"DestinationIP":"192.0.2.76","DestinationPort":"22","Protocol":"TCP","SourceIP":"192.0.2.42","#,
            r#""SourcePort":"53262"}}"#
        ),
    );
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.451704Z"));
    assert_texts(
        &batch,
        &[
            ("sensor", "kubearmor"),
            ("event_type", "Network"),
            ("process_name", "apt"),
            ("process_executable", "/usr/bin/apt"),
            ("user_id", "7"),
            ("namespace", "default"),
            ("pod_name", "nginx"),
            ("container_id", "8762"),
            ("hostname", "ip1"),
            ("dest_ip", "192.0.2.76"),
        ],
    );
    assert_numbers(
        &batch,
        &[
            ("process_pid", 4),
            ("process_parent_pid", 3),
            ("pid", 792),
            ("dest_port", 22),
            ("source_port", 53262),
        ],
    );
}

#[test]
fn inspektor_gadget_and_our_own_agent() {
    let batch = decode(
        "ebpf",
        concat!(
            r#"{"comm":"wget","dst":{"addr":"192.0.2.1","port":80,"proto":6,"version":4},"pid":447673,"uid":0,"mntns_id":40,"#,
            r#""k8s":{"containerName":"","namespace":"prod","node":"n1","podName":"mypod"},"type":"connect","#,
            r#""runtime":{"containerId":"53225e","containerName":"c1"},"src":{"addr":"172.17.0.3","port":45942,"proto":6},"#,
            r#""timestamp":"2024-03-05T01:07:08.455283441-05:00"}"#
        ),
    );
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.455283Z"));
    assert_texts(
        &batch,
        &[
            ("sensor", "inspektor_gadget"),
            ("event_type", "connect"),
            ("process_name", "wget"),
            ("container_name", "c1"),
            ("container_id", "53225e"),
            ("pod_name", "mypod"),
            ("namespace", "prod"),
            ("source_ip", "172.17.0.3"),
            ("protocol_name", "tcp"),
        ],
    );
    assert_numbers(&batch, &[("process_pid", 447_673), ("dest_port", 80)]);

    let batch = decode(
        "ebpf",
        concat!(
            r#"{"event_type":"network_connect","time":"2024-03-05T06:07:08.5Z","host":"box1","process":{"pid":7,"ppid":1,"#,
            r#""uid":1000,"name":"curl","executable":"/usr/bin/curl","command_line":"curl x","container_id":"551e161c"},"#,
            r#""network":{"protocol":"tcp","source_ip":"10.0.0.1","source_port":1,"dest_ip":"2001:db8::1","dest_port":443}}"#
        ),
    );
    assert_eq!(event_time(&batch, 0), us("2024-03-05T06:07:08.5Z"));
    assert_texts(
        &batch,
        &[
            ("sensor", "bytefreezer"),
            ("event_type", "network_connect"),
            ("hostname", "box1"),
            ("process_name", "curl"),
            ("process_executable", "/usr/bin/curl"),
            ("process_command_line", "curl x"),
            ("user_id", "1000"),
            ("container_id", "551e161c"),
            ("dest_ip", "2001:db8::1"),
        ],
    );
    assert_numbers(
        &batch,
        &[("process_pid", 7), ("process_parent_pid", 1), ("dest_port", 443), ("protocol", 6)],
    );

    let losses =
        r#"{"event_type":"agent_losses","host":"box1","agent":{"lost_events":986,"unsent_events":0}}"#;
    let batch = decode("ebpf", losses);
    assert_texts(&batch, &[("sensor", "bytefreezer"), ("hostname", "box1")]);
    assert_numbers(&batch, &[("agent_lost_events", 986)]);
}
