/* SPDX-License-Identifier: MIT */
/*
 * --rate has the grammar of curl's, "5/s" and since its 8.10 "5/15s", but for two things: N may
 * have a fraction, and a bare N, which curl takes for so many an hour, is refused: who writes 60
 * for an API that counts by the minute would wait for long to find out.
 */
#include "app/speed.h"

#include "base/units.h"

#include <string.h>

#define RATE_MAX 1e9
#define YEAR_MS (INT64_C(8760) * 3600 * 1000)

static bool parse_window(struct span text, int64_t *window_ms)
{
	static const struct {
		char name;
		int64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
	int64_t count = 1;
	if (text.n == 0)
		return false;
	char unit = text.at[--text.n];
	if (text.n > 0 && !units_parse_int(text, &count))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].name == unit && count >= 1 && count <= YEAR_MS / units[i].ms) {
			*window_ms = count * units[i].ms;
			return true;
		}
	return false;
}

bool speed_parse_rate(const char *text, struct sched_opts *out, struct err *err)
{
	out->rate = 0;
	if (!text)
		return true;
	const char *slash = strchr(text, '/');
	struct span n = { .at = text, .n = slash ? (size_t)(slash - text) : 0 };
	double rate = 0;
	if (!slash || !units_parse_number(n, &rate) || !(rate > 0 && rate <= RATE_MAX) ||
		!parse_window(span_of(slash + 1), &out->rate_window_ms))
		return err_set(err, ERR_USAGE,
			"--rate %.60s: not understood" LOG_HELP
			"expected N/UNIT with unit s, m, h or d, such as 5/s, 60/m or 5/15s",
			text);
	out->rate = rate;
	return true;
}

/* A number in [least, most], all of the text. */
static bool parse_between(const char *text, double least, double most, double *out)
{
	double n;
	if (!units_parse_number(span_of(text), &n) || !(n >= least && n <= most))
		return false;
	*out = n;
	return true;
}

bool speed_parse_hedge(const char *text, const char *most, struct hedge_opts *out, struct err *err)
{
	*out = (struct hedge_opts){ 0 };
	if (!parse_between(most, 0, 100, &out->max_percent))
		return err_set(err, ERR_USAGE,
			"--hedge-max %.60s: not understood" LOG_HELP
			"expected a number of per cent from 0 to 100",
			most);
	if (!text || strcmp(text, "off") == 0)
		return true;
	bool ok = *text == 'p' ? parse_between(text + 1, 0, 100, &out->percentile) &&
			out->percentile > 0 && out->percentile < 100
			       : units_parse_ms(span_of(text), &out->delay_ms) &&
			out->delay_ms > 0 && out->delay_ms <= YEAR_MS;
	return ok ||
		err_set(err, ERR_USAGE,
			"--hedge %.60s: not understood" LOG_HELP
			"expected a duration such as 10s, a percentile such as p95, or off",
			text);
}

bool speed_check_hedge(const struct hedge_opts *o, unsigned pool_n, struct err *err)
{
	bool is_on = o->delay_ms > 0 || o->percentile > 0;
	return !is_on || pool_n > 1 ||
		err_set(err, ERR_USAGE,
			"--hedge asks a second endpoint, and there is only one" LOG_HELP
			"give another --endpoint");
}
