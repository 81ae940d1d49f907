//! Nagios and its relatives.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    ("NAGIOSTIME", r"\[%{NUMBER:timestamp|nagios_epoch}\]"),
    // What stands between two semicolons.
    ("NAGIOS_ITEM", r"[^;]*"),
    ("NAGIOS_HOST", r"%{NAGIOS_ITEM:[host][hostname]|nagios_hostname}"),
    ("NAGIOS_SERVICE", r"%{NAGIOS_ITEM:[service][name]|nagios_service}"),
    ("NAGIOS_STATE", r"%{NAGIOS_ITEM:[service][state]|nagios_state}"),
    ("NAGIOS_STATE_TYPE", r"%{NAGIOS_ITEM:[nagios][log][state_type]|nagios_statetype}"),
    ("NAGIOS_ATTEMPT", r"%{NAGIOS_ITEM:[nagios][log][attempt]|nagios_statecode:int}"),
    ("NAGIOS_MESSAGE", r"%{GREEDYDATA:message|nagios_message}"),
    (
        "NAGIOS_HOST_STATE",
        r"(?<[nagios][log][type]|nagios_type>(?:CURRENT|INITIAL) HOST STATE|HOST ALERT): %{NAGIOS_HOST};%{NAGIOS_STATE};%{NAGIOS_STATE_TYPE};%{NAGIOS_ATTEMPT};%{NAGIOS_MESSAGE}",
    ),
    (
        "NAGIOS_SERVICE_STATE",
        r"(?<[nagios][log][type]|nagios_type>(?:CURRENT|INITIAL) SERVICE STATE|SERVICE ALERT): %{NAGIOS_HOST};%{NAGIOS_SERVICE};%{NAGIOS_STATE};%{NAGIOS_STATE_TYPE};%{NAGIOS_ATTEMPT};%{NAGIOS_MESSAGE}",
    ),
    (
        "NAGIOS_HOST_NOTIFICATION",
        r"(?<[nagios][log][type]|nagios_type>HOST NOTIFICATION): %{NAGIOS_ITEM:[user][name]|nagios_notifyname};%{NAGIOS_HOST};%{NAGIOS_STATE};%{NAGIOS_ITEM:[nagios][log][notification_command]|nagios_contact};%{NAGIOS_MESSAGE}",
    ),
    (
        "NAGIOS_SERVICE_NOTIFICATION",
        r"(?<[nagios][log][type]|nagios_type>SERVICE NOTIFICATION): %{NAGIOS_ITEM:[user][name]|nagios_notifyname};%{NAGIOS_HOST};%{NAGIOS_SERVICE};%{NAGIOS_STATE};%{NAGIOS_ITEM:[nagios][log][notification_command]|nagios_contact};%{NAGIOS_MESSAGE}",
    ),
    (
        "NAGIOS_FLAPPING",
        r"(?<[nagios][log][type]|nagios_type>HOST (?:FLAPPING|DOWNTIME) ALERT): %{NAGIOS_HOST};%{NAGIOS_STATE};%{NAGIOS_MESSAGE}|(?<[nagios][log][type]|nagios_type>SERVICE (?:FLAPPING|DOWNTIME) ALERT): %{NAGIOS_HOST};%{NAGIOS_SERVICE};%{NAGIOS_STATE};%{NAGIOS_MESSAGE}",
    ),
    (
        "NAGIOS_EVENT_HANDLER",
        r"(?<[nagios][log][type]|nagios_type>HOST EVENT HANDLER): %{NAGIOS_HOST};%{NAGIOS_STATE};%{NAGIOS_STATE_TYPE};%{NAGIOS_ATTEMPT};%{NAGIOS_ITEM:[nagios][log][event_handler_name]|nagios_event_handler_name}|(?<[nagios][log][type]|nagios_type>SERVICE EVENT HANDLER): %{NAGIOS_HOST};%{NAGIOS_SERVICE};%{NAGIOS_STATE};%{NAGIOS_STATE_TYPE};%{NAGIOS_ATTEMPT};%{NAGIOS_ITEM:[nagios][log][event_handler_name]|nagios_event_handler_name}",
    ),
    (
        "NAGIOS_PASSIVE_CHECK",
        r"(?<[nagios][log][type]|nagios_type>PASSIVE HOST CHECK): %{NAGIOS_HOST};%{NAGIOS_STATE};%{NAGIOS_ITEM:[nagios][log][comment]|nagios_comment}|(?<[nagios][log][type]|nagios_type>PASSIVE SERVICE CHECK): %{NAGIOS_HOST};%{NAGIOS_SERVICE};%{NAGIOS_STATE};%{NAGIOS_ITEM:[nagios][log][comment]|nagios_comment}",
    ),
    (
        "NAGIOS_TIMEPERIOD_TRANSITION",
        r"(?<[nagios][log][type]|nagios_type>TIMEPERIOD TRANSITION): %{NAGIOS_SERVICE};%{NAGIOS_ITEM:[nagios][log][period_from]|nagios_unknown1:int};%{NAGIOS_ITEM:[nagios][log][period_to]|nagios_unknown2:int}",
    ),
    (
        "NAGIOS_DOWNTIME_SPAN",
        r"%{NUMBER:[nagios][log][start_time]|nagios_start_time};%{NUMBER:[nagios][log][end_time]|nagios_end_time};%{NUMBER:[nagios][log][fixed]|nagios_fixed};%{NUMBER:[nagios][log][trigger_id]|nagios_trigger_id};%{NUMBER:[nagios][log][duration]|nagios_duration:int};%{NAGIOS_ITEM:[user][name]|author};%{NAGIOS_ITEM:[nagios][log][comment]|comment}",
    ),
    (
        "NAGIOS_COMMAND",
        r"(?<[nagios][log][command]|nagios_command>SCHEDULE_(?:HOST|HOST_SVC)_DOWNTIME);%{NAGIOS_HOST};%{NAGIOS_DOWNTIME_SPAN}|(?<[nagios][log][command]|nagios_command>SCHEDULE_SVC_DOWNTIME);%{NAGIOS_HOST};%{NAGIOS_SERVICE};%{NAGIOS_DOWNTIME_SPAN}|(?<[nagios][log][command]|nagios_command>PROCESS_SERVICE_CHECK_RESULT);%{NAGIOS_HOST};%{NAGIOS_SERVICE};%{NAGIOS_STATE};%{GREEDYDATA:[nagios][log][check_result]|nagios_check_result}|(?<[nagios][log][command]|nagios_command>PROCESS_HOST_CHECK_RESULT);%{NAGIOS_HOST};%{NAGIOS_STATE};%{GREEDYDATA:[nagios][log][check_result]|nagios_check_result}|(?<[nagios][log][command]|nagios_command>(?:EN|DIS)ABLE_SVC_(?:CHECK|NOTIFICATIONS));%{NAGIOS_HOST};%{NAGIOS_SERVICE}|(?<[nagios][log][command]|nagios_command>(?:EN|DIS)ABLE_HOST_(?:(?:SVC_)?CHECKS?|(?:SVC_)?NOTIFICATIONS));%{NAGIOS_HOST}|%{WORD:[nagios][log][command]|nagios_command}",
    ),
    (
        "NAGIOS_EXTERNAL_COMMAND",
        r"(?<[nagios][log][type]|nagios_type>EXTERNAL COMMAND): (?:%{NAGIOS_COMMAND})",
    ),
    ("NAGIOS_WARNING", r"(?<[nagios][log][type]|nagios_type>Warning): %{NAGIOS_MESSAGE}"),
    (
        "NAGIOSLOGLINE",
        r"%{NAGIOSTIME} (?:%{NAGIOS_HOST_STATE}|%{NAGIOS_SERVICE_STATE}|%{NAGIOS_HOST_NOTIFICATION}|%{NAGIOS_SERVICE_NOTIFICATION}|%{NAGIOS_FLAPPING}|%{NAGIOS_EVENT_HANDLER}|%{NAGIOS_PASSIVE_CHECK}|%{NAGIOS_TIMEPERIOD_TRANSITION}|%{NAGIOS_EXTERNAL_COMMAND}|%{NAGIOS_WARNING})",
    ),
];
