/* SPDX-License-Identifier: MIT */
/*
 * Endpoints that differ in nothing but the model are asked once: for the list of models, which
 * costs nothing and shows whether the key is taken. Where an API has no such list its base URL is
 * asked for: whatever comes back shows that the way is open.
 */
#include "api/api.h"
#include "api/models.h"
#include "app/address.h"
#include "app/doctor_part.h"
#include "base/log.h"
#include "base/visible.h"
#include "base/xalloc.h"
#include "ui/terminal.h"

#include <stdlib.h>
#include <string.h>

/* One that was asked, with those of the list that are asked at the same place. */
struct site {
	const struct endpoint *endpoint; /* the first of them */
	char *url;                       /* owned: what is asked for */
	bool has_list;                   /* it is the list of models */
	struct model_list list;
	bool has_answered; /* to a request for an answer */
	int64_t latency_ms;
	struct allowances said;
};

enum { NAMES_TEXT_MAX = 3000 };

/* True if the two are asked at one place with the same headers, of which a key is one. */
static bool are_kin(const struct endpoint *a, const struct endpoint *b)
{
	if (a->api != b->api || strcmp(a->base, b->base) != 0 || a->headers_n != b->headers_n)
		return false;
	for (size_t i = 0; i < a->headers_n; i++)
		if (strcmp(a->headers[i], b->headers[i]) != 0)
			return false;
	return true;
}

/* True if one before it is asked at the same place; with the same model if that counts. */
static bool is_known(const struct endpoints *list, unsigned index, bool with_model)
{
	const struct endpoint *e = &list->items[index];
	const char *model = e->model ? e->model : "";
	for (unsigned i = 0; i < index; i++) {
		const struct endpoint *before = &list->items[i];
		if (are_kin(before, e) &&
			(!with_model || strcmp(before->model ? before->model : "", model) == 0))
			return true;
	}
	return false;
}

static void say_redirect(struct doctor *d, const struct site *s, const struct probe *p)
{
	/* What follows the base of what we asked for follows that of the other, too. */
	size_t base_n = strlen(s->endpoint->base), to_n = strcspn(p->location, "?");
	const char *path = strncmp(s->url, s->endpoint->base, base_n) == 0 ? s->url + base_n : "";
	size_t path_n = strcspn(path, "?");
	bool has_path = path_n > 0 && to_n > path_n &&
		memcmp(p->location + to_n - path_n, path, path_n) == 0;
	doctor_say(d, FINDING_FAIL, "redirect", "HTTP %d to %s: a run follows none", p->status,
		p->location);
	doctor_help(d, "give --endpoint %.*s", (int)(has_path ? to_n - path_n : to_n), p->location);
}

static void say_refused(struct doctor *d, const struct site *s, struct probe *p)
{
	const struct endpoint *e = s->endpoint;
	int status = p->status;
	char *words = doctor_words(e, p);
	if (e->key_fault || !d->has_keys)
		doctor_say(d, FINDING_NOTE, "key", "wanted, and there is none: %s", words);
	else
		doctor_say(d, FINDING_FAIL, "key", "refused: %s", words);
	if (e->key_source)
		doctor_help(d, "it is from %s; is it of this server, and still good%s?",
			e->key_source, status == 403 ? ", and allowed to list models" : "");
	else if (d->has_keys && !e->key_fault)
		doctor_help(d, "none was sent; give --key-env NAME or --key-file FILE");
	free(words);
}

char *doctor_base_advice(const struct endpoint *e)
{
	char *other = address_other_base(e), *advice = NULL;
	size_t n = other ? strlen(other) : 0;
	bool is_shorter = other && n < strlen(e->base);
	if (other)
		advice = xasprintf("should it be --endpoint %s%s%s", other,
			is_shorter ? ", without " : "", is_shorter ? e->base + n : "");
	free(other);
	return advice;
}

/* A server without a list may answer well; a wrong base URL looks the same. */
static void say_not_found(struct doctor *d, const struct site *s, const struct probe *p)
{
	bool is_live = d->config->doctor.is_live;
	doctor_say(d, is_live ? FINDING_NOTE : FINDING_WARN, "models", "HTTP %d for %s", p->status,
		s->url);
	if (!is_live) {
		char *advice = doctor_base_advice(s->endpoint);
		doctor_help(d, "%s? A server may have no list; --live shows whether it answers",
			advice ? advice : "is the base URL right");
		free(advice);
	}
}

static void say_status(
	struct doctor *d, enum finding finding, const struct site *s, struct probe *p)
{
	char *words = doctor_words(s->endpoint, p);
	doctor_say(d, finding, "status", "%s", words);
	free(words);
}

static void read_list(struct doctor *d, struct site *s, const struct probe *p)
{
	struct model_list *list = &s->list;
	if (s->endpoint->key_source)
		doctor_say(d, FINDING_OK, "key", "not refused");
	list->is_known = models_read(
		s->endpoint->api, buf_span(&p->body), &list->names, &list->is_all, &list->odd_n);
	if (!list->is_known) {
		doctor_say(d, FINDING_WARN, "models", "what came is no list of models");
		doctor_help(d, "is the base URL right, and --api %s?", s->endpoint->api->name);
		return;
	}
	struct buf names;
	buf_init(&names, NAMES_TEXT_MAX);
	for (size_t i = 0; d->config->is_verbose && i < list->names.n; i++) {
		buf_put_str(&names, i > 0 ? ", " : ": ");
		buf_put_str(&names, list->names.items[i]);
	}
	doctor_say(d, FINDING_OK, "models", "%zu in %s%.*s", list->names.n,
		list->is_all ? "the list" : "the first page of the list", (int)names.len,
		names.len > 0 ? names.data : "");
	buf_release(&names);
	if (list->odd_n > 0)
		doctor_say(d, FINDING_NOTE, "models",
			"passed over: %zu, for a name is UTF-8 of 1 to %d bytes, without spaces and controls",
			list->odd_n, MODELS_NAME_MAX_BYTES);
}

static void look_at_status(struct doctor *d, struct site *s, struct probe *p)
{
	bool is_good = p->status >= 200 && p->status < 300;
	if (p->location)
		say_redirect(d, s, p);
	else if (p->status >= 500)
		say_status(d, FINDING_FAIL, s, p);
	else if (p->status == 429)
		say_status(d, FINDING_WARN, s, p);
	else if (!s->has_list)
		doctor_say(d, FINDING_NOTE, "models",
			"this API has no list of them: --live shows whether key and model will do");
	else if (is_good)
		read_list(d, s, p);
	else if (p->status == 401 || p->status == 403)
		say_refused(d, s, p);
	else if (p->status == 404 || p->status == 405)
		say_not_found(d, s, p);
	else
		say_status(d, FINDING_WARN, s, p);
}

static void ask_live(struct doctor *d, struct site *s, unsigned index)
{
	struct allowances said = { 0 };
	s->has_answered = false;
	if (!d->config->doctor.is_live)
		return;
	s->has_answered = doctor_live(d, index, &s->latency_ms, &said);
	if (said.n > 0)
		s->said = said;
}

/* Each of the place's models. */
static void look_at_models(struct doctor *d, struct site *s, unsigned first)
{
	for (unsigned i = first; i < d->endpoints.n; i++) {
		const struct endpoint *e = &d->endpoints.items[i];
		if (!are_kin(s->endpoint, e) || is_known(&d->endpoints, i, true))
			continue;
		ask_live(d, s, i);
		doctor_models(d, e, &s->list, s->has_answered);
	}
}

/* A person waits here, for seconds if a server does not answer. */
static void show(const char *name)
{
	struct terminal t;
	struct buf line;
	terminal_look(&t, -1);
	if (!t.can_redraw)
		return;
	buf_init(&line, terminal_columns());
	buf_put_str(&line, "asking ");
	visible_put(&line, span_of(name));
	char *text = xmemdup(line.data ? line.data : "", line.len);
	log_set_status(text);
	free(text);
	buf_release(&line);
}

static void ask_site(struct doctor *d, unsigned index)
{
	const struct endpoint *e = &d->endpoints.items[index];
	struct site s = { .endpoint = e, .url = models_url(e), .latency_ms = -1 };
	struct probe p;
	s.has_list = s.url != NULL;
	if (!s.url)
		s.url = xstrdup(e->base);
	doctor_begin(d, "endpoint %s", e->name);
	show(e->name);
	probe_send(e, s.url, (struct span){ 0 }, d->config->http.connect_timeout_ms, &p);
	doctor_wire(d, e, &p);
	if (p.end == PROBE_ANSWERED) {
		doctor_clock(d, e, &p);
		s.said = p.allowances;
		look_at_status(d, &s, &p);
		look_at_models(d, &s, index);
		doctor_rates(d, &s.said, s.latency_ms);
	}
	probe_release(&p);
	strings_release(&s.list.names);
	free(s.url);
}

void doctor_ask_endpoints(struct doctor *d)
{
	/* It may take seconds, so what is known is shown before. */
	for (unsigned i = 0; i < d->endpoints.n && doctor_write(d, false); i++)
		if (!is_known(&d->endpoints, i, false))
			ask_site(d, i);
	log_set_status(NULL);
}
