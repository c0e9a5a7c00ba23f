/* SPDX-License-Identifier: MIT */
#include "app/trial.h"

#include "base/buf.h"
#include "base/wake.h"
#include "base/xalloc.h"

#include "t.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 1 << 20 };

/* An input file, and what a trial makes of it. */
struct scene {
	char path[64];
	struct config config;
	struct trial trial;
	struct buf drawn; /* what the run reads: [line], or <line> if that is no record */
	uint64_t drawn_n;
	struct err err;
};

static void scene_start(struct scene *s, enum input_format format, const char *text, size_t n)
{
	*s = (struct scene){ .path = "/tmp/pllm-trial-XXXXXX" };
	int fd = mkstemp(s->path);
	CHECK(fd >= 0 && write(fd, text, n) == (ssize_t)n && close(fd) == 0);
	s->config.reader = (struct reader_opts){
		.path = xstrdup(s->path), .format = (int)format, .record_max_bytes = 32
	};
	buf_init(&s->drawn, TEXT_MAX_BYTES);
}

static void scene_end(struct scene *s)
{
	trial_release(&s->trial);
	unlink(s->path);
	free(s->config.reader.path);
	buf_release(&s->drawn);
}

static void take(struct scene *s, struct reader *reader)
{
	struct record *r;
	while (reader_take(reader, &r, 1)) {
		s->drawn_n++;
		buf_put_str(&s->drawn, r->value.at ? "[" : "<");
		buf_put_span(&s->drawn, r->text);
		buf_put_str(&s->drawn, r->value.at ? "]" : ">");
		record_free(r);
	}
}

/* Reads what the run would. */
static void read_drawn(struct scene *s)
{
	struct wake wake;
	CHECK(wake_init(&wake, &s->err));
	struct reader *reader = reader_new(&s->config.reader, &wake, &s->err);
	struct pollfd fd = { .fd = wake.fd, .events = POLLIN };
	if (!CHECK(reader != NULL))
		return;
	while (!reader_is_done(reader)) {
		take(s, reader);
		wake_prepare(&wake);
		bool has_work = reader_has_records(reader) || reader_is_done(reader);
		wake_finish(&wake, !has_work && poll(&fd, 1, -1) > 0);
	}
	reader_free(reader);
	wake_release(&wake);
	buf_put_char(&s->drawn, '\0');
}

/* Draws n of the text; gives what the run reads. */
static const char *draw(struct scene *s, enum input_format format, const char *text, int64_t n)
{
	scene_start(s, format, text, strlen(text));
	s->config.money.trial_n = n;
	if (!CHECK(trial_draw(&s->trial, &s->config, &s->err)) || !CHECK(s->trial.is_on))
		return "";
	read_drawn(s);
	CHECK_INT(s->drawn_n, s->trial.drawn_n);
	return s->drawn.data;
}

TEST("without --trial the input stays what it is")
{
	struct scene s;
	scene_start(&s, INPUT_JSONL, "1\n", 2);
	CHECK(trial_check(&s.config, &s.err));
	CHECK(trial_draw(&s.trial, &s.config, &s.err));
	CHECK(!s.trial.is_on);
	CHECK_STR(s.config.reader.path, s.path);
	scene_end(&s);
}

TEST("a trial reads all, and the run reads what was drawn evenly")
{
	struct scene s;
	const char *text = draw(&s, INPUT_JSONL, "0\n1\n2\n3\n4\n5\n\n6\n7\n8", 3);
	CHECK_INT(strlen(text), 9);
	/* Of [0][1] ... [8] one from each three. */
	for (int i = 0; i < 3; i++)
		CHECK(text[3 * i + 1] >= '0' + 3 * i && text[3 * i + 1] <= '2' + 3 * i);
	CHECK_INT(s.trial.total_n, 9);
	scene_end(&s);
	CHECK_STR(draw(&s, INPUT_JSONL, "0\n1\n", 5), "[0][1]");
	scene_end(&s);
	CHECK_STR(draw(&s, INPUT_JSONL, "", 5), "");
	CHECK_INT(s.trial.total_n, 0);
	scene_end(&s);
}

TEST("lines arrive as they were, bad ones too")
{
	struct scene s;
	CHECK_STR(draw(&s, INPUT_JSONL, " {\"a\": 1} \n{\n[1,\t2]\r\n", 3),
		"[ {\"a\": 1} ]<{>[[1,\t2]]");
	scene_end(&s);
	CHECK_STR(draw(&s, INPUT_LINES, "a \"b\"\r\n\n{\n", 3), "[a \"b\"][{]");
	scene_end(&s);
	CHECK_STR(draw(&s, INPUT_OPENAI_BATCH, "{}\n1\n", 3), "[{}][1]");
	scene_end(&s);
}

TEST("texts between record separators stay whole")
{
	struct scene s;
	CHECK_STR(draw(&s, INPUT_SEQ, "\x1e{\"a\":\n1}\n\x1e[\n\x1e\"c\"\n", 3),
		"[{\"a\": 1}]<[>[\"c\"]");
	scene_end(&s);
	CHECK_STR(draw(&s, INPUT_SEQ, "1\n2\n", 3), "[1][2]");
	scene_end(&s);
}

TEST("a line that was too long is too long again, also where any text is a record")
{
	static const char text[] = "0123456789012345678901234567890123456789\nshort\n";
	struct scene s;
	CHECK_STR(draw(&s, INPUT_LINES, text, 2), "<01234567890123456789012345678901>[short]");
	scene_end(&s);
	CHECK_STR(draw(&s, INPUT_JSONL, text, 2), "<01234567890123456789012345678901><short>");
	scene_end(&s);
	/* Just not too long. */
	CHECK_STR(draw(&s, INPUT_LINES, "01234567890123456789012345678901\n", 2),
		"[01234567890123456789012345678901]");
	scene_end(&s);
}

TEST("records that failed before are drawn as they are, and revived by the run")
{
	static const char text[] = "{\"pllm\":{\"error\":{}}}\n";
	struct scene s;
	scene_start(&s, INPUT_JSONL, text, sizeof text - 1);
	s.config.reader.revives = true;
	s.config.money.trial_n = 1;
	CHECK(trial_draw(&s.trial, &s.config, &s.err));
	s.config.reader.revives = false;
	read_drawn(&s);
	CHECK_STR(s.drawn.data, "[{\"pllm\":{\"error\":{}}}]");
	scene_end(&s);
}

TEST("of a long input as many are drawn as are wanted, and the same ones again")
{
	struct buf text;
	struct scene s, again;
	buf_init(&text, TEXT_MAX_BYTES);
	for (int i = 0; i < 20000; i++) {
		buf_put_int(&text, i);
		buf_put_char(&text, '\n');
	}
	buf_put_char(&text, '\0');
	const char *first = draw(&s, INPUT_JSONL, text.data, 50);
	CHECK_INT(s.trial.total_n, 20000);
	CHECK_INT(s.trial.drawn_n, 50);
	CHECK_STR(draw(&again, INPUT_JSONL, text.data, 50), first);
	buf_release(&text);
	scene_end(&s);
	scene_end(&again);
}

TEST("an input that is not there is refused by its name")
{
	struct scene s;
	scene_start(&s, INPUT_JSONL, "", 0);
	unlink(s.path);
	s.config.money.trial_n = 1;
	CHECK(!trial_draw(&s.trial, &s.config, &s.err));
	CHECK_INT(s.err.kind, ERR_FILE);
	CHECK(strstr(s.err.msg, s.path) != NULL);
	CHECK(!s.trial.is_on);
	scene_end(&s);
}

TEST("a trial goes neither with reduce nor with a dry run")
{
	struct config c = { .money.trial_n = 5 };
	struct err err;
	CHECK(trial_check(&c, &err));
	c.command = COMMAND_REDUCE;
	CHECK(!trial_check(&c, &err));
	CHECK_INT(err.kind, ERR_USAGE);
	CHECK(strstr(err.msg, "--trial does not go with reduce"));
	c.command = COMMAND_EMBED;
	CHECK(trial_check(&c, &err));
	c.money.is_dry = true;
	CHECK(!trial_check(&c, &err));
	CHECK(strstr(err.msg, "--trial does not go with -n"));
	c.money.trial_n = 0;
	CHECK(trial_check(&c, &err));
}
