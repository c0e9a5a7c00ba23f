/* SPDX-License-Identifier: MIT */
#include "work/entry_form.h"

#include <assert.h>

enum { VERSION_OF_FORM = 1 };

/* Gives a number whose bytes in memory are those of `number`, the lowest first; and back. */
static uint64_t in_order(uint64_t number)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(number);
#else
	return number;
#endif
}

/* What can be undone, so that different words or sums become different sums. */
static uint64_t add_word(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 32;
}

/* Four sums, which a processor makes side by side: each of every fourth word. */
static uint64_t checksum(struct span bytes)
{
	enum { LANES_N = 4 };
	uint64_t sum = bytes.n, lanes[LANES_N] = { 1, 2, 3, 4 }, words[LANES_N];
	while (bytes.n > 0) {
		size_t n = bytes.n < sizeof words ? bytes.n : sizeof words;
		if (n < sizeof words)
			memset(words, 0, sizeof words);
		memcpy(words, bytes.at, n);
		for (int i = 0; i < LANES_N; i++)
			lanes[i] = add_word(lanes[i], in_order(words[i]));
		bytes = (struct span){ bytes.at + n, bytes.n - n };
	}
	for (int i = 0; i < LANES_N; i++)
		sum = add_word(sum, lanes[i]);
	return sum;
}

static void put_number(char **to, uint64_t number, size_t bytes)
{
	uint64_t ordered = in_order(number);
	memcpy(*to, &ordered, bytes);
	*to += bytes;
}

void form_put_facts(struct buf *form, const struct form_facts *f)
{
	char facts[FORM_FACTS_BYTES], *to = facts;
	for (int i = 0; i < PARTS_N; i++) {
		put_number(&to, f->at[i], 4);
		put_number(&to, f->n[i], 4);
	}
	for (int i = 0; i < COUNTS_N; i++)
		put_number(&to, (uint64_t)f->counts[i], 8);
	put_number(&to, f->body_n, 4);
	put_number(&to, f->status, 4);
	put_number(&to, f->attempts_n, 4);
	put_number(&to, f->outcome, 1);
	put_number(&to, f->finish, 1);
	put_number(&to, f->tier, 1);
	put_number(&to, f->flags, 1);
	put_number(&to, VERSION_OF_FORM, 4);
	assert(to == facts + sizeof facts);
	buf_put(form, facts, sizeof facts);
}

static uint64_t take_number(const char **at, size_t bytes)
{
	uint64_t ordered = 0;
	memcpy(&ordered, *at, bytes);
	*at += bytes;
	return in_order(ordered);
}

/* Reads what form_put_facts has put there. False if it is of another version. */
static bool take_facts(const char *at, struct form_facts *f)
{
	for (int i = 0; i < PARTS_N; i++) {
		f->at[i] = (uint32_t)take_number(&at, 4);
		f->n[i] = (uint32_t)take_number(&at, 4);
	}
	for (int i = 0; i < COUNTS_N; i++)
		f->counts[i] = (int64_t)take_number(&at, 8);
	f->body_n = (uint32_t)take_number(&at, 4);
	f->status = (uint32_t)take_number(&at, 4);
	f->attempts_n = (uint32_t)take_number(&at, 4);
	f->outcome = (uint8_t)take_number(&at, 1);
	f->finish = (uint8_t)take_number(&at, 1);
	f->tier = (uint8_t)take_number(&at, 1);
	f->flags = (uint8_t)take_number(&at, 1);
	return take_number(&at, 4) == VERSION_OF_FORM;
}

void form_take_facts(struct buf *form, struct form_facts *f)
{
	assert(form->len >= FORM_FACTS_BYTES);
	form->len -= FORM_FACTS_BYTES;
	take_facts(form->data + form->len, f);
}

void form_seal(struct buf *form)
{
	char sum[FORM_SUM_BYTES], *to = sum;
	put_number(&to, checksum(buf_span(form)), sizeof sum);
	buf_put(form, sum, sizeof sum);
	if (form->is_full)
		buf_release(form);
}

bool form_read(struct span form, struct form_facts *f)
{
	if (form.n < FORM_END_BYTES)
		return false;
	const char *sum = form.at + form.n - FORM_SUM_BYTES;
	struct span summed = { form.at, form.n - FORM_SUM_BYTES };
	return take_number(&sum, FORM_SUM_BYTES) == checksum(summed) &&
		take_facts(form.at + form.n - FORM_END_BYTES, f);
}
