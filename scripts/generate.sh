#!/usr/bin/env bash
# Makes the code that is committed as it was made: Sources/KubeWire/kubernetes.pb.swift from kubernetes.proto.
. "$(dirname "$0")/common.sh"

need_packages protobuf-compiler git

version=1.39.0 # of swift-protobuf, as Package.swift has it
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

say "building protoc-gen-swift $version"
git clone --quiet --depth 1 --branch $version https://github.com/apple/swift-protobuf "$folder/swift-protobuf"
swift build --quiet --configuration release --product protoc-gen-swift --package-path "$folder/swift-protobuf"
protoc --plugin="$(swift build --configuration release --package-path "$folder/swift-protobuf" --show-bin-path)/protoc-gen-swift" \
    --swift_opt=UseAccessLevelOnImports=true --swift_opt=Visibility=Package --proto_path=Sources/KubeWire --swift_out=Sources/KubeWire \
    Sources/KubeWire/kubernetes.proto
