/* SPDX-License-Identifier: MIT */
#include "api/ndjson.h"

#include "json/text.h"

#include <string.h>

void ndjson_init(struct ndjson *n, struct span bytes)
{
	*n = (struct ndjson){ .at = bytes.at, .end = bytes.at + bytes.n };
}

bool ndjson_next(struct ndjson *n, struct span *line, bool *is_cut)
{
	while (n->at < n->end) {
		const char *lf = memchr(n->at, '\n', (size_t)(n->end - n->at));
		const char *stop = lf ? lf : n->end;
		*line = utf8_trimmed((struct span){ n->at, (size_t)(stop - n->at) });
		*is_cut = !lf;
		n->at = lf ? lf + 1 : stop;
		if (line->n > 0)
			return true;
	}
	return false;
}
