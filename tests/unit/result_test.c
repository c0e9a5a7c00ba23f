/* SPDX-License-Identifier: MIT */
/*
 * The promise under test: the bytes of a record never change. What is new stands before the closing
 * brace, and nothing else moves.
 */
#include "work/result.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

/* A plan of one step "output", the options, and the record that is looked at. */
struct scene {
	struct plan plan;
	struct endpoint endpoint;
	struct result_opts opts;
	struct record *record;
	struct call *call; /* its only one */
};

static void enter(struct scene *s)
{
	*s = (struct scene){ .opts = { .plan = &s->plan } };
	plan_add_step(&s->plan, "output")->is_emitted = true;
	s->endpoint.name = xstrdup("http://h/v1");
}

static void leave(struct scene *s)
{
	record_free(s->record);
	plan_release(&s->plan);
	endpoint_release(&s->endpoint);
}

/* Makes the record anew, with one call, not yet settled. */
static void read_line(struct scene *s, struct span line)
{
	record_free(s->record);
	s->record = record_new(line);
	s->record->line = 7;
	record_scan(s->record);
	record_add_stages(s->record, 1);
	record_add_calls(s->record, s->record->stages, 1);
	s->call = s->record->stages->calls;
	s->call->attempt.endpoint = &s->endpoint;
}

static void answer(struct scene *s, const char *escaped)
{
	s->call->answer.text = span_of(escaped);
	s->call->is_settled = true;
	s->record->stages->state = STAGE_ANSWERED;
	s->record->fate = FATE_ANSWERED;
}

static void fail(struct scene *s, enum error_code code, const char *message)
{
	record_fail(s->record, code, xstrdup(message));
}

/* Checks the line that the record leaves as. */
static void check_line(const struct scene *s, const char *want)
{
	struct buf out;
	buf_init(&out, 10000);
	CHECK(result_put(&out, s->record, &s->opts));
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

static void check_answered(const char *line, const char *want)
{
	struct scene s;
	enter(&s);
	read_line(&s, span_of(line));
	answer(&s, "hi");
	check_line(&s, want);
	leave(&s);
}

#define ERROR_MEMBER_WITH(more)                                                                                        \
	"\"pllm\":{\"error\":{\"code\":\"timeout\",\"message\":\"late\",\"status\":null,\"attempts\":0,\"step\":null," \
	"\"line\":7,\"retryable\":true}" more "}"
#define ERROR_MEMBER ERROR_MEMBER_WITH("")
#define ERROR_OF_VALUE ERROR_MEMBER_WITH(",\"wrapped\":\"value\"")
#define ERROR_OF_TEXT ERROR_MEMBER_WITH(",\"wrapped\":\"text\"")

static void check_failed(const char *line, const char *want)
{
	struct scene s;
	enter(&s);
	read_line(&s, span_of(line));
	fail(&s, ERROR_TIMEOUT, "late");
	check_line(&s, want);
	leave(&s);
}

TEST("an answer is inserted before the closing brace")
{
	check_answered(
		"{\"id\":7,\"text\":\"...\"}", "{\"id\":7,\"text\":\"...\",\"output\":\"hi\"}\n");
	check_answered("{}", "{\"output\":\"hi\"}\n");
	check_answered("{ }", "{ \"output\":\"hi\"}\n");
	check_answered("{\"a\":{}}", "{\"a\":{},\"output\":\"hi\"}\n");
}

TEST("numbers, duplicate keys, spacing and escapes come out as they went in")
{
	static const char *const insides[] = {
		"{\"n\":12345678901234567890",
		"{\"a\":12345678901234567890,\"b\":1.10,\"a\":1e400",
		"{\"z\":-0,\"y\":-0.0,\"x\":1E+2,\"w\":0.10e-007",
		"{ \"a\" :\t1 ,  \"b\":2 ",
		"{\"\\u00e9\":\"\\u00E9\\/\\n\\ud83d\\ude00\"",
		"{\"lone\":\"\\ud800\",\"nul\":\"\\u0000\"",
		"{\"\":\"\",\"\":\"\"",
		"{\"a\":[1 , 2,{ }],\"s\":\"},\\\"output\\\":\\\"x\\\"\"",
		"{\"\xc3\xa9\xf0\x9f\x98\x80\":null",
		" \t{\"a\":true",
		"{\"pllm\":{\"model\":\"m\"},\"a\":false",
		"{\"__proto__\":1,\"constructor\":2",
	};
	for (size_t i = 0; i < sizeof insides / sizeof *insides; i++) {
		char *line = xasprintf("%s}", insides[i]),
		     *spaced = xasprintf("%s} \t", insides[i]);
		char *answered = xasprintf("%s,\"output\":\"hi\"}\n", insides[i]);
		char *also_spaced = xasprintf("%s,\"output\":\"hi\"} \t\n", insides[i]);
		check_answered(line, answered);
		check_answered(spaced, also_spaced);
		free(line);
		free(spaced);
		free(answered);
		free(also_spaced);
	}
}

TEST("what is no object is wrapped, its bytes as they are")
{
	check_answered("1.10", "{\"input\":1.10,\"output\":\"hi\"}\n");
	check_answered("-0", "{\"input\":-0,\"output\":\"hi\"}\n");
	check_answered("1e400", "{\"input\":1e400,\"output\":\"hi\"}\n");
	check_answered(" \"a\\u00e9\" ", "{\"input\":\"a\\u00e9\",\"output\":\"hi\"}\n");
	check_answered("[1 , 2]", "{\"input\":[1 , 2],\"output\":\"hi\"}\n");
	check_answered("[]", "{\"input\":[],\"output\":\"hi\"}\n");
	check_answered("null", "{\"input\":null,\"output\":\"hi\"}\n");
}

TEST("an answer leaves as the server escaped it")
{
	struct scene s;
	enter(&s);
	read_line(&s, SPAN("{}"));
	answer(&s, "a\\n\\u00e9\\\"\\/ \xc3\xa9");
	check_line(&s, "{\"output\":\"a\\n\\u00e9\\\"\\/ \xc3\xa9\"}\n");
	answer(&s, "");
	check_line(&s, "{\"output\":\"\"}\n");
	leave(&s);
}

TEST("a record that is answered without a text gets no member and no stray comma")
{
	static const char *const lines[] = { "{\"a\":1}", "{}", "{ }" };
	for (size_t i = 0; i < 3; i++) {
		struct scene s;
		enter(&s);
		read_line(&s, span_of(lines[i]));
		answer(&s, "");
		s.call->answer.text = (struct span){ 0 };
		char *want = xasprintf("%s\n", lines[i]);
		check_line(&s, want);
		free(want);
		leave(&s);
	}
}

/* Answers with a vector of n numbers instead of a text. */
static void answer_vector(struct scene *s, const char *text, size_t n)
{
	answer(s, "");
	s->call->answer.text = (struct span){ 0 };
	s->call->answer.vector = (struct vector){ .text = span_of(text), .n = n };
}

TEST("a vector is inserted with the server's own digits, whatever they are")
{
	static const char *const vectors[] = { "[0.1,-2e-3,1.10,1E+2,-0]", "[1e400]",
		"[0.100000000000000000000000000000000000001]" };
	static const size_t lengths[] = { 5, 1, 1 };
	for (size_t i = 0; i < 3; i++) {
		struct scene s;
		enter(&s);
		read_line(&s, SPAN("{\"a\":1}"));
		answer_vector(&s, vectors[i], lengths[i]);
		char *want = xasprintf("{\"a\":1,\"output\":%s}\n", vectors[i]);
		check_line(&s, want);
		free(want);
		leave(&s);
	}
}

TEST("a vector in base64 is printed, and null if it is none")
{
	struct scene s;
	enter(&s);
	read_line(&s, SPAN("{}"));
	answer_vector(&s, "AAAAPwAAgMA=", 2);
	check_line(&s, "{\"output\":[0.5,-4]}\n");
	answer_vector(&s, "AAAAPwAA*MA=", 2);
	check_line(&s, "{\"output\":null}\n");
	leave(&s);
}

TEST("a vector is scaled when that is asked for and the server has not done it")
{
	struct scene s;
	enter(&s);
	s.plan.embedding.is_normalized = true;
	read_line(&s, SPAN("\"text\""));
	answer_vector(&s, "[3,0.0,-4]", 3);
	check_line(&s, "{\"input\":\"text\",\"output\":[0.6,0,-0.8]}\n");
	s.call->answer.vector.is_scaled = true;
	check_line(&s, "{\"input\":\"text\",\"output\":[3,0.0,-4]}\n");
	leave(&s);
}

TEST("a vector that goes elsewhere leaves its record as it was")
{
	struct scene s;
	enter(&s);
	s.plan.steps[0].is_emitted = false;
	read_line(&s, SPAN("{\"output\":\"mine\" }"));
	answer_vector(&s, "[1]", 1);
	check_line(&s, "{\"output\":\"mine\" }\n");
	s.opts.replaces = true;
	check_line(&s, "{\"output\":\"mine\" }\n");
	leave(&s);
}

TEST("a failed record carries its error, the rest is untouched")
{
	check_failed("{\"a\":1e400 }", "{\"a\":1e400 ," ERROR_MEMBER "}\n");
	check_failed("{}", "{" ERROR_MEMBER "}\n");
	check_failed("-0", "{\"input\":-0," ERROR_OF_VALUE "}\n");
}

TEST("a line that is no JSON becomes a string, its bad bytes U+FFFD")
{
	check_failed("{\"a\":", "{\"input\":\"{\\\"a\\\":\"," ERROR_OF_TEXT "}\n");
	check_failed("\xff\"\x01", "{\"input\":\"\xef\xbf\xbd\\\"\\u0001\"," ERROR_OF_TEXT "}\n");
	check_failed("", "{\"input\":\"\"," ERROR_OF_TEXT "}\n");
}

TEST("a renewed failure takes the place of the old one, wherever that stood")
{
	check_failed("{\"pllm\":{\"error\":1},\"a\":1}", "{\"a\":1," ERROR_MEMBER "}\n");
	check_failed("{\"a\":1, \"pllm\":{\"error\":1}, \"b\":2}",
		"{\"a\":1, \"b\":2," ERROR_MEMBER "}\n");
	check_failed(" {\"a\":1,\"pllm\":0} ", " {\"a\":1," ERROR_MEMBER "} \n");
	check_failed("{\"pllm\":0}", "{" ERROR_MEMBER "}\n");
	check_failed("{\"pllm\":0,\"pllm\":1}", "{" ERROR_MEMBER "}\n");
	check_failed("{\"\\u0070llm\":0,\"pllm2\":1}", "{\"pllm2\":1," ERROR_MEMBER "}\n");
}

TEST("an error shows all that is known about it")
{
	struct scene s;
	enter(&s);
	read_line(&s, SPAN("{}"));
	fail(&s, ERROR_TRUNCATED, "cut \"here\"\n\xff");
	s.record->failure.status = 200;
	s.record->failure.attempts_n = 3;
	s.record->failure.step = "output";
	s.record->failure.partial = SPAN("half an ans\\n");
	check_line(&s,
		"{\"pllm\":{\"error\":{\"code\":\"truncated\",\"message\":\"cut \\\"here\\\"\\n\xef\xbf\xbd\","
		"\"status\":200,\"attempts\":3,\"step\":\"output\",\"line\":7,\"retryable\":false,"
		"\"partial\":\"half an ans\\n\"}}}\n");
	leave(&s);
}

TEST("records that pass through or are skipped are not touched at all")
{
	static const char *const lines[] = { " {\"a\" : 1e400, \"pllm\":{\"error\":{}} } ",
		"{\"output\":\"old\"}" };
	for (size_t i = 0; i < 2; i++) {
		struct scene s;
		enter(&s);
		read_line(&s, span_of(lines[i]));
		s.record->fate = i ? FATE_SKIPPED : FATE_PASSED;
		s.opts.replaces = true;
		char *want = xasprintf("%s\n", lines[i]);
		check_line(&s, want);
		free(want);
		leave(&s);
	}
}

TEST("an answer asked for anew takes the place of the old one")
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "{\"output\":\"old\"}", "{\"output\":\"hi\"}\n" },
		{ "{\"output\":\"old\",\"a\":1.10}", "{\"a\":1.10,\"output\":\"hi\"}\n" },
		{ "{\"a\":1.10, \"output\":{\"x\":1} , \"b\":2 }",
			"{\"a\":1.10 , \"b\":2 ,\"output\":\"hi\"}\n" },
		{ "{\"a\":1}", "{\"a\":1,\"output\":\"hi\"}\n" },
		{ "{\"x\":{\"output\":1}}", "{\"x\":{\"output\":1},\"output\":\"hi\"}\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scene s;
		enter(&s);
		s.opts.replaces = true;
		read_line(&s, span_of(cases[i].line));
		answer(&s, "hi");
		check_line(&s, cases[i].want);
		leave(&s);
	}
}

#define META                                                                                                        \
	"{\"model\":\"m\",\"endpoint\":\"http://h/v1\",\"finish\":\"stop\",\"usage\":{\"input\":3,\"output\":null," \
	"\"cached\":null,\"reasoning\":0},\"cost\":null,\"attempts\":2,\"ms\":15"

TEST("what is known about an answer is added under the name that was asked for")
{
	struct scene s;
	char meta[] = "pllm";
	enter(&s);
	read_line(&s, SPAN("{\"a\":1}"));
	answer(&s, "hi");
	struct call *c = s.call;
	c->answer.finish = FINISH_STOP;
	c->answer.model = SPAN("m");
	c->answer.usage.input = 3;
	c->answer.usage.reasoning = 0;
	c->attempts_n = 2;
	c->attempt.ms = 15;
	s.opts.meta = meta;
	check_line(&s, "{\"a\":1,\"output\":\"hi\",\"pllm\":" META "}}\n");
	leave(&s);
}

TEST("raw output is the answer's plain text, and a failed record's is empty")
{
	struct scene s;
	enter(&s);
	read_line(&s, SPAN("{\"output\":\"o\\tld\"}"));
	s.opts.form = RESULT_RAW;
	answer(&s, "a\\n\\u00e9\\ud83d\\ude00");
	check_line(&s, "a\n\xc3\xa9\xf0\x9f\x98\x80\n");
	s.record->fate = FATE_SKIPPED;
	s.record->stages->state = STAGE_GIVEN;
	check_line(&s, "o\tld\n");
	s.record->fate = FATE_PASSED;
	check_line(&s, "\n");
	s.record->fate = FATE_OPEN;
	fail(&s, ERROR_TIMEOUT, "late");
	check_line(&s, "\n");
	leave(&s);
}

TEST("raw output can end each answer with a NUL")
{
	struct scene s;
	struct buf out;
	enter(&s);
	read_line(&s, SPAN("{}"));
	s.opts.form = RESULT_RAW0;
	answer(&s, "a\\nb");
	buf_init(&out, 100);
	CHECK(result_put(&out, s.record, &s.opts));
	CHECK_INT(out.len, 4);
	CHECK(memcmp(out.data, "a\nb", 4) == 0);
	buf_release(&out);
	leave(&s);
}

TEST("a JSON text sequence has a separator in front of each record")
{
	struct scene s;
	enter(&s);
	s.opts.form = RESULT_SEQ;
	read_line(&s, SPAN("{}"));
	answer(&s, "hi");
	check_line(&s, "\x1e{\"output\":\"hi\"}\n");
	leave(&s);
}

TEST("the file of failures gets records with their error, and lines that are no JSON as they were")
{
	struct scene s;
	struct buf out;
	enter(&s);
	buf_init(&out, 1000);
	read_line(&s, SPAN("{\"a\":1}"));
	fail(&s, ERROR_TIMEOUT, "late");
	CHECK(result_put_failed(&out, s.record, &s.opts));
	read_line(&s, SPAN("{\"a\":\xff"));
	fail(&s, ERROR_BAD_RECORD, "no JSON");
	CHECK(result_put_failed(&out, s.record, &s.opts));
	CHECK_MEM(out.data, out.len, "{\"a\":1," ERROR_MEMBER "}\n{\"a\":\xff\n");
	buf_release(&out);
	leave(&s);
}

TEST("the ceiling is reported wherever it is met, and nothing is written past it")
{
	static const char *const lines[] = { "{\"a\":1,\"pllm\":2}", "17", "{\"a\":\xff" };
	for (size_t i = 0; i < 3; i++) {
		struct scene s;
		struct buf whole;
		enter(&s);
		read_line(&s, span_of(lines[i]));
		fail(&s, ERROR_TIMEOUT, "late");
		buf_init(&whole, 1000);
		CHECK(result_put(&whole, s.record, &s.opts));
		for (size_t max = 1; max <= whole.len; max++) {
			struct buf out;
			buf_init(&out, max);
			CHECK_INT(result_put(&out, s.record, &s.opts), max == whole.len);
			CHECK(out.len <= max);
			buf_release(&out);
		}
		buf_release(&whole);
		leave(&s);
	}
}

/* Appends random white space. */
static void put_space(struct buf *b, struct rng *rng)
{
	while (rng_upto(rng, 3) == 0)
		buf_put_char(b, " \t"[rng_upto(rng, 1)]);
}

static void put_random_string(struct buf *b, struct rng *rng)
{
	static const char *const pieces[] = { "a", "pllm", "output", "input", "\\\"", "\\\\",
		"\\u0000", "\\ud800", "\xc3\xa9", "}", "{", ",", ":", "]", "\\n", " ", "error" };
	buf_put_char(b, '"');
	for (int64_t n = rng_upto(rng, 3); n > 0; n--)
		buf_put_str(
			b, pieces[rng_upto(rng, (int64_t)(sizeof pieces / sizeof *pieces) - 1)]);
	buf_put_char(b, '"');
}

static void put_random_scalar(struct buf *b, struct rng *rng)
{
	static const char *const scalars[] = { "0", "-0", "1.10", "1e400", "12345678901234567890",
		"-1E-7", "null", "true", "false", "0.0000" };
	if (rng_upto(rng, 1))
		put_random_string(b, rng);
	else
		buf_put_str(
			b, scalars[rng_upto(rng, (int64_t)(sizeof scalars / sizeof *scalars) - 1)]);
}

static void put_random(struct buf *b, struct rng *rng, int depth, bool must_be_object)
{
	int64_t kind = must_be_object ? 0 : rng_upto(rng, 3);
	if (depth == 0 || kind > 1) {
		put_random_scalar(b, rng);
		return;
	}
	buf_put_char(b, kind ? '[' : '{');
	put_space(b, rng);
	for (int64_t n = rng_upto(rng, 4), i = 0; i < n; i++) {
		if (i) {
			buf_put_char(b, ',');
			put_space(b, rng);
		}
		if (!kind) {
			put_random_string(b, rng);
			put_space(b, rng);
			buf_put_char(b, ':');
			put_space(b, rng);
		}
		put_random(b, rng, depth - 1, false);
		put_space(b, rng);
	}
	buf_put_char(b, kind ? ']' : '}');
}

TEST("taking out what was inserted gives back every random record byte for byte")
{
	struct scene s;
	struct rng rng;
	struct buf in, out;
	enter(&s);
	rng_init(&rng, 20240229);
	buf_init(&in, 100000);
	buf_init(&out, 200000);
	for (int turn = 0; turn < 5000; turn++) {
		buf_clear(&in);
		buf_clear(&out);
		put_space(&in, &rng);
		put_random(&in, &rng, 4, true);
		put_space(&in, &rng);
		struct span line = buf_span(&in);
		read_line(&s, line);
		CHECK(s.record->value.at != NULL);
		answer(&s, "hi");
		CHECK(result_put(&out, s.record, &s.opts));
		size_t head_n =
			(size_t)(s.record->value.at - s.record->text.at) + s.record->value.n - 1;
		bool comma = !json_is_empty(s.record->value);
		const char *want = comma ? ",\"output\":\"hi\"" : "\"output\":\"hi\"";
		CHECK_INT(out.len, line.n + strlen(want) + 1);
		CHECK(memcmp(out.data, line.at, head_n) == 0);
		CHECK_MEM(out.data + head_n, strlen(want), want);
		if (!CHECK(memcmp(out.data + head_n + strlen(want), line.at + head_n,
				   line.n - head_n) == 0))
			break;
		CHECK_INT(out.data[out.len - 1], '\n');
	}
	buf_release(&in);
	buf_release(&out);
	leave(&s);
}

TEST("a random record that fails and is revived is the record that was read, byte for byte")
{
	struct scene s;
	struct rng rng;
	struct buf in, out;
	int wrapped_n = 0;
	enter(&s);
	rng_init(&rng, 99);
	buf_init(&in, 100000);
	buf_init(&out, 200000);
	for (int turn = 0; turn < 5000; turn++) {
		buf_clear(&in);
		buf_clear(&out);
		put_random(&in, &rng, 4, turn % 2);
		read_line(&s, buf_span(&in));
		/*
		 * what has a member of ours, or looks as if we had wrapped it, does not come back
		 * the same
		 */
		if (json_member(s.record->value, SPAN("pllm")).at ||
			json_member(s.record->value, SPAN("input")).at)
			continue;
		fail(&s, ERROR_TIMEOUT, "late");
		CHECK(result_put(&out, s.record, &s.opts));
		read_line(&s, (struct span){ .at = out.data, .n = out.len - 1 });
		CHECK(record_is_failed_before(s.record));
		record_revive(s.record, NULL);
		wrapped_n += s.record->owned_text == NULL;
		if (!CHECK(span_equals(s.record->text, buf_span(&in))))
			printf("# %.*s\n", (int)in.len, in.data);
	}
	CHECK(wrapped_n > 100);
	buf_release(&in);
	buf_release(&out);
	leave(&s);
}
