/* SPDX-License-Identifier: MIT */
/* pack_scene: what the scenes of packs have in common. */
#pragma once

#include "pack_laws.h"

#include <stdint.h>

/* Longer than anything here takes. */
enum { PACK_SCENE_MUCH_MS = 100000 };

/* Begins a run of records that come as they will, and of servers that are well. */
void pack_scene_begin(uint64_t seed);

/* Has all the input there at once, and packs wait for more. */
void pack_scene_hurry(void);

/* Has chance make the endpoint fail in every way. */
void pack_scene_trouble(unsigned endpoint);

/* Plays it, and adds up what was seen. */
void pack_scene_play(uint64_t seed);

/* Appends what was added up to a scene's line, the second with what bad texts have cost. */
void pack_scene_print(void);
void pack_scene_print_extra(void);
