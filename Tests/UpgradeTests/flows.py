#!/usr/bin/env python3
"""Connections through a node, and whether any fails.

flows.py serve PORT           answers what it is sent, over TCP
flows.py talk ADDRESS PORT …  has a connection to each, which stays, and makes new ones all the time; says `established` when
                              those that stay are there, and at SIGTERM how many it made and which failed
"""
import json, signal, socket, sys, threading, time

def address(text, port):
    family, _, _, _, target = socket.getaddrinfo(text, port, type=socket.SOCK_STREAM)[0]
    return family, target

def serve(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
    def answer(connection):
        with connection:
            while data := connection.recv(64):
                connection.sendall(data)
    print("listening", flush=True)
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

def connect(family, target, seconds=2):
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        connection.connect(target)
    except OSError as error:
        raise OSError(f"{target}: {error}")
    connection.settimeout(2)
    return connection

def exchange(connection):
    connection.sendall(b"ping")
    if connection.recv(64) != b"ping":
        raise OSError("another answer")

def talk(targets):
    counts = {"connections": 0, "exchanges": 0}
    failures = []
    running = [True]
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    # Links that have just been made lose their first packets.
    lasting = [(target, connect(*target, seconds=10)) for target in targets]
    print("established", flush=True)
    def attempt(count, what, target, body):
        counts[count] += 1
        try:
            body()
        except OSError as error:
            failures.append(f"{time.monotonic():.3f} {what} {target[1]}: {error}")
    def once(target):
        with connect(*target) as connection:
            exchange(connection)
    while running:
        for target, connection in lasting:
            attempt("exchanges", "an old connection to", target, lambda: exchange(connection))
            attempt("connections", "a new connection to", target, lambda: once(target))
        # So that the ports do not run out, and the daemon has a processor.
        time.sleep(0.005)
    print(json.dumps(counts | {"failures": len(failures)}), *failures[:20], sep="\n", flush=True)

if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    talk([address(*pair) for pair in zip(sys.argv[2::2], sys.argv[3::2])])
