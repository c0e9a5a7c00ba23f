/* SPDX-License-Identifier: MIT */
#include "ui/summary.h"

#include "base/log.h"
#include "base/money.h"

enum { MONEY_MAX_BYTES = 64 };

static void say_failures(const struct stats *s)
{
	unsigned long long failed_n = s->failed_n + s->passed_n;
	if (s->has_groups)
		log_say(LOG_WARNING, "%llu of %llu results failed", failed_n,
			failed_n + (unsigned long long)s->answered_n);
	else
		log_say(LOG_WARNING, "%llu of %llu records failed", failed_n,
			(unsigned long long)s->read_n);
	for (int code = 0; code < ERROR_CODES_N; code++)
		if (s->codes_n[code] > 0)
			log_say(LOG_WARNING, "  %s: %llu, first on line %llu: %s",
				error_code_name((enum error_code)code),
				(unsigned long long)s->codes_n[code],
				(unsigned long long)s->samples[code].line,
				s->samples[code].message);
	if (s->passed_n > 0)
		log_say(LOG_WARNING, "  failed before and passed through: %llu%s",
			(unsigned long long)s->passed_n,
			s->has_groups ? "" : " (--retry-errors asks again)");
}

/* What was paid, as far as anybody knows, and what was not. */
static void say_money(const struct stats *s)
{
	struct buf text;
	if (s->hits_n > 0)
		log_say(LOG_NOTICE, "calls answered from the cache: %llu",
			(unsigned long long)s->hits_n);
	if (s->refusals_n > 0)
		log_say(LOG_NOTICE,
			"  of these refused when they were asked: %llu (--retry-errors asks again)",
			(unsigned long long)s->refusals_n);
	if (s->unpriced_n > 0)
		log_say(s->wants_cost ? LOG_WARNING : LOG_DETAIL,
			"cost: not known of %llu answers: no price for them",
			(unsigned long long)s->unpriced_n);
	if (!s->cost_source)
		return;
	buf_init(&text, MONEY_MAX_BYTES);
	money_put_rounded(&text, s->cost);
	log_say(LOG_NOTICE, "cost: %.*s (prices: %s); %lld tokens in, %lld out", (int)text.len,
		text.data, s->cost_source, (long long)(s->usage.input > 0 ? s->usage.input : 0),
		(long long)(s->usage.output > 0 ? s->usage.output : 0));
	buf_release(&text);
}

void summary_say(const struct stats *s, const char *reason)
{
	if (reason[0])
		log_say(LOG_WARNING, "%s", reason);
	if (s->failed_n + s->passed_n > 0)
		say_failures(s);
	if (s->cuts_n > 0)
		log_say(LOG_NOTICE, "cut to --max-input-tokens: %llu",
			(unsigned long long)s->cuts_n);
	if (s->dropped_n > 0)
		log_say(LOG_WARNING, "left out of their groups (--on-error drop): %llu records",
			(unsigned long long)s->dropped_n);
	if (s->splits_n > 0)
		log_say(LOG_NOTICE,
			"packs divided to find what could not be answered: %llu, by %llu more requests",
			(unsigned long long)s->splits_n, 2 * (unsigned long long)s->splits_n);
	if (s->is_offline)
		return;
	if (s->is_overspent)
		log_say(LOG_WARNING,
			"the servers have counted more than the requests could cost: more was spent than the budget has");
	say_money(s);
	log_say(LOG_DETAIL,
		"%llu records%s: %llu answered, %llu skipped, %llu failed; %llu requests, %llu of them retries",
		(unsigned long long)s->read_n, s->has_groups ? ", of their groups" : "",
		(unsigned long long)s->answered_n, (unsigned long long)s->skipped_n,
		(unsigned long long)(s->failed_n + s->passed_n), (unsigned long long)s->requests_n,
		(unsigned long long)s->retries_n);
}
