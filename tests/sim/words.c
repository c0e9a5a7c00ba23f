/* SPDX-License-Identifier: MIT */
/* Records have a number and a pad, and are asked for an echo of the number. */
#include "words.h"

#include "base/units.h"
#include "fakes.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

size_t words_put_record(char *out, size_t size, enum record_kind kind, uint64_t seq)
{
	static const char *const tails[RECORD_KINDS_N] = {
		[RECORD_GOOD] = "\"}",
		[RECORD_BROKEN] = "",
		[RECORD_BEFORE] = "\",\"pllm\":{\"error\":{\"code\":\"timeout\"}}}",
		[RECORD_TAKEN] = "\",\"output\":\"old\"}",
		[RECORD_BARE] = "\"}",
	};
	return (size_t)snprintf(out, size, "{\"%s\":%llu,\"pad\":\"%*s%s",
		kind == RECORD_BARE ? "ix" : "id", (unsigned long long)fake_id(seq),
		(int)world_pick(world.scenario->input.pad_bytes), "", tails[kind]);
}

/* The same of one that asks for JSON, perhaps not for the first time. */
static uint64_t read_schema_body(struct span body, size_t before_n)
{
	const char *dot = memchr(body.at + before_n, '.', body.n - before_n);
	int64_t id = 0;
	if (!dot ||
		!units_parse_int(
			(struct span){ body.at + before_n, (size_t)(dot - body.at) - before_n },
			&id) ||
		!memmem(body.at, body.n, "\"response_format\":", 18))
		check_fail("strange request: %.*s", (int)body.n, body.at);
	return (uint64_t)id / 3;
}

/* What the prompt asks about: it is "ask N." and nothing else. */
uint64_t words_asked(const struct attempt *attempt)
{
	const struct endpoint *e = attempt->endpoint;
	struct span body = buf_span(&attempt->body);
	char before[80];
	int n = snprintf(before, sizeof before,
		"{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"ask ", e->model);
	const struct span after = SPAN(".\"}]}");
	size_t before_n = (size_t)n;
	int64_t id;
	if (world.scenario->has_schema)
		return read_schema_body(body, before_n);
	if (body.n < before_n + after.n || memcmp(body.at, before, before_n) != 0 ||
		memcmp(body.at + body.n - after.n, after.at, after.n) != 0 ||
		!units_parse_int(
			(struct span){ body.at + before_n, body.n - before_n - after.n }, &id) ||
		id % 3 != 1)
		check_fail("strange request: %.*s", (int)body.n, body.at);
	return (uint64_t)id / 3;
}

/* Chance and the server have said all. */
void words_judge(uint64_t number, struct reply *reply)
{
	(void)number;
	(void)reply;
}

/* What the server said echoes the number, a refusal as well. */
uint64_t words_kept(const struct entry *e)
{
	unsigned nth;
	return words_read_echo(e, &nth);
}

uint64_t words_read_echo(const struct entry *e, unsigned *nth)
{
	static const char *const marks[] = { "\"echo ", "\"simulated " };
	struct span form = buf_span(&e->form);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t n = strlen(marks[i]);
		const char *at = memmem(form.at, form.n, marks[i], n);
		int64_t id, which;
		if (!at)
			continue;
		at += n;
		const char *dot = memchr(at, '.', 40), *end = memchr(at, '"', 40);
		if (!dot || !end || dot > end ||
			!units_parse_int((struct span){ at, (size_t)(dot - at) }, &id) ||
			!units_parse_int((struct span){ dot + 1, (size_t)(end - dot) - 1 }, &which))
			break;
		*nth = (unsigned)which;
		return (uint64_t)id / 3;
	}
	check_fail("an entry that is nobody's");
}

void words_fill(const struct reply *reply, uint64_t number, struct attempt *attempt)
{
	upstream_fill(reply, fake_id(number), attempt);
}
