/* SPDX-License-Identifier: MIT */
#include "app/stops.h"

#include "base/units.h"

#include <string.h>

/* "N" or "N%". */
static bool parse_amount(struct span text, double *amount, bool *is_percent)
{
	*is_percent = text.n > 0 && text.at[text.n - 1] == '%';
	text.n -= *is_percent;
	if (!units_parse_number(text, amount) || *amount < 0)
		return false;
	return *is_percent ? *amount <= 100
			   : *amount == (double)(int64_t)*amount && *amount <= 1e15;
}

bool stops_parse_halt(const char *text, struct halt_opts *out, struct err *err)
{
	static const char expected[] = "expected never, or now,fail=N, soon,fail=N, or N% for N";
	double amount;
	bool is_percent;
	out->when = HALT_DEFAULT;
	if (!text)
		return true;
	if (strcmp(text, "never") == 0) {
		out->when = HALT_NEVER;
		return true;
	}
	const char *fail = strstr(text, ",fail=");
	struct span when = { .at = text, .n = fail ? (size_t)(fail - text) : 0 };
	bool is_now = span_is(when, "now");
	if (!fail || !(is_now || span_is(when, "soon")) ||
		!parse_amount(span_of(fail + 6), &amount, &is_percent) || !(amount > 0))
		return err_set(
			err, ERR_USAGE, "--halt %s: not understood" LOG_HELP "%s", text, expected);
	out->when = is_now ? HALT_NOW : HALT_SOON;
	out->fail_n = is_percent ? 0 : (int64_t)amount;
	out->fail_percent = is_percent ? amount : 0;
	return true;
}

bool stops_parse_accept(const char *text, struct accept *out, struct err *err)
{
	*out = (struct accept){ 0 };
	if (text && !parse_amount(span_of(text), &out->amount, &out->is_percent))
		return err_set(err, ERR_USAGE,
			"--accept %s: not understood" LOG_HELP
			"expected a number of records or a share such as 2%%",
			text);
	return true;
}
