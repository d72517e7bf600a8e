"""SCTP sockets: `serve NAME [PORT]`, or `ask ADDRESS PORT`, which says who answered or how connect() ended, and after how long."""
import os
import socket
import sys
import time


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(name, port):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_SCTP)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", port))
    listener.listen(16)
    print("listening", flush=True)
    while True:
        connection, client = listener.accept()
        connection.send(f"{name} {client[0]}".encode())
        connection.close()


def ask(address, port, patience=5):
    client = socket.socket(family(address), socket.SOCK_STREAM, socket.IPPROTO_SCTP)
    client.settimeout(patience)
    began = time.monotonic()
    try:
        client.connect((address, port))
        said = client.recv(100).decode()
    except OSError as error:
        said = "timeout" if isinstance(error, TimeoutError) and not error.errno else os.strerror(error.errno)
    print(f"{said} after {time.monotonic() - began:.2f} s")


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 9000)
else:
    ask(sys.argv[2], int(sys.argv[3]))
