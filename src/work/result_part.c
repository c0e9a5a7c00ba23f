/* SPDX-License-Identifier: MIT */
#include "work/result_part.h"

#include "base/log.h"
#include "json/compact.h"
#include "json/text.h"

#include <string.h>

void result_put_comma(struct buf *out, bool *first)
{
	if (!*first)
		buf_put_char(out, ',');
	*first = false;
}

void result_put_number(struct buf *out, const char *key, int64_t n)
{
	buf_put_str(out, key);
	if (n < 0)
		buf_put_str(out, "null");
	else
		buf_put_int(out, n);
}

void result_put_text(struct buf *out, struct span escaped)
{
	if (!escaped.at) {
		buf_put_str(out, "null");
		return;
	}
	buf_put_char(out, '"');
	buf_put_span(out, escaped);
	buf_put_char(out, '"');
}

/* Mends what was put from there on. */
static void mend(struct buf *out, size_t from)
{
	if (!out->is_full)
		json_mend_surrogates(out->data + from, out->len - from);
}

void result_put_value(struct buf *out, struct span json)
{
	size_t from = out->len;
	json_compact(json, out);
	mend(out, from);
}

void result_put_answer(struct buf *out, const struct answer *a)
{
	size_t from = out->len;
	if (a->value.at)
		json_compact(a->value, out);
	else
		result_put_text(out, a->text);
	mend(out, from);
}

void result_put_vector(struct buf *out, const struct vector *v, const struct embedding *wanted)
{
	bool is_scaled = wanted->is_normalized && !v->is_scaled;
	bool is_put = wanted->is_rounded ? vector_put_rounded(v, is_scaled, out)
					 : vector_put_digits(v, is_scaled, out);
	if (!is_put)
		buf_put_str(out, "null");
}

void result_put_message(struct buf *out, const char *message)
{
	const char *rest = message ? message : "";
	buf_put_str(out, "\"message\":\"");
	for (;;) {
		size_t n = strcspn(rest, LOG_HELP);
		json_put_escaped_lossy(out, (struct span){ rest, n });
		if (!rest[n])
			break;
		buf_put_str(out, "; ");
		rest += n + 1;
	}
	buf_put_char(out, '"');
}

void result_put_error(struct buf *out, enum error_code code, const char *message)
{
	buf_put_str(out, "\"code\":\"");
	buf_put_str(out, error_code_name(code));
	buf_put_str(out, "\",");
	result_put_message(out, message);
}
