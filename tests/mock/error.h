/* SPDX-License-Identifier: MIT */
/*
 * error: what can be wrong, in OpenAI's vocabulary, and its translation into others.
 *
 * The catalogue is what the deciding rooms name errors by; each dialect has rows that say what it
 * calls them. Knows no HTTP but its statuses. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose words are used when a request's members are refused (see fields). */
enum voice { VOICE_OPENAI, VOICE_PYDANTIC, VOICE_GOOGLE, VOICE_AWS, VOICE_PLAIN };

/* When to come again, as texts that are sent as they are; "": nothing is said. */
struct hint {
	char seconds[40]; /* retry-after */
	char ms[40];      /* retry-after-ms */
};

/* An error as OpenAI describes one. */
struct api_error {
	int status;
	const char *type;
	const char *code;  /* NULL becomes null */
	const char *param; /* NULL becomes null */
	char message[256];
	bool is_said;   /* the message is about this request, not the catalogue's */
	bool is_status; /* the status is what counts, and stays */
	enum voice voice;
	struct hint hint;
};

/* What a dialect makes of errors of a code or, if code is NULL, of a status. */
struct error_row {
	const char *code;
	int status;          /* of the error in OpenAI's words; ignored if there is a code */
	int as;              /* the status in this dialect */
	const char *type;    /* its name for it */
	const char *message; /* its words, unless something special is to be said */
};

/* Gives the error that usually comes with a status (400 to 599), borrowed for ever. */
const struct api_error *api_error_of(int status);

/* Gives the error with this code, borrowed for ever; the code must be one of the catalogue. */
const struct api_error *api_error_named(const char *code);

/* Writes the message of e, printf-style; what is too long is cut between two characters. */
void api_error_say(struct api_error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Gives what the rows make of e: the row of its code, else of its status, else the first row of its
 * hundred with the status of e. If is_status, codes are not looked at. A message that was said
 * for e takes the place of the row's.
 */
struct error_row error_translate(const struct error_row *rows, size_t n, const struct api_error *e);

/*
 * Gives the largest length <= n at which the n bytes at `text`, valid UTF-8 but for a cut end, may
 * end.
 */
size_t utf8_fit(const char *text, size_t n);
