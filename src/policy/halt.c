/* SPDX-License-Identifier: MIT */
#include "policy/halt.h"

void halt_init(struct halt *h, const struct halt_opts *opts)
{
	*h = (struct halt){ .opts = opts };
}

void halt_settle(struct halt *h, enum halt_end end)
{
	h->settled_n++;
	h->failed_n += end != HALT_END_GOOD;
	h->own_fault_n += end == HALT_END_OWN;
	h->early_n += end == HALT_END_EARLY;
}

enum halt_when halt_verdict(const struct halt *h)
{
	const struct halt_opts *o = h->opts;
	if (o->when == HALT_NEVER)
		return HALT_DEFAULT;
	if (o->when == HALT_DEFAULT) {
		bool hopeless = h->own_fault_n >= HALT_HOPELESS_N &&
			h->own_fault_n + h->early_n == h->settled_n;
		return hopeless ? HALT_SOON : HALT_DEFAULT;
	}
	bool too_many = o->fail_n > 0 && h->failed_n >= (uint64_t)o->fail_n;
	bool too_much = o->fail_percent > 0 && h->settled_n >= HALT_SHARE_MIN_N &&
		(double)h->failed_n * 100 >= o->fail_percent * (double)h->settled_n;
	return too_many || too_much ? o->when : HALT_DEFAULT;
}

void halt_success(struct halt *h, int64_t now_ms)
{
	h->success_ms = now_ms;
}

void halt_work(struct halt *h, bool waiting, int64_t now_ms)
{
	if (waiting && !h->is_waiting)
		h->success_ms = now_ms;
	h->is_waiting = waiting;
}

int64_t halt_patience(const struct halt *h, int64_t now_ms)
{
	if (h->opts->give_up_ms == 0 || !h->is_waiting)
		return INT64_MAX;
	return h->success_ms + h->opts->give_up_ms - now_ms;
}
