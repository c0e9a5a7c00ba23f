/* SPDX-License-Identifier: MIT */
/*
 * same: who asks the very same already. Private to engine/sched.
 *
 * A call that asks what is being asked joins that request, which then belongs to both: it ends with
 * the last of them. Of packs it is the single texts that are shared. The loop's thread.
 */
#pragma once

#include "base/lookup.h"
#include "work/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched;

struct same {
	uint64_t joined_n;      /* calls that joined another's request or text */
	struct lookup requests; /* alive, by what they ask */
	struct lookup items;    /* alive, by their texts */
	uint64_t seed;          /* so that nobody can choose what falls together */
	size_t parked_bytes;    /* of bodies written ahead to see who asks the same */
};

/* Makes it empty. */
void same_init(struct same *s, uint64_t seed);

/* Frees the tables. */
void same_release(struct same *s);

/* True if others may have the answer to this request, and it is not known yet who they are. */
bool same_is_sought(const struct sched *s, const struct request *q);

/*
 * True if the request, whose body is written, has ended: somebody asks the same already, and its
 * call waits for that answer from now on. Else others may join it.
 */
bool same_join(struct sched *s, struct request *q);

/* The same for one that is to be looked for in the cache; its call has left it then. */
bool same_join_sought(struct sched *s, struct request *q);

/*
 * The same as soon as a request is there, not when it would start: till then who asks the same may
 * have his answer. The bodies that are written so early are bounded; beyond that only who is about
 * to start shares.
 */
void same_join_early(struct sched *s, struct request *q);

/* Gives the item, of a request to that pool, that has the same text; NULL = none has. */
struct item *same_find_item(const struct sched *s, unsigned pool, struct span text);

/* From now on others may find the item, if that is wanted. */
void same_put_item(struct sched *s, struct item *item);

/* Keeps the body of a request that does not fly, unless there are too many: then it is dropped. */
void same_park(struct same *s, struct request *q);

/* A request that starts, or is over, is not among those whose bodies wait. */
void same_unpark(struct same *s, struct request *q);
