/* SPDX-License-Identifier: MIT */
#include "policy/balance.h"

#include "t.h"

#include <math.h>
#include <string.h>

enum { MANY = 64 };

/* n choices of equal weight, nothing in flight, nothing known. */
static void make_choices(struct balance_choice *choices, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		choices[i] = (struct balance_choice){
			.weight = 1,
			.id = balance_hash(&i, sizeof i),
		};
}

/* Counts what is picked in `picks` tries, nothing changing meanwhile. */
static void count_picks(enum balance_rule rule, const struct balance_choice *choices, unsigned n,
	unsigned picks, unsigned *counts)
{
	struct rng rng;
	rng_init(&rng, 7);
	memset(counts, 0, n * sizeof *counts);
	for (unsigned i = 0; i < picks; i++) {
		unsigned picked = balance_pick(rule, choices, n, balance_hash(&i, sizeof i), &rng);
		if (CHECK(picked < n))
			counts[picked]++;
	}
}

static bool is_near(double got, double want, double share)
{
	return fabs(got - want) <= want * share;
}

TEST("the first latency is the mean, and each later one moves it by a tenth of the way")
{
	CHECK(is_near(balance_mean_ms(0, 200), 200, 1e-9));
	CHECK(is_near(balance_mean_ms(200, 300), 210, 1e-9));
	CHECK(is_near(balance_mean_ms(200, 100), 190, 1e-9));
	CHECK(balance_mean_ms(0, 0) > 0);
	double mean = 1000;
	for (int i = 0; i < 100; i++)
		mean = balance_mean_ms(mean, 50);
	CHECK(is_near(mean, 50, 0.01));
}

TEST("a weight grows back from a tenth to all of it in ten seconds")
{
	CHECK(is_near(balance_ramp(5, 0), 0.5, 1e-9));
	CHECK(is_near(balance_ramp(5, 500), 0.5, 1e-9));
	CHECK(is_near(balance_ramp(5, 5000), 2.5, 1e-9));
	CHECK(is_near(balance_ramp(5, 10000), 5, 1e-9));
	CHECK(is_near(balance_ramp(5, INT64_MAX), 5, 1e-9));
	CHECK(balance_ramp(5, -1) > 0);
}

TEST("equal bytes have equal hashes, and one other bit changes about half of the bits")
{
	char text[] = "http://127.0.0.1:8000/v1 llama";
	uint64_t hash = balance_hash(text, sizeof text);
	CHECK(hash == balance_hash(text, sizeof text));
	CHECK(balance_hash("", 0) != balance_hash("", 1));
	unsigned changed_n = 0;
	for (size_t i = 0; i < sizeof text; i++) {
		text[i] ^= 1;
		changed_n += (unsigned)__builtin_popcountll(hash ^ balance_hash(text, sizeof text));
		text[i] ^= 1;
	}
	CHECK(is_near(changed_n, 32.0 * sizeof text, 0.1));
}

TEST("one choice is taken, whatever it is")
{
	struct rng rng;
	struct balance_choice slow = { .in_flight = 999, .weight = 0.1, .latency_ms = 1e6 };
	rng_init(&rng, 1);
	for (int rule = BALANCE_LEAST; rule <= BALANCE_AFFINITY; rule++)
		CHECK_INT(balance_pick((enum balance_rule)rule, &slow, 1, 5, &rng), 0);
}

TEST("of two, the one that has less to do is taken")
{
	struct balance_choice two[2];
	unsigned counts[2];
	make_choices(two, 2);
	two[0].in_flight = 3;
	two[1].in_flight = 2;
	count_picks(BALANCE_LEAST, two, 2, 100, counts);
	CHECK_INT(counts[1], 100);
	two[0].weight = 2; /* 4 / 2 < 3 / 1 */
	count_picks(BALANCE_LEAST, two, 2, 100, counts);
	CHECK_INT(counts[0], 100);
	two[0].latency_ms = 300;
	two[1].latency_ms = 150; /* 300 * 4 / 2 > 150 * 3 */
	count_picks(BALANCE_LEAST, two, 2, 100, counts);
	CHECK_INT(counts[1], 100);
}

TEST("among equals all are picked alike, and the one that has most to do never")
{
	struct balance_choice ten[10];
	unsigned counts[10];
	make_choices(ten, 10);
	count_picks(BALANCE_LEAST, ten, 10, 100000, counts);
	for (unsigned i = 0; i < 10; i++)
		CHECK(is_near(counts[i], 10000, 0.05));
	ten[4].in_flight = 1;
	count_picks(BALANCE_LEAST, ten, 10, 10000, counts);
	CHECK_INT(counts[4], 0);
}

TEST("a newcomer counts as fast as the fastest, so that it is tried")
{
	struct balance_choice two[2];
	unsigned counts[2];
	make_choices(two, 2);
	two[0].latency_ms = 800;
	two[0].in_flight = 1;
	count_picks(BALANCE_LEAST, two, 2, 100, counts);
	CHECK_INT(counts[1], 100);
	two[1].in_flight = 2;
	count_picks(BALANCE_LEAST, two, 2, 100, counts);
	CHECK_INT(counts[0], 100);
}

TEST("one that is over four times as slow is passed over, but for one pick in 200 if it is idle")
{
	struct balance_choice three[3];
	unsigned counts[3];
	make_choices(three, 3);
	three[0].latency_ms = 100;
	three[0].in_flight = 50; /* much to do, and still the better choice */
	three[1].latency_ms = 401;
	three[2].latency_ms = 5000;
	count_picks(BALANCE_LEAST, three, 3, 100000, counts);
	CHECK(is_near(counts[1] + counts[2], 500, 0.2));
	CHECK(is_near(counts[1], counts[2], 0.4));
	three[1].in_flight = three[2].in_flight = 1;
	count_picks(BALANCE_LEAST, three, 3, 100000, counts);
	CHECK_INT(counts[0], 100000);
	three[1].latency_ms = 400;
	count_picks(BALANCE_LEAST, three, 3, 1000, counts);
	CHECK_INT(counts[1], 1000);
}

TEST("slow ones are taken as ever if no faster one is offered")
{
	struct balance_choice two[2];
	unsigned counts[2];
	make_choices(two, 2);
	two[0].latency_ms = 90000;
	two[1].latency_ms = 100000;
	two[0].in_flight = 1;
	count_picks(BALANCE_LEAST, two, 2, 1000, counts);
	CHECK_INT(counts[1], 1000);
}

TEST("requests that stay in flight spread to within a few of each other")
{
	struct balance_choice choices[MANY];
	struct rng rng;
	unsigned least = UINT32_MAX, most = 0;
	make_choices(choices, MANY);
	rng_init(&rng, 3);
	for (unsigned i = 0; i < MANY * 100; i++)
		choices[balance_pick(BALANCE_LEAST, choices, MANY, 0, &rng)].in_flight++;
	for (unsigned i = 0; i < MANY; i++) {
		least = choices[i].in_flight < least ? choices[i].in_flight : least;
		most = choices[i].in_flight > most ? choices[i].in_flight : most;
	}
	CHECK(most <= 104);
	CHECK(least >= 90);
}

TEST("weights 1, 2 and 5 get their shares to within 3 per cent, idle or busy")
{
	static const unsigned loads[][3] = { { 0, 0, 0 }, { 10, 20, 50 }, { 9, 0, 0 } };
	struct balance_choice three[3];
	unsigned counts[3];
	make_choices(three, 3);
	three[1].weight = 2;
	three[2].weight = 5;
	for (size_t load = 0; load < 3; load++) {
		for (unsigned i = 0; i < 3; i++)
			three[i].in_flight = loads[load][i];
		count_picks(BALANCE_WEIGHTED, three, 3, 80000, counts);
		CHECK(is_near(counts[0], 10000, 0.03));
		CHECK(is_near(counts[1], 20000, 0.03));
		CHECK(is_near(counts[2], 50000, 0.03));
	}
}

enum { KEYS_N = 20000 };

/* Whom each of the keys belongs to, all being idle. */
static void own_keys(const struct balance_choice *choices, unsigned n, unsigned char *owners)
{
	for (unsigned key = 0; key < KEYS_N; key++)
		owners[key] = (unsigned char)balance_pick(
			BALANCE_AFFINITY, choices, n, balance_hash(&key, sizeof key), NULL);
}

TEST("keys are shared by weight, and each goes to the same one every time")
{
	static unsigned char owners[KEYS_N], again[KEYS_N];
	struct balance_choice four[4];
	unsigned counts[4] = { 0 };
	make_choices(four, 4);
	four[3].weight = 5;
	own_keys(four, 4, owners);
	own_keys(four, 4, again);
	CHECK(memcmp(owners, again, sizeof owners) == 0);
	for (unsigned key = 0; key < KEYS_N; key++)
		counts[owners[key]]++;
	for (unsigned i = 0; i < 3; i++)
		CHECK(is_near(counts[i], KEYS_N / 8.0, 0.06));
	CHECK(is_near(counts[3], KEYS_N * 5 / 8.0, 0.03));
}

TEST("when one leaves only its own keys move, and to all of the others")
{
	static unsigned char before[KEYS_N], after[KEYS_N];
	struct balance_choice ten[10], nine[9];
	unsigned gained[10] = { 0 };
	make_choices(ten, 10);
	own_keys(ten, 10, before);
	for (unsigned i = 0; i < 9; i++)
		nine[i] = ten[i < 4 ? i : i + 1];
	own_keys(nine, 9, after);
	for (unsigned key = 0; key < KEYS_N; key++) {
		unsigned owner = after[key] < 4 ? after[key] : after[key] + 1U;
		if (before[key] == 4)
			gained[owner]++;
		else if (!CHECK_INT(owner, before[key]))
			break;
	}
	for (unsigned i = 0; i < 10; i++)
		CHECK(i == 4 ? gained[i] == 0 : is_near(gained[i], KEYS_N / 90.0, 0.3));
}

TEST("one key that all have in common does not load its owner far beyond its share")
{
	struct balance_choice choices[8];
	unsigned in_flight_n = 0;
	make_choices(choices, 8);
	choices[5].weight = 3;
	for (unsigned key = 0; key < 50; key++)
		for (unsigned i = 0; i < 40; i++) {
			unsigned picked = balance_pick(BALANCE_AFFINITY, choices, 8, key, NULL);
			double share = choices[picked].weight / 10;
			choices[picked].in_flight++;
			in_flight_n++;
			CHECK(choices[picked].in_flight <= 1.25 * in_flight_n * share + 1);
		}
}

TEST("a key that finds its owner full goes to the same second one each time")
{
	struct balance_choice five[5], four[4];
	make_choices(five, 5);
	for (uint64_t key = 0; key < 200; key++) {
		unsigned owner = balance_pick(BALANCE_AFFINITY, five, 5, key, NULL);
		five[owner].in_flight = 100;
		unsigned second = balance_pick(BALANCE_AFFINITY, five, 5, key, NULL);
		five[owner].in_flight = 0;
		for (unsigned i = 0; i < 4; i++)
			four[i] = five[i < owner ? i : i + 1];
		unsigned heir = balance_pick(BALANCE_AFFINITY, four, 4, key, NULL);
		CHECK_INT(second, heir < owner ? heir : heir + 1);
	}
}
