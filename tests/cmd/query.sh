#!/bin/bash
# `millrace table query` on lines of TPC-H's kind: Q1 and Q6 against awk, formats, and what is
# refused: query.sh MILLRACE
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
# query CODE TEXT ARGUMENTS...: TEXT must be in what the command says on standard error.
query() {
	local code=$1 text=$2 rc=0
	shift 2
	"$millrace" table query "$@" >out 2>err </dev/null || rc=$?
	if [ "$rc" -ne "$code" ] || { [ -n "$text" ] && ! grep -qF -- "$text" err; }; then
		fail "query $*: exit code $rc, wanted $code and \"$text\"; it said: $(cat err)"
	fi
}

# A lineitem of 20,000 rows from a linear congruence, and both answers in integers of cents: awk's
# doubles hold them exactly.
awk 'BEGIN {
	state = 20241122
	print "quantity,price,discount,tax,flag,status,shipdate" >"lineitem.csv"
	for (i = 0; i < 20000; i++) {
		quantity = random(50) + 1; cents = quantity * (90000 + random(10000))
		discount = random(11); tax = random(9)
		year = 1992 + random(7); month = 1 + random(12); day = 1 + random(28)
		flag = substr("ANR", 1 + random(3), 1); status = substr("FO", 1 + random(2), 1)
		date = sprintf("%04d-%02d-%02d", year, month, day)
		printf "%d.00,%d.%02d,0.%02d,0.%02d,%s,%s,%s\n", quantity, int(cents / 100), cents % 100,
			discount, tax, flag, status, date >"lineitem.csv"
		if (year == 1994 && discount >= 5 && discount <= 7 && quantity < 24)
			revenue += cents * discount
		if (date > "1998-09-02") continue
		key = flag "," status
		n[key]++; sum_quantity[key] += quantity; sum_price[key] += cents
		sum_net[key] += cents * (100 - discount)
	}
	printf "revenue\n%d.%04d\n", int(revenue / 10000), revenue % 10000 >"q6.wanted"
	for (key in n)
		printf "%s,%d.00,%d.%02d,%d.%04d,%d\n", key, sum_quantity[key],
			int(sum_price[key] / 100), sum_price[key] % 100,
			int(sum_net[key] / 10000), sum_net[key] % 10000, n[key] | "sort >q1.wanted"
}
function random(bound) {
	state = (state * 16807) % 2147483647
	return state % bound
}'
types=quantity:'decimal128(15, 2)',price:'decimal128(15, 2)',discount:'decimal128(15, 2)',tax:'decimal128(15, 2)'
"$millrace" table convert --quiet lineitem.csv lineitem.arrow --schema "$types" || fail 'convert'

q6="select shipdate >= date '1994-01-01' and shipdate < date '1995-01-01'
       and discount between 0.05 and 0.07 and quantity < 24
aggregate revenue = sum(price * discount)"
q1="select shipdate <= date '1998-09-02'
aggregate quantity = sum(quantity), price = sum(price), net = sum(price * (1 - discount)), n = count()
	by flag, status"
for level in plain sse4.2 avx2 avx512; do # where the machine has none such, its best one
	export MILLRACE_CPU=$level
	query 0 '20000 rows in, 1 out' "$q6" lineitem.arrow
	cmp out q6.wanted || fail "Q6, $level"
	query 0 '20000 rows in, 6 out' "$q1" lineitem.arrow
	tail -n +2 out | LC_ALL=C sort | cmp - q1.wanted || fail "Q1, $level"
done
unset MILLRACE_CPU
query 0 '' "$q6" lineitem.arrow --device reference
cmp out q6.wanted || fail 'Q6 by the reference'
# The select where there is a device; the products of decimals are the CPU's.
export XDG_CACHE_HOME=$PWD POCL_CACHE_DIR=$PWD/pocl
query 0 'ran on the CPU instead: ' "$q6" lineitem.arrow --device opencl
cmp out q6.wanted || fail 'Q6 with OpenCL'
query 2 '--device: cpu, opencl' "$q6" lineitem.arrow --device cpu:1

# Formats, the summary, an order of rows.
query 0 '' "$q6" lineitem.csv revenue.jsonl --schema "$types" --quiet
[ "$(cat revenue.jsonl)" = "{\"revenue\":$(tail -n 1 q6.wanted)}" ] || fail "$(cat revenue.jsonl)"
query 0 '' "$q6" lineitem.arrow r.arrow --json
grep -q '^{"rows_in":20000,"rows_out":1,"bytes_in":' out || fail "$(cat out)"
query 0 '' 'select quantity = 7 and price < 7000; project price, cents = price * 100' lineitem.arrow --to jsonl
awk -F, '$1 == "7.00" && $2 < 7000 { printf "{\"price\":%s,\"cents\":%s}\n", $2, $2 * 100 ".00" }' \
	lineitem.csv | cmp - out || fail 'rows'

# What is wrong: where, and what to do. A result is there whole, or not at all.
query 1 'there is no column "prise": did you mean "price"?' 'select prise > 3' lineitem.arrow
query 1 "$(printf '  select prise > 3\n         ^^^^^')" 'select prise > 3' lineitem.arrow
query 1 'line 2, column 9: there is no function sin' $'select price > 1\nselect  sin(price) > 1' lineitem.arrow
query 1 'there is no operator selct: there are select, project' 'selct price' lineitem.arrow
query 1 '+ does not take utf8 and int64' "select flag + 1 = 2" lineitem.arrow
query 1 'step 2, project, row 0: overflow in (q * 9223372036854775807)' \
	'project q = cast(quantity as int64) + 1; project z = q * 9223372036854775807' lineitem.arrow z.csv
[ ! -e z.csv ] || fail 'a failure left a file'
query 1 'step 1, project: keeps more than the 4 KiB' 'project z = price * price' lineitem.csv z.csv --memory 4KiB
query 2 'STEPS IN is missing' 'select price > 3'
query 2 'name OUT, standard output is taken' "$q6" lineitem.arrow --json
query 2 '--device: cpu, opencl, opencl:NUMBER or reference is needed, not gpu' "$q6" lineitem.arrow --device gpu
query 1 '--tables: NAME=FILE' "$q6" lineitem.arrow --tables orders
exit $failed
