/* SPDX-License-Identifier: MIT */
#include "json/compact.h"

#include "json/run.h"

/* At the opening quote of a valid string; gives what is past the closing one. */
static const char *past_string(const char *at, const char *end)
{
	at = run_end(at + 1, end, RUN_UNQUOTED);
	while (*at == '\\')
		at = run_end(at + 2, end, RUN_UNQUOTED);
	return at + 1;
}

/* Gives the first byte in [at, end) that is white space outside strings, or end. */
static const char *dense_end(const char *at, const char *end)
{
	while (at < end && (unsigned char)*at > ' ')
		at = *at == '"' ? past_string(at, end) : at + 1;
	return at;
}

bool json_compact(struct span value, struct buf *out)
{
	const char *at = value.at, *end = at + value.n;
	while (at < end) {
		const char *stop = dense_end(at, end);
		if (!buf_put(out, at, (size_t)(stop - at)))
			return false;
		at = past_space(stop, end);
	}
	return true;
}
