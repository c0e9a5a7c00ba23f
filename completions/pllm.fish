# fish completion for pllm
# SPDX-License-Identifier: MIT
# Written by script/generate from the options table; change it there.

set -g __pllm_letters i R o a r k u p s m j P n q v h
set -g __pllm_letter_names input raw-input output as raw-output keep-order unordered prompt system model jobs jobs dry-run quiet verbose h
set -g __pllm_valued input input-format max-record output as existing window window-bytes errors on-error accept prompt prompt-file system model max-tokens param schema reasks image samples join vote-by quorum emit flow by fan-in item group-bytes dimensions input-type format ids batch-items batch-tokens batch-wait field size overlap at keep-fields api endpoint fallback fallback-after balance key-env key-file key-fd key-cmd header header-file cacert cert unix-socket config profile jobs rate tpm hedge hedge-max retries timeout connect-timeout ttft-timeout idle-timeout deadline give-up max-duration grace halt cache cache-ttl older-than max-cost max-total-tokens max-requests prices price-in price-out on-truncate max-tokens-limit max-input-tokens on-overflow trial progress stats-every total stats metrics-file job-name trace color
set -g __pllm_naming prompt prompt-file
set -g __pllm_commands reduce embed chunk cache doctor
set -g __pllm_apis openai openai-responses openai-completions openai-moderation azure azure-classic anthropic gemini ollama mistral groq together_ai openrouter deepseek xai fireworks_ai cerebras nvidia_nim cohere bedrock cohere-rerank voyage-rerank jina-rerank tei-rerank
set -g __pllm_embed_apis openai azure azure-classic gemini ollama cohere voyage jina mistral tei together_ai openrouter fireworks_ai nvidia_nim

# An option, with its value if it has one, was given.
function __pllm_given --argument-names name value
	set -ga __pllm_names $name
	if contains -- $name $__pllm_naming
		set -l step (string match -r '^[a-z0-9_]+(?==)' -- $value)
		and set -ga __pllm_steps $step
	end
	switch $name
		case config profile
			set -ga __pllm_config --$name=(string replace -r '^~/' $HOME/ -- $value)
		case no-config
			set -ga __pllm_config --$name
	end
end

# Reads -rp or -rpVALUE: prints the name of the option that has a value, and that.
function __pllm_split --argument-names word
	set -l at 1
	for letter in (string split '' -- (string sub -s 2 -- $word))
		set at (math $at + 1)
		set -l i (contains -i -- $letter $__pllm_letters)
		or return
		if contains -- $__pllm_letter_names[$i] $__pllm_valued
			printf '%s\n' $__pllm_letter_names[$i] (string sub -s (math $at + 1) -- $word)
			return
		end
		set -ga __pllm_names $__pllm_letter_names[$i]
	end
end

# Reads the words before the cursor as pllm does.
function __pllm_read
	set -l line (commandline -opc)
	test "$line" = "$__pllm_line"
	and return
	set -g __pllm_line "$line"
	set -g __pllm_names
	set -g __pllm_steps
	set -g __pllm_config
	set -g __pllm_words
	set -l name
	set -l ended
	for word in $line[2..]
		if test -n "$name"
			__pllm_given $name $word
			set name
			continue
		end
		if test -n "$ended"; or not string match -qr '^-.' -- $word
			set -ga __pllm_words $word
			continue
		end
		switch $word
			case --
				set ended yes
			case '--*=*'
				__pllm_given (string replace -r '^--([^=]*)=[\s\S]*' '$1' -- $word) \
					(string replace -r '^[^=]*=' '' -- $word)[1]
			case '--*'
				set name (string sub -s 3 -- $word)
				if not contains -- $name $__pllm_valued
					__pllm_given $name ''
					set name
				end
			case '*'
				set -l parts (__pllm_split $word)
				set name $parts[1]
				if test -n "$parts[2]"
					__pllm_given $parts[1..2]
					set name
				end
		end
	end
	set -g __pllm_command filter
	if contains -- "$__pllm_words[1]" $__pllm_commands
		set -g __pllm_command $__pllm_words[1]
	end
end

# True if so many words have been said, the first of which is this one.
function __pllm_words_are --argument-names n first
	__pllm_read
	test (count $__pllm_words) -eq $n -a "$__pllm_words[1]" = "$first"
end

# True if one of these commands is being written, and the option is not there already.
function __pllm_takes --argument-names commands name
	__pllm_read
	contains -- $__pllm_command (string split , -- $commands)
	and not contains -- "$name" $__pllm_names
end

# Prints values that are not listed already: how, and the words that there are.
function __pllm_value --argument-names how
	__pllm_read
	set -l stem ''
	set -l listed
	set -l value (commandline -ct | string replace -ra '[\'"\\\\]' '' |
		string replace -r '^--[a-z0-9-]*=' '')
	if string match -qr '^-[^-]' -- "$value"
		set value (__pllm_split $value)[2]
	end
	set -l joint (string match -r '[=:]' -- $how)
	if test -n "$joint"
		set stem (string match -r "^[a-z0-9_]*$joint" -- $value)
		or for step in $__pllm_steps
			echo $step$joint
		end
	end
	if string match -q '*,' -- $how
		set value (string sub -s (math (string length -- "$stem") + 1) -- $value)
		set listed (string split , -- $value)[1..-2]
		set stem "$stem"(string match -r '^.*,' -- $value; or echo)
	end
	set -l source (string match -r '^[a-z]+' -- $how)
	set -l found $argv[2..]
	switch $source
		case files
			return
		case steps
			set found $__pllm_steps
		case apis
			set found $__pllm_apis
			test $__pllm_command = embed
			and set found $__pllm_embed_apis
		case models endpoints fallbacks profiles
			set found (command pllm $__pllm_config --generate $source </dev/null 2>/dev/null)
	end
	for word in $found
		contains -- $word $listed
		or printf '%s%s\n' "$stem" $word
	end
end

complete -c pllm -f
complete -c pllm -n '__pllm_words_are 0' -a help -d 'all options'
complete -c pllm -n '__pllm_words_are 0' -a reduce -d 'many records to one'
complete -c pllm -n '__pllm_words_are 1 help' -a reduce -d 'its options'
complete -c pllm -n '__pllm_words_are 0' -a embed -d 'records to vectors'
complete -c pllm -n '__pllm_words_are 1 help' -a embed -d 'its options'
complete -c pllm -n '__pllm_words_are 0' -a chunk -d 'documents to pieces'
complete -c pllm -n '__pllm_words_are 1 help' -a chunk -d 'its options'
complete -c pllm -n '__pllm_words_are 0' -a cache -d 'look after a cache file'
complete -c pllm -n '__pllm_words_are 1 help' -a cache -d 'its options'
complete -c pllm -n '__pllm_words_are 0' -a doctor -d 'check configuration and endpoints'
complete -c pllm -n '__pllm_words_are 1 help' -a doctor -d 'its options'
complete -c pllm -n '__pllm_words_are 1 cache' -a 'stats ls rm export verify'
complete -c pllm -n '__pllm_words_are 2 cache' -F
complete -c pllm -n '__pllm_words_are 1 doctor' -a 'reduce embed'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk input' -s i -l input -r -F -d 'read records from FILE, not from stdin'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk input-format' -l input-format -x -a '(__pllm_value words jsonl lines seq openai-batch anthropic-batch)' -d 'what a record looks like'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk raw-input' -s R -l raw-input -d 'each line is text: --input-format lines'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk seq' -l seq -d 'RFC 7464 text sequences, in and out'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk max-record' -l max-record -x -d 'longest record that is accepted'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache output' -s o -l output -r -F -d 'write to FILE, complete or not at all'
complete -c pllm -n '__pllm_takes filter,reduce,embed as' -s a -l as -x -d 'field that takes the answer'
complete -c pllm -n '__pllm_takes filter,embed existing' -l existing -x -a '(__pllm_value words error skip replace)' -d 'what to do if that field is there already'
complete -c pllm -n '__pllm_takes filter,reduce raw-output' -s r -l raw-output -d 'print the answers\' text only, not records'
complete -c pllm -n '__pllm_takes filter,reduce raw-output0' -l raw-output0 -d 'the same, each ended by a NUL'
complete -c pllm -n '__pllm_takes filter,reduce,embed meta' -l meta -f -d 'add model, usage, attempts, time to each record'
complete -c pllm -n '__pllm_takes filter,reduce,embed keep-order' -s k -l keep-order -d 'write records in input order (the default)'
complete -c pllm -n '__pllm_takes filter,reduce,embed unordered' -s u -l unordered -d 'write records as soon as they are answered'
complete -c pllm -n '__pllm_takes filter,reduce,embed window' -l window -x -d 'records read but not yet written, at most'
complete -c pllm -n '__pllm_takes filter,reduce,embed window-bytes' -l window-bytes -x -d 'and how much memory they may take'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk errors' -l errors -r -F -d 'write failed records to FILE, not to the output'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk on-error' -l on-error -x -a '(__pllm_value words keep drop stop)' -d 'what to do with a failed record'
complete -c pllm -n '__pllm_takes filter,embed,chunk retry-errors' -l retry-errors -d 'take records that failed before as new'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk accept' -l accept -x -d 'exit with 0 if no more records than this failed'
complete -c pllm -n '__pllm_takes filter,reduce,embed' -s p -l prompt -x -d 'what to ask; {{text}} is a field'
complete -c pllm -n '__pllm_takes filter,reduce,embed' -l prompt-file -r -F -d 'the same, from a file'
complete -c pllm -n '__pllm_takes filter,reduce' -s s -l system -x -a '(__pllm_value free=)' -d 'the system message, a template too'
complete -c pllm -n '__pllm_takes filter,reduce,embed,cache,doctor' -s m -l model -x -a '(__pllm_value models=,)' -d 'which model is asked'
complete -c pllm -n '__pllm_takes filter,reduce' -l max-tokens -x -a '(__pllm_value free=)' -d 'longest answer, in tokens'
complete -c pllm -n '__pllm_takes filter,reduce,embed' -l param -x -a '(__pllm_value free:)' -d 'any other field of the request, as JSON'
complete -c pllm -n '__pllm_takes filter,reduce' -l schema -r -F -a '(__pllm_value files=)' -d 'the JSON Schema of the answers'
complete -c pllm -n '__pllm_takes filter,reduce reasks' -l reasks -x -d 'ask again for an answer that does not match'
complete -c pllm -n '__pllm_takes filter' -l image -x -a '(__pllm_value free=)' -d 'show a picture with the prompt: a file or URL'
complete -c pllm -n '__pllm_takes filter' -l samples -x -a '(__pllm_value free=)' -d 'how often to ask each model'
complete -c pllm -n '__pllm_takes filter' -l join -x -a '(__pllm_value words= all vote first)' -d 'what becomes of several answers'
complete -c pllm -n '__pllm_takes filter' -l vote-by -x -a '(__pllm_value free=)' -d 'the part of a JSON answer that votes'
complete -c pllm -n '__pllm_takes filter' -l quorum -x -a '(__pllm_value free=)' -d 'how many must be answered'
complete -c pllm -n '__pllm_takes filter' -l emit -x -a '(__pllm_value steps,)' -d 'steps whose answers are written'
complete -c pllm -n '__pllm_takes filter flow' -l flow -r -F -d 'read steps from FILE, which is YAML'
complete -c pllm -n '__pllm_takes filter show-flow' -l show-flow -f -a '(__pllm_value words text dot)' -d 'print the steps and their needs, and exit'
complete -c pllm -n '__pllm_takes reduce by' -l by -x -d 'records that are equal there are a group'
complete -c pllm -n '__pllm_takes reduce fan-in' -l fan-in -x -d 'items combined at once, at most'
complete -c pllm -n '__pllm_takes reduce item' -l item -x -d 'what a record is in the prompt'
complete -c pllm -n '__pllm_takes reduce sorted' -l sorted -d 'the input is sorted by its groups'
complete -c pllm -n '__pllm_takes reduce group-bytes' -l group-bytes -x -d 'memory for items that wait to be combined'
complete -c pllm -n '__pllm_takes embed dimensions' -l dimensions -x -d 'numbers in a vector'
complete -c pllm -n '__pllm_takes embed input-type' -l input-type -x -a '(__pllm_value words query document)' -d 'what the texts are to a search'
complete -c pllm -n '__pllm_takes embed normalize' -l normalize -d 'scale vectors to length 1'
complete -c pllm -n '__pllm_takes embed format' -l format -x -a '(__pllm_value words jsonl npy f32)' -d 'where vectors go'
complete -c pllm -n '__pllm_takes embed ids' -l ids -r -F -d 'write the records beside a matrix to FILE'
complete -c pllm -n '__pllm_takes embed batch-items' -l batch-items -x -d 'texts in a request'
complete -c pllm -n '__pllm_takes embed batch-tokens' -l batch-tokens -x -d 'and tokens, estimated'
complete -c pllm -n '__pllm_takes embed batch-wait' -l batch-wait -x -d 'how long a request waits for more texts'
complete -c pllm -n '__pllm_takes chunk field' -l field -x -d 'where the text is'
complete -c pllm -n '__pllm_takes chunk size' -l size -x -d 'tokens of a chunk, at most'
complete -c pllm -n '__pllm_takes chunk overlap' -l overlap -x -d 'tokens shared with the one before'
complete -c pllm -n '__pllm_takes chunk at' -l at -x -a '(__pllm_value words paragraph sentence line token)' -d 'where to cut'
complete -c pllm -n '__pllm_takes chunk keep-fields' -l keep-fields -x -a '(__pllm_value words all none)' -d 'other fields each chunk gets'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor api' -l api -x -a '(__pllm_value apis)' -d 'the API that the endpoint speaks'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor' -l endpoint -x -a '(__pllm_value endpoints)' -d 'base URL to ask at, or several'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor' -l fallback -x -a '(__pllm_value fallbacks)' -d 'whom to ask when the pool cannot answer'
complete -c pllm -n '__pllm_takes filter,reduce,embed fallback-after' -l fallback-after -x -d 'fall back when the pool has been silent so long'
complete -c pllm -n '__pllm_takes filter,reduce,embed balance' -l balance -x -a '(__pllm_value words least weighted affinity)' -d 'how a pool\'s load is shared'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor key-env' -l key-env -x -d 'the variable that holds the key, or none'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor key-file' -l key-file -r -F -d 'read the key from FILE'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor key-fd' -l key-fd -x -d 'read the key from descriptor N'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor key-cmd' -l key-cmd -x -d 'run COMMAND, which prints the key'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor' -l header -x -d 'send one more header; not for secrets'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor' -l header-file -r -F -d 'send the headers in FILE, one a line'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor allow-http' -l allow-http -d 'let a key travel unencrypted'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor cacert' -l cacert -r -F -d 'trust the certificates in FILE, not the system\'s'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor cert' -l cert -r -F -d 'show the server this certificate and key'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor unix-socket' -l unix-socket -r -F -d 'connect to PATH, not to the URL\'s host'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor config' -l config -r -F -d 'read options and endpoints from FILE'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor no-config' -l no-config -d 'read no configuration file'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor profile' -l profile -x -a '(__pllm_value profiles)' -d 'use that profile of the configuration file'
complete -c pllm -n '__pllm_takes filter,reduce stream' -l stream -d 'ask for answers as streams'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor jobs' -s j -s P -l jobs -x -d 'requests in flight, at most'
complete -c pllm -n '__pllm_takes filter,reduce,embed no-adaptive' -l no-adaptive -d 'keep that many in flight, whatever the answers'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor rate' -l rate -x -d 'requests in a time, at most: 60/m, 5/s'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor tpm' -l tpm -x -d 'tokens a minute, at most, in and out'
complete -c pllm -n '__pllm_takes filter,reduce,embed hedge' -l hedge -x -a '(__pllm_value words off)' -d 'ask a second endpoint when one is slow'
complete -c pllm -n '__pllm_takes filter,reduce,embed hedge-max' -l hedge-max -x -d 'share of requests that may be hedged'
complete -c pllm -n '__pllm_takes filter,reduce,embed no-share' -l no-share -d 'ask each time, even the very same'
complete -c pllm -n '__pllm_takes filter,reduce,embed retries' -l retries -x -d 'failed attempts that are followed by another'
complete -c pllm -n '__pllm_takes filter,reduce,embed timeout' -l timeout -x -d 'longest that one attempt may take'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor connect-timeout' -l connect-timeout -x -d 'longest for name look-up, TCP and TLS together'
complete -c pllm -n '__pllm_takes filter,reduce ttft-timeout' -l ttft-timeout -x -d 'longest until an answer begins; implies --stream'
complete -c pllm -n '__pllm_takes filter,reduce idle-timeout' -l idle-timeout -x -d 'longest pause in an answer; implies --stream'
complete -c pllm -n '__pllm_takes filter,reduce,embed deadline' -l deadline -x -d 'longest for one record, waiting included'
complete -c pllm -n '__pllm_takes filter,reduce,embed give-up' -l give-up -x -d 'end when nothing has succeeded for so long'
complete -c pllm -n '__pllm_takes filter,reduce,embed max-duration' -l max-duration -x -d 'longest for the whole run'
complete -c pllm -n '__pllm_takes filter,reduce,embed grace' -l grace -x -d 'how long a stopped run waits for what is in flight'
complete -c pllm -n '__pllm_takes filter,reduce,embed halt' -l halt -x -d 'stop once so many records failed, or never'
complete -c pllm -n '__pllm_takes filter,reduce,embed,cache,doctor cache' -l cache -r -F -d 'keep answers in FILE, and ask for none twice'
complete -c pllm -n '__pllm_takes filter,reduce,embed cache-ttl' -l cache-ttl -x -d 'ask again for what was stored longer ago: 30d, 12h'
complete -c pllm -n '__pllm_takes filter,reduce,embed refresh' -l refresh -d 'ask again for all that is in the cache, and store the new answers there'
complete -c pllm -n '__pllm_takes cache failed' -l failed -d 'only requests that were refused, no answers'
complete -c pllm -n '__pllm_takes cache older-than' -l older-than -x -d 'only what was stored longer ago: 30d, 12h'
complete -c pllm -n '__pllm_takes filter,reduce,embed max-cost' -l max-cost -x -d 'stop before this run has cost more, in US dollars: 2.50'
complete -c pllm -n '__pllm_takes filter,reduce,embed max-total-tokens' -l max-total-tokens -x -d 'stop before this run has used more tokens, in and out together'
complete -c pllm -n '__pllm_takes filter,reduce,embed max-requests' -l max-requests -x -d 'stop before this run has sent more requests, retries included'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor prices' -l prices -r -F -d 'what models cost, as in LiteLLM\'s model_prices_and_context_window.json'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor price-in' -l price-in -x -d 'what a million input tokens cost, in US dollars: 0.15'
complete -c pllm -n '__pllm_takes filter,reduce,embed,doctor price-out' -l price-out -x -d 'what a million output tokens cost, in US dollars: 0.60'
complete -c pllm -n '__pllm_takes filter,reduce on-truncate' -l on-truncate -x -a '(__pllm_value words error keep grow)' -d 'what an answer cut by the token limit is'
complete -c pllm -n '__pllm_takes filter,reduce max-tokens-limit' -l max-tokens-limit -x -d 'how far --on-truncate grow may go'
complete -c pllm -n '__pllm_takes filter,reduce,embed max-input-tokens' -l max-input-tokens -x -d 'longest prompt, in tokens'
complete -c pllm -n '__pllm_takes filter,reduce,embed on-overflow' -l on-overflow -x -a '(__pllm_value words error truncate truncate-middle split)' -d 'what to do with a longer one'
complete -c pllm -n '__pllm_takes filter,reduce,embed dry-run' -s n -l dry-run -d 'say what it would cost; nothing is sent'
complete -c pllm -n '__pllm_takes filter,embed trial' -l trial -x -d 'ask about N of the records, and say what all would cost'
complete -c pllm -n '__pllm_takes filter,reduce,embed progress' -l progress -x -a '(__pllm_value words auto always never json)' -d 'a line on stderr that says how far it is'
complete -c pllm -n '__pllm_takes filter,reduce,embed stats-every' -l stats-every -x -d 'say how far it is every so often, on a line for logs'
complete -c pllm -n '__pllm_takes filter,reduce,embed total' -l total -x -d 'how many records there will be, for the progress line'
complete -c pllm -n '__pllm_takes filter,reduce,embed stats' -l stats -r -F -d 'write what the summary says to FILE, as JSON'
complete -c pllm -n '__pllm_takes filter,reduce,embed metrics-file' -l metrics-file -r -F -d 'write counts to FILE for Prometheus, at the end'
complete -c pllm -n '__pllm_takes filter,reduce,embed job-name' -l job-name -x -d 'what metrics and messages call this run'
complete -c pllm -n '__pllm_takes filter,reduce,embed trace' -l trace -r -F -d 'write each request and its answer to FILE'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor color' -l color -x -a '(__pllm_value words auto always never)' -d 'whether messages are in colour'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor quiet' -s q -l quiet -d 'no warnings and no summary on stderr'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor verbose' -s v -l verbose -d 'failed records, gates that open and shut, and the totals'
complete -c pllm -n '__pllm_takes doctor live' -l live -d 'also ask each model one tiny question, which is paid for'
complete -c pllm -n '__pllm_takes doctor json' -l json -d 'write what was found as JSON'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor h' -s h -d 'examples and the most used options'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor help' -l help -d 'all options'
complete -c pllm -n '__pllm_takes filter,reduce,embed,chunk,cache,doctor version' -l version -d 'the version of pllm and of its libraries'
