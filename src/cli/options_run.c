/* SPDX-License-Identifier: MIT */
/* The table's chapters about how fast, how patient, and its last. */
#include "cli/options_row.h"

/* A year: longer is a slip of the finger. */
#define DURATION_MAX (INT64_C(8760) * 3600 * 1000)

static const struct option speed_rows[] = {
	{ .name = "jobs",
		.letters = "jP",
		INT(pipeline.sched.jobs),
		.value = "N",
		.standard = "64",
		.min = 1,
		.max = 100000,
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV | OPTION_IS_COMMON,
		.help = "requests in flight, at most",
		.manual = "How many requests may be in flight at a time.\n"
			  "A record that waits before it is tried again does not count.\n"
			  "Below that, the number that an endpoint takes is found by trying.\n" },
	{ .name = "no-adaptive",
		FLAG(SETS(pipeline.sched.is_fixed, true)),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "keep that many in flight, whatever the answers",
		.manual = "Keep as many requests in flight as\n.Fl -jobs\n"
			  "and an endpoint's\n.Cm max=\n"
			  "say, even if the endpoint answers that it is overloaded.\n"
			  "Packs of\n.Nm\n.Cm embed\nhave as many texts as they may.\n" },
	{ .name = "rate",
		STRING(rate),
		.value = "N/UNIT",
		.shown = "no limit",
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV,
		.help = "requests in a time, at most: 60/m, 5/s",
		.manual = "Start no more than\n.Ar N\nrequests in a unit of time,\n"
			  ".Cm s , m , h\nor\n.Cm d ,\nor in several, as in\n.Li 5/15s ;\n"
			  "spread evenly, retries included.\nIt holds for all endpoints together;\n"
			  ".Cm rpm=\nis for one of them.\n" },
	{ .name = "tpm",
		INT(pipeline.sched.tpm),
		.value = "N",
		.standard = "0",
		.shown = "no limit",
		.min = 1,
		.max = INT64_C(1000000000000),
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV,
		.help = "tokens a minute, at most, in and out",
		.manual =
			"Use no more than\n.Ar N\ntokens a minute, prompts and answers together,\n"
			"at all endpoints together.\n"
			"What a request will use is estimated, and corrected by what its\n"
			"answer reports.\n" },
	{ .name = "hedge",
		STRING(hedge),
		.value = "DUR|pNN|off",
		.shown = "off",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "ask a second endpoint when one is slow",
		.manual = "Ask another endpoint of the pool as well when a request takes\n"
			  "longer than\n.Ar DUR ,\nor, with\n.Cm p95 ,\n"
			  "longer than 95 per cent of those of the last half minute.\n"
			  "The first whole answer counts, and the other request is cut off;\n"
			  "it may be paid for all the same.\n" },
	{ .name = "hedge-max",
		STRING(hedge_max),
		.value = "PERCENT",
		.standard = "2",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "share of requests that may be hedged",
		.manual = "For how many of all requests a second one may be sent, in per cent.\n" },
	{ .name = "no-share",
		FLAG(SETS(pipeline.sched.shares_nothing, true)),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "ask each time, even the very same",
		.manual = "Send each call by itself, even one that asks the very same as one\n"
			  "that is waiting or in flight, see\n.Sx IDENTICAL CALLS .\n"
			  "Does not go with\n.Fl -cache .\n" },
};

static const struct option patience_rows[] = {
	{ .name = "retries",
		INT(pipeline.sched.retry.retries),
		.value = "N",
		.standard = "5",
		.max = 1000000,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "failed attempts that are followed by another",
		.manual = "After how many failed attempts a call is tried once more.\n"
			  "A server that says that it is asked too fast is waited for, and\n"
			  "that does not count; nor does what fails while nothing comes from\n"
			  "an endpoint, which is for\n.Fl -give-up\nto end.\n" },
	{ .name = "timeout",
		DURATION(pipeline.sched.timeout_ms),
		.value = "DUR",
		.standard = "600s",
		.min = 1,
		.max = DURATION_MAX,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "longest that one attempt may take",
		.manual = "The longest that one attempt may take, from its start to the\n"
			  "last byte of the answer.\n" },
	{ .name = "connect-timeout",
		DURATION(http.connect_timeout_ms),
		.value = "DUR",
		.standard = "10s",
		.min = 1,
		.max = DURATION_MAX,
		.takers = OPTION_IS_CALLERS,
		.traits = OPTION_HAS_ENV,
		.help = "longest for name look-up, TCP and TLS together",
		.manual =
			"The longest that looking up the name, TCP and TLS may take\ntogether.\n" },
	{ .name = "ttft-timeout",
		DURATION(pipeline.sched.ttft_timeout_ms),
		.value = "DUR",
		.standard = "0",
		.shown = "none",
		.max = DURATION_MAX,
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "longest until an answer begins; implies --stream",
		.manual = "The longest that one attempt may take until the first byte of the\n"
			  "answer.\nImplies\n.Fl -stream .\n0 is none.\n" },
	{ .name = "idle-timeout",
		DURATION(pipeline.sched.idle_timeout_ms),
		.value = "DUR",
		.standard = "0",
		.shown = "none",
		.max = DURATION_MAX,
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "longest pause in an answer; implies --stream",
		.manual = "The longest that an answer that has begun may pause.\nImplies\n"
			  ".Fl -stream .\n0 is none.\n" },
	{ .name = "deadline",
		DURATION(pipeline.sched.deadline_ms),
		.value = "DUR",
		.standard = "0",
		.shown = "none",
		.max = DURATION_MAX,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "longest for one record, waiting included",
		.manual = "The longest that one record may take, all attempts and waiting\n"
			  "included; then it fails.\n0 is none.\n" },
	{ .name = "give-up",
		DURATION(pipeline.halt.give_up_ms),
		.value = "DUR",
		.standard = "15m",
		.max = DURATION_MAX,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "end when nothing has succeeded for so long",
		.manual =
			"End the run when no request has succeeded for so long while work\n"
			"waits.\nOn a terminal, and with\n.Fl v ,\nit is said before that nothing succeeds.\n"
			"The exit status is 5 if nothing ever succeeded, else 1.\n"
			"0 is never.\n" },
	{ .name = "max-duration",
		DURATION(pipeline.max_duration_ms),
		.value = "DUR",
		.standard = "0",
		.shown = "none",
		.max = DURATION_MAX,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "longest for the whole run",
		.manual = "End the run after so long, with exit status 9.\n0 is never.\n" },
	{ .name = "grace",
		DURATION(pipeline.grace_ms),
		.value = "DUR",
		.standard = "30s",
		.max = DURATION_MAX,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "how long a stopped run waits for what is in flight",
		.manual = "How long a run that is stopped waits for requests in flight,\n"
			  "which are paid for.\n" },
	{ .name = "halt",
		STRING(halt),
		.value = "now|soon,fail=N|N%",
		.shown = "all of the first 100",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "stop once so many records failed, or never",
		.manual = "Stop when\n.Ar N\nrecords, or\n.Ar N\n"
			  "per cent of at least 10 records, have failed, as in\n.Cm soon,fail=5\n"
			  "or\n.Cm now,fail=20% .\n.Cm soon\nlets what is in flight land,\n"
			  ".Cm now\ncuts it off; the exit status is 4.\n"
			  "By default a run stops when the first 100 records have all\n"
			  "failed for reasons of their own;\n.Cm never\nswitches that off.\n" },
};

static const struct option help_rows[] = {
	{ .letters = "h",
		ACTION(CLI_HELP_SHORT),
		.takers = OPTION_IS_ALL,
		.help = "examples and the most used options",
		.manual = "Show examples and the most used options, and exit.\n" },
	{ .name = "help",
		ACTION(CLI_HELP_LONG),
		.takers = OPTION_IS_ALL,
		.help = "all options",
		.manual = "Show all options, and exit.\n" },
	{ .name = "version",
		ACTION(CLI_VERSION),
		.takers = OPTION_IS_ALL,
		.help = "the version of pllm and of its libraries",
		.manual = "Show the versions of\n.Nm\nand of its libraries, and exit.\n" },
	{ .name = "generate",
		ACTION(CLI_GENERATE_BASH),
		.choices = (const struct option_choice[]){ { "bash", CLI_GENERATE_BASH },
			{ "zsh", CLI_GENERATE_ZSH }, { "fish", CLI_GENERATE_FISH },
			{ "mdoc", CLI_GENERATE_MDOC }, { "models", CLI_OFFER_MODELS },
			{ "endpoints", CLI_OFFER_ENDPOINTS }, { "fallbacks", CLI_OFFER_FALLBACKS },
			{ "profiles", CLI_OFFER_PROFILES }, { 0 } },
		.takers = OPTION_IS_ALL,
		.traits = OPTION_IS_HIDDEN },
};

const struct option_group options_speed = { "Speed", ROWS_OF(speed_rows) };
const struct option_group options_patience = { "Patience", ROWS_OF(patience_rows) };
const struct option_group options_help = { "Help", ROWS_OF(help_rows) };
