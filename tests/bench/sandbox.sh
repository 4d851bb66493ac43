#!/bin/bash
# `millrace bench sandbox`, short: its cases are there, products are right, bars are printed, peers
# are run where they are installed (here: programs that answer as they would), pictures are drawn.
# sandbox.sh MILLRACE SOURCE_ROOT
set -u
millrace=$(realpath "$1")
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/bin" "$work/snapshot"
touch "$work/snapshot/snapshot" "$work/snapshot/memory"
cat >"$work/bin/wasmtime" <<'END'
#!/bin/sh
case "$1 $2" in
"compile -o") grep -q '(export "one")' "$4" && echo code >"$3" ;;
"run --allow-precompiled") [ "$3 $4" = "--invoke one" ] && [ "$(cat "$5")" = code ] && echo 1 ;;
*) exit 1 ;;
esac
END
cat >"$work/bin/firecracker" <<'END'
#!/usr/bin/python3
import json, socket, sys
assert sys.argv[1] == "--api-sock"
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[2])
listener.listen()
peer, _ = listener.accept()
request = peer.recv(65536).decode()
head, body = request.split("\r\n\r\n", 1)
assert head.startswith("PUT /snapshot/load HTTP/1.1\r\n"), head
assert f"Content-Length: {len(body)}" in head, head
asked = json.loads(body)
assert asked["resume_vm"] and asked["snapshot_path"].endswith("/snapshot/snapshot")
assert asked["mem_backend"]["backend_type"] == "File"
peer.sendall(b"HTTP/1.1 204 \r\nServer: Firecracker API\r\n\r\n")
peer.recv(1)
END
chmod +x "$work/bin/"*
export PATH=$work/bin:$PATH MILLRACE_FIRECRACKER_SNAPSHOT=$work/snapshot TMPDIR=$work

"$millrace" bench sandbox --quick --runs 1 --ms 30 --check --case '*[!e].*' --json >"$work/out" 2>"$work/err"
code=$?
# 1: a bar is not met in so short a run, which is not what is tested.
[ "$code" = 0 ] || [ "$code" = 1 ] || { cat "$work/out" "$work/err" && exit 1; }
for case in anchor.call.p50 wasm.floor.p50 wasm.cold.p50 wasm.warm.p50 wasm.platform.p50 \
	wasm.platform.over wasm.instances.1.p50 wasm.instances.10000.p50 wasm.memory.running \
	wasm.load.peak wasm.load.10.p50 wasm.load.80.p99 wasm.load.110.p99 peer.wasmtime.p50 \
	peer.firecracker.p50; do
	grep -q "\"$case\"" "$work/out" || { echo "no $case" && cat "$work/out" "$work/err" && exit 1; }
done
grep -q '"peer.dandelion.p50"' "$work/out" || { echo "nothing is said of peer.dandelion" && exit 1; }
grep -q "wrong product" "$work/out" && { cat "$work/out" && exit 1; }
for text in '1: wasm, through a node' '1: wasm, 10,000 live' '3: wasm, peak' '3: wasm, at 80 %'; do
	grep "$text" "$work/err" | grep -q 'bar: at' || { echo "no bar: $text" && cat "$work/err" && exit 1; }
done
if python3 -c 'import matplotlib' 2>/dev/null; then
	"$root/bench/plot" "$work/out" "$work/pictures" >"$work/drawn" || exit 1
	for picture in starts memory load bars; do
		[ -s "$work/pictures/$picture.png" ] || { echo "no $picture.png" && exit 1; }
	done
fi
[ -z "$(ls -d "$work"/millrace-bench-* 2>/dev/null)" ] || { echo "it leaves its folder" && exit 1; }
exit 0
