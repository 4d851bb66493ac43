#!/bin/bash
# `millrace table` converts, shows and refuses, with exit codes and words: table.sh MILLRACE
set -u
millrace=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
	echo "$*"
	failed=1
}
# expect CODE TEXT ARGUMENTS...: TEXT must be in what the command says on standard error.
expect() {
	local code=$1 text=$2 rc=0
	shift 2
	"$millrace" table "$@" >out 2>err </dev/null || rc=$?
	if [ "$rc" -ne "$code" ] || ! grep -qF -- "$text" err; then
		fail "table $*: exit code $rc, wanted $code and \"$text\"; it said: $(cat err)"
	fi
}

printf 'id,word\n1,one\n2,\n3,"t,h""ree"\n' >a.csv

# Round trips through every format, by names, options and standard streams.
expect 0 '3 rows' convert a.csv a.arrow
expect 0 '3 rows' convert a.arrow a.jsonl
expect 0 '3 rows' convert a.jsonl b.tsv
expect 0 '3 rows' convert b.tsv b.csv
cmp a.csv b.csv || fail 'CSV came back otherwise'
printf '{"id":1,"word":"one"}\n{"id":2,"word":null}\n{"id":3,"word":"t,h\\"ree"}\n' >wanted.jsonl
cmp wanted.jsonl a.jsonl || fail 'other JSON lines'
"$millrace" table convert --quiet --from csv - --to arrow - <a.csv |
	"$millrace" table convert --quiet --from arrow - --to csv - >c.csv
cmp a.csv c.csv || fail 'a pipe gave other CSV'
expect 0 '2 rows' convert a.csv d.csv --rows 2
[ "$(wc -l <d.csv)" -eq 3 ] || fail '--rows'
printf '1;2\n3;4\n' >e.csv
expect 0 '2 rows' convert e.csv e.jsonl --delimiter ';' --no-header --schema 'f1:decimal128(5, 1)'
[ "$(head -n 1 e.jsonl)" = '{"f0":1,"f1":2.0}' ] || fail "other: $(cat e.jsonl)"

# What is shown.
[ "$("$millrace" table show --json a.arrow)" = '{"rows":3,"batches":1,"columns":[{"name":"id","type":"int64","nullable":true,"nulls":0},{"name":"word","type":"utf8","nullable":true,"nulls":1}],"arrow":{"messages":2,"dictionaries":0,"buffers_in_place":4,"buffers_in_place_8":0,"buffers_copied":0,"bytes_copied":0}}' ] ||
	fail "show --json: $("$millrace" table show --json a.arrow)"
"$millrace" table show a.csv | grep -qE '^word +utf8 +1$' || fail 'show'

# More than its memory passes, batch by batch; a batch that does not fit is refused.
seq 1 400000 | sed '1s/^/n\n/' >long.csv
expect 0 '400000 rows' convert long.csv long.arrow
expect 0 '400000 rows' convert long.arrow long.out.csv --memory 1MiB
cmp long.csv long.out.csv || fail 'a long table came back otherwise'
awk 'BEGIN { print "w"; for (i = 0; i < 1000; i++) printf "x%020000d\n", i }' >wide.csv # batches of 8 MiB
expect 0 '1000 rows' convert wide.csv wide.arrow
expect 0 '1000 rows' convert wide.arrow wide.out.csv --memory 32MiB
cmp wide.csv wide.out.csv || fail 'a wide table came back otherwise'
expect 1 'no memory for a batch' convert wide.arrow wide.out.csv --memory 2MiB

# Ten times the rows take no more memory, whatever the formats. ASan keeps what was freed, unless told.
peak_mib() { # IN OUT
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=1 python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' \
		"$millrace" table convert --quiet --memory 4MiB "$1" "$2"
}
{ cat long.csv && for _ in {1..9}; do tail -n +2 long.csv; done; } >longer.csv
for way in csv,arrow arrow,jsonl jsonl,csv; do
	short=$(peak_mib "long.${way%,*}" "long.${way#*,}")
	long=$(peak_mib "longer.${way%,*}" "longer.${way#*,}")
	[ "$long" -lt $((short + 16)) ] || fail "$way: $short MiB, and of ten times the rows $long MiB"
done

# What is wrong.
printf 'a,b\n1,2\n3\n' >bad.csv
cp a.csv kept.csv
expect 1 'bad.csv: line 3 has 1 fields' convert bad.csv kept.csv
cmp a.csv kept.csv || fail 'a failure changed the file that was there'
[ -z "$(find . -name '.kept.csv.*')" ] || fail 'a failure left a file'
expect 1 'absent.csv: No such file' convert absent.csv b.csv
expect 1 'cannot write absent/b.csv: No such file or directory: make its folder first' convert a.csv absent/b.csv
expect 1 '.: a folder' show . --from csv
expect 1 'standard input: a table without columns' show - --from csv
expect 1 'a.csv: Arrow message 1, at byte 0: no message' show a.csv --from arrow
expect 2 'convert, show or query is needed, not walk' walk a.csv
expect 2 'convert, show or query is missing'
expect 2 'IN OUT is missing' convert a.csv
expect 2 'FILE is missing' show
expect 2 'not also b.csv' show a.csv b.csv
expect 2 'the name a does not say its format: give --from arrow, csv, tsv or jsonl' show a
expect 2 '--to: "xml" is not allowed: arrow, csv, tsv or jsonl' convert a.csv b --to xml
expect 2 '--schema: "id" is not allowed: NAME:TYPE' show a.csv --schema id
expect 2 '--delimiter: one character' show a.csv --delimiter ab
expect 2 '--rows: a number' convert a.csv b.csv --rows many
expect 2 '--memory: bytes' show a.csv --memory lots
exit $failed
