#!/bin/bash
# A function from its beginning to its test, as who writes one meets it.
# develop.sh MILLRACE SOURCE_ROOT
# shellcheck source=tests/develop/expect.sh
. "$(dirname "$0")/expect.sh"

expect 0 'shout/shout.mr' "$millrace" new shout
expect 0 'shout/shout.wasm' "$millrace" build shout
for sandbox in wasm native; do
	expect 0 '1 passed, 0 failed' "$millrace" test shout --sandbox $sandbox
done
expect 0 '"passed":true' "$millrace" test shout --json
printf 'quiet please' >text
expect 0 'QUIET PLEASE' "$millrace" run shout/shout.mr "text=file:$work/text" --quiet

# What it makes and what it should: every way to differ, and taking it as right.
sed -i 's/- 32/- 31/' shout/shout.c
expect 0 'shout.wasm' "$millrace" build shout/shout.c --kind wasm
expect 1 'result/greeting differs at byte 2, line 1' "$millrace" test shout
expect 0 '1 passed' "$millrace" test shout --accept
expect 0 '1 passed' "$millrace" test shout
printf x >shout/test/hello/in/text/more
expect 1 'result/more is not expected' "$millrace" test shout
expect 0 '1 passed' "$millrace" test shout --accept
rm shout/test/hello/in/text/more
expect 1 'result/more is missing' "$millrace" test shout
expect 0 '1 passed' "$millrace" test shout --accept
[ ! -e shout/test/hello/out/result/more ] || { echo "--accept keeps what is no more made"; failed=1; }
expect 0 '1 passed' "$millrace" test shout --out made/here
cmp made/here/hello/result/greeting shout/test/hello/out/result/greeting || failed=1

# A function that fails, and one that never ends, fail their case and nothing else.
cp -r shout ends && mv ends/shout.mr ends/shout.bak
sed 's/time 10s/time 100ms/' ends/shout.bak >ends/shout.mr
sed -i 's/uint32_t i = 0; i < in->item_count; i++/;;/; s/call, in, i)/call, in, 0)/' ends/shout.c
expect 0 'ends/shout.wasm' "$millrace" build ends --kind wasm
sed -i 's/memory 1MiB/memory 1GiB/' ends/shout.mr
expect 1 'FAILED  shout hello' "$millrace" test ends

# With a libc, because the source says so; without one it does not compile.
mkdir sort
cp "$root/tests/functions/sortlines.c" sort/
cat >sort/sort.mr <<'MR'
function sortlines { in text; out sorted; memory 1MiB + 8 x input }
composition sort { in text; out sorted; sortlines(text = each text) -> (sorted) }
MR
mkdir -p sort/test/fruit/{in/text,out/sorted}
printf 'pear\napple\nfig\n' >sort/test/fruit/in/text/list
printf '0 apple 0.000\n1 fig 1.000\n2 pear 1.414\n' >sort/test/fruit/out/sorted/list
expect 0 'sort/sortlines.wasm' "$millrace" build sort --kind wasm
expect 0 '1 passed' "$millrace" test sort
expect 3 'does not compile' "$millrace" build sort --kind wasm --libc off

# Several functions, each with its cases.
mkdir -p words/test/count/one/in/text
cp "$root/functions/wordcount/wordcount.mr" words/
printf 'a b a\n' >words/test/count/one/in/text/x
expect 0 'ok      count one' "$millrace" test words
expect 4 'no case of total in it' "$millrace" test words --function total
expect 2 'the composition has no function nosuch' "$millrace" test words --function nosuch

# What is wrong is said.
expect 4 'File exists' "$millrace" new shout
expect 2 '"9lives" cannot name a function' "$millrace" new 9lives
expect 2 '"for" cannot name a function' "$millrace" new for
expect 2 'NAME is missing' "$millrace" new
expect 4 'absent' "$millrace" new good --dir absent
[ ! -e absent ] || failed=1
expect 2 '--kind is wasm, image or native, not jar' "$millrace" build shout --kind jar
expect 2 '--stack is 1KiB to 64MiB, not 1' "$millrace" build shout --stack 1
expect 2 'the source of a function is a NAME.c' "$millrace" build shout/shout.mr
expect 4 'no source in it has a line MR_ENTRY' "$millrace" build .
expect 4 'absent.c: No such file' "$millrace" build absent.c
printf 'int nothing;\n' >empty.c
expect 3 'mr_entry' "$millrace" build empty.c
sed 's/return 0;/return 0/' shout/shout.c >broken.c
cp shout/shout.wasm broken.wasm
expect 3 'does not compile' "$millrace" build broken.c
cmp shout/shout.wasm broken.wasm || { echo "a failed build changed what was there"; failed=1; }
expect 4 'no clang on the PATH' env PATH=/nowhere "$millrace" build shout --kind wasm
expect 4 'one NAME.mr is needed' "$millrace" test .
expect 4 'No such file' "$millrace" test absent
expect 2 '--sandbox is wasm, wasm-process, process, kvm, native or auto, not jail' "$millrace" test shout --sandbox jail
expect 3 'sortlines.so; looked in' "$millrace" test sort --sandbox native --functions "$work/nowhere"
exit $failed
