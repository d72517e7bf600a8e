#!/usr/bin/env python3
"""A connection through which one segment comes that lies outside the window.

stray-segment.py serve ADDRESS PORT: accepts one connection, sends the stray segment beside it, then says "hello".
stray-segment.py connect ADDRESS PORT: prints what it read, or how the connection ended.
"""
import socket, struct, sys, time

mode, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET

def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

def serve():
    raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
    listener = socket.create_server((address, port), family=family)
    print("listening", flush=True)
    connection, peer = listener.accept()
    connection.recv(5)
    raw.settimeout(2)
    # The last segment with data says where the client stands.
    while True:
        packet = raw.recv(4096)
        if family == socket.AF_INET:
            packet = packet[(packet[0] & 15) * 4:]
        source, destination, sequence, acknowledged, offset = struct.unpack("!HHIIB", packet[:13])
        length = len(packet) - (offset >> 4) * 4
        if (source, destination) == (peer[1], port) and length > 0:
            break
    segment = struct.pack(
        "!HHIIBBHHH", port, peer[1], (acknowledged + 10_000_000) & 0xFFFFFFFF, (sequence + length) & 0xFFFFFFFF, 5 << 4,
        0x18, 512, 0, 0) + b"junk"
    pseudo = socket.inet_pton(family, address) + socket.inet_pton(family, peer[0])
    pseudo += struct.pack("!BBH", 0, 6, len(segment)) if family == socket.AF_INET else struct.pack(
        "!II", len(segment), 6)
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    raw.sendto(segment, (peer[0], 0))
    time.sleep(0.3)
    try:
        connection.sendall(b"hello")
        print("sent", flush=True)
        time.sleep(0.2)
    except OSError as error:
        print(error.strerror, flush=True)

def connect():
    connection = socket.create_connection((address, port), timeout=3)
    connection.sendall(b"hello")
    try:
        print(connection.recv(5).decode() or "end", flush=True)
    except OSError as error:
        print(error, flush=True)

serve() if mode == "serve" else connect()
