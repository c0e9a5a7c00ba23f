#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What can be said of several steps, and what is refused before anything is read or sent.

load helper

# The options are refused with this message, and nothing is on stdout.
refuses() {
	local want=$1
	shift
	run --separate-stderr ask_nobody "$@" </dev/null
	echo "got: $stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "$(flat <<<"$stderr")" = "pllm: $want" ]
}

ask_nobody() {
	pllm --endpoint http://127.0.0.1:9/v1 "$@"
}

@test "several prompts need names, and each its own" {
	refuses "-p: several prompts need names; write -p first='...' -p second='...'" -p one -p two
	refuses '-p: there are two steps named "a"' -p a=one -p a=two
	refuses '--prompt-file: there are two steps named "a"' --prompt-file a=there -p a=two
	refuses '-p: there are two steps named "output"' -p output=one -p two
	refuses '-p: there is nothing after the step'"'"'s name' -p a=
	refuses '-p: the field "pllm" is where errors go; name the answer something else' -p pllm=x
}

@test "a cycle is printed" {
	refuses 'cycle: a -> b -> a' -p a='{{b}}' -p b='{{a}}'
	refuses 'cycle: a -> b -> c -> a' -p a='{{b}}' -p b=x -s b='{{c}}' -p c='{{ .a }}'
}

@test "a name that is no step's is refused with the nearest" {
	refuses '--samples drft=5: there is no step "drft"; the nearest is draft' \
		-p draft=x --samples drft=5
	refuses '--join drft=vote: there is no step "drft"; the nearest is draft' \
		-p draft=x --join drft=vote
	refuses '--quorum drft=1: there is no step "drft"; the nearest is draft' \
		-p draft=x --quorum drft=1
	refuses '--vote-by drft=.x: there is no step "drft"; the nearest is draft' \
		-p draft=x --vote-by drft=.x
	meant='there is no step "drft"; the nearest is draft; a value that begins so is given as =drft=...'
	refuses "-m drft=gpt: $meant" -p draft=x -m drft=gpt
	refuses "-s: $meant" -p draft=x -s drft=y
	refuses "--image: $meant" -p draft=x --image drft=y
	refuses "--schema drft=f.json: $meant" -p draft=x --schema drft=f.json
	refuses '--max-tokens drft=5: there is no step "drft"; the nearest is draft' \
		-p draft=x --max-tokens drft=5
	refuses '--param: there is no step "drft"; the nearest is draft' \
		-p draft=x --param drft:temperature=0
	refuses '--emit drft: there is no step "drft"; the nearest is draft' -p draft=x --emit drft
	refuses "--samples a=5: there is no step \"a\"; a step has the name that stands before its prompt, as in -p NAME='...'" \
		-p 'x' --samples a=5
}

@test "where no step has a name, a text may begin as one would" {
	run --separate-stderr ask_nobody -m m -p x -s 'Output=JSON only' --dry-run </dev/null
	echo "$stderr"
	[ "$status" -eq 0 ]
}

@test "numbers have a range" {
	refuses '--samples 0: not understood; expected a whole number from 1 to 256' --samples 0
	refuses '--samples a=257: not understood; expected a whole number from 1 to 256' -p a=x --samples a=257
	refuses '--samples 100: with 3 models that are 300 calls of step a for a record; 256 is the most' \
		-p a=x --samples 100 -m p,q,r
	refuses '--quorum a=4: step a makes 3 calls for a record, no more' \
		-p a=x --samples 3 --quorum a=4
	refuses '--max-tokens a=x: not understood; expected a whole number from 1 to 100000000' -p a=x --max-tokens a=x
}

@test "what joins answers needs several of them" {
	refuses '--join a=vote: there is one answer to join; --samples or several models give more' \
		-p a=x --join a=vote
	refuses '--quorum a=1: there is one answer to join; --samples or several models give more' \
		-p a=x --quorum a=1
	refuses '--join most: not understood; expected all, vote or first' --samples 2 --join most
	refuses '--vote-by a=.x: nobody votes; several answers and --join a=vote are needed' \
		-p a=x --samples 3 --vote-by a=.x
	refuses '--vote-by .x: the answers of step a are text; --schema makes them JSON, which has fields' \
		-p a=x --samples 3 --join vote --vote-by .x
	refuses '--quorum 2: no step needs more than one answer; several, and --join all or vote, are needed' \
		-p a=x --samples 3 --join first --quorum 2
	refuses '--vote-by .x: nobody votes; several answers and --join vote are needed' \
		-p a=x --samples 3 --vote-by .x
}

# The same for pllm reduce.
refuses_reduce() {
	local want=$1
	shift
	run --separate-stderr pllm reduce --endpoint http://127.0.0.1:9/v1 -m x "$@" </dev/null
	echo "got: $stderr"
	[ "$status" -eq 2 ]
	[ "$(flat <<<"$stderr")" = "pllm: $want" ]
}

@test "the prompt of reduce is filled from items and key alone" {
	refuses_reduce 'the prompt: {{itms}} is nothing that pllm reduce fills in; the nearest is items' \
		-p '{{itms}}'
	refuses_reduce '--system: {{kay}} is nothing that pllm reduce fills in; the nearest is key' \
		-p '{{items}}' -s 'About {{kay?}}'
	refuses_reduce 'the prompt: {{.text}}: pllm reduce fills in items and key; fields of records belong into --item' \
		-p '{{items}} {{.text}}'
	refuses_reduce 'the prompt: {{.}}: pllm reduce fills in items and key; fields of records belong into --item' \
		-p '{{.}} {{items}}'
	refuses_reduce 'the prompt: {{items[0]}}: the items are one text, which has no parts; it is {{items}}' \
		-p '{{items[0]}}'
}

@test "what reduce writes itself is no name for an answer or for --meta" {
	local name
	for name in key count levels; do
		refuses_reduce "the field \"$name\" is pllm reduce's own; name the answer something else" \
			-p '{{items}}' -a $name
		refuses_reduce "--meta=$name: the field is pllm reduce's own; name another" \
			-p '{{items}}' --meta=$name
	done
	refuses_reduce "the field \"count\" is pllm reduce's own; name the answer something else" \
		-p 'count={{items}}'
	run pllm reduce --endpoint http://127.0.0.1:9/v1 -m x -p 'items={{items}}' </dev/null
	[ "$status" -eq 2 ]
}

@test "--on-overflow needs --max-input-tokens, and split is reduce's" {
	refuses '--on-overflow: nothing is too long without a limit; give --max-input-tokens N, which says what a prompt may have' \
		-m x -p x --on-overflow truncate
	refuses '--on-overflow split: only pllm reduce can ask about a record in parts; here it is error, truncate or truncate-middle' \
		-m x -p x --max-input-tokens 9 --on-overflow split
}

@test "limits of the environment that are for other runs are left aside" {
	start_mock
	echo '{"text":"t"}' >in
	PLLM_ON_OVERFLOW=split PLLM_MAX_TOKENS_LIMIT=50 quietly ask -p '{{text}}' <in
	PLLM_ON_OVERFLOW=split PLLM_MAX_INPUT_TOKENS=50 quietly ask -p '{{text}}' <in
	umask 022
	mkdir -p ~/.config/pllm
	echo 'defaults: { on-overflow: split, max-tokens-limit: 50 }' >~/.config/pllm/config.yaml
	quietly ask -p '{{text}}' <in
	[ "$(jq -r .output out)" = 'echo: t' ]
}

@test "a list of models names each once" {
	refuses '-m p,,q: not understood; expected the name of a model, UTF-8 and not empty' -m p,,q
	refuses '-m a=p,p: the model p is there twice; --samples asks one several times' \
		-p a=x -m a=p,p
}

@test "answers that grow need somewhere to grow to" {
	refuses '--on-truncate grow: step a needs --max-tokens, from which it grows' \
		-m x -p a=x -p b=x --max-tokens b=5 --max-tokens-limit 50 --on-truncate grow
	refuses '--on-truncate grow: step b needs a --max-tokens-limit above its --max-tokens, which is 50' \
		-m x -p a=x -p b=x --max-tokens b=50 --max-tokens 5 --max-tokens-limit 50 --on-truncate grow
	refuses '--max-tokens-limit is for --on-truncate grow' -m x --max-tokens-limit 50
}

@test "each step gets what is said of it, and the others what is said of all" {
	start_witness
	echo '{"text":"t"}' >in
	quietly pllm --endpoint "$URL" -j 1 -p a='one {{text}}' -p b='two {{a}}' \
		-m small -m b=large --max-tokens b=7 --max-tokens 5 -s b='be {{text}}' \
		--param temperature=0 --param b:temperature=1 --param a:seed=3 <in
	jq -c '[.body | fromjson | .model, .max_tokens, .temperature, .seed,
		(.messages | map(.content) | join("|"))]' requests >got
	diff got - <<-'EOF'
		["small",5,0,3,"one t"]
		["large",7,1,null,"be t|two seen"]
	EOF
	[ "$(cat out)" = '{"text":"t","a":"seen","b":"seen"}' ]
}

@test "only the steps of --emit are written" {
	start_mock
	echo '{"text":"t"}' >in
	quietly ask -p a='{{text}}' -p b='{{a}}' -p c='{{text}}' --emit b,c <in
	[ "$(cat out)" = '{"text":"t","b":"echo: echo: t","c":"echo: t"}' ]
}
