/* SPDX-License-Identifier: MIT */
/*
 * A ballot is brought into a form in which texts that are the same have the same bytes; of JSON
 * values only the hash is made, since equal ones need not have a common form. Each form is compared
 * with those of the different answers so far, by hash first: there are few of these where a vote
 * makes sense, and a few thousand at most.
 */
#include "work/vote.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "json/equal.h"
#include "json/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

/* What a ballot is compared by. */
struct form {
	struct span bytes; /* the folded text, or the JSON value */
	char *owned;       /* the folded text's memory; NULL = there is none */
	bool is_json;
	uint64_t hash;
};

/* White space as Unicode has it: many answers end in a line feed, some in an ideographic space. */
static struct span trimmed(struct span text)
{
	const uint8_t *at = (const uint8_t *)text.at, *end = at + text.n, *before;
	ucs4_t c;
	while (at < end) {
		int n = u8_mbtouc(&c, at, (size_t)(end - at));
		if (!uc_is_property_white_space(c))
			break;
		at += n;
	}
	while ((before = u8_prev(&c, end, at)) && uc_is_property_white_space(c))
		end = before;
	return (struct span){ (const char *)at, (size_t)(end - at) };
}

/* The form of an escaped text; `plain` is used for it and must last as long. */
static struct form fold(struct span escaped, struct buf *plain)
{
	buf_init(plain, escaped.n + 1);
	json_put_plain(plain, escaped);
	struct form form = { .bytes = trimmed(buf_span(plain)) };
	size_t n = 0;
	if (form.bytes.n > 0) {
		uint8_t *folded = u8_casefold(
			(const uint8_t *)form.bytes.at, form.bytes.n, NULL, UNINORM_NFC, NULL, &n);
		if (!folded && errno == ENOMEM)
			xalloc_die();
		/* What cannot be folded counts as it is. */
		if (folded)
			form.bytes = (struct span){ (char *)folded, n };
		form.owned = (char *)folded;
	}
	form.hash = hash_bytes(form.bytes, 0);
	return form;
}

/* Gives the ballot's form, which keeps what it needs. */
static struct form form_of(const struct ballot *b)
{
	struct buf plain;
	if (b->is_json)
		return (struct form){
			.bytes = b->value, .is_json = true, .hash = json_hash(b->value)
		};
	struct form form = fold(b->value, &plain);
	if (!form.owned) {
		form.owned = xmemdup(form.bytes.at ? form.bytes.at : "", form.bytes.n);
		form.bytes.at = form.owned;
	}
	buf_release(&plain);
	return form;
}

static bool is_same(const struct form *a, const struct form *b)
{
	if (a->is_json != b->is_json || a->hash != b->hash)
		return false;
	return a->is_json ? json_is_equal(a->bytes, b->bytes) : span_equals(a->bytes, b->bytes);
}

/* Counts one ballot: with the first that is the same, or as a different answer. */
static void count(struct tally *tally, struct form *forms, struct form form, unsigned index)
{
	unsigned i = 0;
	while (i < tally->n && !is_same(&forms[i], &form))
		i++;
	if (i < tally->n) {
		free(form.owned);
	} else {
		forms[i] = form;
		tally->firsts[i] = index;
		tally->n++;
	}
	tally->counts[i]++;
}

unsigned vote_count(const struct ballot *ballots, unsigned n, struct tally *tally)
{
	unsigned most = 0, winner = n;
	struct form *forms = xcalloc(n, sizeof *forms);
	tally->firsts = xcalloc(n, sizeof *tally->firsts);
	tally->counts = xcalloc(n, sizeof *tally->counts);
	for (unsigned i = 0; i < n; i++)
		if (ballots[i].value.at)
			count(tally, forms, form_of(&ballots[i]), i);
	for (unsigned i = 0; i < tally->n; i++) {
		free(forms[i].owned);
		if (tally->counts[i] > most) {
			most = tally->counts[i];
			winner = tally->firsts[i];
		}
	}
	free(forms);
	return winner;
}

void tally_release(struct tally *t)
{
	free(t->firsts);
	free(t->counts);
	*t = (struct tally){ 0 };
}
