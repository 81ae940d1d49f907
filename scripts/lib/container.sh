# shellcheck shell=bash
# A throw-away Debian with a booted systemd, for scripts/test-system.sh.
# Sourced. Everything it starts or makes is gone when the script ends.

cache=${BYTEFREEZER_CACHE:-$repository/.cache}
suite=${BYTEFREEZER_SUITE:-$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")}
base_packages=systemd,systemd-sysv,dbus,iproute2,procps,ca-certificates,udev
base="$cache/debian-$suite"
work=''
nspawn_pid=''
init_pid=''

container_cleanup() {
    if [ -n "$init_pid" ] && kill -0 "$init_pid" 2>/dev/null; then
        kill -s RTMIN+4 "$init_pid" 2>/dev/null || true
        for _ in $(seq 100); do
            kill -0 "$nspawn_pid" 2>/dev/null || break
            sleep 0.1
        done
    fi
    if [ -n "$nspawn_pid" ] && kill -0 "$nspawn_pid" 2>/dev/null; then
        kill -KILL "$init_pid" "$nspawn_pid" 2>/dev/null || true
    fi
    [ -n "$nspawn_pid" ] && wait "$nspawn_pid" 2>/dev/null
    if [ -n "$work" ] && [ -z "${KEEP_ROOT:-}" ]; then
        rm -rf --one-file-system "$work"
    elif [ -n "$work" ]; then
        echo "the container's files are in $work/root, its console in $work/console"
    fi
}

# The mirror this machine's own apt uses, so that a local one is honoured.
apt_mirror() {
    apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
        awk -v suite="$suite" '$1 == suite { print $2; exit }'
}

# The base system is made once, under another name until it is whole.
container_base() {
    local mirror proxy
    if [ -x "$base/sbin/init" ]; then
        return
    fi
    mirror=$(apt_mirror)
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    echo "making the base system in $base (once, some 90 s)"
    mkdir -p "$cache"
    rm -rf --one-file-system "$base.partial"
    if ! http_proxy=${proxy:-${http_proxy:-}} timeout 900 debootstrap --variant=minbase \
        --include="$base_packages" "$suite" "$base.partial" "${mirror:-http://deb.debian.org/debian}" \
        >"$cache/debootstrap.log" 2>&1; then
        tail -n 20 "$cache/debootstrap.log" >&2
        echo "debootstrap failed; its whole log is $cache/debootstrap.log" >&2
        exit 1
    fi
    mv "$base.partial" "$base"
}

# container_prepare PACKAGE: a fresh copy of the base system with the package in /root.
container_prepare() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "this test boots a container: run it as root" >&2
        exit 2
    fi
    container_base
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/system-XXXXXX")
    trap container_cleanup EXIT
    trap 'exit 130' INT TERM
    cp -a --reflink=auto "$base" "$work/root"
    cp "$1" "$work/root/root/bytefreezer.deb"
    echo bytefreezer-test >"$work/root/etc/hostname"
}

# The capabilities and bpf(2) are for the agent; where this machine has none to give, its unit is skipped.
container_boot() {
    systemd-nspawn -q --register=no --keep-unit --console=pipe -D "$work/root" \
        --capability=CAP_BPF,CAP_PERFMON --system-call-filter=bpf --private-network --boot </dev/null >"$work/console" 2>&1 &
    nspawn_pid=$!
    for _ in $(seq 300); do
        init_pid=$(pgrep -P "$nspawn_pid" | head -n 1 || true)
        if [ -n "$init_pid" ] && is_booted; then
            return
        fi
        kill -0 "$nspawn_pid" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 20 "$work/console" >&2
    echo "systemd did not come up in the container" >&2
    exit 1
}

is_booted() {
    case $(inside 5 systemctl is-system-running 2>/dev/null) in
    running | degraded) return 0 ;;
    *) return 1 ;;
    esac
}

# inside SECONDS COMMAND...: runs it in the container, no longer than that.
inside() {
    local seconds=$1
    shift
    timeout --kill-after=5 "$seconds" nsenter -t "$init_pid" -a env -i \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
