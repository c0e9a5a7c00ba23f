/* SPDX-License-Identifier: MIT */
/* Stands in for io/signals: they come when the script says. */
#include "io/signals.h"

#include "check.h"
#include "fakes.h"
#include "world.h"

#include <signal.h>

enum { SIGNALS_N = 2 };

static struct {
	struct wake *wake;
	int64_t due_ms[SIGNALS_N];
	struct signals_seen seen;
} signals;

static int64_t due_ms(void)
{
	return signals.due_ms[0] < signals.due_ms[1] ? signals.due_ms[0] : signals.due_ms[1];
}

static void happen(void)
{
	for (int i = 0; i < SIGNALS_N; i++) {
		int number = world.scenario->signals[i].number;
		if (signals.due_ms[i] > world.now_ms)
			continue;
		signals.due_ms[i] = NEVER;
		world_trace("signal %d", number);
		if (number == SIGUSR1)
			signals.seen.status = true;
		else if (number == SIGHUP)
			signals.seen.hangup = number;
		else if (signals.seen.stops_n++ == 0)
			signals.seen.last_stop = number;
		wake_up_from_signal(signals.wake);
		fake_writer_signal();
	}
}

const struct world_source signals_source = { due_ms, happen };

void signals_start(struct wake *wake)
{
	int64_t at_ms = world.now_ms;
	signals.wake = wake;
	signals.seen = (struct signals_seen){ 0 };
	for (int i = 0; i < SIGNALS_N; i++) {
		const struct scenario_signal *s = &world.scenario->signals[i];
		at_ms += world_pick(s->after_ms);
		signals.due_ms[i] = s->number ? at_ms : NEVER;
	}
}

struct signals_seen signals_look(void)
{
	world_stir();
	check_signals(&signals.seen);
	struct signals_seen seen = signals.seen;
	signals.seen.status = false;
	return seen;
}

void signals_stop(void)
{
	signals.due_ms[0] = signals.due_ms[1] = NEVER;
}

void signals_block(void)
{
	check_fail("there is no thread here whose signals could be blocked");
}

void signals_die(int sig)
{
	check_fail("the engine dies by signal %d of itself", sig);
}
