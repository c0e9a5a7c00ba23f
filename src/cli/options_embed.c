/* SPDX-License-Identifier: MIT */
/* The table's fourth chapter: vectors of records, and documents in pieces. */
#include "cli/options_row.h"

static const struct option embed_rows[] = {
	{ .name = "dimensions",
		INT(embed.dimensions),
		.value = "N",
		.standard = "0",
		.shown = "the model's",
		.min = 1,
		.max = 65536,
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_HAS_ENV | OPTION_IS_COMMON,
		.help = "numbers in a vector",
		.manual =
			"Ask for vectors of\n.Ar N\nnumbers, of models that can shorten them.\n" },
	{ .name = "input-type",
		CHOICE(embed.role, { "query", EMBED_QUERIES }, { "document", EMBED_DOCUMENTS }),
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_HAS_ENV,
		.help = "what the texts are to a search",
		.manual = "Tell the model what the texts are to a search:\n.Cm query ,\n"
			  "what is looked for, or\n.Cm document ,\nwhat is found.\n"
			  "For APIs that make a difference between them; others refuse it.\n" },
	{ .name = "normalize",
		FLAG(SETS(embed.is_normalized, true)),
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_HAS_ENV,
		.help = "scale vectors to length 1",
		.manual = "Scale each vector to length 1, so that a dot product is a cosine.\n"
			  "Its numbers are then printed anew, where the server does not do it.\n" },
	{ .name = "format",
		CHOICE(embed.form, { "jsonl", NPY_NONE }, { "npy", NPY_NUMPY }, { "f32", NPY_RAW }),
		.standard = "jsonl",
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_IS_COMMON,
		.help = "where vectors go",
		.manual = "Where vectors go:\n.Cm jsonl ,\n"
			  "into the field of each record that\n.Fl -as\nnames;\n.Cm npy ,\n"
			  "as float32 numbers into the rows of a matrix that NumPy loads, in the\n"
			  "file that\n.Fl -output\nnames;\n.Cm f32 ,\n"
			  "the same without a header.\n"
			  "With a matrix, row\n.Va i\nbelongs to line\n.Va i\n"
			  "of what goes to standard output or to\n.Fl -ids :\n"
			  "the records, without their vectors.\n"
			  "The row of a failed record is NaN.\n" },
	{ .name = "ids",
		STRING(embed.ids),
		.value = "FILE",
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_IS_FILE | OPTION_IS_COMMON,
		.help = "write the records beside a matrix to FILE",
		.manual = "Write the records, without their vectors, to\n.Ar FILE\n"
			  "and not to standard output, if the vectors go into a matrix.\n"
			  "The file appears under its name as with\n.Fl -output .\n" },
	{ .name = "batch-items",
		INT(embed.batch_items),
		.value = "N",
		.standard = "0",
		.shown = "the API's",
		.min = 1,
		.max = 65536,
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_HAS_ENV | OPTION_IS_COMMON,
		.help = "texts in a request",
		.manual = "How many texts are put into one request.\n"
			  "Below that, the number that is best is found by trying, unless there\n"
			  "is\n.Fl -no-adaptive .\n" },
	{ .name = "batch-tokens",
		INT(embed.batch_tokens),
		.value = "N",
		.standard = "0",
		.shown = "the API's",
		.min = 1,
		.max = INT64_C(1000000000),
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_HAS_ENV,
		.help = "and tokens, estimated",
		.manual = "How many tokens the texts of one request may have together; they are\n"
			  "estimated before anything is sent.\n" },
	{ .name = "batch-wait",
		DURATION(pipeline.sched.pack.wait_ms),
		.value = "DUR",
		.standard = "20ms",
		.max = INT64_C(3600) * 1000,
		.takers = OPTION_IS_EMBEDS,
		.traits = OPTION_HAS_ENV,
		.help = "how long a request waits for more texts",
		.manual = "How long a request that could be sent waits for further texts while\n"
			  "records come in slowly.\n0 is not at all.\n" },
};

static const struct option chunk_rows[] = {
	{ .name = "field",
		STRING(chunk.field),
		.value = "PATH",
		.standard = "text",
		.takers = OPTION_IS_CHUNKS,
		.traits = OPTION_IS_COMMON,
		.help = "where the text is",
		.manual = "Where a record has the text that is cut, as in\n.Li .body.text .\n" },
	{ .name = "size",
		INT(chunk.size),
		.value = "N",
		.standard = "512",
		.min = 1,
		.max = 1000000000,
		.takers = OPTION_IS_CHUNKS,
		.traits = OPTION_IS_COMMON,
		.help = "tokens of a chunk, at most",
		.manual = "How many tokens a chunk has at most; they are estimated.\n" },
	{ .name = "overlap",
		INT(chunk.overlap),
		.value = "N",
		.standard = "0",
		.max = 1000000000,
		.takers = OPTION_IS_CHUNKS,
		.traits = OPTION_IS_COMMON,
		.help = "tokens shared with the one before",
		.manual = "How many tokens at its start a chunk has in common with the end of\n"
			  "the one before; fewer than\n.Fl -size .\n"
			  "Without an overlap, all chunks together are the text.\n" },
	{ .name = "at",
		CHOICE(chunk.at, { "paragraph", CHUNK_AT_PARAGRAPH },
			{ "sentence", CHUNK_AT_SENTENCE }, { "line", CHUNK_AT_LINE },
			{ "token", CHUNK_AT_TOKEN }),
		.standard = "sentence",
		.takers = OPTION_IS_CHUNKS,
		.traits = OPTION_IS_COMMON,
		.help = "where to cut",
		.manual = "Where to cut, if there is such a place: at the end of a\n"
			  ".Cm paragraph ,\n.Cm sentence ,\n.Cm line\nor\n.Cm token .\n"
			  "What is longer than a chunk is cut at the next finer one, but never\n"
			  "within what a reader takes for one letter.\n" },
	{ .name = "keep-fields",
		STRING(chunk.keeps),
		.value = "all|none|NAME,...",
		.standard = "all",
		.takers = OPTION_IS_CHUNKS,
		.traits = OPTION_IS_COMMON,
		.help = "other fields each chunk gets",
		.manual = "Which fields of its record besides the text go along with each chunk:\n"
			  "all of them, none, or those of these names.\n" },
};

const struct option_group options_embed = { "Embed", ROWS_OF(embed_rows) };
const struct option_group options_chunk = { "Chunk", ROWS_OF(chunk_rows) };
