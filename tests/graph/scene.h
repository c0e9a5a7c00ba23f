/* SPDX-License-Identifier: MIT */
/*
 * scene: what can be played: a name, how many seeds, and what one seed plays.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct scene {
	const char *name;
	unsigned seeds_n;
	void (*play)(uint64_t seed); /* ends by check_fail if a law is broken */
	void (*print)(void);         /* appends figures to the line; NULL = none */
};

struct scenes {
	const struct scene *rows;
	size_t n;
};

extern const struct scenes scenes_graph, scenes_time, scenes_same, scenes_fold, scenes_pack,
	scenes_pack_time, scenes_kept;
