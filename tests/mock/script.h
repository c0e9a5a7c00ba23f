/* SPDX-License-Identifier: MIT */
/*
 * script: what a prompt asks the mock to do.
 *
 * `[[mock:A,B,C]]` in a prompt names the behaviours of its attempts 1, 2 and 3; `[[answer:TEXT]]`
 * names the answer. This room reads only the grammar; what a name means is faults' business. Spans
 * point into the prompt. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* How an error's body is spoilt. */
enum step_form {
	FORM_USUAL,
	FORM_STRING, /* the error is a string, not an object */
	FORM_ARRAY,  /* it lies in an array */
};

/* What `@...` after a status asks for; the text follows in step.hint_text. */
enum step_hint {
	HINT_NONE,
	HINT_SECONDS, /* retry-after, as given */
	HINT_MS,      /* retry-after-ms */
	HINT_DATE,    /* retry-after as a date, so many seconds from now */
};

/*
 * One element of a script: [retry:|noretry:][string:|array:]NAME[@HINT], or delay:DURATION. What
 * looks like NAME=NUMBER is a setting for all attempts, and none of the elements.
 */
struct step {
	struct span whole;        /* as it stands there */
	struct span name;         /* missing: not well formed */
	const char *should_retry; /* "true", "false" or NULL */
	enum step_form form;
	enum step_hint hint;
	struct span hint_text;
	int64_t delay_ms; /* of `delay:`, else -1 */
};

/* True if the text has a script or an answer in it. */
bool script_is_in(struct span text);

/* Gives what stands between `[[mock:` and `]]`, first such place; missing if there is none. */
struct span script_find(struct span prompt);

/*
 * Reads element number `attempt` (1 for the first) of a script. False if the script is shorter.
 */
bool script_step(struct span script, uint64_t attempt, struct step *step);

/*
 * Gives the number that a setting (`name=N`) of a script has, 0 if there is no such setting.
 */
int64_t script_setting(struct span script, const char *name);

/* Gives the first setting whose name is none of these (ends with NULL); missing if all are. */
struct span script_odd_setting(struct span script, const char *const *names);

/* Takes the first of the names that are joined by `+` off *names; false if nothing is left. */
bool script_take_name(struct span *names, struct span *name);

/* Appends the prompt without its `[[mock:...]]`s. False at the ceiling of out. */
bool script_strip(struct span prompt, struct buf *out);

/*
 * Gives the TEXT of the first `[[answer:TEXT]]`; missing if there is none. TEXT ends at the first
 * `]]` at which its own brackets are balanced, so that it can be JSON; if there is none, at the
 * first `]]`.
 */
struct span script_answer(struct span prompt);
