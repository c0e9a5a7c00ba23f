/* SPDX-License-Identifier: MIT */
#include "engine/verdict.h"

static bool is_accepted(const struct verdict *v, double accept, bool percent)
{
	double allowed = percent ? accept / 100 * (double)(v->answered_n + v->failed_n) : accept;
	return (double)v->failed_n <= allowed;
}

enum exit_code verdict_exit_code(const struct verdict *v, double accept, bool accept_percent)
{
	if (v->output_failed || v->cache_failed)
		return EXIT_OUTPUT;
	if (v->input_failed)
		return EXIT_INPUT;
	if (v->halted)
		return EXIT_HALTED;
	if (v->budget_reached)
		return EXIT_BUDGET;
	if (v->duration_reached)
		return EXIT_DURATION;
	if (v->refused)
		return EXIT_CREDENTIALS;
	if (v->none_worked)
		return EXIT_TEMPORARY;
	return is_accepted(v, accept, accept_percent) && !v->gave_up ? EXIT_ALL_ANSWERED
								     : EXIT_SOME_FAILED;
}
