"""Asks over HTTP as load balancers do: ask.py METHOD PATH ADDRESS PORT; prints the answer, or why there is none."""
import socket
import sys

method, path, address, port = sys.argv[1:]
client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
client.settimeout(5)
try:
    client.connect((address, int(port)))
    client.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = b""
    while piece := client.recv(65536):
        answer += piece
    print(answer.decode().replace("\r\n", "\n"), end="")
except OSError as error:
    print(type(error).__name__, end="")
