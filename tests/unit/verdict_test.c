/* SPDX-License-Identifier: MIT */
#include "engine/verdict.h"

#include "t.h"

TEST("each fact has its exit code")
{
	static const struct {
		struct verdict v;
		enum exit_code code;
	} cases[] = {
		{ { 0 }, EXIT_ALL_ANSWERED },
		{ { .answered_n = 5 }, EXIT_ALL_ANSWERED },
		{ { .answered_n = 5, .failed_n = 1 }, EXIT_SOME_FAILED },
		{ { .failed_n = 1 }, EXIT_SOME_FAILED },
		{ { .answered_n = 5, .gave_up = true }, EXIT_SOME_FAILED },
		{ { .refused = true, .failed_n = 9 }, EXIT_CREDENTIALS },
		{ { .halted = true, .failed_n = 9 }, EXIT_HALTED },
		{ { .gave_up = true, .none_worked = true, .failed_n = 9 }, EXIT_TEMPORARY },
		{ { .gave_up = true, .failed_n = 9 }, EXIT_SOME_FAILED },
		{ { .failed_n = 9, .none_worked = true }, EXIT_TEMPORARY },
		{ { .input_failed = true }, EXIT_INPUT },
		{ { .output_failed = true }, EXIT_OUTPUT },
		{ { .budget_reached = true }, EXIT_BUDGET },
		{ { .duration_reached = true }, EXIT_DURATION },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK_INT(verdict_exit_code(&cases[i].v, 0, false), cases[i].code))
			CHECK_INT(i, -1);
}

TEST("where several apply the order is 7, 6, 4, 8, 9, 3, 5, 1")
{
	struct verdict v = { .output_failed = true,
		.input_failed = true,
		.halted = true,
		.budget_reached = true,
		.duration_reached = true,
		.refused = true,
		.none_worked = true,
		.failed_n = 2 };
	bool *const facts[] = { &v.output_failed, &v.input_failed, &v.halted, &v.budget_reached,
		&v.duration_reached, &v.refused, &v.none_worked };
	static const int codes[] = { 7, 6, 4, 8, 9, 3, 5, 1 };
	for (size_t i = 0; i < 8; i++) {
		CHECK_INT(verdict_exit_code(&v, 0, false), codes[i]);
		if (i < 7)
			*facts[i] = false;
	}
}

TEST("accepted failures make a success, by number or by share of all")
{
	const struct verdict v = { .answered_n = 97, .failed_n = 3 };
	CHECK_INT(verdict_exit_code(&v, 2, false), EXIT_SOME_FAILED);
	CHECK_INT(verdict_exit_code(&v, 3, false), EXIT_ALL_ANSWERED);
	CHECK_INT(verdict_exit_code(&v, 2.9, true), EXIT_SOME_FAILED);
	CHECK_INT(verdict_exit_code(&v, 3, true), EXIT_ALL_ANSWERED);
	const struct verdict stopped = { .answered_n = 97, .failed_n = 3, .halted = true };
	CHECK_INT(verdict_exit_code(&stopped, 100, true), EXIT_HALTED);
}
