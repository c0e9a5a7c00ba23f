/* SPDX-License-Identifier: MIT */
#include "forms.h"

#include "json/scan.h"
#include "json/text.h"
#include "work/result_part.h"

enum { SUM_BYTES = 8, LINE_BYTES_MAX = 1 << 26 };

static uint64_t add_word(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 32;
}

void forms_seal(struct buf *form)
{
	if (form->len < SUM_BYTES)
		return;
	size_t n = form->len - SUM_BYTES;
	uint64_t sum = n, lanes[] = { 1, 2, 3, 4 };
	for (size_t i = 0; i < n || i % 32 != 0; i += 8) {
		uint64_t word = 0;
		for (size_t j = i; j < n && j < i + 8; j++)
			word |= (uint64_t)(unsigned char)form->data[j] << 8 * (j - i);
		lanes[i / 8 % 4] = add_word(lanes[i / 8 % 4], word);
	}
	for (size_t i = 0; i < 4; i++)
		sum = add_word(sum, lanes[i]);
	for (size_t i = 0; i < SUM_BYTES; i++)
		form->data[n + i] = (char)(sum >> 8 * i);
}

static bool is_inside(struct span part, struct span memory)
{
	return part.at >= memory.at && part.at <= memory.at + memory.n &&
		part.n <= (size_t)(memory.at + memory.n - part.at);
}

/* One line of JSON, its end not included. */
static bool is_line(const struct buf *line)
{
	struct span value;
	struct json_fault fault;
	return !line->is_full && json_scan(buf_span(line), &value, &fault) &&
		!memchr(line->data, '\n', line->len);
}

static bool puts_text(struct span text)
{
	struct buf line;
	buf_init(&line, LINE_BYTES_MAX);
	result_put_text(&line, text);
	bool ok = is_line(&line);
	buf_release(&line);
	return ok;
}

static bool puts_json(struct span json)
{
	struct buf line;
	buf_init(&line, LINE_BYTES_MAX);
	result_put_value(&line, json);
	bool ok = is_line(&line);
	buf_release(&line);
	return ok;
}

static bool puts_vector(const struct vector *v)
{
	static const struct embedding wanted = { .is_wanted = true };
	struct buf line;
	buf_init(&line, LINE_BYTES_MAX);
	result_put_vector(&line, v, &wanted);
	bool ok = is_line(&line) && *line.data == '[';
	buf_release(&line);
	return ok;
}

static const char *complain_of_vector(struct span memory, const struct answer *answer)
{
	const struct vector *v = &answer->vector;
	if (!v->text.at)
		return answer->source ? "a share of nothing" : NULL;
	if (!is_inside(v->text, memory))
		return "a vector lies elsewhere";
	if (!answer->source || answer->source_bytes == 0)
		return "nobody owns a vector";
	if (!v->is_floats || v->n == 0 || v->n * 4 != v->text.n)
		return "a vector is no floats";
	return puts_vector(v) ? NULL : "a vector is no array";
}

static bool is_count(int64_t n, int64_t least)
{
	return n >= least && n <= INT64_C(1) << 53;
}

static const char *complain_of_numbers(const struct attempt *a, const struct answer *answer)
{
	const struct usage *u = &answer->usage;
	bool is_good = is_count(u->input, -1) && is_count(u->output, -1) &&
		is_count(u->cached, -1) && is_count(u->reasoning, -1) &&
		is_count(u->cache_write, 0) && is_count(u->cache_write_long, 0) &&
		is_count(a->ms, 0) && is_count(a->first_byte_ms, -1);
	if (!is_good)
		return "a count is none";
	if (a->status < 0 || a->status > 999 || !memchr(a->request_id, 0, sizeof a->request_id))
		return "a status or an id is none";
	if (u->tier > TIER_PRIORITY || answer->finish > FINISH_ERROR ||
		answer->outcome >= OUTCOMES_N)
		return "a name is none";
	return NULL;
}

const char *forms_complaint(
	struct span memory, const struct attempt *attempt, const struct answer *answer)
{
	const struct span texts[] = { answer->text, answer->model, answer->service_tier };
	const struct span json[] = { answer->value, answer->tool_calls, answer->logprobs,
		answer->usage_text };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].at && (!is_inside(texts[i], memory) || !puts_text(texts[i])))
			return "a text lies elsewhere, or is none";
	for (size_t i = 0; i < sizeof json / sizeof *json; i++)
		if (json[i].at && (!is_inside(json[i], memory) || !puts_json(json[i])))
			return "JSON lies elsewhere, or is none";
	if (answer->endpoint.at &&
		(!is_inside(answer->endpoint, memory) || !utf8_is_valid(answer->endpoint)))
		return "a name lies elsewhere, or is none";
	if (answer->outcome != OUTCOME_ANSWERED && !answer->message)
		return "a failure has no words";
	if (answer->message && !utf8_is_valid(span_of(answer->message)))
		return "a message is none";
	if (attempt->answer.len > 0 && !is_inside(buf_span(&attempt->answer), memory))
		return "the body lies elsewhere";
	const char *complaint = complain_of_numbers(attempt, answer);
	return complaint ? complaint : complain_of_vector(memory, answer);
}
