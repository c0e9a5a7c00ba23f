/* SPDX-License-Identifier: MIT */
#include "api/reading.h"

#include "api/classify.h"
#include "api/complaint.h"
#include "api/said.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <string.h>

bool reading_is_failure(struct attempt *attempt, struct answer *answer)
{
	if (classify_wire(attempt, answer))
		return true;
	answer_init(answer, OUTCOME_ANSWERED);
	if (attempt->status >= 200 && attempt->status < 300)
		return false;
	struct span text = buf_span(&attempt->answer);
	struct span root;
	struct json_fault fault;
	if (!json_scan(text, &root, &fault))
		root = (struct span){ 0 };
	complaint_read(attempt, text, root, answer);
	return true;
}

/* JSON begins otherwise. */
bool reading_is_events(const struct attempt *attempt)
{
	static const struct span starts[] = { SPAN("data:"), SPAN("event:"), SPAN(":") };
	struct span text = buf_span(&attempt->answer);
	if (attempt->is_event_stream)
		return text.n == 0 || *text.at != '{';
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (text.n >= starts[i].n && memcmp(text.at, starts[i].at, starts[i].n) == 0)
			return true;
	return false;
}

static void start_again(struct answer *answer, enum outcome outcome)
{
	answer_release(answer);
	answer_init(answer, outcome);
}

void reading_not_json(const struct attempt *attempt, const char *what,
	const struct json_fault *fault, struct answer *answer)
{
	start_again(answer, OUTCOME_BAD_RESPONSE);
	if (attempt->answer.len > 1 && memcmp(attempt->answer.data, "\x1f\x8b", 2) == 0)
		answer->message =
			xasprintf("HTTP %d, but %s is packed with gzip, which was not asked for",
				attempt->status, what);
	else
		answer->message = xasprintf("HTTP %d, but %s is not JSON: %s at byte %zu",
			attempt->status, what, fault->reason, fault->offset + 1);
}

/* What is no object may be an array around an error. */
static void refuse_other(struct attempt *attempt, struct span text, struct answer *answer)
{
	struct span root;
	struct json_fault fault;
	if (json_scan(text, &root, &fault) && json_kind(root) == JSON_KIND_ARRAY &&
		complaint_is_one(json_member(json_item(root, 0), SPAN("error"))))
		complaint_read(attempt, text, root, answer);
	else
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer is JSON, but no object");
}

bool reading_object(
	struct attempt *attempt, reading_members *members, void *found, struct answer *answer)
{
	struct span text = buf_span(&attempt->answer);
	struct span trimmed = utf8_trimmed(text);
	struct json_pull pull;
	struct json_fault fault;
	struct span root;
	json_pull_init(&pull, text);
	/* An array is not entered: what is in it has no key. */
	bool is_object = trimmed.n && *trimmed.at == '{' && json_pull_enter(&pull);
	bool is_error = is_object && members(&pull, found);
	if (!json_pull_end(&pull, &fault)) {
		reading_not_json(attempt, "the answer", &fault, answer);
	} else if (is_error && json_scan(text, &root, &fault)) {
		start_again(answer, OUTCOME_ANSWERED);
		complaint_read(attempt, text, root, answer);
	} else if (!is_object) {
		start_again(answer, OUTCOME_ANSWERED);
		refuse_other(attempt, text, answer);
	} else {
		return true;
	}
	return false;
}
