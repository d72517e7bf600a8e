#!/usr/bin/env python3
"""UDP clients that keep their ports: udp-flows.py ADDRESS PORT COUNT.

Each sends every 50 ms; a line `NUMBER WHO` says who answers, whenever that changes: a server's name, `refused`, `nobody`
(after half a second).
"""
import select, socket, sys, time

address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sockets = []
for number in range(count):
    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((address, port))
    client.setblocking(False)
    sockets.append(client)
state, heard = [None] * count, [time.monotonic()] * count

def say(number, who):
    if state[number] != who:
        state[number] = who
        print(number, who, flush=True)

end = time.monotonic() + 60
while time.monotonic() < end:
    for number, client in enumerate(sockets):
        try:
            client.send(b"x")
        except OSError:
            say(number, "refused")
            heard[number] = time.monotonic()
    until = time.monotonic() + 0.05
    while (left := until - time.monotonic()) > 0:
        for client in select.select(sockets, [], [], left)[0]:
            number = sockets.index(client)
            heard[number] = time.monotonic()
            try:
                say(number, client.recv(200).decode().split()[0])
            except OSError:
                say(number, "refused")
    for number in range(count):
        if time.monotonic() - heard[number] > 0.5:
            say(number, "nobody")
