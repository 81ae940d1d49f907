//! What a configuration file may say, and what is answered when it says something else.

use std::path::Path;

use bytefreezer_core::config::{
    AutoWord, ByteSize, Config, ConfigErrors, Cpus, DelimitedHeader, Framing, HttpMode, InputConfig,
    StorageConfig, Surroundings, Transport,
};
use hotpath::decode::Format;

fn load(text: &str) -> Result<Config, ConfigErrors> {
    load_with(text, None)
}

fn load_with(text: &str, data_dir: Option<&Path>) -> Result<Config, ConfigErrors> {
    let variable = |name: &str| match name {
        "PORT" => Some("6514".to_owned()),
        "ROWS" => Some("77".to_owned()),
        "TOKEN" => Some("hunter2".to_owned()),
        _ => None,
    };
    let surroundings = Surroundings { variable: &variable, hostname: "Edge01.Example.NET".to_owned() };
    Config::from_yaml(text, "c.yaml", data_dir, &surroundings)
}

#[test]
fn an_empty_file_works() {
    let config = load("").unwrap();
    assert_eq!(config.instance, "edge01-example-net");
    assert_eq!(config.data_dir, Path::new("./data"));
    let StorageConfig::Folder(folder) = &config.storage else { panic!("{:?}", config.storage) };
    assert_eq!(folder.path, Path::new("./data/lake"));
    assert_eq!(config.shards.cpus, Cpus::Auto(AutoWord::Auto));
    assert_eq!(config.health.listen.to_string(), "127.0.0.1:8008");

    let dataset = &config.datasets[0];
    assert_eq!((dataset.tenant.as_str(), dataset.dataset.as_str()), ("default", "syslog"));
    assert_eq!(dataset.event_format().name(), "syslog");
    assert!(dataset.testing);
    assert_eq!(dataset.file_age_max().as_secs(), 2);
}

#[test]
fn by_itself_it_takes_in_every_kind_that_there_is_a_decoder_for() {
    let mut found = Vec::new();
    for dataset in load("").unwrap().datasets {
        for input in &dataset.inputs {
            let format = input.implied_format().unwrap();
            assert_eq!(dataset.event_format(), format);
            found.push((
                dataset.dataset.clone(),
                input.kind(),
                input.transport(),
                input.listen().to_string(),
            ));
        }
    }
    let expected = [
        ("syslog", "syslog", Transport::Udp, "0.0.0.0:5514"),
        ("syslog", "syslog", Transport::Tcp, "0.0.0.0:5514"),
        ("netflow", "netflow", Transport::Udp, "0.0.0.0:2055"),
        ("netflow", "ipfix", Transport::Udp, "0.0.0.0:4739"),
        ("sflow", "sflow", Transport::Udp, "0.0.0.0:6343"),
        ("ebpf", "ebpf", Transport::Udp, "0.0.0.0:2056"),
        ("http", "http", Transport::Tcp, "127.0.0.1:8088"),
        ("http", "http", Transport::Tcp, "127.0.0.1:8088"),
        ("http", "http", Transport::Tcp, "127.0.0.1:8088"),
    ];
    let has_decoder = |dataset: &str| dataset == "http" || dataset.parse::<Format>().is_ok();
    let expected: Vec<_> = expected
        .into_iter()
        .filter(|(dataset, ..)| has_decoder(dataset))
        .map(|(dataset, kind, transport, listen)| (dataset.to_owned(), kind, transport, listen.to_owned()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_key_without_a_value_is_as_if_it_were_not_there() {
    assert_eq!(load("shards:\nquery:\n  rows_max:\ndatasets: ~\n").unwrap(), load("").unwrap());
}

#[test]
fn the_data_directory_of_the_command_line_wins() {
    let config = load_with("data_dir: /a\n", Some(Path::new("/b"))).unwrap();
    assert_eq!(config.data_dir, Path::new("/b"));
    let StorageConfig::Folder(folder) = &config.storage else { panic!("{:?}", config.storage) };
    assert_eq!(folder.path, Path::new("/b/lake"));
}

const EVERYTHING: &str = r#"
instance: edge-1
data_dir: /var/lib/bytefreezer
log: {format: json, level: debug}
shards:
  cpus: [0, 1]
  log_flush_interval_ms: 50
  log_segment_bytes: 128 MiB
  log_disk_bytes_max: 5GiB
storage:
  type: s3
  endpoint: https://s3.example.net:9000
  bucket: lake
  prefix: site-1
  access_key: 0123
  secret_key: {env: TOKEN}
  create_bucket: true
datasets:
  - dataset: firewall
    tenant: acme
    format: cef
    timezone: Europe/Berlin
    keep_raw: true
    json: {time_field: meta.when}
    delimited: {columns: [when, who], delimiter: ";", header: absent}
    flow: {sampling_overrides: [{exporter: 192.0.2.0/24, rate: 100}, {exporter: "2001:db8::1", rate: 1}]}
    parquet: {file_bytes_max: 1048576, file_age_max_seconds: 60, zstd_level: 3}
    filters:
      - {type: drop, config: {condition: "action == 'deny'"}}
    inputs:
      - {type: syslog, transport: udp, listen: "0.0.0.0:${PORT}"}
      - type: syslog
        transport: tls
        listen: 0.0.0.0:${PORT}
        framing: octet-counted
        tls: {certificate_file: /c.pem, key_file: /k.pem, client_ca_file: /ca.pem, require_client_certificate: true}
      - {type: http, listen: "[::]:8080", token: "${TOKEN}"}
      - type: http
        listen: "[::]:8080"
        path: /hook
        signature: {secret: {env: TOKEN}, prefix: ""}
        headers: [X-GitHub-Event]
      - {type: http, listen: "[::]:8080", mode: splunk_hec, token: "${TOKEN}", max_unpacked_bytes: 1 MiB}
      - type: tcp
        listen: 0.0.0.0:5170
        framing: newline
        max_connections: 7
        tls: {certificate_file: /c.pem, key_file: /k.pem}
      - {type: udp, listen: 0.0.0.0:5170}
      - type: ipfix
        transport: tls
        listen: 0.0.0.0:4739
        tls: {certificate_file: /c.pem, key_file: /k.pem}
      - {type: ebpf, transport: tcp, listen: 0.0.0.0:2056, max_message_bytes: 256 KiB}
      - {type: netflow, listen: 0.0.0.0:2055}
      - {type: sflow, listen: 0.0.0.0:6343}
query: {rows_max: "${ROWS}", timeout_seconds: "${SECONDS:-5}"}
"#;

#[test]
fn everything_that_can_be_set_is_taken() {
    let config = load(EVERYTHING).unwrap();
    let StorageConfig::S3(s3) = &config.storage else { panic!("{:?}", config.storage) };
    assert_eq!((s3.access_key.expose(), s3.secret_key.expose()), ("0123", "hunter2"));
    assert!(s3.path_style && s3.create_bucket);
    let dataset = &config.datasets[0];
    assert_eq!(dataset.time_zone(), chrono_tz::Europe::Berlin);
    assert_eq!(dataset.event_format().name(), "cef");
    assert_eq!(dataset.file_age_max().as_secs(), 60);
    assert_eq!(dataset.json.time_field.as_deref(), Some("meta.when"));
    assert_eq!(dataset.delimited.columns, ["when", "who"]);
    assert_eq!(dataset.delimited.delimiter_byte(), Some(b';'));
    assert_eq!(dataset.delimited.header, DelimitedHeader::Absent);
    let networks: Vec<String> =
        dataset.flow.sampling_overrides.iter().map(|one| one.network().unwrap().to_string()).collect();
    assert_eq!(networks, ["192.0.2.0/24", "2001:db8::1/128"]);
    assert_eq!(dataset.filters[0].config["condition"], "action == 'deny'");
    assert_eq!(dataset.inputs[0].listen().port(), 6514);
    let InputConfig::Http(http) = &dataset.inputs[2] else { panic!("{:?}", dataset.inputs) };
    assert_eq!((http.mode, http.base_path()), (HttpMode::Events, "/ingest/acme/firewall"));
    assert_eq!(http.max_body_bytes, ByteSize::mebibytes(10));
    let InputConfig::Http(webhook) = &dataset.inputs[3] else { panic!("{:?}", dataset.inputs) };
    let signature = webhook.signature.as_ref().unwrap();
    assert_eq!((signature.header.as_str(), signature.prefix.as_str()), ("X-Hub-Signature-256", ""));
    assert_eq!(signature.secret.expose(), "hunter2");
    assert_eq!(
        (webhook.base_path(), webhook.headers.as_slice()),
        ("/hook", &["X-GitHub-Event".to_owned()][..])
    );
    let InputConfig::Http(hec) = &dataset.inputs[4] else { panic!("{:?}", dataset.inputs) };
    assert_eq!((hec.mode, hec.base_path()), (HttpMode::SplunkHec, ""));
    let InputConfig::Tcp(tcp) = &dataset.inputs[5] else { panic!("{:?}", dataset.inputs) };
    assert_eq!((tcp.framing, tcp.connections.max_connections), (Framing::Newline, 7));
    let ways: Vec<Transport> = dataset.inputs[5..].iter().map(InputConfig::transport).collect();
    assert_eq!(
        ways,
        [Transport::Tls, Transport::Udp, Transport::Tls, Transport::Tcp, Transport::Udp, Transport::Udp]
    );
    assert_eq!((config.query.rows_max, config.query.timeout_seconds), (77, 5));
    assert_eq!(config.shards.log_disk_bytes_max, ByteSize::gibibytes(5));
}

#[test]
fn the_effective_configuration_can_be_loaded_and_shows_no_secret() {
    let config = load(EVERYTHING).unwrap();
    let effective = config.effective_yaml().unwrap();
    assert!(!effective.contains("hunter2") && !effective.contains("0123"), "{effective}");
    assert!(effective.contains("***"), "{effective}");
    assert!(!format!("{config:?}").contains("hunter2"));
    let again = load(&effective).unwrap();
    assert_eq!(again.effective_yaml().unwrap(), effective);
    assert_eq!(again.datasets[0].filters, config.datasets[0].filters);
}

/// A dataset with two HTTP inputs on one address; each has one more key.
fn two_http(first: &str, second: &str) -> String {
    let input = |more| format!("      - {{type: http, listen: \"0.0.0.0:80\", {more}}}\n");
    format!("datasets:\n  - dataset: d\n    inputs:\n{}{}", input(first), input(second))
}

/// A dataset with one input; `input` is put into that.
fn with_input(input: &str) -> String {
    format!("datasets:\n  - dataset: d\n    inputs:\n      - {input}\n")
}

#[test]
fn every_mistake_has_its_place_its_reason_and_advice() {
    let table: Vec<(String, &[&str])> = vec![
        (
            "instanze: x\n".into(),
            &["c.yaml:1:1: instanze: unknown key `instanze`; did you mean `instance`?"],
        ),
        (
            "log:\n  colour: red\n".into(),
            &["c.yaml:2:3: log.colour: unknown key `colour`; known here: `format`, `level`"],
        ),
        (
            with_input("{type: syslog, transprot: udp, listen: \"0.0.0.0:514\"}"),
            &[
                "c.yaml:4:9: datasets[0].inputs[0]: key `transport` is missing; add `transport:`",
                "c.yaml:4:24: datasets[0].inputs[0].transprot: unknown key `transprot`; did you mean `transport`?",
            ],
        ),
        (
            with_input("{type: syslog, transport: upd, listen: \"0.0.0.0:514\"}"),
            &["c.yaml:4:35: datasets[0].inputs[0].transport: `upd` is not known here; did you mean `udp`?"],
        ),
        (
            with_input("{type: sislog, transport: udp, listen: \"0.0.0.0:514\"}"),
            &["c.yaml:4:16: datasets[0].inputs[0].type: `sislog` is not known here; did you mean `syslog`?"],
        ),
        (
            with_input("{transport: udp}"),
            &["c.yaml:4:9: datasets[0].inputs[0]: key `type` is missing; add `type:` with one of `syslog`, `netflow`, `ipfix`, `sflow`, `udp`, `tcp`, `ebpf`, `http`"],
        ),
        (
            with_input("{type: syslog, transport: udp, listen: 514}"),
            &[concat!(
                "c.yaml:4:48: datasets[0].inputs[0].listen: `514` is not an address and port; ",
                "write `0.0.0.0:514`"
            )],
        ),
        (
            with_input("{type: syslog, transport: tls, listen: \"0.0.0.0:6514\"}"),
            &[concat!(
                "c.yaml:4:9: datasets[0].inputs[0]: `transport: tls` needs a certificate; ",
                "add `tls:` with `certificate_file` and `key_file`"
            )],
        ),
        (
            with_input("{type: syslog, transport: tcp, listen: \"0.0.0.0:514\", tls: {certificate_file: a, key_file: b}}"),
            &[concat!(
                "c.yaml:4:68: datasets[0].inputs[0].tls: `tls` is only for `transport: tls`; ",
                "write `transport: tls`, or remove the key"
            )],
        ),
        (
            with_input(concat!(
                "{type: syslog, transport: tls, listen: \"0.0.0.0:514\", ",
                "tls: {certificate_file: a, key_file: b, require_client_certificate: yes}}"
            )),
            &[concat!(
                "c.yaml:4:131: datasets[0].inputs[0].tls.require_client_certificate: ",
                "expected true or false, found the text `yes`; write `true`"
            )],
        ),
        (
            with_input("{type: netflow, listen: \"0.0.0.0:2055\", framing: newline}"),
            &["c.yaml:4:49: datasets[0].inputs[0].framing: unknown key `framing`; known here: `type`, `listen`"],
        ),
        (
            with_input("{type: udp}"),
            &["c.yaml:4:9: datasets[0].inputs[0]: key `listen` is missing; add `listen:`"],
        ),
        (
            format!("{}    format: syslog\n", with_input("{type: ebpf, transport: tls, listen: \"0.0.0.0:2056\"}")),
            &[concat!(
                "c.yaml:4:9: datasets[0].inputs[0]: `transport: tls` needs a certificate; ",
                "add `tls:` with `certificate_file` and `key_file`"
            )],
        ),
        (
            concat!(
                "datasets:\n  - dataset: a\n    inputs:\n      - {type: syslog, transport: udp, listen: \"0.0.0.0:514\"}\n",
                "      - {type: http, listen: \"0.0.0.0:80\", mode: splunk_hec, headers: [A], signature: {secret: x}}\n",
                "    format: syslog\n"
            )
            .into(),
            &[
                concat!(
                    "c.yaml:5:71: datasets[0].inputs[1].headers: headers are only kept with `mode: events`; ",
                    "remove the key, or write `mode: events`"
                ),
                concat!(
                    "c.yaml:5:87: datasets[0].inputs[1].signature: senders of this mode do not sign their requests; ",
                    "remove the key, or write `mode: events`"
                ),
            ],
        ),
        (
            two_http("path: /x", "path: /x"),
            &[concat!(
                "c.yaml:5:50: datasets[0].inputs[1].path: datasets[0].inputs[0] shares 0.0.0.0:80 and takes the same path; ",
                "choose another path or another port"
            )],
        ),
        (
            two_http("mode: elasticsearch", "path: /logs/_bulk"),
            &[concat!(
                "c.yaml:5:50: datasets[0].inputs[1].path: datasets[0].inputs[0] shares 0.0.0.0:80 and takes the same path; ",
                "choose another path or another port"
            )],
        ),
        (
            two_http("path: /x", "max_connections: 3"),
            &[concat!(
                "c.yaml:5:61: datasets[0].inputs[1].max_connections: datasets[0].inputs[0] shares 0.0.0.0:80 and has ",
                "another `max_connections`; give both the same, or choose another port"
            )],
        ),
        (
            two_http("path: /x", "tls: {certificate_file: c, key_file: k}"),
            &[concat!(
                "c.yaml:5:49: datasets[0].inputs[1].tls: datasets[0].inputs[0] shares 0.0.0.0:80 and has another `tls`; ",
                "give both the same, or choose another port"
            )],
        ),
        (
            with_input("{type: http, listen: \"127.0.0.1:80\", headers: [\"X: y\"]}"),
            &["c.yaml:4:56: datasets[0].inputs[0].headers[0]: `X: y` is not the name of a header; as in `X-GitHub-Event`"],
        ),
        (
            with_input("{type: http, listen: \"127.0.0.1:8008\"}"),
            &[concat!(
                "c.yaml:4:30: datasets[0].inputs[0].listen: 127.0.0.1:8008 (tcp) is already taken by health ",
                "(127.0.0.1:8008); choose another port"
            )],
        ),
        (
            "datasets:\n  - dataset: a\n    inputs: [{type: syslog, transport: udp, listen: \"127.0.0.1:514\"}]\n  - dataset: b\n    inputs: [{type: syslog, transport: udp, listen: \"0.0.0.0:514\"}]\n".into(),
            &[concat!(
                "c.yaml:5:53: datasets[1].inputs[0].listen: 0.0.0.0:514 (udp) is already taken by ",
                "datasets[0].inputs[0] (127.0.0.1:514); choose another port"
            )],
        ),
        (
            "datasets:\n  - {dataset: a}\n  - {dataset: a}\n".into(),
            &[concat!(
                "c.yaml:3:5: datasets[1]: the dataset `default/a` is already defined at datasets[0]; ",
                "put the inputs of both into one, or rename one"
            )],
        ),
        (
            "datasets:\n  - {dataset: Fire Wall}\n".into(),
            &[concat!(
                "c.yaml:2:15: datasets[0].dataset: `Fire Wall` is not a name: a-z, 0-9, _ and - are allowed (no --), ",
                "with a letter or digit at both ends, 64 characters at most; as in `fire-wall`"
            )],
        ),
        (
            "datasets:\n  - {dataset: a, timezone: Europe/Berln}\n".into(),
            &["c.yaml:2:28: datasets[0].timezone: `Europe/Berln` is not an iana time zone; did you mean `Europe/Berlin`?"],
        ),
        (
            "datasets:\n  - {dataset: a, format: syslg}\n".into(),
            &["c.yaml:2:26: datasets[0].format: `syslg` is not known here; did you mean `syslog`?"],
        ),
        (
            "datasets:\n  - {dataset: a, flow: {sampling_overrides: [{exporter: edge, rate: 0}]}}\n".into(),
            &[
                concat!(
                    "c.yaml:2:57: datasets[0].flow.sampling_overrides[0].exporter: `edge` is not an address or a ",
                    "network; as in `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/32`"
                ),
                "c.yaml:2:69: datasets[0].flow.sampling_overrides[0].rate: 0 is out of bounds; from 1 to 4294967295 is allowed",
            ],
        ),
        (
            "datasets:\n  - {dataset: a, delimited: {delimiter: '||'}}\n".into(),
            &[concat!(
                "c.yaml:2:41: datasets[0].delimited.delimiter: `||` cannot stand between two fields; ",
                "one ASCII character, as in `;` or `\\t`, that is no quote and ends no line"
            )],
        ),
        (
            "receiver: {listen: 0.0.0.0:8080, anonymous: true}\n".into(),
            &[
                "c.yaml:1:45: receiver.anonymous: 0.0.0.0:8080 can be reached from other machines; set `receiver.tokens`, or listen on 127.0.0.1",
            ],
        ),
        (
            "datasets:\n  dataset: a\n".into(),
            &["c.yaml:2:3: datasets: expected a list, found keys and values"],
        ),
        (
            "query:\n  rows_max: many\n".into(),
            &["c.yaml:2:13: query.rows_max: expected a whole number, found the text `many`"],
        ),
        (
            "query:\n  rows_max: 0\n".into(),
            &["c.yaml:2:13: query.rows_max: 0 is out of bounds; from 1 to 10000000 is allowed"],
        ),
        (
            "query:\n  timeout_seconds: 1.5\n".into(),
            &["c.yaml:2:20: query.timeout_seconds: expected a whole number, found `1.5`"],
        ),
        (
            "query: {listen: \"0.0.0.0:8000\"}\n".into(),
            &[concat!(
                "c.yaml:1:17: query.listen: 0.0.0.0:8000 can be reached from other machines, and there is no token; ",
                "set `query.token`, or listen on 127.0.0.1"
            )],
        ),
        (
            "shards: {block_pool_bytes: 1 KiB}\n".into(),
            &["c.yaml:1:28: shards.block_pool_bytes: 1 KiB is out of bounds; 8 MiB or more is allowed"],
        ),
        (
            "shards: {block_pool_bytes: 1 parsec}\n".into(),
            &[concat!(
                "c.yaml:1:28: shards.block_pool_bytes: `1 parsec` is not a size; ",
                "write a whole number of bytes or one with a unit, as in `64 MiB`"
            )],
        ),
        (
            "shards:\n  log_disk_bytes_max: 256 MiB\n".into(),
            &[concat!(
                "c.yaml:2:23: shards.log_disk_bytes_max: 256 MiB is less than four segments of the log; ",
                "raise it, or lower log_segment_bytes (256 MiB)"
            )],
        ),
        (
            "shards: {cpus: all}\n".into(),
            &["c.yaml:1:16: shards.cpus: `all` is not known here; one of `auto`"],
        ),
        (
            "shards: {cpus: [0, 1, 0]}\n".into(),
            &["c.yaml:1:23: shards.cpus[2]: cpu 0 is given twice; remove one of them"],
        ),
        (
            "shards: {cpus: {a: 1}}\n".into(),
            &["c.yaml:1:16: shards.cpus: expected `auto` or a list, found keys and values"],
        ),
        (
            "storage: {type: s3, bucket: lake, access_key: a, secret_key: {env: NOTHING}}\n".into(),
            &[
                "c.yaml:1:10: storage: key `endpoint` is missing; add `endpoint:`",
                "c.yaml:1:62: storage.secret_key: the variable `NOTHING` of the environment is not set; set it",
            ],
        ),
        (
            "log:\n  level: ${LEVEL}\n".into(),
            &[
                concat!(
                    "c.yaml:2:10: log.level: the variable `LEVEL` of the environment is not set; ",
                    "set it, or write `${LEVEL:-otherwise}`"
                ),
            ],
        ),
        (
            // An empty variable does not leave the token out, which would let anybody in.
            "query: {listen: \"127.0.0.1:0\", token: \"${NOTHING:-}\"}\n".into(),
            &["c.yaml:1:39: query.token: the secret is empty; give it a value, or remove the key"],
        ),
        (
            "query:\n  token: ${NOTHING:-}\n".into(),
            &["c.yaml:2:10: query.token: the secret is empty; give it a value, or remove the key"],
        ),
        (
            "log: {level: info}\nlog: {level: warn}\n".into(),
            &["c.yaml:2:1: key `log` is given twice, the first time in line 1; remove one of them"],
        ),
        ("a: &x 1\nb: *x\n".into(), &["c.yaml:2:4: yaml aliases (`*name`) are not supported here; write the value out"]),
        ("log: !!map {}\n".into(), &["c.yaml:1:6: yaml tags (`!name`) are not supported here; remove the tag"]),
        ("instance: a\n---\ninstance: b\n".into(), &["c.yaml:3:1: the file has more than one document; keep one, without `---` after it"]),
        ("- a\n".into(), &["c.yaml:1:1: expected keys and values, found a list"]),
    ];
    let mut differences = String::new();
    for (text, expected) in table {
        let errors = load(&text).expect_err(&text);
        let found: Vec<String> = errors.problems.iter().map(ToString::to_string).collect();
        if found != expected {
            differences.push_str(&format!("{text}expected {expected:#?}\nfound {found:#?}\n"));
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn inputs_that_bring_different_formats_need_different_datasets_or_a_word() {
    let mixed = "datasets:
  - dataset: d
    inputs:
      - {type: syslog, transport: udp, listen: 0.0.0.0:514}
      - {type: netflow, listen: 0.0.0.0:2055}
";
    let errors = load(mixed).unwrap_err();
    let [problem] = errors.problems.as_slice() else { panic!("{errors}") };
    assert_eq!((problem.path.as_str(), problem.location.unwrap().line), ("datasets[0].inputs[1].type", 5));
    let suggestion = problem.suggestion.as_deref().unwrap();
    assert!(suggestion.contains("`format`"), "{errors}");
    let dataset = load(&format!("{mixed}    format: syslog\n")).unwrap().datasets.remove(0);
    assert_eq!(dataset.event_format(), Format::SYSLOG);
    let alone = "datasets: [{dataset: d, inputs: [{type: syslog, transport: udp, listen: 0.0.0.0:514}]}]";
    assert_eq!(load(alone).unwrap().datasets[0].format, Some(Format::SYSLOG));
    assert_eq!(load("datasets: [{dataset: d}]").unwrap().datasets[0].event_format(), Format::SYSLOG);
}

#[test]
fn http_inputs_share_an_address_when_their_paths_tell_them_apart() {
    let pairs = [
        ("path: /x", "path: /y"),
        ("path: /x", "mode: splunk_hec"),
        ("mode: elasticsearch", "mode: splunk_hec"),
        ("mode: elasticsearch", "mode: elasticsearch, path: /b"),
    ];
    for (first, second) in pairs {
        assert!(
            load(&two_http(first, second)).is_ok(),
            "{first}, {second}: {:?}",
            load(&two_http(first, second))
        );
    }
}

#[test]
fn what_is_not_yaml_is_said_with_its_place() {
    let errors = load("log:\n  level: [info\nquery: {}\n").unwrap_err().to_string();
    assert!(errors.starts_with("c.yaml:3:") && errors.contains("not valid yaml"), "{errors}");
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = "log: {level: loud}\nshards: {log_flush_interval_ms: 0}\nquery: {rowsmax: 1}\n";
    let errors = load(text).unwrap_err();
    let lines: Vec<usize> = errors.problems.iter().filter_map(|p| p.location).map(|l| l.line).collect();
    assert_eq!(lines, [1, 2, 3]);
}

#[test]
fn a_flood_of_mistakes_is_cut() {
    let text: String = (0..250).map(|number| format!("wrong_{number}: 1\n")).collect();
    let errors = load(&text).unwrap_err();
    assert_eq!((errors.problems.len(), errors.further), (100, 150));
    assert!(errors.to_string().ends_with("and 150 more"));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_name() {
    let errors = Config::load(Some(Path::new("/nonexistent/c.yaml")), None).unwrap_err().to_string();
    assert!(errors.starts_with("/nonexistent/c.yaml: cannot read the configuration"), "{errors}");
}

#[test]
fn the_configuration_of_the_package_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/deb/bytefreezer.yaml");
    let config = Config::load(Some(&path), None).unwrap();
    assert_eq!(config.data_dir, Path::new("/var/lib/bytefreezer"));
    assert_eq!(config.datasets[0].file_age_max().as_secs(), 1200);
}

#[test]
fn several_listeners_may_ask_for_a_free_port() {
    let text = "health: {listen: \"127.0.0.1:0\"}\nquery: {listen: \"127.0.0.1:0\"}\n";
    assert!(load(text).is_ok());
}
