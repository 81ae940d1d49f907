"""Real senders: logger, rsyslog and TLS clients send, SQL shows each message within 10 s, and the account balances."""
import collections
import os
import shutil
import socket
import ssl
import subprocess

from harness.appliance import Appliance, syslog
from harness.certificates import Authority
from harness.ports import free_port
from harness.script import Skip, run_script, wait_until

SEEN_SECONDS_MAX = 10
# Real logs, one message a line, all printable ASCII.
CORPUS_FILES = ["fail2ban/postfix/postfix.log", "wazuh-ruleset/cisco_asa/cisco_asa.log",
                "crowdsec-iptables/iptables-scan-multi-port/iptables-scan-multi-port.log"]
RSYSLOG = """
global(workDirectory="{folder}")
module(load="imfile")
input(type="imfile" file="{file}" tag="corpus:" addMetadata="off")
# Both forms of one message: inside an RFC 5424 header made by rsyslog, and the line of the log as it is.
template(name="AsItIs" type="string" string="<38>%msg%")
action(type="omfwd" target="127.0.0.1" port="{framed}" protocol="tcp" TCP_Framing="octet-counted"
       template="RSYSLOG_SyslogProtocol23Format")
action(type="omfwd" target="127.0.0.1" port="{plain}" protocol="tcp" TCP_Framing="octet-counted" template="AsItIs")
"""


class Senders:
    """One appliance with every kind of syslog input, and what was sent to it."""

    def __init__(self, script):
        self.script = script
        self.udp, self.tcp, self.tls, self.mutual_tls = (free_port() for _ in range(4))
        self.relayed, self.plain = free_port(), free_port()
        self.authority = Authority(script, "authority")
        certificate, key = self.authority.sign("server", "serverAuth")
        tls = {"certificate_file": certificate, "key_file": key}
        mutual = {**tls, "client_ca_file": self.authority.certificate, "require_client_certificate": True}
        self.appliance = Appliance(script, [
            {"dataset": "syslog", "testing": True, "inputs": [
                syslog("udp", self.udp), syslog("tcp", self.tcp), syslog("tls", self.tls, tls=tls),
                syslog("tls", self.mutual_tls, tls=mutual)]},
            {"dataset": "relayed", "testing": True, "inputs": [syslog("tcp", self.relayed)]},
            {"dataset": "plain", "testing": True, "inputs": [syslog("tcp", self.plain)]},
        ])
        self.sent = 0

    def expect(self, what, message, hostname, app_name):
        """A message was sent; SQL shows it."""
        self.sent += 1
        statement = f"select hostname, app_name, message from default.syslog where message = '{message}'"
        rows = wait_until(lambda: self.appliance.sql(statement), SEEN_SECONDS_MAX)
        expected = [{"hostname": hostname, "app_name": app_name, "message": message}]
        self.script.check_equal(what, rows, expected)

    def logger(self, what, message, *options, hostname):
        if not shutil.which("logger"):
            self.script.skip_part(f"no logger for: {what}")
            return
        subprocess.run(["logger", "--server", "127.0.0.1", *options, "--tag", "e2e", message], check=True, timeout=20)
        self.expect(what, message, hostname, "e2e")

    def over_tls(self, port, message, certificate=None, authority=None, highest=None, refused=False):
        """Sends a message octet-counted (RFC 5425); what the peer says to it, as text: empty when nothing."""
        context = ssl.create_default_context(cafile=(authority or self.authority).certificate)
        if highest:
            context.maximum_version = highest
        else:
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        if certificate:
            context.load_cert_chain(*certificate)
        framed = f"{len(message)} {message}".encode()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=15) as plain, \
                    context.wrap_socket(plain, server_hostname="127.0.0.1") as stream:
                stream.sendall(framed)
                if refused:
                    # In TLS 1.3 a refusal comes after the client's side of the handshake, as an alert to be read.
                    stream.recv(1)
                # Half closed: the peer ends the connection once it has read all, or told why it does not.
                stream.unwrap().close()
        except (ssl.SSLError, ConnectionError) as error:
            return str(error) or type(error).__name__
        except TimeoutError:
            pass
        return ""


def message_of(text, hostname="tls.example.net"):
    return f"<38>1 2026-11-21T10:00:00Z {hostname} e2e 1 - - {text}"


def logger_sends(senders):
    full = socket.gethostname()
    short = full.split(".")[0]
    udp, tcp = ("--port", str(senders.udp)), ("--port", str(senders.tcp), "--tcp")
    senders.logger("logger as in the README: RFC 5424 over UDP", "hello", *udp, "--rfc5424", hostname=full)
    senders.logger("logger: RFC 3164 over UDP", "hello 3164", *udp, "--udp", "--rfc3164", hostname=short)
    senders.logger("logger: octet-counted TCP, RFC 5424", "hello counted", *tcp, "--octet-count", "--rfc5424",
                   hostname=full)
    senders.logger("logger: octet-counted TCP, RFC 3164", "hello counted 3164", *tcp, "--octet-count", "--rfc3164",
                   hostname=short)
    senders.logger("logger: TCP with line breaks", "hello lines", *tcp, "--rfc5424", hostname=full)


def lines_over_tcp(senders):
    messages = [message_of(f"line {number}", "tcp.example.net") for number in range(3)]
    with socket.create_connection(("127.0.0.1", senders.tcp), timeout=15) as stream:
        # The last one has no line break: the end of the stream ends it.
        stream.sendall("\n".join(messages).encode())
    for number in range(3):
        senders.expect(f"TCP with line breaks, message {number} of one connection", f"line {number}",
                       "tcp.example.net", "e2e")


def tls_sends(senders):
    script, authority = senders.script, senders.authority
    certificate = authority.sign("sender", "clientAuth")
    strange = Authority(script, "stranger").sign("sender", "clientAuth")

    senders.over_tls(senders.tls, message_of("tls without certificate"))
    senders.expect("TLS 1.3 without a client certificate", "tls without certificate", "tls.example.net", "e2e")
    senders.over_tls(senders.mutual_tls, message_of("tls with certificate"), certificate)
    senders.expect("TLS 1.3 with a client certificate", "tls with certificate", "tls.example.net", "e2e")
    subprocess.run(
        [authority.openssl, "s_client", "-connect", f"127.0.0.1:{senders.tls}", "-CAfile", authority.certificate,
         "-tls1_3", "-verify_return_error", "-quiet", "-no_ign_eof"],
        input=(message_of("tls by s_client") + "\n").encode(), check=True, capture_output=True, timeout=20)
    senders.expect("openssl s_client, a line over TLS 1.3", "tls by s_client", "tls.example.net", "e2e")

    port = senders.mutual_tls
    refused = {
        "a sender without a certificate": senders.over_tls(port, message_of("refused"), refused=True),
        "a certificate of an unknown authority":
            senders.over_tls(port, message_of("refused"), strange, refused=True),
        "TLS 1.2": senders.over_tls(senders.tls, message_of("refused"), highest=ssl.TLSVersion.TLSv1_2),
    }
    for what, answer in refused.items():
        script.check(f"TLS refuses {what}", answer, "the connection ended as if all were well")


def corpora():
    folder = os.environ.get("BYTEFREEZER_CORPORA") or os.path.join(
        os.path.dirname(__file__), "..", "..", "..", "shared", "corpora")
    if not os.path.isdir(os.path.join(folder, "syslog")):
        raise Skip("no corpora")
    return os.path.join(folder, "syslog")


def rsyslog_relays(senders):
    """rsyslog reads real logs and forwards them by omfwd."""
    script = senders.script
    try:
        folder = corpora()
    except Skip as reason:
        script.skip_part(f"{reason} for rsyslog to forward")
        return
    if not shutil.which("rsyslogd"):
        script.skip_part("no rsyslogd")
        return
    lines = []
    for name in CORPUS_FILES:
        with open(os.path.join(folder, name)) as log:
            lines += log.read().splitlines()
    work = script.make_folder("rsyslog")
    with open(os.path.join(work, "real.log"), "w") as log:
        log.write("\n".join(lines) + "\n")
    config = os.path.join(work, "rsyslog.conf")
    with open(config, "w") as out:
        out.write(RSYSLOG.format(folder=work, file=os.path.join(work, "real.log"), framed=senders.relayed,
                                 plain=senders.plain))
    script.start(["rsyslogd", "-n", "-f", config, "-i", os.path.join(work, "pid")], "rsyslog.log")

    def rows(dataset):
        return senders.appliance.sql(f"select hostname, app_name, message from default.{dataset}")

    relayed = wait_for_rows(rows, "relayed", len(lines))
    script.check("rsyslog, RFC 5424 by omfwd: every line of the log once, as it is",
                 collections.Counter(row["message"] for row in relayed) == collections.Counter(lines),
                 f"{len(relayed)} rows of {len(lines)} lines")
    # rsyslog may give the host's name with its domain or without.
    found = {(row["hostname"].split(".")[0], row["app_name"]) for row in relayed}
    script.check_equal("rsyslog, RFC 5424 by omfwd: host and tag are rsyslog's", found,
                       {(socket.gethostname().split(".")[0], "corpus")})
    plain = wait_for_rows(rows, "plain", len(lines))
    script.check_equal("rsyslog, lines as they are by omfwd: a row for each", len(plain), len(lines))
    script.check("the lines of the postfix log have their own host and program",
                 {("xxx", "postfix/smtpd"), ("saturn", "postfix/smtpd")}
                 <= {(row["hostname"], row["app_name"]) for row in plain},
                 sorted({(str(row["hostname"]), str(row["app_name"])) for row in plain})[:40])
    for dataset in ("relayed", "plain"):
        account = senders.appliance.wait_until_stored(len(lines), SEEN_SECONDS_MAX, dataset)
        script.check_equal(f"account of {dataset}", (account["received"], account["stored"], account["imbalance"]),
                           (len(lines), len(lines), 0))


def wait_for_rows(rows, dataset, count):
    found = []

    def look():
        found[:] = rows(dataset)
        return len(found) >= count

    wait_until(look, SEEN_SECONDS_MAX)
    return found


def main(script):
    senders = Senders(script)
    senders.appliance.start()
    logger_sends(senders)
    lines_over_tcp(senders)
    tls_sends(senders)
    rsyslog_relays(senders)
    account = senders.appliance.wait_until_stored(senders.sent)
    script.check_equal("received and stored are what was sent, and the account balances",
                       (account["received"], account["stored"], account["imbalance"]),
                       (senders.sent, senders.sent, 0))
    senders.appliance.stop_well()


if __name__ == "__main__":
    run_script(main)
