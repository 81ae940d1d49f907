"""One run against one receiver, from its start to its removal; a row of figures for each."""
import time

from . import sender, settings
from .accounting import kernel_drops
from .receivers import ByteFreezer, FlowByteFreezer, Nfcapd, Rsyslog

POLL_SECONDS = 0.2
STORE_SECONDS_MAX = 120
STILL_SECONDS = 2


def row_of(receiver, transport, asked, sent, seconds, drops):
    """What each run is asked for, whatever it went to."""
    used, foreign = receiver.meter.process_s(), receiver.meter.foreign_s()
    return {"receiver": receiver.name, "transport": transport, "asked_per_s": asked, "sent": sent["events"],
            "sent_per_s": sent["rate"], "sent_bytes": sent["bytes"], "sender_seconds": sent["seconds"],
            "late_ms": sent["late_ms"], "sender_cpu_s": sent["cpu_s"], "kernel_drops": drops,
            "cpu_s": round(used, 2), "seconds": round(seconds, 2), "foreign_share": round(foreign / seconds, 3)}


def finished(row, stored, peak_memory_mib):
    """The same with what follows from the events stored."""
    row.update(stored=stored, lost_share=round(1 - stored / max(1, row["sent"]), 6), peak_memory_mib=peak_memory_mib,
               cpu_us_per_event=round(row["cpu_s"] * 1e6 / max(1, stored), 3), valid=is_valid(row))
    return row


def is_valid(row):
    """Whether the circumstances were such that the run counts. See settings.py."""
    if row["foreign_share"] > settings.FOREIGN_SHARE_MAX:
        return False
    if not row["asked_per_s"]:
        return True
    return row["sent_per_s"] >= settings.RATE_SHARE_MIN * row["asked_per_s"] and row["late_ms"] <= settings.LATE_MS_MAX


def watch_storing(receiver, load, begun):
    """Polls the account until all that was sent is accounted for and stored. Returns when `stored` changed, and how far."""
    steps, last, ended = [], 0, None
    while True:
        time.sleep(POLL_SECONDS)
        now, account = time.monotonic(), receiver.ledger()
        if account["stored"] != last:
            last = account["stored"]
            steps.append((now - begun, last))
        if load.is_at_work():
            continue
        ended = ended or now
        in_flight = account.get("in_flight", 0)
        if (in_flight == 0 and now - ended > STILL_SECONDS) or now - ended > STORE_SECONDS_MAX:
            return steps, account


def steady_rate(steps, until):
    """Events stored a second between the first and the last closing of files while the load went on."""
    during = [step for step in steps if step[0] <= until]
    if len(during) < 3:
        return None
    (from_s, from_events), (to_s, to_events) = during[0], during[-1]
    return round((to_events - from_events) / (to_s - from_s))


def bytefreezer(transport, seconds, rate=0, options=(), base=None, load=None):
    """A run against ByteFreezer. `load` starts another sender than one of syslog."""
    receiver = ByteFreezer(base)
    try:
        begun = time.monotonic()
        at_work = load(receiver) if load else sender.syslog(transport, receiver.port(transport), seconds, rate, options)
        steps, account = watch_storing(receiver, at_work, begun)
        sent = at_work.report()
        drops = kernel_drops(receiver.udp) if transport == "udp" else 0
        row = row_of(receiver, transport, rate, sent, time.monotonic() - begun, drops)
        peak = receiver.stop()
        rows = receiver.rows_in_files()
    finally:
        if receiver.process.poll() is None:
            receiver.process.kill()
        receiver.clean()
    row.update(received=account["received"], dropped=account["dropped"], imbalance=account["imbalance"], rows_in_files=rows,
               stored_per_s=steady_rate(steps, sent["seconds"]), closings=len(steps), ready_ms=round(receiver.ready_ms),
               http={name: sent[name] for name in sent if name.startswith(("ack", "unack", "answers", "unanswered"))})
    if row["stored_per_s"] is None and steps:
        row["stored_per_s"] = round(steps[-1][1] / steps[-1][0])
    return finished(row, account["stored"], peak)


def rsyslog(transport, seconds, rate=0, options=()):
    """A run against rsyslog. Stored is what stands in its file when that stands still."""
    receiver = Rsyslog(transport)
    try:
        begun = time.monotonic()
        at_work = sender.syslog(transport, receiver.port(transport), seconds, rate, options)
        size, grown = -1, begun
        while at_work.is_at_work() or time.monotonic() - grown < STILL_SECONDS:
            time.sleep(0.05)
            if receiver.written_bytes() != size:
                size, grown = receiver.written_bytes(), time.monotonic()
        sent = at_work.report()
        drops = kernel_drops(receiver.number) if transport == "udp" else 0
        row = row_of(receiver, transport, rate, sent, time.monotonic() - begun, drops)
        peak = receiver.stop()
        stored = receiver.rows()
    finally:
        if receiver.process.poll() is None:
            receiver.process.kill()
        receiver.clean()
    row["stored_per_s"] = round(stored / max(0.001, grown - begun))
    return finished(row, stored, peak)


# The question that both are asked of what they stored.
TOP_SQL = "select source_ip, sum(bytes) as total from default.flows group by source_ip order by total desc limit 10"
TOP_NFDUMP = ("-s", "srcip/bytes", "-n", "10", "-o", "csv")


def flows(receiver_name, kind, seconds, rate):
    """A run of flow datagrams against ByteFreezer or nfcapd, and a question about what it stored."""
    is_ours = receiver_name == "bytefreezer"
    receiver = FlowByteFreezer() if is_ours else Nfcapd()
    try:
        begun = time.monotonic()
        at_work = sender.flows(kind, receiver.udp, seconds, rate)
        if is_ours:
            _, account = watch_storing(receiver, at_work, begun)
        else:
            sent = at_work.report()
            time.sleep(STILL_SECONDS)
        sent = at_work.report() if is_ours else sent
        drops = kernel_drops(receiver.udp)
        row = row_of(receiver, "udp", rate, sent, time.monotonic() - begun, drops)
        peak = receiver.stop()
        stored = receiver.flows()
        cpu_s, wall_s, _ = receiver.ask(TOP_SQL) if is_ours else receiver.ask(*TOP_NFDUMP)
    finally:
        if receiver.process.poll() is None:
            receiver.process.kill()
        receiver.clean()
    # A flow is what is counted here, not a datagram.
    row.update(flow_format=kind, sent_datagrams=row["sent"], sent=sent["records"],
               flows_per_s=round(sent["records"] / sent["seconds"]), imbalance=account["imbalance"] if is_ours else None)
    row = finished(row, stored, peak)
    row.update(cpu_s_per_million=round(row["cpu_s"] * 1e6 / max(1, stored), 3),
               top_cpu_s_per_million=round(cpu_s * 1e6 / max(1, stored), 3), top_wall_s=round(wall_s, 3))
    return row
