/* SPDX-License-Identifier: MIT */
#include "caught.h"

#include "t.h"

#include <stdlib.h>
#include <unistd.h>

struct caught caught_begin(void)
{
	int ends[2];
	struct caught c = { .saved = dup(STDERR_FILENO) };
	if (!CHECK(c.saved >= 0 && pipe(ends) == 0))
		abort();
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	c.from = ends[0];
	return c;
}

char *caught_text(struct caught *c)
{
	static char text[1 << 16];
	size_t n = 0;
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	for (ssize_t got = 1; got > 0 && n<sizeof text - 1; n += got> 0 ? (size_t)got : 0)
		got = read(c->from, text + n, sizeof text - 1 - n);
	close(c->from);
	text[n] = '\0';
	return text;
}
