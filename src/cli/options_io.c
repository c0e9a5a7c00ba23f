/* SPDX-License-Identifier: MIT */
/* The table's first chapter: input and output. */
#include "cli/options_row.h"

static const struct option rows[] = {
	{ .name = "input",
		.letters = "i",
		STRING(reader.path),
		.value = "FILE",
		.takers = OPTION_IS_SHARED,
		.traits = OPTION_IS_FILE | OPTION_IS_COMMON,
		.help = "read records from FILE, not from stdin",
		.manual = "Read records from\n.Ar FILE ;\n.Sq \\-\nis standard input.\n" },
	{ .name = "input-format",
		CHOICE(reader.format, { "jsonl", INPUT_JSONL }, { "lines", INPUT_LINES },
			{ "seq", INPUT_SEQ }, { "openai-batch", INPUT_OPENAI_BATCH },
			{ "anthropic-batch", INPUT_ANTHROPIC_BATCH }),
		.standard = "jsonl",
		.takers = OPTION_IS_SHARED,
		.help = "what a record looks like",
		.manual = "What a record looks like:\n.Cm jsonl ,\none JSON value a line;\n"
			  ".Cm lines ,\nany text, each line of which becomes a JSON string;\n"
			  ".Cm seq ,\n"
			  "JSON values with a record separator (RS, 0x1E) before and a line\n"
			  "feed after each, as in RFC 7464; plain JSON Lines are understood\n"
			  "as well;\n.Cm openai-batch ,\n"
			  "requests as OpenAI's Batch API and vLLM's run-batch take them, of\n"
			  "which\n.Li url\nsays the path, from a list, but never the host;\n"
			  ".Cm anthropic-batch ,\n"
			  "those of Anthropic's.\n"
			  "Requests go out as they are, but for\n.Fl -model ,\n"
			  ".Fl -max-tokens\nand\n.Fl -param ,\n"
			  "and what is written is the results file of that API.\n" },
	{ .name = "raw-input",
		.letters = "R",
		FLAG(SETS(reader.format, INPUT_LINES)),
		.takers = OPTION_IS_SHARED,
		.help = "each line is text: --input-format lines",
		.manual = "Each line is text: short for\n.Fl -input-format Cm lines .\n" },
	{ .name = "seq",
		FLAG(SETS(reader.format, INPUT_SEQ), SETS(writer.form, RESULT_SEQ)),
		.takers = OPTION_IS_SHARED,
		.help = "RFC 7464 text sequences, in and out",
		.manual = "Read as\n.Fl -input-format Cm seq\n"
			  "does, and write records in the same form.\n" },
	{ .name = "max-record",
		SIZE(reader.record_max_bytes),
		.value = "SIZE",
		.standard = "16M",
		.min = 1,
		.max = RECORD_MAX_BYTES,
		.takers = OPTION_IS_SHARED,
		.traits = OPTION_HAS_ENV,
		.help = "longest record that is accepted",
		.manual = "The longest line that is accepted.\n"
			  "A longer one is a failed record; the lines before and after it\n"
			  "are not affected.\n" },
	{ .name = "output",
		.letters = "o",
		STRING(writer.path),
		.value = "FILE",
		.takers = OPTION_IS_SHARED | OPTION_IS_CACHES,
		.traits = OPTION_IS_FILE | OPTION_IS_COMMON,
		.help = "write to FILE, complete or not at all",
		.manual = "Write to\n.Ar FILE .\nThe lines go to\n.Pa FILE.partial ,\n"
			  "which is synced to disk and renamed only when the exit status is\n"
			  "0; otherwise\n.Ar FILE\nis untouched and a message names what is left.\n"
			  ".Sq \\-\nis standard output.\n" },
	{ .name = "as",
		.letters = "a",
		STRING(prompt.as),
		.value = "NAME",
		.standard = "output",
		.embeds = "embedding",
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_IS_COMMON,
		.help = "field that takes the answer",
		.manual = "The name of the field that takes the answer to a prompt without a\n"
			  "name, or for\n.Cm embed\nthe vector.\n" },
	{ .name = "existing",
		CHOICE(pipeline.existing, { "error", EXISTING_IS_ERROR },
			{ "skip", EXISTING_IS_SKIPPED }, { "replace", EXISTING_IS_REPLACED }),
		.standard = "error",
		.takers = OPTION_IS_FILTERS | OPTION_IS_EMBEDS,
		.help = "what to do if that field is there already",
		.manual = "What to do with a record that has that field already:\n.Cm error\n"
			  "makes it a failed record,\n.Cm skip\n"
			  "leaves it as it is and takes it for the answer,\n.Cm replace\n"
			  "asks anew and puts the new answer in place of the old field.\n"
			  "Each step's field is looked at by itself, see\n.Sx STEPS .\n" },
	{ .name = "raw-output",
		.letters = "r",
		FLAG(SETS(writer.form, RESULT_RAW)),
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.traits = OPTION_IS_COMMON,
		.help = "print the answers' text only, not records",
		.manual = "Print only the text of each answer and a line feed.\n"
			  "Line feeds in the answer are kept.\n"
			  "A failed record leaves an empty line, and a message on standard\n"
			  "error.\n" },
	{ .name = "raw-output0",
		FLAG(SETS(writer.form, RESULT_RAW0)),
		.takers = OPTION_IS_FILTERS | OPTION_IS_REDUCES,
		.help = "the same, each ended by a NUL",
		.manual = "As\n.Fl -raw-output ,\n"
			  "but each answer ends in a NUL instead of a line feed.\n" },
	{ .name = "meta",
		STRING(writer.meta),
		.value = "NAME",
		.bare = "pllm",
		.takers = OPTION_IS_ASKERS,
		.help = "add model, usage, attempts, time to each record",
		.manual = "Add to each record an object called\n.Ar NAME\n.Po default\n.Li pllm\n"
			  ".Pc\nthat says which model and endpoint answered, why the answer\n"
			  "ended, the tokens used, the attempts made and the milliseconds\ntaken.\n"
			  "See\n.Sx OUTPUT .\n" },
	{ .name = "keep-order",
		.letters = "k",
		FLAG(SETS(pipeline.unordered, false)),
		.takers = OPTION_IS_ASKERS,
		.help = "write records in input order (the default)",
		.manual = "Write records in the order in which they were read.\n"
			  "This is the default; of this and\n.Fl -unordered\n"
			  "the last one counts.\n" },
	{ .name = "unordered",
		.letters = "u",
		FLAG(SETS(pipeline.unordered, true)),
		.takers = OPTION_IS_ASKERS,
		.help = "write records as soon as they are answered",
		.manual = "Write each record as soon as it is answered.\n" },
	{ .name = "window",
		INT(pipeline.window),
		.value = "N",
		.standard = "0",
		.shown = "four times --jobs",
		.embeds = "two packs for each of --jobs",
		.min = 1,
		.max = 1000000,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "records read but not yet written, at most",
		.manual = "How many records may be read and not yet written.\n"
			  "When the first of them is slow, reading stops at this number\n"
			  "until it is answered.\n" },
	{ .name = "window-bytes",
		SIZE(pipeline.window_bytes),
		.value = "SIZE",
		.standard = "256M",
		.min = 1,
		.max = INT64_C(1) << 40,
		.takers = OPTION_IS_ASKERS,
		.traits = OPTION_HAS_ENV,
		.help = "and how much memory they may take",
		.manual = "How many bytes these records and their answers may take.\n"
			  "One record is always let in, however large.\n" },
	{ .name = "errors",
		STRING(writer.errors_path),
		.value = "FILE",
		.takers = OPTION_IS_SHARED,
		.traits = OPTION_IS_FILE | OPTION_IS_COMMON,
		.help = "write failed records to FILE, not to the output",
		.manual = "Write failed records to\n.Ar FILE\n"
			  "instead of the output, in a form that\n.Fl -retry-errors\n"
			  "reads; a line that was not JSON goes there byte for byte.\n"
			  "The file appears under its name as with\n.Fl -output .\n" },
	{ .name = "on-error",
		CHOICE(on_error, { "keep", ERROR_IS_KEPT }, { "drop", ERROR_IS_DROPPED },
			{ "stop", ERROR_STOPS }),
		.standard = "keep",
		.takers = OPTION_IS_SHARED,
		.help = "what to do with a failed record",
		.manual = "What to do with a failed record:\n.Cm keep\nwrites it with its error,\n"
			  ".Cm drop\nleaves it out,\n.Cm stop\n"
			  "writes it and ends the run with exit status 4.\n"
			  "What\n.Cm drop\nis for a group says\n.Xr pllm-reduce 1 .\n" },
	{ .name = "retry-errors",
		FLAG(SETS(reader.revives, true), SETS(pipeline.existing, EXISTING_IS_SKIPPED)),
		.takers = OPTION_IS_FILTERS | OPTION_IS_EMBEDS | OPTION_IS_CHUNKS,
		.help = "take records that failed before as new",
		.manual = "Take records that failed in an earlier run as new: the\n.Li pllm\n"
			  "member is removed, a line that had been wrapped in\n.Li input\n"
			  "is unwrapped.\nImplies\n.Fl -existing Cm skip ,\n"
			  "so that records with an answer pass through;\n"
			  "a record that was refused because it had the field is refused again.\n"
			  "A record that failed in a step of another command stays as it is:\n"
			  "asked for these steps alone it would look whole.\n"
			  "What was refused is asked again even if\n.Fl -cache\nhas it.\n" },
	{ .name = "accept",
		STRING(accept),
		.value = "N|N%",
		.shown = "0",
		.takers = OPTION_IS_SHARED,
		.help = "exit with 0 if no more records than this failed",
		.manual = "Exit with 0 if no more than\n.Ar N\nrecords, or\n.Ar N\n"
			  "per cent of all records, failed.\n" },
};

const struct option_group options_io = { "Input and output", ROWS_OF(rows) };
