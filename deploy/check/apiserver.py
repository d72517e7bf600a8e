"""As much of an API server as shows that the DaemonSet's way to one works: TLS on 127.0.0.1:6443, a token, a role.

apiserver.py FOLDER: reads server.crt, server.key, token and role (lines "verb group resource") there, and notes each request
in asked, with its status. It ends by itself after two minutes.
"""
import http.server
import json
import ssl
import sys
import threading
import time

folder = sys.argv[1]
token = open(f"{folder}/token").read().strip()
role = set(open(f"{folder}/role").read().splitlines())

SERVICE = {
    "metadata": {"name": "web", "namespace": "default", "uid": "1", "resourceVersion": "1"},
    "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"], "ipFamilies": ["IPv4"],
             "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]}}
SLICE = {
    "metadata": {"name": "web-1", "namespace": "default", "uid": "2", "resourceVersion": "2",
                 "labels": {"kubernetes.io/service-name": "web"}},
    "addressType": "IPv4", "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
    "endpoints": [{"addresses": ["10.244.0.5"], "conditions": {"ready": True}, "nodeName": "node-1"}]}
NODE = {
    "metadata": {"name": "node-1", "uid": "3", "resourceVersion": "3"},
    "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}}
KINDS = {
    "services": ("v1", "ServiceList", [SERVICE]),
    "nodes": ("v1", "NodeList", [NODE]),
    "endpointslices": ("discovery.k8s.io/v1", "EndpointSliceList", [SLICE]),
    "servicecidrs": ("networking.k8s.io/v1", "ServiceCIDRList", [])}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_request(self, verb):
        path = self.path.split("?")[0].strip("/").split("/")
        group = "core" if path[0] == "api" else path[1]
        resource = "events" if "events" in path else path[-1]
        wanted = f"{verb} {group} {resource}"
        if self.headers.get("Authorization") != f"Bearer {token}":
            status = 401
        elif wanted not in role:
            status = 403
        elif "sendInitialEvents" in self.path:
            status = 422
        else:
            status = 201 if verb == "create" else 200
        with open(f"{folder}/asked", "a") as file:
            file.write(f"{status} {wanted}\n")
        if status >= 400:
            return self.answer(status, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status})
        if verb in ("create", "patch"):
            return self.answer(status, {"kind": "Event", "apiVersion": "events.k8s.io/v1", "metadata": {"name": "e"}})
        if verb == "watch":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            time.sleep(60)
            return self.wfile.write(b"0\r\n\r\n")
        version, kind, items = KINDS[resource]
        self.answer(200, {"apiVersion": version, "kind": kind, "metadata": {"resourceVersion": "9"}, "items": items})

    def do_GET(self):
        self.handle_request("watch" if "watch=" in self.path else "list")

    def body(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_POST(self):
        self.body()
        self.handle_request("create")

    def do_PATCH(self):
        self.body()
        self.handle_request("patch")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that goes is no error."""


server = Server(("127.0.0.1", 6443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/server.crt", f"{folder}/server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Timer(120, server.shutdown).start()
server.serve_forever()
