/* SPDX-License-Identifier: MIT */
/*
 * money: from what the command line says about prices and budgets to the price of each endpoint,
 * and what the run may spend. Start-up only.
 */
#pragma once

#include "api/prices.h"
#include "app/config.h"
#include "app/endpoints.h"
#include "base/err.h"
#include "policy/budget.h"
#include "work/plan.h"

struct money {
	/*
	 * Owned: one for each endpoint, in their order. The limits in them are those that --prices
	 * tells of the model itself, and 0 else.
	 */
	struct price *of_endpoint;
	const struct prices *map; /* for models that only answers name; NULL = nobody may guess */
	struct budget_sum limits; /* 0 = none */
	struct prices *prices;    /* owned: the map, and where the endpoints' prices come from */
};

/*
 * Fills m (zeroed): each endpoint's price is what --price-in and --price-out state, and for what
 * they do not, what --prices has of its model; without any of these, of servers that are not on
 * this machine, what the table inside has. False with err filled if one of these cannot
 * be read, or a limit is asked for that could not be kept, since nobody says what a request may
 * cost: the message says which option would. m is to be released all the same. Warns of prices that
 * were given and are half, or no numbers.
 */
bool money_make(struct money *m, const struct config *c, const struct endpoints *list,
	const struct plan *plan, struct err *err);

/* Frees what m holds; fine on a zeroed one. */
void money_release(struct money *m);
