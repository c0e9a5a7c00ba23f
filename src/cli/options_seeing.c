/* SPDX-License-Identifier: MIT */
/* The table's chapters about what is shown, and about pllm doctor. */
#include "cli/options_row.h"

/* A year: longer is a slip of the finger. */
#define DURATION_MAX (INT64_C(8760) * 3600 * 1000)

static const struct option seeing_rows[] = {
	{ .name = "dry-run",
		.letters = "n",
		FLAG(SETS(money.is_dry, true)),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_COMMON | OPTION_IS_TYPED,
		.help = "say what it would cost; nothing is sent",
		.manual = "Send nothing, and write only how many requests all of the input would\n"
			  "take, how many tokens and what they would cost, see\n"
			  ".Sx WHAT IT WILL COST .\n" },
	{ .name = "trial",
		INT(money.trial_n),
		.value = "N",
		.standard = "0",
		.shown = "",
		.min = 1,
		.max = 1000000,
		.takers = OPTION_IS_FILTERS | OPTION_IS_EMBEDS,
		.traits = OPTION_IS_TYPED,
		.help = "ask about N of the records, and say what all would cost",
		.manual =
			"Ask about\n.Ar N\nrecords, drawn evenly from all of the input, write them, and\n"
			"say what all of them would cost, and how long they would take, see\n"
			".Sx WHAT IT WILL COST .\n" },
	{ .name = "progress",
		CHOICE(seeing.progress, { "auto", PROGRESS_AUTO }, { "always", PROGRESS_ALWAYS },
			{ "never", PROGRESS_NEVER }, { "json", PROGRESS_JSON }),
		.standard = "auto",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "a line on stderr that says how far it is",
		.manual = "Show at the bottom of the terminal how far the run is, see\n"
			  ".Sx PROGRESS ;\n.Cm auto\nis if stderr is a terminal,\n.Cm always\n"
			  "even if it is none, and\n.Cm json\n"
			  "is an object on a line of its own each second, for programs.\n" },
	{ .name = "stats-every",
		DURATION(seeing.every_ms),
		.value = "DUR",
		.standard = "0",
		.shown = "",
		.min = 100,
		.max = DURATION_MAX,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "say how far it is every so often, on a line for logs",
		.manual = "Say on stderr every\n.Ar DUR\n"
			  "how far the run is, each time on a plain line of its own.\n" },
	{ .name = "total",
		INT(seeing.total_n),
		.value = "N",
		.standard = "0",
		.shown = "",
		.min = 1,
		.max = INT64_C(1000000000000),
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_TYPED,
		.help = "how many records there will be, for the progress line",
		.manual =
			"How many records the input has: so the progress line can say when all\nwill be\n"
			"done.\nOf a regular file it is told by the bytes without this.\n"
			"A number that turns out too small is not heeded any more.\n" },
	{ .name = "stats",
		STRING(seeing.stats),
		.value = "FILE",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_FILE | OPTION_IS_TYPED,
		.help = "write what the summary says to FILE, as JSON",
		.manual = "Write what the summary says, and more, to\n.Ar FILE\n"
			  "as a JSON object, see\n.Sx SUMMARY ;\n"
			  "in the way of\n.Fl o :\n"
			  "whole if the exit status is 0, else beside it as\n"
			  ".Ar FILE Ns .partial .\n" },
	{ .name = "metrics-file",
		STRING(seeing.metrics),
		.value = "FILE",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_FILE,
		.help = "write counts to FILE for Prometheus, at the end",
		.manual = "Write at the end, whatever the exit status, what has been counted to\n"
			  ".Ar FILE\nfor Prometheus and its node exporter, see\n.Sx METRICS .\n" },
	{ .name = "job-name",
		STRING(seeing.job_name),
		.value = "NAME",
		.standard = "pllm",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "what metrics and messages call this run",
		.manual =
			"What this run is called: the value of the label\n.Li job\nof all metrics.\n"
			"If it is given, messages begin with\n.Li pllm[ Ns Ar NAME Ns Li ]:\n"
			"and the progress line with it,\n"
			"so that the stages of a pipeline can be told apart.\n" },
	{ .name = "trace",
		STRING(seeing.trace),
		.value = "FILE",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_FILE | OPTION_IS_TYPED,
		.help = "write each request and its answer to FILE",
		.manual =
			"Write each attempt to\n.Ar FILE\nas a line of JSON: when, for which line\n"
			"and step, to whom, what was sent, what came back, and how long it took.\n"
			"Only its owner may read the file.\n"
			"Keys are not in it, prompts and answers are.\n" },
	{ .name = "color",
		CHOICE(seeing.colour, { "auto", COLOUR_AUTO }, { "always", COLOUR_ALWAYS },
			{ "never", COLOUR_NEVER }),
		.standard = "auto",
		.takers = OPTION_IS_ALL,
		.traits = OPTION_HAS_ENV,
		.help = "whether messages are in colour",
		.manual = "Whether messages and the progress line are in colour;\n.Cm auto\n"
			  "is on a terminal that has some, unless\n.Ev NO_COLOR\nis set, see\n"
			  ".Sx ENVIRONMENT .\n" },
	{ .name = "quiet",
		.letters = "q",
		FLAG(SETS(is_quiet, true), SETS(is_verbose, false)),
		.takers = OPTION_IS_ALL,
		.traits = OPTION_HAS_ENV,
		.help = "no warnings and no summary on stderr",
		.manual = "Show only errors that keep the run from starting or its output from\n"
			  "being written; leave out warnings and the summary of failures.\n" },
	{ .name = "verbose",
		.letters = "v",
		FLAG(SETS(is_verbose, true), SETS(is_quiet, false)),
		.takers = OPTION_IS_ALL,
		.traits = OPTION_HAS_ENV,
		.help = "failed records, gates that open and shut, and the totals",
		.manual =
			"Show a line for each failed record, one whenever the way to an endpoint\n"
			"narrows, shuts or opens and why, and the totals at the end.\n" },
};

static const struct option doctor_rows[] = {
	{ .name = "live",
		FLAG(SETS(doctor.is_live, true)),
		.takers = OPTION_IS_DOCTORS,
		.traits = OPTION_IS_COMMON | OPTION_IS_TYPED,
		.help = "also ask each model one tiny question, which is paid for",
		.manual = "Also ask each endpoint for an answer of a few tokens, with each of its\n"
			  "models, and say what that cost.\n" },
	{ .name = "json",
		FLAG(SETS(doctor.is_json, true)),
		.takers = OPTION_IS_DOCTORS,
		.traits = OPTION_IS_COMMON | OPTION_IS_TYPED,
		.help = "write what was found as JSON",
		.manual = "Write what was found as a JSON object.\n" },
};

const struct option_group options_seeing = { "Seeing", ROWS_OF(seeing_rows) };
const struct option_group options_doctor = { "Doctor", ROWS_OF(doctor_rows) };
