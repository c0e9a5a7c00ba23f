/* SPDX-License-Identifier: MIT */
#include "work/chunk_document.h"

#include "json/text.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES_MAX = 1 << 12, LINE_BYTES_MAX = 1 << 20 };

static struct chunk_opts sentences(char *field, char *keeps, int size)
{
	return (struct chunk_opts){
		.field = field, .size = size, .at = CHUNK_AT_SENTENCE, .keeps = keeps
	};
}

/* The lines that a record leaves as, one below the other, or "CODE: why" if it is refused. */
static const char *lines_of(const char *line, struct chunk_opts opts)
{
	static char shown[SHOWN_BYTES_MAX];
	struct chunk_plan plan;
	struct chunk_document d;
	struct err err;
	struct buf out;
	struct record *r = record_new(span_of(line));
	buf_init(&out, sizeof shown - 1);
	record_scan(r);
	if (!chunk_plan_init(&plan, &opts, &err)) {
		record_free(r);
		return "no plan";
	}
	chunk_document_init(&d, &plan);
	if (!chunk_document_cut(&d, r)) {
		buf_put_str(&out, r->fate == FATE_PASSED ? "passed" : "");
		if (r->fate == FATE_FAILED) {
			buf_put_str(&out, error_code_name(r->failure.code));
			buf_put_str(&out, ": ");
			buf_put_str(&out, r->failure.message);
		}
	}
	for (size_t i = 0; i < d.chunks.n; i++) {
		buf_put_str(&out, i ? "\n" : "");
		chunk_document_put(&d, i, &out);
	}
	memcpy(shown, buf_span(&out).at, out.len);
	shown[out.len] = '\0';
	buf_release(&out);
	chunk_document_release(&d);
	chunk_plan_release(&plan);
	record_free(r);
	return shown;
}

/* What is said of options that will not do; "" if they will. */
static const char *complaint(struct chunk_opts opts)
{
	static struct err err;
	struct chunk_plan plan;
	err = (struct err){ 0 };
	if (chunk_plan_init(&plan, &opts, &err))
		chunk_plan_release(&plan);
	return err.msg;
}

TEST("each chunk is its record with the chunk in the place of the text")
{
	CHECK_STR(lines_of(" {\"id\":1.10, \"text\" : \"One. Two.\", \"x\":[1, 2] } ",
			  sentences(NULL, NULL, 3)),
		"{\"id\":1.10, \"text\" : \"One. \", \"x\":[1, 2] "
		",\"chunk\":0,\"chunks\":2,\"start\":0,\"end\":5}\n"
		"{\"id\":1.10, \"text\" : \"Two.\", \"x\":[1, 2] "
		",\"chunk\":1,\"chunks\":2,\"start\":5,\"end\":9}");
}

TEST("start and end are bytes of the decoded text")
{
	CHECK_STR(lines_of("{\"text\":\"\\u00c9t\\u00e9. \\ud83d\\ude00 \\\"x\\\"\"}",
			  sentences(NULL, NULL, 5)),
		"{\"text\":\"Été. \",\"chunk\":0,\"chunks\":2,\"start\":0,\"end\":7}\n"
		"{\"text\":\"\U0001F600 \\\"x\\\"\",\"chunk\":1,\"chunks\":2,\"start\":7,\"end\":15}");
}

TEST("a record that is a string is its own text, where that is not looked for elsewhere")
{
	static char dot[] = ".", body[] = "body", text[] = "text";
	const char *want = "{\"text\":\"One.\",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}";
	CHECK_STR(lines_of("\"One.\"", sentences(NULL, NULL, 9)), want);
	CHECK_STR(lines_of("\"One.\"", sentences(text, NULL, 9)), want);
	CHECK_STR(lines_of("\"One.\"", sentences(dot, NULL, 9)), want);
	CHECK_STR(lines_of("\"One.\"", sentences(body, NULL, 9)),
		"template: no field \"body\" to cut");
	CHECK_STR(lines_of("{\"text\":\"One.\"}", sentences(dot, NULL, 9)),
		"bad_record: --field . wants records that are strings, and this is an object");
}

TEST("an empty text is one empty chunk: no record gets lost")
{
	CHECK_STR(lines_of("{\"text\":\"\"}", sentences(NULL, NULL, 9)),
		"{\"text\":\"\",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":0}");
}

TEST("a text deep in its record is replaced where it is")
{
	static char deep[] = "a.b[1].c";
	CHECK_STR(lines_of("{\"i\":1,\"a\":{\"b\":[0,{\"c\":\"One.\",\"d\":2}],\"e\":3}}",
			  sentences(deep, NULL, 9)),
		"{\"i\":1,\"a\":{\"b\":[0,{\"c\":\"One.\",\"d\":2}],\"e\":3}"
		",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}");
}

TEST("--keep-fields says which fields go along; the one with the text always does")
{
	static char none[] = "none", all[] = "all", some[] = "u,odd key", deep[] = "a.b";
	const char *record = "{\"id\":1, \"u\" : 1e400,\"text\":\"One.\",\"odd\\u0020key\":\"x\"}";
	const char *own = ",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}";
	char want[200];
	CHECK_STR(lines_of(record, sentences(NULL, none, 9)),
		"{\"text\":\"One.\",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}");
	CHECK_STR(lines_of(record, sentences(NULL, some, 9)),
		"{\"u\" : 1e400,\"text\":\"One.\",\"odd\\u0020key\":\"x\""
		",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}");
	snprintf(want, sizeof want, "%.*s%s", (int)strlen(record) - 1, record, own);
	CHECK_STR(lines_of(record, sentences(NULL, all, 9)), want);
	CHECK_STR(lines_of("{\"x\":1,\"a\":{\"y\":2,\"b\":\"One.\"}}", sentences(deep, none, 9)),
		"{\"a\":{\"y\":2,\"b\":\"One.\"},\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}");
}

TEST("a field of the chunks' own is not written over, and is no harm if it stays behind")
{
	static char none[] = "none";
	CHECK_STR(lines_of("{\"start\":0.5,\"text\":\"One.\"}", sentences(NULL, NULL, 9)),
		"bad_record: the record already has a field \"start\", as each chunk does" LOG_HELP
		"leave it out with --keep-fields");
	CHECK_STR(lines_of("{\"chun\\u006b\":1,\"text\":\"One.\"}", sentences(NULL, NULL, 9)),
		"bad_record: the record already has a field \"chunk\", as each chunk does" LOG_HELP
		"leave it out with --keep-fields");
	CHECK_STR(lines_of("{\"start\":0.5,\"text\":\"One.\"}", sentences(NULL, none, 9)),
		"{\"text\":\"One.\",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}");
}

TEST("of a key that is there twice the last counts, as JSON has it")
{
	CHECK_STR(lines_of("{\"text\":\"a\",\"text\":\"One.\"}", sentences(NULL, NULL, 9)),
		"{\"text\":\"a\",\"text\":\"One.\",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":4}");
}

TEST("a record without a text to cut says what it has instead")
{
	CHECK_STR(lines_of("{\"txt\":\"a\"}", sentences(NULL, NULL, 9)),
		"template: no field \"text\" to cut" LOG_HELP "the record has \"txt\"");
	CHECK_STR(lines_of("{\"text\":null}", sentences(NULL, NULL, 9)),
		"bad_record: the field \"text\" is no string");
	CHECK_STR(lines_of("[\"a\"]", sentences(NULL, NULL, 9)),
		"bad_record: only an object or a string has a text to cut");
	CHECK(strncmp(lines_of("{\"text\":", sentences(NULL, NULL, 9)),
		      "bad_record: not a JSON value: ", 30) == 0);
}

TEST("half a character is no text")
{
	CHECK_STR(lines_of("{\"text\":\"\\\\ud800 \\ud83d\\ude00 \\ud83dx\"}",
			  sentences(NULL, NULL, 9)),
		"bad_record: the text has half a character, \\ud83d without its other half, at byte "
		"31 of the line: it is no Unicode");
	CHECK(strstr(lines_of("{\"text\":\"\\ude00\"}", sentences(NULL, NULL, 9)), "\\ude00"));
	/* in another field it is the bytes of that */
	CHECK_STR(lines_of("{\"text\":\"a\",\"b\":\"\\ude00\"}", sentences(NULL, NULL, 9)),
		"{\"text\":\"a\",\"b\":\"\\ude00\",\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":1}");
}

TEST("what failed before passes untouched, text or not")
{
	CHECK_STR(lines_of("{\"text\":\"a\",\"pllm\":{\"error\":{}}}", sentences(NULL, NULL, 9)),
		"passed");
	CHECK_STR(lines_of("{\"pllm\":{\"error\":{}}}", sentences(NULL, NULL, 9)), "passed");
	CHECK_STR(lines_of("{\"text\":\"a\",\"pllm\":{}}", sentences(NULL, NULL, 9)),
		"{\"text\":\"a\",\"pllm\":{},\"chunk\":0,\"chunks\":1,\"start\":0,\"end\":1}");
}

TEST("options that will not do are refused, and say what would")
{
	static char bad[] = "a..b", index[] = "[0]", own[] = "chunks", hole[] = "a,,b",
		    taken[] = "a,end";
	struct chunk_opts opts = sentences(NULL, NULL, 0);
	CHECK_STR(complaint(opts), "--size 0: a chunk has at least one token");
	opts = sentences(NULL, NULL, 5);
	CHECK_STR(complaint(opts), "");
	opts.overlap = 5;
	CHECK_STR(complaint(opts), "--overlap 5: chunks of --size 5 can share less than that");
	CHECK(strncmp(complaint(sentences(bad, NULL, 5)), "--field a..b: bad path", 22) == 0);
	CHECK_STR(complaint(sentences(index, NULL, 5)),
		"--field [0]: documents are objects" LOG_HELP "begin with a field's name");
	CHECK_STR(complaint(sentences(own, NULL, 5)),
		"--field chunks: each chunk gets a field \"chunks\" of its own" LOG_HELP
		"rename the text's");
	CHECK_STR(complaint(sentences(NULL, hole, 5)),
		"--keep-fields a,,b: an empty name" LOG_HELP "give all, none, or NAME,...");
	CHECK_STR(complaint(sentences(NULL, taken, 5)),
		"--keep-fields a,end: each chunk gets a field \"end\" of its own");
}

TEST("the chunks of a text with every escape are that text again")
{
	static const char line[] =
		"{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f a. "
		"\\ud83d\\udc68\\u200d\\ud83d\\udc69 e\\u0301. \\u1112\\u1161\\u11ab\"}";
	struct chunk_opts opts = { .size = 2, .at = CHUNK_AT_SENTENCE };
	struct chunk_plan plan;
	struct chunk_document d;
	struct err err;
	struct buf out, joined;
	struct record *r = record_new(span_of(line));
	record_scan(r);
	buf_init(&joined, LINE_BYTES_MAX);
	buf_init(&out, LINE_BYTES_MAX);
	CHECK(chunk_plan_init(&plan, &opts, &err));
	chunk_document_init(&d, &plan);
	CHECK(chunk_document_cut(&d, r) && d.chunks.n > 3);
	for (size_t i = 0; i < d.chunks.n; i++) {
		struct span value;
		struct json_fault fault;
		buf_clear(&out);
		chunk_document_put(&d, i, &out);
		if (CHECK(json_scan(buf_span(&out), &value, &fault)))
			json_put_plain(&joined, json_inside(json_member(value, SPAN("text"))));
	}
	buf_clear(&out);
	json_put_plain(&out, json_inside(json_member(r->value, SPAN("text"))));
	CHECK(span_equals(buf_span(&joined), buf_span(&out)));
	buf_release(&joined);
	buf_release(&out);
	chunk_document_release(&d);
	chunk_plan_release(&plan);
	record_free(r);
}
