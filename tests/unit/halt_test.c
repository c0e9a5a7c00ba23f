/* SPDX-License-Identifier: MIT */
#include "policy/halt.h"

#include "t.h"

static void settle(struct halt *h, int n, bool failed, bool own_fault)
{
	enum halt_end bad = own_fault ? HALT_END_OWN : HALT_END_OTHERS;
	for (int i = 0; i < n; i++)
		halt_settle(h, failed ? bad : HALT_END_GOOD);
}

TEST("records that failed before anybody was asked about them say nothing of those that are asked")
{
	const struct halt_opts opts = { .when = HALT_DEFAULT };
	const struct halt_opts strict = { .when = HALT_SOON, .fail_n = 100 };
	struct halt h, s;
	halt_init(&h, &opts);
	halt_init(&s, &strict);
	for (int i = 0; i < 500; i++) {
		halt_settle(&h, HALT_END_EARLY);
		halt_settle(&s, HALT_END_EARLY);
	}
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	CHECK_INT(halt_verdict(&s), HALT_SOON);
	settle(&h, 99, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	settle(&h, 1, true, true);
	CHECK_INT(halt_verdict(&h), HALT_SOON);
}

TEST("by default a run stops when the first hundred records have failed by their own fault")
{
	const struct halt_opts opts = { .when = HALT_DEFAULT };
	struct halt h;
	halt_init(&h, &opts);
	settle(&h, 99, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	settle(&h, 1, true, true);
	CHECK_INT(halt_verdict(&h), HALT_SOON);
}

TEST("one success, or one failure that is not the record's, and the run is not hopeless")
{
	const struct halt_opts opts = { .when = HALT_DEFAULT };
	struct halt h;
	halt_init(&h, &opts);
	settle(&h, 1, false, false);
	settle(&h, 1000, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	halt_init(&h, &opts);
	settle(&h, 1, true, false);
	settle(&h, 1000, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
}

TEST("never is never")
{
	const struct halt_opts opts = { .when = HALT_NEVER };
	struct halt h;
	halt_init(&h, &opts);
	settle(&h, 1000, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
}

TEST("a number of failures stops the run as it was asked to")
{
	const struct halt_opts soon = { .when = HALT_SOON, .fail_n = 3 },
			       now = { .when = HALT_NOW, .fail_n = 1 };
	struct halt h;
	halt_init(&h, &soon);
	settle(&h, 1000, false, false);
	settle(&h, 2, true, false);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	settle(&h, 1, true, true);
	CHECK_INT(halt_verdict(&h), HALT_SOON);
	halt_init(&h, &now);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	settle(&h, 1, true, true);
	CHECK_INT(halt_verdict(&h), HALT_NOW);
}

TEST("a share of failures counts once there are enough records to speak of shares")
{
	const struct halt_opts opts = { .when = HALT_NOW, .fail_percent = 50 };
	struct halt h;
	halt_init(&h, &opts);
	settle(&h, HALT_SHARE_MIN_N - 1, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	settle(&h, 1, true, true);
	CHECK_INT(halt_verdict(&h), HALT_NOW);
	halt_init(&h, &opts);
	settle(&h, 51, false, false);
	settle(&h, 50, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
	settle(&h, 1, true, true);
	CHECK_INT(halt_verdict(&h), HALT_NOW);
}

TEST("asking for a number switches the default rule off")
{
	const struct halt_opts opts = { .when = HALT_SOON, .fail_n = 500 };
	struct halt h;
	halt_init(&h, &opts);
	settle(&h, 200, true, true);
	CHECK_INT(halt_verdict(&h), HALT_DEFAULT);
}

TEST("patience runs only while work waits, and starts anew with every success")
{
	const struct halt_opts opts = { .give_up_ms = 1000 };
	struct halt h;
	halt_init(&h, &opts);
	CHECK_INT(halt_patience(&h, 999999), INT64_MAX);
	halt_work(&h, true, 5000);
	CHECK_INT(halt_patience(&h, 5000), 1000);
	halt_work(&h, true, 5600);
	CHECK_INT(halt_patience(&h, 5600), 400);
	halt_success(&h, 5700);
	CHECK_INT(halt_patience(&h, 5700), 1000);
	CHECK_INT(halt_patience(&h, 6700), 0);
	CHECK_INT(halt_patience(&h, 7000), -300);
	halt_work(&h, false, 7000);
	CHECK_INT(halt_patience(&h, 99999), INT64_MAX);
	halt_work(&h, true, 100000);
	CHECK_INT(halt_patience(&h, 100000), 1000);
}

TEST("patience of nothing is for ever")
{
	const struct halt_opts opts = { .give_up_ms = 0 };
	struct halt h;
	halt_init(&h, &opts);
	halt_work(&h, true, 0);
	CHECK_INT(halt_patience(&h, INT64_MAX - 1), INT64_MAX);
}
