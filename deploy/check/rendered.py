"""What kustomize rendered: whether its parts fit each other, and how podman runs one of its containers.

rendered.py check FILE              complains about references that lead nowhere
rendered.py overlay FILE            complains where the overlay of deploy/README.md has left something of the base
rendered.py files FILE FOLDER       writes the ConfigMap's files
rendered.py run FILE NAME MOUNTS [COMMAND]
                                    podman's arguments for a container, NUL-separated; MOUNTS maps volumes to folders, and
                                    COMMAND is another one than its own (both JSON)
rendered.py role FILE               what the ClusterRole allows, "verb group resource" a line
"""
import json
import os
import sys

import yaml

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class Rendered:
    def __init__(self, path):
        self.objects = [document for document in yaml.safe_load_all(open(path)) if document]
        self.daemon_set = self.only("DaemonSet")
        self.pod = self.daemon_set["spec"]["template"]["spec"]

    def only(self, kind):
        found = [document for document in self.objects if document["kind"] == kind]
        if len(found) != 1:
            sys.exit(f"{len(found)} objects of kind {kind}, not 1")
        return found[0]

    def containers(self):
        return self.pod.get("initContainers", []) + self.pod["containers"]

    def complaints(self):
        """What does not fit."""
        pod, daemon_set = self.pod, self.daemon_set
        account, role, binding = self.only("ServiceAccount"), self.only("ClusterRole"), self.only("ClusterRoleBinding")
        config_map = self.only("ConfigMap")
        for document in (account, daemon_set, config_map):
            if document["metadata"].get("namespace") != "kube-system":
                yield f"{document['kind']} is not in kube-system"
        if binding["roleRef"]["name"] != role["metadata"]["name"]:
            yield "the binding names another role"
        subjects = [(subject["kind"], subject["name"], subject.get("namespace")) for subject in binding["subjects"]]
        if subjects != [("ServiceAccount", account["metadata"]["name"], account["metadata"]["namespace"])]:
            yield f"the binding is for {subjects}, not for the service account"
        if pod.get("serviceAccountName") != account["metadata"]["name"]:
            yield "the pods run under another service account"
        labels = daemon_set["spec"]["template"]["metadata"]["labels"]
        for key, value in daemon_set["spec"]["selector"]["matchLabels"].items():
            if labels.get(key) != value:
                yield f"the selector's {key}={value} is no label of the pods"
        names = [container["name"] for container in self.containers()]
        if len(set(names)) != len(names):
            yield f"two containers have one name: {names}"
        if len({container["image"] for container in self.containers()}) != 1:
            yield "the containers' images differ"
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        used = set()
        for container in self.containers():
            for mount in container.get("volumeMounts", []):
                used.add(mount["name"])
                if mount["name"] not in volumes:
                    yield f"{container['name']} mounts {mount['name']}, which is no volume"
            yield from self.config_complaints(container, config_map, volumes)
        for name in sorted(set(volumes) - used):
            yield f"nobody mounts the volume {name}"
        for volume in volumes.values():
            if "configMap" in volume and volume["configMap"]["name"] != config_map["metadata"]["name"]:
                yield f"the volume {volume['name']} is of a ConfigMap {volume['configMap']['name']}, which is not there"
        yield from self.probe_complaints(config_map)

    def overlay_complaints(self):
        """What an overlay was to change and did not."""
        names = [container["name"] for container in self.containers()]
        if names != ["init", "fairway-proxy"]:
            yield f"the containers are {names}"
        if self.pod["containers"][0]["securityContext"]["seccompProfile"] != {"type": "RuntimeDefault"}:
            yield "the seccomp profile is another one"
        if {container["image"] for container in self.containers()} != {"YOUR-REGISTRY/fairway-proxy:TAG"}:
            yield "an image is another one"

    def config_complaints(self, container, config_map, volumes):
        """A command's files have to be in the ConfigMap, below where it is mounted."""
        folders = [mount["mountPath"] for mount in container.get("volumeMounts", [])
                   if "configMap" in volumes.get(mount["name"], {})]
        for word in container["command"]:
            folder, _, file = word.rpartition("/")
            if not word.startswith("/etc/"):
                continue
            if folder not in folders or file not in config_map["data"]:
                yield f"{container['name']} is told to read {word}, which is not in the ConfigMap"

    def probe_complaints(self, config_map):
        config = yaml.safe_load(config_map["data"]["config.conf"])
        kubeconfig = config["clientConnection"]["kubeconfig"].rpartition("/")[2]
        if kubeconfig not in config_map["data"]:
            yield f"config.conf names {kubeconfig}, which is not in the ConfigMap"
        port = int(config.get("healthzBindAddress", "0.0.0.0:10256").rpartition(":")[2])
        main = self.pod["containers"][0]
        for probe, path in (("startupProbe", "/readyz"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            asked = main[probe]["httpGet"]
            if (asked["path"], asked["port"]) != (path, port):
                yield f"the {probe} asks {asked}, not {path} of {port}"

    def arguments(self, name, mounts, command=None):
        """podman's arguments that give a container what its securityContext, mounts and command say."""
        container = next(container for container in self.containers() if container["name"] == name)
        context = container["securityContext"]
        yield "--network=host" if self.pod.get("hostNetwork") else "--network=none"
        if context.get("privileged"):
            yield "--privileged"
        for capability in context.get("capabilities", {}).get("drop", []):
            yield f"--cap-drop={capability}"
        for capability in context.get("capabilities", {}).get("add", []):
            yield f"--cap-add={capability}"
        if context.get("readOnlyRootFilesystem"):
            yield "--read-only"
            yield "--read-only-tmpfs=false"
        if context.get("allowPrivilegeEscalation") is False:
            yield "--security-opt=no-new-privileges"
        if "runAsUser" in context:
            yield f"--user={context['runAsUser']}"
        seccomp = context.get("seccompProfile", {})
        if seccomp.get("type") == "Unconfined":
            yield "--security-opt=seccomp=unconfined"
        if seccomp.get("type") == "Localhost":
            yield f"--security-opt=seccomp=deploy/seccomp/{os.path.basename(seccomp['localhostProfile'])}"
        for mount in container.get("volumeMounts", []):
            yield f"--volume={mounts[mount['name']]}:{mount['mountPath']}{':ro' if mount.get('readOnly') else ''}"
        yield f"--volume={mounts['service-account']}:{SERVICE_ACCOUNT}:ro"
        command = [word.replace("$(NODE_NAME)", "node-1") for word in command or container["command"]]
        yield f"--entrypoint={json.dumps(command)}"
        yield container["image"]

    def allowed(self):
        for rule in self.only("ClusterRole")["rules"]:
            for group in rule["apiGroups"]:
                for resource in rule["resources"]:
                    for verb in rule["verbs"]:
                        yield f"{verb} {group or 'core'} {resource}"


def main(what, path, *more):
    rendered = Rendered(path)
    if what in ("check", "overlay"):
        complaints = list(rendered.complaints() if what == "check" else rendered.overlay_complaints())
        if complaints:
            sys.exit("\n".join(complaints))
    elif what == "files":
        for name, content in rendered.only("ConfigMap")["data"].items():
            open(f"{more[0]}/{name}", "w").write(content)
    elif what == "run":
        sys.stdout.write("\0".join(rendered.arguments(more[0], *map(json.loads, more[1:]))) + "\0")
    elif what == "role":
        print("\n".join(rendered.allowed()))


main(*sys.argv[1:])
