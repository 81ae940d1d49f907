//! Windows events as JSON: by Winlogbeat, by NXLog, and as the XML of an event turned into JSON.

use crate::decode::json::profile::{Common, Profile, address, integer, program, protocol, text};

/// See `docs/protocols/windows.md`.
pub(in crate::decode::json) const WINDOWS: Profile = Profile {
    // NXLog's `EventTime` has no zone, where Logstash behind it has one.
    times: &["time_created_system_time", "timestamp", "time_created"],
    transparent: &[
        "winlog",
        "event_data",
        "user_data",
        "Event",
        "System",
        "EventData",
        "UserData",
        "ExtraEventData",
        // The attributes of an element of the XML.
        ".#attributes",
        ".@attributes",
        ".$",
    ],
    named_lists: &["Data"],
    common: COMMON,
    ..Profile::JSON
};

#[rustfmt::skip]
const COMMON: &[Common] = &[
    integer("event_id", "event_id"),
    integer("event_id_text", "event_id"),
    integer("event_id_value", "event_id"),
    integer("event_code", "event_id"),
    integer("record_id", "record_id"),
    integer("event_record_id", "record_id"),
    integer("record_number", "record_id"),
    text("source_name", "provider_name"),
    text("computer", "hostname"),
    text("computer_name", "hostname"),
    address("ip_address", "source_ip"),
    address("source_ip", "source_ip"),
    address("source_address", "source_ip"),
    integer("ip_port", "source_port"),
    integer("source_port", "source_port"),
    address("destination_ip", "dest_ip"),
    address("dest_address", "dest_ip"),
    integer("destination_port", "dest_port"),
    integer("dest_port", "dest_port"),
    protocol("protocol"),
    program("new_process_name"),
    program("image"),
    text("command_line", "process_command_line"),
    integer("new_process_id", "process_pid"),
    integer("parent_process_id", "process_parent_pid"),
];
