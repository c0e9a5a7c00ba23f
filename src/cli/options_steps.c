/* SPDX-License-Identifier: MIT */
/* The table's third chapter: several steps for one record, and several records to one. */
#include "cli/options_row.h"

static const struct option steps_rows[] = {
	{ .name = "samples",
		LIST(prompt.samples),
		.value = "[STEP=]N",
		.shown = "1",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_REPEATABLE,
		.help = "how often to ask each model",
		.manual = "Ask each model of the step\n.Ar N\ntimes, up to 256;\n.Fl -join\n"
			  "says what becomes of the answers.\n"
			  "Where the API takes a seed, each sample has its own.\n" },
	{ .name = "join",
		LIST(prompt.joins),
		.value = "[STEP=]all|vote|first",
		.shown = "all",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_REPEATABLE,
		.help = "what becomes of several answers",
		.manual =
			"What several answers to one step become:\n.Cm all ,\na list;\n.Cm vote ,\n"
			"the one that was given most often;\n.Cm first ,\n"
			"the first that is complete, while the others are cut off.\n"
			"See\n.Sx STEPS .\n" },
	{ .name = "vote-by",
		LIST(prompt.vote_bys),
		.value = "[STEP=]PATH",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_REPEATABLE,
		.help = "the part of a JSON answer that votes",
		.manual = "The part of an answer, which is JSON by\n.Fl -schema ,\n"
			  "that counts in a vote, as in\n.Li .label .\n"
			  "Without it all of the answer counts.\n" },
	{ .name = "quorum",
		LIST(prompt.quorums),
		.value = "[STEP=]N",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_REPEATABLE,
		.help = "how many must be answered",
		.manual = "How many of the step's calls must be answered for the step to\n"
			  "succeed.\nBy default\n.Cm all\nneeds all,\n.Cm vote\n"
			  "more than half, and\n.Cm first\none.\n" },
	{ .name = "emit",
		LIST(prompt.emits),
		.value = "STEP,...",
		.shown = "all steps",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_REPEATABLE,
		.offers = OPTION_OFFERS_STEPS,
		.help = "steps whose answers are written",
		.manual = "Which steps' answers go into the output; the others are there for\n"
			  "those alone.\n" },
	{ .name = "flow",
		STRING(prompt.flow),
		.value = "FILE",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_FILE,
		.help = "read steps from FILE, which is YAML",
		.manual = "Read steps from\n.Ar FILE ,\nsee\n.Sx FLOW FILES .\n"
			  "They come before those of\n.Fl -prompt .\n" },
	{ .name = "show-flow",
		CHOICE(prompt.show_flow, { "text", FLOW_IS_TEXT }, { "dot", FLOW_IS_DOT }),
		.bare = "text",
		.takers = OPTION_IS_FILTERS,
		.traits = OPTION_IS_TYPED,
		.help = "print the steps and their needs, and exit",
		.manual = "Print the steps, what each needs and asks, and exit; nothing is read\n"
			  "or sent.\n.Cm dot\nis the language of\n.Xr dot 1 .\n" },
};

static const struct option reduce_rows[] = {
	{ .name = "by",
		STRING(reduce.by),
		.value = "PATH",
		.takers = OPTION_IS_REDUCES,
		.traits = OPTION_IS_COMMON,
		.help = "records that are equal there are a group",
		.manual = "Records that have the same value at\n.Ar PATH ,\nas in\n.Li .lang ,\n"
			  "are one group.\nWithout it all records are.\n" },
	{ .name = "fan-in",
		INT(reduce.fan_in),
		.value = "N",
		.standard = "8",
		.min = 2,
		.max = 1000,
		.takers = OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "items combined at once, at most",
		.manual = "How many items are put into one pack; fewer if\n"
			  ".Fl -max-input-tokens\nis reached first.\n" },
	{ .name = "item",
		STRING(reduce.item),
		.value = "TEMPLATE",
		.standard = "{{.}}",
		.takers = OPTION_IS_REDUCES,
		.traits = OPTION_IS_TEXT | OPTION_IS_COMMON,
		.help = "what a record is in the prompt",
		.manual = "What stands for a record in the prompt, a template over its fields.\n"
			  "Items stand one below the other in\n.Li {{items}} .\n" },
	{ .name = "sorted",
		FLAG(SETS(reduce.is_sorted, true)),
		.takers = OPTION_IS_REDUCES,
		.help = "the input is sorted by its groups",
		.manual = "The records of a group stand together in the input: where another\n"
			  "key comes, the group before is finished and written.\n"
			  "A key that comes back begins a new group.\n" },
	{ .name = "group-bytes",
		SIZE(reduce.group_bytes),
		.value = "SIZE",
		.standard = "1G",
		.min = 1,
		.max = INT64_C(1) << 40,
		.takers = OPTION_IS_REDUCES,
		.traits = OPTION_HAS_ENV,
		.help = "memory for items that wait to be combined",
		.manual = "How many bytes the items that wait for their pack may take.\n"
			  "Beyond that the run stops; input that is sorted, with\n"
			  ".Fl -sorted ,\nneeds far less.\n" },
};

const struct option_group options_steps = { "Steps", ROWS_OF(steps_rows) };
const struct option_group options_reduce = { "Reduce", ROWS_OF(reduce_rows) };
