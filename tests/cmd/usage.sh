#!/bin/bash
# What is wrong on a command line is said, with what is allowed, and gives its exit code.
# usage.sh MILLRACE MILLRACED SOURCE_ROOT
set -u
millrace=$(realpath "$1")
millraced=$(realpath "$2")
cd "$3" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wordcount=functions/wordcount/wordcount.mr
failed=0

# expect CODE TEXT COMMAND...: TEXT must be in what the command says on standard error.
expect() {
	local code=$1 text=$2 rc=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	if [ "$rc" -ne "$code" ] || ! grep -qF -- "$text" "$work/err"; then
		failed=1
		echo "$*: exit code $rc, wanted $code and \"$text\"; it said:"
		cat "$work/err"
	fi
}
run() {
	local code=$1 text=$2
	shift 2
	expect "$code" "$text" "$millrace" run "$@"
}
node() {
	local code=$1 text=$2
	shift 2
	expect "$code" "$text" "$millraced" "$@"
}

expect 2 'Usage: millrace' "$millrace"
expect 2 'unknown command "walk": run, plan, new, build, test, top, bench, keygen, table, devices or help' "$millrace" walk
expect 2 'unknown command "walk"' "$millrace" help walk
expect 2 'FILE.mr is missing' "$millrace" plan
expect 2 'not also b.mr' "$millrace" plan a.mr b.mr
expect 2 'unknown or ambiguous option --wrong' "$millrace" plan --wrong
expect 2 'unknown option -x' "$millrace" plan -xv
expect 2 '--composition needs a value' "$millrace" plan a.mr --composition
expect 2 'no value is taken by --json=1' "$millrace" test --json=1
expect 2 "Try 'millrace test --help'" "$millrace" test --json=1
expect 2 'unknown or ambiguous option --wrong' "$millrace" run --wrong
expect 2 "Try 'millrace run --help'" "$millrace" run --wrong
expect 3 'absent.mr: No such file' "$millrace" plan absent.mr

run 2 'FILE.mr is missing'
run 2 '--nodes: "0" is not allowed: a number from 1 to 64' $wordcount --nodes 0
run 2 '--nodes: "65"' $wordcount --nodes 65
run 2 '--nodes: "two"' $wordcount --nodes two
run 2 '--nodes needs a value' $wordcount --nodes
run 2 '--workers: "0"' $wordcount --workers 0
run 2 '--io-cores: "0" is not allowed: 1 to 16, a range of these like 1-4, or auto is needed' $wordcount --io-cores 0
run 2 '--io-cores: "65"' $wordcount --io-cores 65
run 2 '--io-cores: "0,2"' $wordcount --io-cores 0,2
run 2 '--io-cores does not go with --sim' $wordcount --io-cores 2 --sim 1
run 2 '--io-cores does not go with --connect' $wordcount --io-cores 2 --connect http://127.0.0.1:1
run 2 '--memory: "lots" is not allowed: bytes are needed, plain or with KiB' $wordcount --memory lots
run 2 '--sandbox: "jail" is not allowed: wasm, wasm-process, process, kvm, native or auto' $wordcount --sandbox jail
run 2 '--poll: "never" is not allowed: always, adaptive or interrupt' $wordcount --poll never
run 2 '--drop-rate: "2" is not allowed: a probability from 0 to 1' $wordcount --drop-rate 2
run 2 'SET=URI is needed' $wordcount text
run 2 'SET=URI is needed' $wordcount =file:x
run 2 'this set was given already' $wordcount text=file:a text=file:b
run 2 'SET=FILE is needed' $wordcount text=file:a --out counts
run 2 'this set was given already' $wordcount --out counts=a --out counts=b
run 2 'only one of --json' $wordcount --json --out counts=-
run 2 '3 nodes need as many --port, not 1' $wordcount --nodes 3 --port eth9
run 2 '--nodes does not go with --connect' $wordcount --connect http://127.0.0.1 --nodes 2
run 2 '--sim does not go with --connect' $wordcount --connect http://127.0.0.1 --sim 1
run 2 '--port does not go with --sim' $wordcount --sim 1 --port eth9
run 2 'the seed comes first' $wordcount --sim loss=0.1
run 2 'probability' $wordcount --sim 1,loss=2
run 2 'fail=2: a probability from 0 to 1' $wordcount --sim 1,fail=2
run 2 'http://HOST[:PORT]' $wordcount text=file:a --connect ftp://127.0.0.1

run 3 'absent.mr: No such file' absent.mr text=file:a
run 3 'not a regular file' /dev/null text=file:a
printf 'composition {' >"$work/bad.mr"
run 3 "$work/bad.mr:1:" "$work/bad.mr"
sed 's/count\b/nosuchfunction/g' $wordcount >"$work/unknown.mr"
run 3 'nosuchfunction.wasm; looked in' "$work/unknown.mr" text=file:a
run 3 '--functions' "$work/unknown.mr" text=file:a
run 3 'nosuchfunction.so; looked in' "$work/unknown.mr" text=file:a --sandbox native
run 3 'nosuch' $wordcount --composition nosuch text=file:a

run 4 'at least 144 MiB are needed: give --memory 144MiB' $wordcount text=file:a --nodes 3 --memory 100MiB
run 4 'nosuchport0' $wordcount text=file:a --port nosuchport0
run 5 'no answer from a millraced' $wordcount text=file:a --connect http://127.0.0.1:1

node 2 '--io-cores: "0" is not allowed: 1 to 16, a range of these like 1-4, or auto is needed' --io-cores 0
node 2 '--io-cores: "17"' --io-cores 17
node 2 'there are none above 65535' --port lo --addr 10.0.0.1/24 --udp-port 65535 --io-cores 2
node 2 '--poll: "often" is not allowed: always, adaptive or interrupt' --poll often
node 2 '--port is missing'
node 2 '--addr is missing' --port eth9
node 2 'ring ports join nodes of one process' --port ring --addr 10.0.0.1/24
node 2 '--addr: "10.0.0.1" is not allowed: IP/PREFIX[,GATEWAY]' --port eth9 --addr 10.0.0.1
node 2 '--peer: "1" is not allowed: ID=IP[:PORT]' --port eth9 --addr 10.0.0.1/24 --peer 1
node 2 'number all nodes from 0 on' --port eth9 --addr 10.0.0.1/24 --peer 2=10.0.0.2
node 2 'number all nodes from 0 on' --port eth9 --addr 10.0.0.1/24 --peer 0=10.0.0.2
node 2 '--http: "7410" is not allowed: ADDR:PORT' --port eth9 --addr 10.0.0.1/24 --http 7410
node 2 '--udp-port: "0"' --port eth9 --addr 10.0.0.1/24 --udp-port 0
node 2 'and there is no key. Make one with millrace keygen' --port eth9 --addr 10.0.0.1/24
node 2 'and there is no key' --port net_memif0,socket="$work/s" --addr 10.0.0.1/24
node 2 '--insecure does not go with --key' --port eth9 --addr 10.0.0.1/24 --insecure --key k
node 2 'each --peer needs its public key' --port eth9 --addr 10.0.0.1/24 --key k --peer 1=10.0.0.2
node 2 'no --key of its own' --port eth9 --addr 10.0.0.1/24 \
	--peer 1=10.0.0.2,trrlLGW7TioiRpYpj5sKX1TgAMP0h2zMAxrAMIv5V38=
node 2 '--peer: "1=10.0.0.2,trrlL" is not allowed' --port eth9 --addr 10.0.0.1/24 --peer 1=10.0.0.2,trrlL
node 2 '--cipher: "rot13" is not allowed: aes or chacha' --port eth9 --addr 10.0.0.1/24 --cipher rot13
printf '# two others\n1=10.0.0.2\n2=nowhere # here\n' >"$work/peers"
node 2 "$work/peers:3: \"2=nowhere\" is not allowed" --port lo --addr 127.0.0.1/8 --peers "$work/peers"
node 2 'absent: No such file' --port lo --addr 127.0.0.1/8 --peers "$work/absent"

# Keys: one for each node, for its owner's eyes only.
keygen() {
	local code=$1 text=$2
	shift 2
	expect "$code" "$text" "$millrace" keygen "$@"
}
keygen 2 'either --out FILE or --public FILE is needed'
keygen 2 'only options are taken' --out "$work/key" more
"$millrace" keygen --out "$work/key" >"$work/key.pub" || failed=1
[ "$(stat -c %a "$work/key")" = 600 ] || { echo "keygen: mode of its file"; failed=1; }
[ "$("$millrace" keygen --public "$work/key")" = "$(cat "$work/key.pub")" ] ||
	{ echo "keygen: another public key for the same private one"; failed=1; }
keygen 4 'keys are not overwritten' --out "$work/key"
keygen 4 'No such file' --public "$work/absent"
keygen 4 'No such file' --out "$work/absent/key"
key() {
	node 4 "$1" --port lo --addr 127.0.0.1/8 --key "$2"
}
key 'absent: No such file' "$work/absent"
key 'not a regular file' "$work"
echo short >"$work/bad.key" && chmod 600 "$work/bad.key"
key 'bad.key: not a key: one line of 44 characters of base64' "$work/bad.key"
printf '%s\nmore\n' "$(cat "$work/key")" >"$work/bad.key"
key 'bad.key: not a key' "$work/bad.key"
cp "$work/key" "$work/open.key" && chmod 640 "$work/open.key"
key 'mode 640 lets others read this secret: chmod 600' "$work/open.key"
expect 4 '--crypto: crypto_nosuch0: no crypto device' "$millraced" --port net_null0 \
	--addr 10.0.0.1/24 --key "$work/key" --crypto crypto_nosuch0 --memory 64MiB --http 127.0.0.1:0

node 2 'only options are taken' --port eth9 --addr 10.0.0.1/24 more
node 2 'unknown or ambiguous option --wrong' --wrong
node 4 'at least 48 MiB' --insecure --port eth9 --addr 10.0.0.1/24 --memory 1MiB
node 4 'nosuchport0' --insecure --port nosuchport0 --addr 10.0.0.1/24

# Errors in JSON too, when JSON is wanted.
"$millrace" run $wordcount --nodes 0 --json 2>/dev/null | grep -q '^{"error":"--nodes: ' ||
	{ echo "no JSON error of wrong usage"; failed=1; }
"$millrace" run absent.mr --json 2>/dev/null | grep -q '^{"error":"absent.mr: ' ||
	{ echo "no JSON error of a missing composition"; failed=1; }

# Each command explains itself, with an example.
for help in "$millrace --help" "$millrace help" "$millrace help run" "$millrace run --help" \
	"$millrace plan --help" "$millrace keygen --help" "$millrace new --help" \
	"$millrace build --help" "$millrace test --help" "$millrace top --help" "$millrace table --help" "$millraced --help"; do
	$help >"$work/out" || { echo "$help: failed"; failed=1; }
	{ grep -q '^Usage: ' "$work/out" && grep -q '^Example' "$work/out"; } ||
		{ echo "$help: without usage or example"; failed=1; }
done
"$millrace" --version | grep -qE '^millrace [0-9]+\.[0-9]+\.[0-9]+$' || failed=1
"$millraced" --version | grep -qE '^millraced [0-9]+\.[0-9]+\.[0-9]+$' || failed=1
exit $failed
