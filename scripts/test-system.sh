#!/usr/bin/env bash
# Installs the Debian package in a booted systemd and uses it the way an operator
# does: syslog to port 514, SQL, reload, crash, split roles, upgrade, removal, purge.
#
#   scripts/test-system.sh PACKAGE.deb
#
# It needs root and the right to create namespaces; it touches nothing outside its
# own container. BYTEFREEZER_CACHE (default .cache) keeps the base system between
# runs; BYTEFREEZER_SUITE names the Debian release (default: that of this machine);
# KEEP_ROOT=1 leaves the container's files for a look.
#
# Prints a line for each check, PASS or FAIL (or SKIP with the reason), and
# "N passed, N failed" at the end.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
source "$repository/scripts/lib/container.sh"

if [ $# -ne 1 ] || [ ! -f "$1" ]; then
    echo "usage: $0 PACKAGE.deb (make deb builds it)" >&2
    exit 2
fi
package=$1

config=/etc/bytefreezer/bytefreezer.yaml
state=/var/lib/bytefreezer
table=default.syslog
# How long an event may take from the socket to an answer of SQL.
visible_seconds=${BYTEFREEZER_VISIBLE_SECONDS:-60}

passed=0
failed=0

# check NAME COMMAND...: runs the command, counts, and shows what a failure said.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "PASS $name"
        passed=$((passed + 1))
        return
    fi
    echo "FAIL $name"
    sed 's/^/     /' <<<"$output" | tail -n 15
    failed=$((failed + 1))
}

skip() { echo "SKIP $1: $2"; }

equals() {
    if [ "$1" != "$2" ]; then
        echo "got '$1', wanted '$2'"
        return 1
    fi
}

property() { inside 10 systemctl show --property="$2" --value "$1"; }
unit_is() { equals "$(property "$1" "$2")" "$3"; }
main_pid() { property "$1" MainPID; }

# status_field PID FIELD: a line of /proc/PID/status.
status_field() { inside 5 sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

sql() { inside 30 bytefreezer sql --config "$config" --format csv "$1"; }

# count_is MESSAGE N: so many stored rows have exactly this message. Waits.
count_is() {
    local query="select count(*) as n from $table where message = '$1'" answer='' deadline
    deadline=$((SECONDS + visible_seconds))
    while [ $SECONDS -lt $deadline ]; do
        answer=$(sql "$query" 2>&1 | tail -n 1) || true
        if [ "$answer" = "$2" ]; then
            return 0
        fi
        sleep 0.5
    done
    echo "after $visible_seconds s the answer is '$answer', wanted '$2'"
    return 1
}

send() { inside 10 logger --server 127.0.0.1 --port 514 "$@"; }

pid_changes() {
    local unit=$1 old=$2 try
    for try in $(seq 60); do
        if [ "$(main_pid "$unit")" != "$old" ] && [ "$(property "$unit" ActiveState)" = active ]; then
            return 0
        fi
        sleep 0.5
    done
    echo "after 30 s (try $try) $unit has pid $(main_pid "$unit"), was $old"
    return 1
}

install_package() { inside 180 dpkg --force-confold -i /root/bytefreezer.deb; }

listens_on_514() {
    inside 5 ss -H -lun 'sport = 514' | grep -q . || { echo "nothing on udp 514"; return 1; }
    inside 5 ss -H -ltn 'sport = 514' | grep -q . || { echo "nothing on tcp 514"; return 1; }
}

# The unit's own view of the file system, entered with its process.
cannot_write_to() {
    local pid answer
    pid=$(main_pid "$1")
    answer=$(inside 5 nsenter --target "$pid" --mount touch "$2/written-by-test" 2>&1) || true
    echo "touch said: '$answer'"
    [[ $answer == *"Read-only file system"* ]]
}

locked_memory_is() {
    equals "$(inside 5 sed -n 's/^Max locked memory *\([0-9a-z]*\).*/\1/p' "/proc/$1/limits")" "$2"
}

exposure_is_low() { inside 20 systemd-analyze security --no-pager --threshold=20 "$1"; }

http_ok() {
    inside 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$1 && printf 'GET $2 HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3 && head -n 1 <&3" |
        grep ' 200'
}

test_installation() {
    echo "# installation"
    check "the package installs" install_package
    check "the unit is active (it said READY=1)" unit_is bytefreezer.service ActiveState active
    check "the unit is Type=notify" unit_is bytefreezer.service Type notify
    check "the unit starts at boot" unit_is bytefreezer.service UnitFileState enabled
    check "the single roles are off" unit_is bytefreezer-proxy.service UnitFileState disabled
    check "the watchdog is armed" unit_is bytefreezer.service WatchdogUSec 30s
    check "the agent is off" unit_is bytefreezer-agent.service UnitFileState disabled
    check "and does not run" unit_is bytefreezer-agent.service ActiveState inactive
    check "the unit files verify" inside 30 systemd-analyze verify --man=no bytefreezer.service \
        bytefreezer-proxy.service bytefreezer-query.service bytefreezer-receiver.service bytefreezer-piper.service \
        bytefreezer-packer.service bytefreezer-agent.service bytefreezer.target
    check "the shipped configuration validates" inside 10 bytefreezer validate "$config"
    check "the man page is there" inside 5 test -s /usr/share/man/man1/bytefreezer.1.gz
    check "completions are there" inside 5 test -s /usr/share/bash-completion/completions/bytefreezer
    check "the configuration is not for everybody" \
        equals "$(inside 5 stat -c '%U:%G %a' "$config")" "root:bytefreezer 640"
}

test_sandbox() {
    local pid unit
    pid=$(main_pid bytefreezer.service)
    echo "# sandbox"
    check "it runs as bytefreezer" equals "$(inside 5 ps -o user:32= -p "$pid")" bytefreezer
    check "it has CAP_NET_BIND_SERVICE and CAP_NET_ADMIN only" \
        equals "$(status_field "$pid" CapEff)" 0000000000001400
    check "it cannot gain privileges" equals "$(status_field "$pid" NoNewPrivs)" 1
    check "system calls are filtered" equals "$(status_field "$pid" Seccomp)" 2
    check "it listens on port 514, udp and tcp" listens_on_514
    check "it cannot write to /etc" cannot_write_to bytefreezer.service /etc
    check "it cannot write to /usr" cannot_write_to bytefreezer.service /usr
    if prlimit --memlock=4294967296:4294967296 true 2>/dev/null; then
        check "it may pin 4 GiB for its rings" locked_memory_is "$pid" 4294967296
    else
        skip "it may pin 4 GiB for its rings" "this machine does not let root raise the limit (CAP_SYS_RESOURCE)"
    fi
    for unit in bytefreezer bytefreezer-{proxy,query,receiver,piper,packer,agent}; do
        check "exposure of $unit is at most 2.0" exposure_is_low $unit.service
    done
}

test_syslog() {
    echo "# syslog to SQL"
    inside 5 sed -i 's/# testing: true/testing: true/' "$config"
    check "the changed configuration validates" inside 10 bytefreezer validate "$config"
    check "it restarts with it" inside 130 systemctl restart bytefreezer.service
    check "sends RFC 5424 over udp" send --udp --rfc5424 "udp 5424"
    check "sends RFC 3164 over udp" send --udp --rfc3164 "udp 3164"
    check "sends RFC 5424 over tcp, by newline" send --tcp --rfc5424 "tcp newline"
    check "sends RFC 5424 over tcp, octet-counted" send --tcp --octet-count --rfc5424 "tcp counted"
    check "SQL shows RFC 5424 over udp" count_is "udp 5424" 1
    check "SQL shows RFC 3164 over udp" count_is "udp 3164" 1
    check "SQL shows tcp by newline" count_is "tcp newline" 1
    check "SQL shows tcp octet-counted" count_is "tcp counted" 1
    check "readyz answers" http_ok 8008 /readyz
    check "query answers" http_ok 8000 /healthz
}

test_reload_and_crash() {
    local pid
    echo "# reload and crash"
    pid=$(main_pid bytefreezer.service)
    check "systemctl reload succeeds" inside 30 systemctl reload bytefreezer.service
    sleep 1
    check "reload keeps the process" equals "$(main_pid bytefreezer.service)" "$pid"
    check "it is active after the reload" unit_is bytefreezer.service ActiveState active
    check "sends after the reload" send --tcp --rfc5424 "after reload"
    check "SQL shows it" count_is "after reload" 1

    # In the log (its window is 100 ms), and not necessarily in a stored file yet.
    check "sends before the crash" send --tcp --rfc5424 "before crash"
    sleep 0.5
    check "kill -9" inside 5 kill -KILL "$pid"
    check "systemd starts it again" pid_changes bytefreezer.service "$pid"
    check "what was stored is still there, once" count_is "udp 5424" 1
    check "what was in the log is there, once" count_is "before crash" 1
    check "sends after the crash" send --tcp --rfc5424 "after crash"
    check "SQL shows it" count_is "after crash" 1

    check "it stops on SIGTERM" inside 130 systemctl stop bytefreezer.service
    check "the stop was clean" unit_is bytefreezer.service Result success
    check "exit status 0" unit_is bytefreezer.service ExecMainStatus 0
    check "it starts again" inside 130 systemctl start bytefreezer.service
}

test_wrong_configuration() {
    echo "# wrong configuration"
    inside 5 cp -p "$config" /root/good.yaml
    inside 5 sh -c "echo 'no_such_key: 1' >> $config"
    check "a wrong key is refused" not inside 60 systemctl restart bytefreezer.service
    sleep 2
    check "and not tried again and again" unit_is bytefreezer.service ActiveState failed
    inside 5 cp -p /root/good.yaml "$config"
    check "it starts when that is mended" inside 130 systemctl restart bytefreezer.service
}

not() {
    if "$@"; then
        echo "succeeded, should have failed"
        return 1
    fi
}

test_split_roles() {
    local pid unit
    echo "# single roles"
    check "the all-in-one is disabled" inside 130 systemctl disable --now bytefreezer.service
    check "proxy and query are enabled" \
        inside 130 systemctl enable --now bytefreezer-proxy.service bytefreezer-query.service
    check "proxy is active" unit_is bytefreezer-proxy.service ActiveState active
    check "query is active" unit_is bytefreezer-query.service ActiveState active
    check "query has no capability" \
        equals "$(status_field "$(main_pid bytefreezer-query.service)" CapEff)" 0000000000000000
    check "query cannot write to the lake" cannot_write_to bytefreezer-query.service "$state"
    check "port 514 is the proxy's" listens_on_514
    check "sends to the proxy" send --tcp --rfc5424 "split roles"
    check "SQL shows it" count_is "split roles" 1
    check "readyz of the proxy answers" http_ok 8008 /readyz
    check "query answers" http_ok 8000 /healthz

    check "the roles of the staged route are enabled" inside 130 systemctl enable --now \
        bytefreezer-receiver.service bytefreezer-piper.service bytefreezer-packer.service
    for unit in receiver piper packer; do
        check "$unit is active" unit_is "bytefreezer-$unit.service" ActiveState active
        check "$unit has no capability" \
            equals "$(status_field "$(main_pid "bytefreezer-$unit.service")" CapEff)" 0000000000000000
    done
    check "readyz of the receiver answers" http_ok 8081 /readyz
    check "readyz of the piper answers" http_ok 8082 /readyz
    check "readyz of the packer answers" http_ok 8083 /readyz

    pid=$(main_pid bytefreezer-proxy.service)
    check "an upgrade installs" install_package
    check "it restarts the proxy" pid_changes bytefreezer-proxy.service "$pid"
    check "and the query" unit_is bytefreezer-query.service ActiveState active
    check "and leaves the all-in-one off" unit_is bytefreezer.service ActiveState inactive

    check "stopping the target stops the roles" stop_target
    check "the target starts them again" inside 130 systemctl start bytefreezer.target
    check "the proxy is back" unit_is bytefreezer-proxy.service ActiveState active
    check "the all-in-one takes their place" inside 130 systemctl start bytefreezer.service
    check "the proxy gave way" unit_is bytefreezer-proxy.service ActiveState inactive
    check "the query gave way" unit_is bytefreezer-query.service ActiveState inactive
    check "the receiver gave way" unit_is bytefreezer-receiver.service ActiveState inactive
    inside 30 systemctl disable --quiet bytefreezer-{proxy,query,receiver,piper,packer}.service
    inside 30 systemctl enable --quiet bytefreezer.service
}

# As a service of the container: what `inside` runs has the capabilities of this machine's root.
as_service() { inside 60 systemd-run --quiet --wait --pipe --collect "$@"; }

test_agent() {
    local unit=bytefreezer-agent.service answer pid
    echo "# agent"
    check "without capabilities it says which it lacks" agent_explains \
        "lacks CAP_BPF and CAP_PERFMON" -p CapabilityBoundingSet=
    check "without bpf(2) it says that it is forbidden" agent_explains \
        "forbids it although the capabilities are there" -p SystemCallFilter=~bpf -p SystemCallErrorNumber=EPERM
    if ! answer=$(as_service bytefreezer agent ebpf --check 2>&1); then
        skip "the agent looks at the kernel" "$answer"
        inside 60 systemctl start $unit || true
        check "its unit does not run where it cannot" not unit_is $unit ActiveState active
        return
    fi
    check "the agent starts" inside 60 systemctl start $unit
    check "it is active (it said READY=1)" unit_is $unit ActiveState active
    pid=$(main_pid $unit)
    check "it has CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE only" \
        equals "$(status_field "$pid" CapEff)" 000000c000080000
    check "it is not the user bytefreezer" not equals "$(inside 5 ps -o user:32= -p "$pid")" bytefreezer
    check "an upgrade installs" install_package
    check "it restarts the agent" pid_changes $unit "$pid"
    check "it stops" inside 60 systemctl stop $unit
    check "the stop was clean" unit_is $unit Result success
}

# agent_explains REASON PROPERTIES...: with these properties of a service the agent refuses, for this reason, in a line.
agent_explains() {
    local reason=$1 answer
    shift
    if answer=$(as_service "$@" bytefreezer agent ebpf --check 2>&1); then
        echo "it did not refuse: $answer"
        return 1
    fi
    echo "it said: $answer"
    [ "$(wc -l <<<"$answer")" -eq 1 ] && [[ $answer == *"$reason"*": "* ]]
}

stop_target() {
    inside 130 systemctl stop bytefreezer.target
    unit_is bytefreezer-proxy.service ActiveState inactive
    unit_is bytefreezer-query.service ActiveState inactive
}

test_upgrade_and_removal() {
    local pid
    echo "# upgrade, removal, purge"
    inside 5 sh -c "echo '# a line of the administrator' >> $config"
    pid=$(main_pid bytefreezer.service)
    check "the package installs over itself" install_package
    check "the new version runs" pid_changes bytefreezer.service "$pid"
    check "the administrator's configuration stands" inside 5 grep -q 'line of the administrator' "$config"

    check "the package is removed" inside 180 dpkg -r bytefreezer
    check "nothing runs any more" not inside 5 pgrep -x bytefreezer
    check "removal keeps the events" inside 5 sh -c "test -n \"\$(ls -A $state)\""
    check "removal keeps the configuration" inside 5 test -s "$config"

    check "the package comes back" install_package
    check "the old events answer" count_is "udp 5424" 1

    check "the package is purged" inside 180 dpkg --purge bytefreezer
    check "purge removes the events" not inside 5 test -e "$state"
    check "purge removes the configuration" not inside 5 test -e /etc/bytefreezer
    check "purge removes the units" not inside 5 systemctl cat bytefreezer.service
    check "no unit failed" equals "$(inside 10 systemctl list-units --failed --no-legend 'bytefreezer*')" ""
}

show_journal() { inside 10 journalctl --no-pager -n 200 -u 'bytefreezer*' | sed 's/^/     /' || true; }

container_prepare "$package"
container_boot
test_installation
test_sandbox
test_syslog
test_reload_and_crash
test_wrong_configuration
test_split_roles
test_agent
test_upgrade_and_removal
if [ $failed -gt 0 ]; then
    echo "# journal of the units"
    show_journal
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
