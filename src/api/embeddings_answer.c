/* SPDX-License-Identifier: MIT */
/*
 * What comes back is {"data":[{"index":0,"embedding":[...]}]} from OpenAI and those like it,
 * {"embeddings":[[...]]} from Ollama, {"embeddings":{"float":[[...]]}} from Cohere,
 * {"embeddings":[{"values":[...]}]} from Google, [[...]] from text-embeddings-inference, and base64
 * wherever digits may be. One reader takes them all, since gateways mix them. An answer is
 * megabytes of digits, so it is read in one pass, and they are checked but not read: see
 * json/numbers.h. Only vectors with white space in them, which no server is known to send, are
 * copied.
 *
 * A vector must never be given to a text that it is not of. Those with an index are placed by it,
 * those without in their order, if there are as many as texts; if an index is there twice, is none
 * of a text's, or some have one and others have not, none is trusted: OUTCOME_BAD_RESPONSE. An item
 * with no vector in it, or with more than numbers in that, is one that has not come; one vector at
 * least makes an answer.
 */
#include "api/embeddings.h"

#include "api/complaint.h"
#include "api/reading.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

/* What is found on the way; each may be missing. */
struct collection {
	struct json_pull pull;
	struct buf *own;  /* the answer's: copies, which are not moved any more */
	size_t own_bytes; /* as many as there can be */
	size_t texts_n;
	struct vector *vectors; /* owned: one for each text */
	bool *taken;            /* owned: the text's index has come */
	size_t items_n;
	size_t vectors_n;
	size_t indexed_n;   /* items that have an index */
	size_t unindexed_n; /* vectors that have none */
	bool has_list;
	bool has_error;
	bool has_words;    /* that may say why there is no list */
	struct span twin;  /* an index that has come before */
	struct span stray; /* an index that is none of a text's */
	struct span usage;
	struct span count; /* what Ollama says of tokens */
	struct span model;
};

/* Gives room for copies: it is never moved, for vectors point into it. */
static struct buf *room(struct collection *c)
{
	if (!c->own->data) {
		buf_init(c->own, c->own_bytes);
		buf_reserve(c->own, c->own_bytes);
	}
	return c->own;
}

/* Base64; some escape its slashes. */
static struct vector decoded(struct collection *c, struct span text)
{
	if (text.n > 0 && memchr(text.at, '\\', text.n)) {
		struct buf *own = room(c);
		size_t from = own->len;
		json_put_plain(own, text);
		text = (struct span){ own->data + from, own->len - from };
	}
	size_t n = vector_count(text);
	return (struct vector){ .text = n > 0 ? text : (struct span){ 0 }, .n = n };
}

/* Reads the current value; what is no vector is a missing one. */
static struct vector take_vector(struct collection *c)
{
	struct vector v = { 0 };
	v.text = json_pull_numbers(&c->pull, NULL, &v.n);
	if (json_pull_is(&c->pull, JSON_KIND_ARRAY)) /* still */
		v.text = json_pull_numbers(&c->pull, room(c), &v.n);
	struct span text = json_text_of(json_pull_value(&c->pull));
	return text.at ? decoded(c, text) : v;
}

/* True if the current member holds a vector. */
static bool is_vector_key(const struct collection *c)
{
	static const struct span names[] = { SPAN("embedding"), SPAN("values"), SPAN("float"),
		SPAN("base64") };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_key_is(c->pull.key, names[i]))
			return true;
	return false;
}

/* The same of a value that may also be an object with the vector in it. */
static struct vector take_wrapped(struct collection *c)
{
	struct vector v = { 0 };
	if (!json_pull_is(&c->pull, JSON_KIND_OBJECT))
		return take_vector(c);
	json_pull_enter(&c->pull);
	while (json_pull_next(&c->pull))
		if (is_vector_key(c))
			v = take_vector(c);
	return v;
}

/* Gives the place that an index says; the number of texts if it says none. */
static size_t place_of(struct collection *c, struct span index)
{
	int64_t n = json_count_of(index);
	c->indexed_n++;
	if (n < 0 || (uint64_t)n >= c->texts_n) {
		c->stray = index;
		return c->texts_n;
	}
	if (c->taken[n])
		c->twin = index;
	c->taken[n] = true;
	return (size_t)n;
}

static void put(struct collection *c, struct vector v, struct span index)
{
	size_t place = index.at ? place_of(c, index) : c->items_n;
	c->items_n++;
	if (!v.text.at)
		return;
	c->vectors_n++;
	c->unindexed_n += !index.at;
	if (place < c->texts_n)
		c->vectors[place] = v;
}

static void take_item(struct collection *c)
{
	struct vector v = { 0 };
	struct span index = { 0 };
	if (!json_pull_is(&c->pull, JSON_KIND_OBJECT)) {
		put(c, take_vector(c), index);
		return;
	}
	json_pull_enter(&c->pull);
	while (json_pull_next(&c->pull)) {
		if (is_vector_key(c))
			v = take_wrapped(c);
		else if (json_key_is(c->pull.key, SPAN("index")))
			index = json_pull_value(&c->pull);
	}
	put(c, v, json_is(index, JSON_KIND_NULL) ? (struct span){ 0 } : index);
}

/* Takes the current value if it is a list, and the first one. */
static void take_list(struct collection *c)
{
	if (c->has_list || !json_pull_is(&c->pull, JSON_KIND_ARRAY))
		return;
	c->has_list = true;
	json_pull_enter(&c->pull);
	while (json_pull_next(&c->pull))
		take_item(c);
}

/* A list, or Cohere's object with a list for each form that was asked for. */
static void take_lists(struct collection *c)
{
	if (!json_pull_is(&c->pull, JSON_KIND_OBJECT)) {
		take_list(c);
		return;
	}
	json_pull_enter(&c->pull);
	while (json_pull_next(&c->pull))
		if (is_vector_key(c))
			take_list(c);
}

/* A single vector. */
static void take_single(struct collection *c)
{
	if (c->has_list)
		return;
	c->has_list = true;
	put(c, take_wrapped(c), (struct span){ 0 });
}

static bool is_one_of(struct span key, const struct span *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_key_is(key, names[i]))
			return true;
	return false;
}

static void take_member(struct collection *c)
{
	static const struct span usages[] = { SPAN("usage"), SPAN("meta"), SPAN("usageMetadata") };
	static const struct span words[] = { SPAN("message"), SPAN("detail") };
	struct span key = c->pull.key;
	if (json_key_is(key, SPAN("data")) || json_key_is(key, SPAN("embeddings")))
		take_lists(c);
	else if (json_key_is(key, SPAN("embedding")))
		take_single(c);
	else if (is_one_of(key, usages, sizeof usages / sizeof *usages))
		c->usage = json_pull_value(&c->pull);
	else if (json_key_is(key, SPAN("prompt_eval_count")))
		c->count = json_pull_value(&c->pull);
	else if (json_key_is(key, SPAN("model")))
		c->model = json_text_of(json_pull_value(&c->pull));
	else if (json_key_is(key, SPAN("error")))
		c->has_error |= complaint_is_one(json_pull_value(&c->pull));
	else if (is_one_of(key, words, sizeof words / sizeof *words))
		c->has_words |= json_text_of(json_pull_value(&c->pull)).n > 0;
}

static void collect(struct collection *c)
{
	if (!json_pull_is(&c->pull, JSON_KIND_OBJECT)) {
		take_list(c);
		return;
	}
	json_pull_enter(&c->pull);
	while (json_pull_next(&c->pull))
		take_member(c);
}

/* Gives (allocated) why the vectors are not to be trusted, or NULL. */
static char *mistrust(const struct collection *c)
{
	if (c->vectors_n == 0)
		return xstrdup("the answer has no vectors");
	if (c->stray.at)
		return xasprintf(
			"the answer has a vector whose index is that of none of the %zu texts",
			c->texts_n);
	if (c->twin.at)
		return xasprintf("the answer has two vectors with the index %lld",
			(long long)json_count_of(c->twin));
	if (c->indexed_n > 0 && c->unindexed_n > 0)
		return xasprintf("the answer has %zu vectors without an index, others have one",
			c->unindexed_n);
	if (c->indexed_n == 0 && c->items_n != c->texts_n)
		return xasprintf("%zu vectors came for %zu texts", c->items_n, c->texts_n);
	return NULL;
}

/* What is said of tokens, as an object wherever it stood. */
static struct span usage_of(struct collection *c)
{
	if (c->usage.at || !c->count.at)
		return c->usage;
	if (!c->own->data)
		buf_init(c->own, c->own_bytes);
	size_t from = c->own->len;
	buf_put_str(c->own, "{\"prompt_eval_count\":");
	buf_put_span(c->own, c->count);
	buf_put_char(c->own, '}');
	return (struct span){ c->own->data + from, c->own->len - from };
}

/* Google puts an error into an array. */
static bool is_error_in_array(struct span root)
{
	return json_kind(root) == JSON_KIND_ARRAY &&
		complaint_is_one(json_member(json_item(root, 0), SPAN("error")));
}

static void judge(struct collection *c, struct attempt *attempt, struct answer *answer)
{
	struct span text = buf_span(&attempt->answer);
	struct span root;
	struct json_fault fault;
	char *wrong = mistrust(c);
	bool may_complain = c->has_error || c->vectors_n == 0;
	if (may_complain && json_scan(text, &root, &fault) &&
		(c->has_error || (!c->has_list && c->has_words) || is_error_in_array(root))) {
		free(wrong);
		buf_release(c->own);
		complaint_read(attempt, text, root, answer);
	} else if (wrong) {
		answer->outcome = OUTCOME_BAD_RESPONSE;
		answer->message = wrong;
	} else {
		answer->finish = FINISH_STOP;
		answer->usage_text = usage_of(c);
		answer->model = c->model;
		answer->vectors = c->vectors;
		c->vectors = NULL;
	}
}

void embeddings_read(struct attempt *attempt, struct answer *answer)
{
	const size_t usage_bytes = sizeof "{\"prompt_eval_count\":}";
	struct json_fault fault;
	if (reading_is_failure(attempt, answer))
		return;
	struct collection c = {
		.own = &answer->own,
		.own_bytes = attempt->answer.len + usage_bytes,
		.texts_n = attempt->texts_n,
		.vectors = xcalloc(attempt->texts_n, sizeof *c.vectors),
		.taken = xcalloc(attempt->texts_n, sizeof *c.taken),
	};
	json_pull_init(&c.pull, buf_span(&attempt->answer));
	collect(&c);
	if (json_pull_end(&c.pull, &fault))
		judge(&c, attempt, answer);
	else
		reading_not_json(attempt, "the answer", &fault, answer);
	free(c.vectors);
	free(c.taken);
}

/* The first that is there, and a number. */
static int64_t count_in(struct span object, const char *const *names, size_t n)
{
	int64_t count = -1;
	for (size_t i = 0; object.at && count < 0 && i < n; i++)
		count = json_count_of(json_member(object, span_of(names[i])));
	return count;
}

void embeddings_read_usage(struct answer *answer)
{
	static const char *const names[] = { "prompt_tokens", "input_tokens", "total_tokens",
		"prompt_eval_count", "promptTokenCount", "totalTokenCount" };
	static const char *const parts[] = { "billed_units", "tokens" }; /* Cohere's */
	size_t n = sizeof names / sizeof *names;
	int64_t *input = &answer->usage.input;
	*input = -1;
	for (size_t i = 0; *input < 0 && i < sizeof parts / sizeof *parts; i++) {
		struct span part = json_member(answer->usage_text, span_of(parts[i]));
		*input = count_in(part, names, n);
	}
	if (*input < 0)
		*input = count_in(answer->usage_text, names, n);
}
