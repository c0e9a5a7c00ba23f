/* SPDX-License-Identifier: MIT */
/* The table's second chapter: what is asked, and whom. */
#include "cli/options_row.h"

static const struct option prompt_rows[] = {
	{ .name = "prompt",
		.letters = "p",
		LIST(prompt.prompts),
		.value = "[STEP=]TEMPLATE",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_TEXT | OPTION_IS_COMMON | OPTION_IS_REPEATABLE,
		.offers = OPTION_NAMES_STEP,
		.help = "what to ask; {{text}} is a field",
		.manual = "What to ask about each record: text in which\n.Li {{path}}\n"
			  "stands for a field of the record, see\n.Sx TEMPLATES .\n"
			  "The answer becomes the field\n.Ar STEP\n"
			  ".Po lower-case letters, digits and\n.Sq _ ,\nright at the start\n.Pc ,\n"
			  "or the one that\n.Fl -as\nnames.\nA leading\n.Sq =\n"
			  "means that no name is given.\n"
			  "Several are asked of each record, a step each, see\n.Sx STEPS .\n"
			  "Without a prompt, the record says what is asked, see\n.Sx INPUT .\n" },
	{ .name = "prompt-file",
		LIST(prompt.prompt_files),
		.value = "[STEP=]FILE",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_FILE | OPTION_IS_REPEATABLE,
		.offers = OPTION_NAMES_STEP,
		.help = "the same, from a file",
		.manual = "As\n.Fl -prompt ,\nbut the template is what\n.Ar FILE\n"
			  "holds, less one final line feed.\n" },
	{ .name = "system",
		.letters = "s",
		LIST(prompt.systems),
		.value = "[STEP=]TEMPLATE",
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_IS_TEXT | OPTION_MAY_BE_EMPTY | OPTION_IS_COMMON |
			OPTION_IS_REPEATABLE,
		.help = "the system message, a template too",
		.manual = "The system message that goes before the prompt, a template too.\n"
			  "As with all options that begin with\n.Ar STEP ,\n"
			  "what is said without a step is for every step, and what is said for\n"
			  "one wins there.\n" },
	{ .name = "model",
		.letters = "m",
		LIST(prompt.models),
		.value = "[STEP=]MODEL,...",
		.takers = OPTION_IS_CALLERS | OPTION_IS_CACHES,
		.traits = OPTION_HAS_ENV | OPTION_IS_COMMON | OPTION_IS_REPEATABLE,
		.offers = OPTION_OFFERS_MODELS,
		.help = "which model is asked",
		.manual = "Which model to ask, by the endpoint's name for it.\n"
			  "Several, with commas between them, are all asked, and\n.Fl -join\n"
			  "says what becomes of their answers; each is asked at the endpoints\n"
			  "that name it, or else at those that name none.\n"
			  "Wins over the model of a record's own request body.\n"
			  "A prefix that names the API, as in\n.Li openai/gpt\\-4o\\-mini ,\n"
			  "is taken off if nothing else says which API or endpoint to ask.\n"
			  "For\n.Xr pllm-cache 1 :\nonly what that model was asked.\n" },
	{ .name = "max-tokens",
		LIST(prompt.max_tokens),
		.value = "[STEP=]N",
		.shown = "the server's",
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_IS_REPEATABLE,
		.help = "longest answer, in tokens",
		.manual = "The longest answer, in tokens.\nSee also\n.Fl -on-truncate .\n" },
	{ .name = "param",
		LIST(prompt.params),
		.value = "[STEP:]KEY=JSON",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_TEXT | OPTION_IS_REPEATABLE,
		.help = "any other field of the request, as JSON",
		.manual = "Any other field of the request body, such as\n.Li temperature=0 ;\n"
			  "a string is written with its double quotes.\nNot\n"
			  ".Li model , messages , input , n\nand\n.Li stream ,\nwhich\n.Nm\n"
			  "sets itself.\nDots lead into objects, as in\n"
			  ".Li generationConfig.temperature=0 .\n" },
	{ .name = "schema",
		LIST(prompt.schemas),
		.value = "[STEP=]FILE",
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_IS_FILE | OPTION_IS_COMMON | OPTION_IS_REPEATABLE,
		.help = "the JSON Schema of the answers",
		.manual = "The answer is JSON that matches the JSON Schema in\n.Ar FILE .\n"
			  "The API is told so, and the answer is checked here; see\n"
			  ".Sx STRUCTURED OUTPUT .\n" },
	{ .name = "reasks",
		INT(prompt.reasks_n),
		.value = "N",
		.standard = "2",
		.max = 100,
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "ask again for an answer that does not match",
		.manual = "How often to ask again, with what is wrong, if an answer does not\n"
			  "match\n.Fl -schema .\n" },
	{ .name = "image",
		LIST(prompt.images),
		.value = "[STEP=]TEMPLATE",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_TEXT | OPTION_IS_REPEATABLE,
		.help = "show a picture with the prompt: a file or URL",
		.manual = "A picture that goes along with the prompt: a template that gives the\n"
			  "name of a PNG, JPEG, GIF or WebP file of up to 20 MiB, or a URL.\n" },
};

static const struct option endpoint_rows[] = {
	{ .name = "api",
		STRING(endpoint.api),
		.value = "NAME",
		.shown = "openai",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV,
		.offers = OPTION_OFFERS_APIS,
		.help = "the API that the endpoint speaks",
		.manual = "The API that the endpoint speaks, see\n.Sx APIS .\n.Cm openai\n"
			  "is OpenAI's chat completions, which most other servers speak\ntoo.\n" },
	{ .name = "endpoint",
		LIST(endpoint.endpoints),
		.value = "URL[,K=V]...",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_COMMON | OPTION_IS_REPEATABLE,
		.offers = OPTION_OFFERS_ENDPOINTS,
		.help = "base URL to ask at, or several",
		.manual =
			"Where to ask: the base URL as the API's own libraries take it,\n"
			"such as\n.Li http://127.0.0.1:8000/v1 ;\nthe API's path is appended.\n"
			"Several make a pool, whose load is shared as\n.Fl -balance\nsays.\n"
			"What may follow is meant for this endpoint alone:\n"
			".Cm api= Ns Ar NAME ;\n.Cm model= Ns Ar MODEL ;\n"
			".Cm key-env= Ns Ar NAME\nor\n.Cm none ;\n"
			".Cm weight= Ns Ar N ,\nits share among the others, 1 if it is not given;\n"
			".Cm max= Ns Ar N ,\nrequests in flight;\n.Cm rpm= Ns Ar N\nand\n"
			".Cm tpm= Ns Ar N ,\nrequests and tokens a minute.\n"
			"A name that the configuration file gives to an endpoint or a pool\n"
			"will do as well.\n"
			"The default is\n.Ev OPENAI_BASE_URL ,\nor else\n"
			".Li https://api.openai.com/v1 .\nSee\n.Sx ENDPOINTS AND GATES .\n" },
	{ .name = "fallback",
		LIST(endpoint.fallbacks),
		.value = "[URL,]...MODEL",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_REPEATABLE,
		.offers = OPTION_OFFERS_FALLBACKS,
		.help = "whom to ask when the pool cannot answer",
		.manual = "Whom to ask in the place of a pool that cannot answer: another\n"
			  "model at the pool's first endpoint, or with a\n.Ar URL\n"
			  "one elsewhere, written and followed by the same as for\n"
			  ".Fl -endpoint .\nSeveral are tried in order.\nSee\n"
			  ".Sx ENDPOINTS AND GATES .\n" },
	{ .name = "fallback-after",
		DURATION(pipeline.sched.fallback_after_ms),
		.value = "DUR",
		.standard = "60s",
		.min = 1,
		.max = INT64_C(8760) * 3600 * 1000,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "fall back when the pool has been silent so long",
		.manual = "Ask the fallbacks once no request to the pool has succeeded for so\n"
			  "long.\n" },
	{ .name = "balance",
		CHOICE(pipeline.sched.balance, { "least", BALANCE_LEAST },
			{ "weighted", BALANCE_WEIGHTED }, { "affinity", BALANCE_AFFINITY }),
		.standard = "least",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "how a pool's load is shared",
		.manual = "How the load is shared among the endpoints of a pool:\n.Cm least ,\n"
			  "to the one that has least to do, by its latency and weight;\n"
			  ".Cm weighted ,\nin proportion to the weights;\n.Cm affinity ,\n"
			  "prompts that begin alike to the same one, whose cache then knows\n"
			  "them, unless it has far more to do than others.\n" },
	{ .name = "key-env",
		STRING(endpoint.key.env),
		.value = "NAME",
		.shown = "OPENAI_API_KEY",
		.takers = OPTION_IS_CALLERS,
		.help = "the variable that holds the key, or none",
		.manual = "The environment variable that holds the API key, or\n.Cm none\n"
			  "for no key.\nA loopback endpoint needs none.\n" },
	{ .name = "key-file",
		STRING(endpoint.key.file),
		.value = "FILE",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_FILE,
		.help = "read the key from FILE",
		.manual = "Read the key from\n.Ar FILE ,\nless one final line feed.\n" },
	{ .name = "key-fd",
		INT(endpoint.key.fd),
		.value = "N",
		.standard = "-1",
		.shown = "",
		.max = 1 << 20,
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_TYPED,
		.help = "read the key from descriptor N",
		.manual = "Read the key from the open file descriptor\n.Ar N .\n" },
	{ .name = "key-cmd",
		STRING(endpoint.key.cmd),
		.value = "COMMAND",
		.takers = OPTION_IS_CALLERS,
		.help = "run COMMAND, which prints the key",
		.manual = "Run\n.Ar COMMAND ,\n"
			  "split at spaces and without a shell, for up to 10 seconds, and\n"
			  "take what it prints as the key.\n"
			  "Of the sources the first that is given counts: descriptor, file,\n"
			  "command, environment.\n" },
	{ .name = "header",
		LIST(endpoint.headers),
		.value = "'Name: value'",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_TEXT | OPTION_IS_REPEATABLE,
		.help = "send one more header; not for secrets",
		.manual = "Send one more header with each request.\n"
			  "What looks like a secret is refused, because others can see the\n"
			  "command line; it belongs into\n.Fl -header-file .\n" },
	{ .name = "header-file",
		LIST(endpoint.header_files),
		.value = "FILE",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_FILE | OPTION_IS_REPEATABLE,
		.help = "send the headers in FILE, one a line",
		.manual = "Send the headers in\n.Ar FILE ,\none a line.\n" },
	{ .name = "allow-http",
		FLAG(SETS(endpoint.allow_http, true)),
		.takers = OPTION_IS_CALLERS,
		.help = "let a key travel unencrypted",
		.manual = "Let a key travel over plain http to a host other than this one.\n" },
	{ .name = "cacert",
		STRING(endpoint.cacert),
		.value = "FILE",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_FILE,
		.help = "trust the certificates in FILE, not the system's",
		.manual = "Trust the certificates in\n.Ar FILE\n(PEM) instead of the system's.\n" },
	{ .name = "cert",
		STRING(endpoint.cert),
		.value = "FILE",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_FILE,
		.help = "show the server this certificate and key",
		.manual = "Show the server the client certificate in\n.Ar FILE\n"
			  "(PEM), which holds its private key too.\n" },
	{ .name = "unix-socket",
		STRING(endpoint.unix_socket),
		.value = "PATH",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_IS_FILE,
		.help = "connect to PATH, not to the URL's host",
		.manual =
			"Connect to the socket\n.Ar PATH\ninstead of the URL's host and port.\n" },
	{ .name = "config",
		STRING(file.path),
		.value = "FILE",
		.shown = "~/.config/pllm/config.yaml",
		.takers = OPTION_IS_ALL,
		.traits = OPTION_IS_FILE | OPTION_IS_TYPED,
		.help = "read options and endpoints from FILE",
		.manual = "Read options, endpoints, pools and profiles from\n.Ar FILE\n"
			  "instead of your own configuration file, see\n"
			  ".Sx CONFIGURATION FILE .\n"
			  "The command line wins over it; there, an option that may be given\n"
			  "several times replaces all that the file says for it.\n" },
	{ .name = "no-config",
		FLAG(SETS(file.is_off, true)),
		.takers = OPTION_IS_ALL,
		.traits = OPTION_IS_TYPED,
		.help = "read no configuration file",
		.manual = "Read no configuration file.\n" },
	{ .name = "profile",
		STRING(file.profile),
		.value = "NAME",
		.takers = OPTION_IS_ALL,
		.traits = OPTION_IS_TYPED,
		.offers = OPTION_OFFERS_PROFILES,
		.help = "use that profile of the configuration file",
		.manual = "Use the options that the configuration file has for the profile\n"
			  ".Ar NAME .\nThey win over the file's defaults.\n" },
	{ .name = "stream",
		FLAG(SETS(endpoint.is_streamed, true)),
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "ask for answers as streams",
		.manual = "Ask for answers as streams of events, as some servers and proxies\n"
			  "want it for long ones.\nThe output is the same.\n"
			  "A stream without its end mark is a broken one and asked for again,\n"
			  "whatever it has said.\n" },
};

const struct option_group options_prompt = { "Prompt", ROWS_OF(prompt_rows) };
const struct option_group options_endpoint = { "Endpoint", ROWS_OF(endpoint_rows) };
