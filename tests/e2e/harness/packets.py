"""Packets and capture files, made here: nothing of them comes from anywhere else."""
import ipaddress
import struct

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
SYN, FIN, PSH, ACK = 2, 1, 8, 16
ETHERNET = b"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01"
ETHERTYPES = {4: 0x0800, 6: 0x86DD}


def checksum(data):
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def transport(protocol, source_port, dest_port, flags, payload):
    """Header and payload, with a checksum of 0: those who count packets do not look at it."""
    if protocol == TCP:
        return struct.pack("!HHIIBBHHH", source_port, dest_port, 1, 1, 0x50, flags, 8192, 0, 0) + payload
    if protocol == UDP:
        return struct.pack("!HHHH", source_port, dest_port, 8 + len(payload), 0) + payload
    kind = 8 if protocol == ICMP else 128
    return struct.pack("!BBHHH", kind, 0, 0, 1, 1) + payload


def frame(source, dest, protocol, source_port=0, dest_port=0, flags=0, payload_bytes=0):
    """An Ethernet frame with an IP packet."""
    source, dest = ipaddress.ip_address(source), ipaddress.ip_address(dest)
    body = transport(protocol, source_port, dest_port, flags, b"x" * payload_bytes)
    if source.version == 4:
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0, source.packed, dest.packed)
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    else:
        header = struct.pack("!IHBB16s16s", 6 << 28, len(body), protocol, 64, source.packed, dest.packed)
    return ETHERNET + struct.pack("!H", ETHERTYPES[source.version]) + header + body


def write_capture(path, frames, start):
    """A pcap file of frames a millisecond apart, from `start` (seconds since 1970) on."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for index, data in enumerate(frames):
            seconds, milliseconds = divmod(index, 1000)
            out.write(struct.pack("<IIII", int(start) + seconds, milliseconds * 1000, len(data), len(data)) + data)
