#!/bin/bash
# The HTTP interface of a real node, over loopback: what is right works, what is wrong is refused
# with a reason, and many at once are served.
# http.sh MILLRACE MILLRACED SOURCE_ROOT METRICS_CHECKER
set -uo pipefail
export LC_ALL=C
millrace=$(realpath "$1")
millraced=$(realpath "$2")
metrics_checker=$(realpath "$4")
cd "$3" || exit 1
command -v curl >/dev/null || { echo "SKIP: no curl"; exit 77; }
work=$(mktemp -d)
mkdir "$work/spill"
failed=0
# A port that carries nothing: a cluster of one node needs no more, and no root.
daemon_start() { # MORE_OPTIONS...
	: >"$work/daemon" # an earlier one was ready, too
	"$millraced" --port net_null0 --addr 10.9.0.1/24 --http 127.0.0.1:0 --memory 64MiB \
		--spill "$work/spill" --pid-file "$work/pid" "$@" 2>"$work/daemon" &
	daemon=$!
	for _ in $(seq 300); do
		grep -q ready "$work/daemon" && break
		kill -0 $daemon 2>/dev/null || { echo "no daemon:"; cat "$work/daemon"; exit 1; }
		sleep 0.1
	done
	url=http://$(grep -oE '127.0.0.1:[0-9]+' "$work/daemon" | head -1)
}
trap 'kill $daemon 2>/dev/null; wait $daemon; rm -rf "$work"' EXIT
daemon_start
wordcount=functions/wordcount/wordcount.mr

fail() {
	failed=1
	echo "$*"
}
# asks STATUS TEXT CURL_ARGUMENTS...: TEXT must be in the reply.
asks() {
	local status=$1 text=$2 found
	shift 2
	found=$(curl -s -o "$work/reply" -w '%{http_code}' "$@")
	if [ "$found" != "$status" ] || { [ -n "$text" ] && ! grep -qF -- "$text" "$work/reply"; }; then
		fail "$*: status $found, wanted $status and \"$text\"; got: $(head -c 500 "$work/reply")"
	fi
}

asks 200 'GET /status' "$url/"
asks 200 '"node":0' "$url/status"
asks 200 '"driver"' "$url/status"
asks 200 'millrace_job_staged_bytes_total{node="0"}' "$url/metrics"
asks 200 'millrace_transport_drop_checksum_total' "$url/metrics"
asks 200 'millrace_node_io_cores_active{node="0"} 1' "$url/metrics"
asks 200 'millrace_node_workers_active{node="0"}' "$url/metrics"
asks 200 '[]' "$url/jobs"
asks 404 '"error"' "$url/nowhere"
asks 405 '"error"' -X DELETE "$url/status"
asks 404 'no such job' "$url/jobs/1"
asks 404 'no such job' "$url/jobs/-1"
asks 404 'no such job' "$url/jobs/99999999999999999999999"
asks 404 'no such job' -X DELETE "$url/jobs/1"
asks 404 '"error"' "$url/jobs/1/out/counts"
asks 404 '"error"' --path-as-is "$url/jobs/1/out/../../../etc/passwd"
asks 404 '"error"' "$url/jobs/1/out/..%2f..%2fetc%2fpasswd"

# Code: only what its hash says.
asks 400 '16 hexadecimal digits' -T meson.build "$url/code/xyz"
asks 400 'another hash' -T meson.build "$url/code/0123456789abcdef"
: >"$work/empty"
asks 201 '' -T "$work/empty" "$url/code/ef46db3751d8e999" # XXH64 of nothing
[ "$(curl -s -I -o /dev/null -w '%{http_code}' "$url/code/ef46db3751d8e999")" = 200 ] || fail "code is gone"
[ "$(curl -s -I -o /dev/null -w '%{http_code}' "$url/code/0000000000000000")" = 404 ] || fail "code from nowhere"

# Bodies that are wrong, or too long, told or not.
head -c 9000000 /dev/zero >"$work/long"
asks 413 'too long' --data-binary "@$work/long" "$url/jobs"
asks 413 'too long' -H 'Transfer-Encoding: chunked' --data-binary "@$work/long" "$url/jobs"
asks 413 'too long' -d x "$url/status"
asks 400 'not a JSON object' -d '{"text":' "$url/jobs"
asks 400 'not a JSON object' -d '[1]' "$url/jobs"
asks 400 'not a JSON object' -d '' "$url/jobs"
asks 400 '\"text\" must be' -d '{}' "$url/jobs"
asks 400 '\"outputs\" must be' -d '{"text":"","outputs":["../x"]}' "$url/jobs"
asks 400 '\"functions\" must be' -d '{"text":"","functions":{"f":"12"}}' "$url/jobs"
asks 400 'posted' -d '{"text":"composition {"}' "$url/jobs"
asks 409 'is not here' -d '{"text":"","functions":{"f":"0000000000000000"}}' "$url/jobs"
asks 403 'web pages' -H 'Origin: http://example.org' -d '{}' "$url/jobs"
(yes '[' | head -c 100000 | tr -d '\n') >"$work/deep"
asks 400 'not a JSON object' --data-binary "@$work/deep" "$url/jobs"

# Jobs, by the client: the result as an embedded run has it, many at once.
cp include/millrace/limits.h "$work/text"
"$millrace" run $wordcount text="file:$work/text" --memory 64MiB --quiet >"$work/expected" ||
	fail "embedded run failed"
pids=()
for i in $(seq 8); do
	"$millrace" run $wordcount text="file:$work/text" --connect "$url" --quiet \
		--out counts="$work/out$i" 2>"$work/err$i" &
	pids+=($!)
done
for i in $(seq 8); do
	wait "${pids[$((i - 1))]}" || fail "job $i: $(cat "$work/err$i")"
	cmp "$work/expected" "$work/out$i" || fail "job $i has another result"
done
asks 200 '[]' "$url/jobs" # the clients took their results and left nothing
root=$PWD
(cd "$work" && "$millrace" run "$root/$wordcount" text=file:text \
	--connect "$url" --json --out counts="$work/json_out" >"$work/json") || fail "relative input failed"
grep -q '"staged_bytes":' "$work/json" || fail "no JSON"
cmp "$work/expected" "$work/json_out" || fail "relative input has another result"

# What the node says of itself is well formed, and tells of those jobs.
asks 200 'millrace_run_seconds_bucket{node="0",le="+Inf"}' "$url/metrics"
cp "$work/reply" "$work/metrics"
"$metrics_checker" "$work/metrics" || fail "the metrics are not well formed"
if command -v promtool >/dev/null; then
	promtool check metrics <"$work/metrics" || fail "promtool finds fault with the metrics"
fi
grep -q 'millrace_run_seconds_count{node="0"} [1-9]' "$work/metrics" || fail "no function was timed"
grep -q 'millrace_stage_seconds_count{node="0"} [1-9]' "$work/metrics" || fail "no staging was timed"

# What is wrong is the client's exit code too.
rc=0
"$millrace" run $wordcount text="file:$work/absent" --connect "$url" 2>"$work/err" || rc=$?
{ [ $rc -eq 1 ] && grep -q absent "$work/err"; } || fail "missing input: $rc: $(cat "$work/err")"
rc=0
"$millrace" run $wordcount nosuch="file:$work/text" --connect "$url" 2>"$work/err" || rc=$?
{ [ $rc -eq 2 ] && grep -q nosuch "$work/err"; } || fail "unknown set: $rc: $(cat "$work/err")"

# An address that is taken is not shared: a client would reach now one daemon, now the other.
rc=0
timeout 60 "$millraced" --port net_null0 --addr 10.9.0.1/24 --http "${url#http://}" --memory 64MiB \
	--spill "$work/spill" 2>"$work/err" || rc=$?
{ [ $rc -eq 4 ] && grep -q 'cannot listen.*in use' "$work/err"; } ||
	fail "a second daemon on one address: $rc: $(cat "$work/err")"
[ "$(cat "$work/pid")" = $daemon ] || fail "the pid file is wrong"
# Told to end in the middle of a function that never does, the daemon ends, and soon.
cat >"$work/spin.wat" <<'END'
(module (memory (export "memory") 2) (global (export "__heap_base") i32 (i32.const 65536))
  (func (export "mr_entry") (param i32) (result i32) (loop $again (br $again)) (i32.const 0)))
END
wat2wasm "$work/spin.wat" -o "$work/spin.wasm" || fail "wat2wasm failed"
cat >"$work/spin.mr" <<'END'
function spin { in text; out result; time 60s }
composition forever {
	in text
	out result
	spin(text = all text) -> (result)
}
END
"$millrace" run "$work/spin.mr" text="file:$work/text" --connect "$url" --quiet 2>"$work/err" &
client=$!
for _ in $(seq 200); do
	! curl -s "$url/jobs" | grep -q '"state":"running"' || break
	sleep 0.1
done
asks 200 '"state":"running"' "$url/jobs"
SECONDS=0
kill -TERM $daemon
rc=0
wait $daemon || rc=$?
[ $SECONDS -lt 20 ] || fail "the daemon ended only after $SECONDS s"
wait $client && fail "the client takes the end of the daemon for success"
[ $rc -eq 0 ] || fail "the daemon ended with $rc: $(cat "$work/daemon")"
[ -z "$(ls -A "$work/spill")" ] || fail "the daemon left: $(ls -A "$work/spill")"
[ ! -e "$work/pid" ] || fail "the daemon left its pid file"

# A daemon of native code is brought native code.
daemon_start --sandbox native --cache "$work/cache"
"$millrace" run $wordcount text="file:$work/text" --connect "$url" --sandbox native --quiet \
	--out counts="$work/native" 2>"$work/err" || fail "native: $(cat "$work/err")"
cmp "$work/expected" "$work/native" || fail "native code has another result"
exit $failed
