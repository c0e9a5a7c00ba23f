/* SPDX-License-Identifier: MIT */
/*
 * PCRE2 goes back and tries again, so a pattern like (a+)+$ can take years for a text that somebody
 * else wrote. Its own limit of matching steps counts anew at each place where a match may begin,
 * and does not count the characters that one repetition runs over. Therefore the translation has
 * callouts around each repetition (see schema_ecma.c); in them the steps are counted, the way
 * between two callouts included, over all of the check.
 */
#include "json/schema_regex.h"

#include "base/xalloc.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>

enum {
	PATTERN_BYTES_MAX = 1 << 16, /* translated */
	HEAP_KIB_MAX = 64 * 1024,    /* for ways not yet tried */
	BYTES_PER_STEP = 16          /* how far a repetition runs in the time of a callout */
};

struct schema_regex {
	pcre2_code *code;
};

struct schema_match_state {
	pcre2_match_data *data;
	pcre2_match_context *context;
	size_t last; /* where the last callout was */
	long *steps; /* borrowed while matching */
};

static bool compile(struct schema_regex *regex, struct span pattern, char *why, size_t n)
{
	int code;
	size_t at;
	regex->code = pcre2_compile((PCRE2_SPTR)pattern.at, pattern.n,
		PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
			PCRE2_NEVER_BACKSLASH_C,
		&code, &at, NULL);
	if (regex->code)
		return true;
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)why, n) == PCRE2_ERROR_BADDATA)
		snprintf(why, n, "it is refused");
	return false;
}

struct schema_regex *schema_regex_new(struct span pattern, char *why, size_t n)
{
	struct schema_regex *regex = xcalloc(1, sizeof *regex);
	struct buf translated;
	size_t offset;
	buf_init(&translated, PATTERN_BYTES_MAX);
	buf_reserve(&translated, 1);
	const char *wrong = schema_ecma_translate(pattern, &translated, &offset);
	if (wrong)
		snprintf(why, n, "%s, at byte %zu", wrong, offset);
	if (wrong || !compile(regex, buf_span(&translated), why, n)) {
		schema_regex_free(regex);
		regex = NULL;
	}
	buf_release(&translated);
	return regex;
}

void schema_regex_free(struct schema_regex *regex)
{
	if (regex)
		pcre2_code_free(regex->code);
	free(regex);
}

/* The callout number 1 is before a repetition, 0 after it. */
static int count_steps(pcre2_callout_block *block, void *data)
{
	struct schema_match_state *state = data;
	size_t here = block->current_position;
	size_t last = block->callout_number ? here : state->last;
	state->last = here;
	*state->steps -= (long)((here > last ? here - last : last - here) / BYTES_PER_STEP + 1);
	return *state->steps < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

static struct schema_match_state *new_state(void)
{
	struct schema_match_state *state = xcalloc(1, sizeof *state);
	state->data = pcre2_match_data_create(1, NULL);
	state->context = pcre2_match_context_create(NULL);
	if (!state->data || !state->context)
		xalloc_die();
	pcre2_set_heap_limit(state->context, HEAP_KIB_MAX);
	pcre2_set_callout(state->context, count_steps, state);
	return state;
}

enum schema_found schema_regex_find(
	const struct schema_regex *regex, struct span text, struct schema_match *match, long *steps)
{
	if (!match->state)
		match->state = new_state();
	match->state->last = 0;
	match->state->steps = steps;
	int rc = pcre2_match(regex->code, (PCRE2_SPTR)text.at, text.n, 0, 0, match->state->data,
		match->state->context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return SCHEMA_FOUND_NO;
	return rc >= 0 ? SCHEMA_FOUND_YES : SCHEMA_FOUND_UNKNOWN;
}

void schema_match_release(struct schema_match *m)
{
	if (m->state) {
		pcre2_match_data_free(m->state->data);
		pcre2_match_context_free(m->state->context);
	}
	free(m->state);
	*m = (struct schema_match){ 0 };
}
