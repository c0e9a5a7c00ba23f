/* SPDX-License-Identifier: MIT */
#include "io/http_send.h"

#include "base/strings.h"
#include "base/xalloc.h"
#include "io/sigv4.h"

#include <stdlib.h>
#include <string.h>

#define SIGNED_HEADER "Content-Type: application/json"

static const char *url_of(const struct attempt *a, char **made)
{
	const struct endpoint *e = a->endpoint;
	if (a->path)
		*made = xasprintf("%s%s%s", e->base, a->path, e->query ? e->query : "");
	return *made ? *made : e->url;
}

void http_send_release(struct http_slot *slot)
{
	if (slot->signature)
		curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->headers);
	for (struct curl_slist *s = slot->signature; s; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	curl_slist_free_all(slot->signature);
	slot->signature = NULL;
}

/*
 * The slot's usual headers and those of the signature are one list to libcurl. Signing fails only
 * for want of memory: what is signed is of our own making.
 */
static void sign(struct http_slot *slot, const char *url)
{
	const struct attempt *a = slot->attempt;
	const char *const headers[] = { SIGNED_HEADER };
	const struct sigv4_request request = {
		.service = "bedrock",
		.method = "POST",
		.url = url,
		.headers = headers,
		.headers_n = 1,
		.body = buf_span(&a->body),
	};
	struct strings lines = { 0 };
	struct err err;
	http_send_release(slot);
	for (struct curl_slist *s = slot->headers; s; s = s->next)
		slot->signature = curl_slist_append(slot->signature, s->data);
	if (!sigv4_sign(a->endpoint->aws, &request, slot->shard->hub->wall_s, &lines, &err))
		xalloc_die();
	for (size_t i = 0; i < lines.n; i++)
		slot->signature = curl_slist_append(slot->signature, lines.items[i]);
	for (size_t i = 0; i < lines.n; i++)
		explicit_bzero(lines.items[i], strlen(lines.items[i]));
	strings_release(&lines);
	curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->signature);
}

void http_send_arm(struct http_slot *slot)
{
	const struct attempt *a = slot->attempt;
	char *made = NULL;
	const char *url = url_of(a, &made);
	if (made)
		curl_easy_setopt(slot->easy, CURLOPT_URL, url);
	if (a->endpoint->aws)
		sign(slot, url);
	free(made);
	curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->body.len);
	curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, a->body.data);
}
