#!/usr/bin/env python3
"""Both ends of the scenarios' connections.

probe.py serve NAME   answers TCP and UDP on 8080 and 8081, and an SCTP INIT on any port, with NAME and the client's address
probe.py probe PORT   reads lines of six words: ID PROTO FROM|- TO PORT EXPECTED|-, with the names of those that should answer,
                      separated by commas; runs all of them at once and prints a line for each: ID and what came of it, which is
                      NAME<SOURCE for each that answered, or how it was refused: refused, icmp-port, eperm, timeout

Each connection comes from a new socket, whose port nobody else has taken to the same target: PORT and those behind it, so that
no connection of an earlier run is taken for it. They go on until all that should answer have, 60 at most.
"""
import contextlib, errno, ipaddress, os, socket, struct, sys, threading, time

SCTP = 132
TIMEOUT = 1.2
raw = threading.Lock()

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF

def sctp(source, target, tag, kind, body):
    """A packet with one chunk: INIT (1) or INIT-ACK (2)."""
    chunk = struct.pack("!BBH", kind, 0, 20 + len(body)) + struct.pack("!IIHHI", 0x5A5A5A5A, 65536, 1, 1, 1) + body
    head = struct.pack("!HHI", source, target, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk

def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET

def text(address):
    ip = ipaddress.ip_address(address.split("%")[0])
    return str(getattr(ip, "ipv4_mapped", None) or ip)

# --- serve

def serve(name):
    def answer(address):
        return f"{name} {text(address)}".encode()

    def tcp(listener):
        while True:
            connection, peer = listener.accept()
            try:
                with connection:
                    connection.sendall(answer(peer[0]))
            except OSError:
                pass

    def udp_socket(kind, port):
        server = socket.socket(kind, socket.SOCK_DGRAM)
        # The answer must come from the address that was asked.
        level, option = (socket.IPPROTO_IP, 8) if kind == socket.AF_INET else (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO)
        if kind == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.setsockopt(level, option, 1)
        server.bind(("", port))
        return server

    def udp(server):
        while True:
            _, ancillary, _, peer = server.recvmsg(64, 256)
            for message_level, message_type, data in ancillary:
                if server.family == socket.AF_INET:
                    data = struct.pack("i", 0) + data[4:8] + bytes(4)
                server.sendmsg([answer(peer[0])], [(message_level, message_type, data)], 0, peer)
                break

    def sctp_server(server):
        while True:
            packet, peer = server.recvfrom(2048)
            if server.family == socket.AF_INET:
                packet = packet[(packet[0] & 15) * 4:]
            if len(packet) < 32 or packet[12] != 1:
                continue
            source, target = struct.unpack("!HH", packet[:4])
            tag = struct.unpack("!I", packet[16:20])[0]
            said = answer(peer[0])
            parameter = struct.pack("!HH", 0x8000, 4 + len(said)) + said + bytes(-len(said) % 4)
            try:
                server.sendto(sctp(target, source, tag, 2, parameter), (peer[0], 0))
            except OSError:
                pass

    kinds, ports = (socket.AF_INET, socket.AF_INET6), (8080, 8081)
    jobs = [(tcp, socket.create_server(("::", p), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)) for p in ports]
    jobs += [(udp, udp_socket(kind, port)) for kind in kinds for port in ports]
    jobs += [(sctp_server, socket.socket(kind, socket.SOCK_RAW, SCTP)) for kind in kinds]
    print("listening", flush=True)
    threads = [threading.Thread(target=job, args=(server,)) for job, server in jobs]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

# --- probe

taken, taking = {}, threading.Lock()

def source_port(proto, target, port):
    with taking:
        key = (proto, target, port)
        taken[key] = taken.get(key, int(sys.argv[2]) - 1) + 1
        return taken[key]

def connect(proto, bound, target, port):
    """What comes of one connection: (name, source), or a word."""
    kind = family(target)
    if proto in ("tcp", "udp"):
        client = socket.socket(kind, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
    else:
        number = SCTP if proto == "sctp" else socket.IPPROTO_ICMP if kind == socket.AF_INET else socket.IPPROTO_ICMPV6
        client = socket.socket(kind, socket.SOCK_RAW, number)
    with client:
        client.settimeout(TIMEOUT)
        if proto in ("tcp", "udp"):
            # Others have the same port to other targets.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind(("" if bound == "-" else bound, source_port(proto, target, port)))
        elif bound != "-":
            client.bind((bound, 0))
        start = time.monotonic()
        try:
            client.connect((target, port if proto in ("tcp", "udp") else 0))
            if proto == "udp":
                client.send(b"?")
            if proto == "sctp":
                source = 20000 + int.from_bytes(os.urandom(2), "big") % 40000
                client.send(sctp(source, port, 0, 1, b""))
            if proto == "icmp":
                return echo(client, kind)
            while proto == "sctp":
                packet = client.recv(2048)
                if kind == socket.AF_INET:
                    packet = packet[(packet[0] & 15) * 4:]
                if len(packet) > 36 and packet[12] == 2 and struct.unpack("!HH", packet[:4]) == (port, source):
                    length = struct.unpack("!H", packet[34:36])[0]
                    return tuple(packet[36:32 + length].decode().split())
            said = client.recv(128)
            return tuple(said.decode().split()) if said else "closed"
        except TimeoutError:
            return "timeout"
        except OSError as error:
            if error.errno == errno.EPERM:
                return "eperm"
            if error.errno == errno.ENOPROTOOPT:
                return "icmp-protocol"
            if error.errno == errno.ECONNREFUSED:
                # A client that ignores the refusal learns of it with its first retransmission.
                return "icmp-port" if proto != "tcp" else "refused" if time.monotonic() - start < 0.7 else "refused-late"
            return errno.errorcode.get(error.errno, str(error.errno))

def echo(client, kind):
    request, reply = (8, 0) if kind == socket.AF_INET else (128, 129)
    identifier = int.from_bytes(os.urandom(2), "big")
    body = struct.pack("!HH", identifier, 1) + b"fairway!"
    def checked(checksum):
        return struct.pack("!BBH", request, 0, checksum) + body
    total = sum(struct.unpack("!8H", checked(0)))
    total = (total >> 16) + (total & 0xFFFF)
    client.send(checked(~(total + (total >> 16)) & 0xFFFF))
    while True:
        packet = client.recv(2048)
        if kind == socket.AF_INET:
            packet = packet[(packet[0] & 15) * 4:]
        if packet[0] == reply and packet[4:6] == body[:2]:
            return ("echo-reply", "-")

def probe(line):
    identifier, proto, bound, target, port, expected = line.split()
    wanted = set() if expected in ("-", "one") else set(expected.split(","))
    seen, words = {}, {}
    for number in range(60):
        if number >= (6 if wanted or expected == "one" else 2) and wanted <= set(seen):
            break
        # The kernel tells every raw socket to an address of a refusal there, whatever port was refused.
        with raw if proto in ("sctp", "icmp") else contextlib.nullcontext():
            result = connect(proto, bound, target, int(port))
        if isinstance(result, str):
            words[result] = words.get(result, 0) + 1
            if words.get("timeout", 0) >= 2:
                break
        else:
            seen.setdefault(result[0], set()).add(result[1])
    return " ".join([identifier] + [f"{name}<{s}" for name in sorted(seen) for s in sorted(seen[name])] + sorted(words))

def probe_all():
    lines = [line for line in sys.stdin.read().splitlines() if line]
    lock, waiting = threading.Lock(), iter(lines)
    def work():
        while True:
            with lock:
                line = next(waiting, None)
            if line is None:
                return
            answer = probe(line)
            with lock:
                print(answer, flush=True)
    workers = [threading.Thread(target=work) for _ in range(min(len(lines), 64))]
    for worker in workers: worker.start()
    for worker in workers: worker.join()

threading.stack_size(256 * 1024)
serve(sys.argv[2]) if sys.argv[1] == "serve" else probe_all()
