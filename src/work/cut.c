/* SPDX-License-Identifier: MIT */
#include "work/cut.h"

#include "work/tokens.h"

/*
 * What is joined costs what its parts do, nearly always; where it costs more, it is cut again for
 * as much less.
 */
bool cut_text(
	struct span text, double tokens, enum cut_place place, struct span mark, struct buf *out)
{
	bool in_middle = place == CUT_MIDDLE;
	double left = tokens - tokens_estimate(mark), excess;
	size_t from = out->len;
	for (;; left -= excess + 1) {
		size_t head_n = left > 0 ? tokens_prefix(text, in_middle ? left / 2 : left) : 0;
		struct span head = { text.at, head_n };
		struct span rest = { text.at + head_n, text.n - head_n };
		if (head_n == 0)
			return false;
		size_t tail_n = in_middle ? tokens_suffix(rest, left - tokens_estimate(head)) : 0;
		out->len = from;
		if (!buf_put_span(out, head) || !buf_put_span(out, mark) ||
			!buf_put(out, text.at + text.n - tail_n, tail_n))
			return false;
		excess = tokens_estimate((struct span){ out->data + from, out->len - from }) -
			tokens;
		if (excess <= 0)
			return true;
	}
}
