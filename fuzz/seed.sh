#!/bin/sh
# Fills fuzz/corpus from tests/corpus. Targets that throw dice have eight bytes before the connection.
set -eu
cd "$(dirname "$0")"
mkdir -p corpus/head corpus/splits corpus/environ corpus/directory corpus/connection corpus/drivers corpus/wsgi corpus/body corpus/date corpus/translate_path corpus/range corpus/headers corpus/cgi
for file in ../tests/corpus/requests/*/*.http; do
    name=$(basename "$file" .http)
    for target in head splits environ directory; do cp "$file" "corpus/$target/$name"; done
    for target in connection drivers wsgi; do
        { printf '\0\0\0\0\0\0\0\0'; cat "$file"; } > "corpus/$target/$name"
        { printf '%-8.8s' "$name"; cat "$file"; } > "corpus/$target/$name-dice"
    done
    # From the end of the head, behind the byte that says how to cut.
    { printf '\3'; sed '1,/^\r$/d' "$file"; } > "corpus/body/$name"
    for target in translate_path cgi; do
        sed -n '1s/^[^ ]* \([^ ]*\) .*$/\1/p' "$file" > "corpus/$target/$name"
    done
    # The fields, as steps.
    sed -n '2,/^\r$/s/^\([^:]*\): *\(.*\)\r$/s\1\x02\2\x01/p' "$file" | tr -d '\n' > "corpus/headers/$name"
done
i=0
for range in 0-0 0-9 5- -1 0-0,2-3 0-0,-1 5-4 1000- -0 99999999999999999999- 0-,0- '0-1 , ,3-4' a-b; do
    i=$((i + 1))
    printf '\12bytes=%s' "$range" > "corpus/range/$i"
    printf '\377bytes=%s' "$range" > "corpus/range/$i-large"
done
printf 'aA\002b\001aa\002c\001sA\002d\001dA\002e\001ra\001pp\002"q\\' > corpus/headers/steps
for path in /cgi-bin/a /cgi-bin%2fa/b '/x/../htbin//a?b' /cgi-bin http://h/cgi-bin/a/ /%2e%2e/cgi-bin/./a /cgi-bin/..; do
    printf '%s' "$path" > "corpus/cgi/$(printf '%s' "$path" | tr -c 'a-z0-9' '_')"
done
for path in / /f /a /a/ /a/%3C%26%3E /i/ /i/l /l /u/ /u/s /../s /%2e%2e/s '/a?x' //a 'http://h/a' /nothing; do
    name=$(printf '%s' "$path" | tr -c 'a-z0-9' '_')
    printf 'GET %s HTTP/1.1\r\nHost: h\r\n\r\nHEAD %s HTTP/1.0\r\n\r\n' "$path" "$path" > "corpus/directory/path$name"
done
i=0
for date in 'Sun, 06 Nov 1994 08:49:37 GMT' 'Sunday, 06-Nov-94 08:49:37 GMT' 'Sun Nov  6 08:49:37 1994' \
    '06 Nov 1994 08:49:37 +0000' 'Sun, 31 Dec 9999 23:59:60 -0000'; do
    i=$((i + 1))
    printf '%s' "$date" > "corpus/date/$i"
done
