#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is wrong is said with an id that the manual explains, and with what would be right.

load helper

# says ID WHAT HELP COMMAND...: the command fails with that id, and says both.
says() {
	local id=$1 what=$2 help=$3
	shift 3
	try "$@"
	cat err
	[ "$status" -ne 0 ]
	grep -qF -- "error[E-$id]: " err
	grep -F -- "error[E-$id]: " err | grep -qF -- "$what"
	grep -qF -- "$help" <(grep '^help: ' err)
}

# refuses ID WHAT HELP OPTION...: nothing is asked, the exit status is 2.
refuses() {
	local id=$1 what=$2 help=$3
	shift 3
	says "$id" "$what" "$help" pllm "$@" </dev/null
	[ "$status" -eq 2 ]
	[ ! -s out ]
	[ "$(wc -l <err)" -eq 2 ]
	[[ $(sed -n 2p err) == "help: "* ]]
}

here=(--endpoint http://127.0.0.1:1 -m m)

@test "a wrong option is refused with the right one" {
	refuses usage 'unknown option --promt' 'the nearest is --prompt' --promt x
	refuses usage 'unknown option --max-token' 'the nearest is --max-tokens' --max-token 5
	refuses usage 'unknown option --nothing-like-it' 'pllm --help' --nothing-like-it
	refuses usage 'unknown option -x' 'pllm --help' -x
	refuses usage 'long options have two dashes' '--prompt' -prompt x
	refuses usage 'unknown command "reduec"' 'the nearest is reduce' reduec
	refuses usage '"Say {{text}}" is not a command' 'a prompt is given with -p' 'Say {{text}}'
	refuses usage '"in.jsonl" is not a command' 'an input file with -i' in.jsonl
	refuses usage 'needs a value' 'MODEL' -p x --model
	refuses usage '-j many' 'a whole number from 1 to 100000' -j many
	refuses usage '--timeout 5' 'such as 500ms, 30s or 1h30m' --timeout 5
	refuses usage '--on-error kep' 'the nearest is keep' --on-error kep
	refuses usage '--rate 60' 'such as 5/s, 60/m or 5/15s' "${here[@]}" -p x --rate 60
	refuses usage '--halt 5' 'now,fail=N' "${here[@]}" -p x --halt 5
	refuses usage '-r writes one answer' '--emit STEP' "${here[@]}" -p a=x -p b=y -r
	refuses key 'unknown option --api-key' '--key-file' --api-key
}

@test "what is wrong with a prompt, a step or a schema is refused with what would be right" {
	refuses template '{{ without its }}' '\{{' "${here[@]}" -p '{{text'
	refuses template "unknown filter 'upper'" 'json, trim and truncate:N' "${here[@]}" -p '{{text|upper}}'
	refuses template 'no path between {{ and }}' 'the whole record is {{.}}' "${here[@]}" -p '{{}}'
	refuses template '{{itms}}' 'the nearest is items' reduce "${here[@]}" -p 'x {{itms}}'
	refuses step 'no step "drft"' 'the nearest is draft' "${here[@]}" -p draft=x --samples drft=5
	refuses step 'several prompts need names' "-p first='...'" "${here[@]}" -p a -p b
	refuses step 'nobody votes' '--join' "${here[@]}" -p a=x --vote-by a=.x
	printf '{"type":"objekt"}\n' >schema
	refuses schema 'is no type' '"object"' "${here[@]}" -p x --schema schema
}

@test "what is wrong in a file is refused where it stands" {
	printf 'steps:\n  a:\n    promt: x\n' >flow.yaml
	refuses flow 'unknown key "promt"' 'the nearest is prompt' "${here[@]}" --flow flow.yaml
	grep -q '^pllm: flow\.yaml:3:5: error' err
	printf 'defaults:\n  jbos: 1\n' >config.yaml
	chmod 600 config.yaml
	refuses config 'unknown key "jbos"' 'the nearest is jobs' --config config.yaml -p x
	grep -q '^pllm: config\.yaml:2:3: error' err
	printf 'defaults: {rate: 60}\n' >config.yaml
	refuses config '--rate 60' 'such as 5/s' --config config.yaml "${here[@]}" -p x
	grep -q '^pllm: config\.yaml:1:18: error' err
	printf 'profiles: {night: {jobs: 2}}\n' >config.yaml
	refuses config 'no such profile' 'the nearest is night' --config config.yaml --profile nigth -p x
	chmod 666 config.yaml
	refuses config 'may be written by others' 'chmod go-w config.yaml' --config config.yaml -p x
	mkdir directory
	refuses file 'directory is a directory' 'a file of records' "${here[@]}" -p x -i directory
}

@test "where to ask, whom, with which key and for how much is asked for" {
	refuses endpoint 'unknown API "opnai"' 'the nearest is openai' --api opnai -m m -p x
	refuses endpoint 'weight=0' 'a number above 0' --endpoint http://127.0.0.1:1,weight=0 -m m -p x
	refuses endpoint 'two models' 'once for each' "${here[@]}" -p x --fallback a,b
	refuses model 'which model' 'give -m MODEL' --endpoint http://127.0.0.1:1 -p x
	refuses key 'no key for https://api.openai.com' 'set OPENAI_API_KEY' -m m -p x
	K=0123456789 refuses key 'a key would travel unencrypted' '--allow-http' \
		--endpoint http://192.0.2.1,key-env=K -m m -p x
	refuses prices 'the price of m' '--prices FILE' "${here[@]}" -p x --max-cost 1
	refuses budget 'how long an answer' '--max-tokens N' "${here[@]}" -p x --max-cost 1 --price-in 1 --price-out 1
	refuses cache '--refresh' 'give --cache FILE' "${here[@]}" -p x --refresh
	echo text >cache
	refuses cache 'is not a cache' 'name another file' "${here[@]}" -p x --cache cache
}

# stumbles WHAT HELP OPTION...: the first record on stdin fails, and the help says what was meant.
stumbles() {
	local what=$1 help=$2
	shift 2
	says bad_record "$what" "$help" ask -p '{{text}}' "$@"
	[ "$status" -eq 1 ]
	grep -q '^pllm: line 1: error' err
}

@test "lines that are no records are met with what was probably meant" {
	start_mock
	printf '{\n  "text": "a"\n}\n' | stumbles 'unexpected end' 'jq -c .'
	printf '[\n{"text":"a"},\n{"text":"b"}\n]\n' | stumbles 'unexpected end' "jq -c '.[]'"
	printf '  "text": "a",\n' | stumbles 'not a JSON value' 'jq -c .'
	printf 'id,text\n1,a\n' | stumbles 'not a JSON value' 'mlr --icsv --ojsonl cat'
	printf '"id","text"\n"1","a"\n' | stumbles 'not a JSON value' 'mlr --icsv --ojsonl cat'
	printf 'A plain line, it is.\n' | stumbles 'not a JSON value' 'help: -R takes each line as text'
	printf '{"text":"h\303\244"}\n' | iconv -f UTF-8 -t UTF-16 | stumbles 'not a JSON value' 'iconv -f UTF-16'
	printf '{"text":"a"}\n' | iconv -f UTF-8 -t UTF-16LE | stumbles 'not a JSON value' 'iconv -f UTF-16'
	printf "{'text':'a'}\n" | stumbles 'not a JSON value' 'double quotes'
	# Of all these lines one is a record: the last item of the array.
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "what is packed, or no text, is told from UTF-16" {
	start_mock
	printf '{"text":"a"}\n' | gzip -c | stumbles 'not a JSON value' 'help: zcat takes the compression away'
	printf '\050\265\057\375\044\0' | stumbles 'not a JSON value' 'zstdcat takes'
	printf '\3757zXZ\0' | stumbles 'not a JSON value' 'xzcat takes'
	printf 'BZh91AY&SY\0' | stumbles 'not a JSON value' 'bzcat takes'
	printf '{"text":"a"}\n' | iconv -f UTF-8 -t UTF-32 | stumbles 'not a JSON value' 'iconv -f UTF-32'
	printf 'one\0two\0three\0' | stumbles 'not a JSON value' "tr '\\0' '\\n'"
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "a prompt that asks each record the same is told, but not to cron" {
	start_mock
	printf '{"text":"a"}\n' >in
	quietly ask -p 'Say hi' -i in
	try ask -v -p 'Say hi' -i in
	grep -q '^pllm: -p names no field: every record is asked the same; {{text}} is the field "text"$' err
	try ask -p 'Say {text}' -i in
	[ "$status" -eq 0 ]
	grep -q 'asked the same; write {{text}}$' err
	try ask -p in -i in
	grep -q 'a file.s name.*--prompt-file FILE' err
	quietly ask -p '{{text}}' -i in
	try ask -v -R -p x -i in
	grep -q '{{\.}} is the line' err
	try pllm reduce --endpoint "$URL" -m mock -v -p '{{items}}' -i in
	run ! grep -q 'names no field' err
	: >empty
	refuses file 'there is nothing in empty' 'a prompt is expected' "${here[@]}" --prompt-file empty
	# Somebody has read that pipe before.
	refuses file 'there is nothing in /dev/fd/9' 'can be read once' "${here[@]}" --prompt-file /dev/fd/9 9< <(:)
}

@test "an endpoint, an API or a field that is written as elsewhere is met with how it is written here" {
	refuses endpoint 'unknown "modl=x"' 'the nearest is model=' --endpoint http://127.0.0.1:1,modl=x -m m -p x
	refuses endpoint 'localhost:8000' 'write http://localhost:8000/v1' --endpoint localhost:8000/v1 -m m -p x
	refuses endpoint 'api.example.com' 'write https://api.example.com' --endpoint api.example.com -m m -p x
	try pllm --endpoint user:word@localhost -m m -p x </dev/null
	[ "$status" -eq 2 ]
	run ! grep -q word@ err
	refuses endpoint 'unknown API "claude"' 'the nearest is anthropic' --api claude -m m -p x
	refuses endpoint 'unknown API "google"' 'the nearest is gemini' --api google -m m -p x
	refuses template '#if' 'templates have no logic' "${here[@]}" -p '{{#if a}}'
	printf 'steps:\n  a:\n    prompt: {{text}}\n' >flow.yaml
	refuses flow 'a key is a plain word' 'prompt: "{{text}}"' "${here[@]}" --flow flow.yaml
	printf 'steps:\n  a:\n    prompt: Say: {{text}}\n' >flow.yaml
	refuses flow 'nested block mapping' 'has quotes around it' "${here[@]}" --flow flow.yaml
	start_mock
	says template 'no field "first_name"' 'write {{["first name"]}}' \
		ask -p '{{first_name}}' <<<'{"first name":"a"}'
	quietly ask -p '{{["first name"]}}' <<<'{"first name":"a"}'
}

@test "what they are told to do helps" {
	start_mock
	printf '[{"text":"a"},\n{"text":"b"}]\n' | jq -c '.[]' >in
	quietly ask -p '{{text}}' -i in
	[ "$(wc -l <out)" -eq 2 ]
	printf '{\n "text":"a"\n}\n' | jq -c . >in
	quietly ask -p '{{text}}' -i in
	[ "$(wc -l <out)" -eq 1 ]
	printf 'a line\n' >in
	quietly ask -R -p '{{.}}' -i in
	printf '{"text":"h\303\244"}\n' | iconv -f UTF-8 -t UTF-16 | iconv -f UTF-16 -t UTF-8 >in
	quietly ask -p '{{text}}' -i in
}

@test "a record that lacks what a template wants is told what it has" {
	start_mock
	says template 'no field "titel"' 'write {{title}}, or {{titel?}} if it may be missing' \
		ask -p '{{titel}}' <<<'{"id":1,"title":"x"}'
	says template 'no field "text"' "jq -c '.[]'" ask -p '{{text}}' <<<'[{"text":"a"},{"text":"b"}]'
	says template 'no field "text"' '{{.}} is all of it' ask -p '{{text}}' <<<'"a string"'
	says bad_record 'nothing to ask' 'give -p TEMPLATE' ask <<<'{"text":"a"}'
}

@test "of each id three are shown, help with the first; -v shows all, -q none, and the others are counted" {
	start_mock
	for i in 1 2 3 4 5; do printf 'nothing\n{"id":%d}\n' "$i"; done >in
	try ask -p '{{text}}' -i in
	[ "$status" -eq 1 ]
	[ "$(grep -c 'error\[E-template\]' err)" -eq 3 ]
	[ "$(grep -c 'error\[E-bad_record\]' err)" -eq 3 ]
	[ "$(grep -c '^help: ' err)" -eq 2 ]
	grep -q 'template: 5, first on line 2' err
	try ask -v -p '{{text}}' -i in
	[ "$(grep -c 'error\[E-template\]' err)" -eq 5 ]
	[ "$(grep -c '^help: ' err)" -eq 2 ]
	try ask -q -p '{{text}}' -i in
	[ "$status" -eq 1 ]
	[ ! -s err ]
}

@test "a model that is not there is met with the nearest that is known" {
	start_mock --model gpt-4o-mini --strict-model
	try pllm --endpoint "$URL" -m gpt-4o-mni -p '{{text}}' <<<'{"text":"a"}'
	cat err out
	[ "$status" -ne 0 ]
	grep -q 'nearest to gpt-4o-mni is gpt-4o-mini' err
}

@test "what parts fault and help never reaches the output, where both are one text" {
	start_mock
	printf '{"id":1,"title":"x"}\n{\n' >in
	try ask -p '{{titel}}' --stats stats -i in
	[ "$(jq -r .pllm.error.message out | head -n 1)" = \
		'no field "titel"; the record has "title"; write {{title}}, or {{titel?}} if it may be missing' ]
	jq -r .pllm.error.message out | sed -n 2p | grep -q "; a record is one line: jq -c ."
	run ! grep -qE $'\x1f|u001[fF]' out err stats
	try ask -p '{{titel}}' --errors errors -i in
	run ! grep -qE $'\x1f|u001[fF]' out err errors*
	try ask -r -p '{{titel}}' -i in
	run ! grep -q $'\x1f' out err
}

@test "whatever looks like a key in what a server says is not shown" {
	start_mock --key sk-the-right-key-0123456789
	OPENAI_API_KEY=sk-the-wrong-key-9876543210 try pllm --endpoint "$URL" -m m -p '{{text}}' <<<'{"text":"a"}'
	cat err out
	[ "$status" -ne 0 ]
	run ! grep -q 'wrong-key\|right-key' out err
}

@test "each id is explained in the manual, and the manual explains no other" {
	local page=$top/man/pllm.1
	{
		sed -n '/names\[ERR_KINDS_N\]/,/};/s/.*= "\([a-z_]*\)".*/\1/p' "$top/src/base/err.c"
		sed -n '/ERROR_NONE/d; s/.*\[ERROR_[A-Z_]*\] = { "\([a-z_]*\)".*/\1/p' "$top/src/work/outcome.c"
	} | sort -u >ids
	[ "$(wc -l <ids)" -ge 30 ]
	sed -n 's/^\.It E-\([a-z_]*\)$/\1/p' "$page" | sort -u >explained
	diff ids explained
}

@test "a line that is too long is told what length would do, whatever it is read as" {
	start_mock
	printf '"%s"\n"a"\n' "$(head -c 2998 /dev/zero | tr '\0' a)" >in
	for format in jsonl lines seq; do
		says bad_record 'longer than --max-record (1k)' '--max-record 4k' \
			ask -p '{{.}}' --input-format "$format" --max-record 1k <in
		run ! grep -e 'JSON value' -e '-R takes' err
		[ "$(wc -l <out)" -eq 2 ]
		quietly ask -p '{{.}}' --input-format "$format" --max-record 4k <in
	done
	# Many blocks long; the last ends where a block does, and is the last line without an end.
	says bad_record '(1k)' '--max-record 1M' ask -R -p x --max-record 1k < <(head -c 600000 /dev/zero)
	says bad_record '(1k)' '--max-record 512k' ask -R -p x --max-record 1k -i <(head -c 524288 /dev/zero)
	head -c 524288 /dev/zero >in
	says bad_record '(1k)' '--max-record 512k' ask -R -p x --max-record 1k -i in
	[ "$(wc -l <out)" -eq 1 ]
}
