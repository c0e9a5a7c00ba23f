/* SPDX-License-Identifier: MIT */
/* caught: what is said on stderr, for tests of words. */
#pragma once

/* Stderr, away until caught_text. What is said meanwhile must fit a pipe. */
struct caught {
	int saved, from; /* descriptors */
};

/* Catches what goes to stderr from here on. */
struct caught caught_begin(void);

/* Gives stderr back, and what was said: NUL-terminated, in static memory until the next. */
char *caught_text(struct caught *c);
