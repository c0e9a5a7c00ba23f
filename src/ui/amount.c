/* SPDX-License-Identifier: MIT */
#include "ui/amount.h"

#include <stdint.h>
#include <stdio.h>

/* Three million years: what is more could not be counted. */
#define DURATION_MAX_MS 1e17

void amount_put_count(struct buf *out, double n)
{
	static const char units[] = " kMGTPE";
	char text[64];
	size_t unit = 0;
	if (n < 9999.5) {
		snprintf(text, sizeof text, "%.0f", n);
	} else {
		for (; n >= 999.5 && units[unit + 1]; unit++)
			n /= 1000;
		snprintf(text, sizeof text, "%.*f%c",
			n < 9.995           ? 2
				: n < 99.95 ? 1
					    : 0,
			n, units[unit]);
	}
	buf_put_str(out, text);
}

void amount_put_ms(struct buf *out, double ms)
{
	static const struct {
		double ms;
		const char *name;
	} units[] = { { 86400e3, "d" }, { 3600e3, "h" }, { 60e3, "m" }, { 1e3, "s" } };
	char text[64];
	size_t i = 0;
	if (ms < 59.5e3) {
		snprintf(text, sizeof text, ms < 9.95e3 ? "%.1fs" : "%.0fs", ms / 1e3);
		buf_put_str(out, text);
		return;
	}
	ms = ms < DURATION_MAX_MS ? ms : DURATION_MAX_MS;
	/* Half of the smaller unit more, so that cutting rounds. */
	while (i < 2 && ms + units[i + 2].ms / 2 < units[i].ms)
		i++;
	ms += units[i + 1].ms / 2;
	double large = (double)(uint64_t)(ms / units[i].ms);
	double small = (double)(uint64_t)((ms - large * units[i].ms) / units[i + 1].ms);
	snprintf(text, sizeof text, small > 0 ? "%.0f%s %.0f%s" : "%.0f%s", large, units[i].name,
		small, units[i + 1].name);
	buf_put_str(out, text);
}
