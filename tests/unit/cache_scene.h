/* SPDX-License-Identifier: MIT */
/*
 * cache_scene: a directory of a test's own with a cache in it, and entries told by numbers: entry n
 * has key n, and a form that is made of its number and its size.
 */
#pragma once

#include "io/cache_part.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scene {
	char dir[64];
	char path[80];
	struct cache_opts opts;
	struct cache_world world;
	struct wake wake;
	struct cache *cache;
	struct err err;
	int64_t number; /* what the last entry that was found says of itself */
	size_t bytes;   /* and how large it was */
	int64_t time_ms;
};

/* The wall clock of all scenes: whoever sets it is obeyed. */
extern _Atomic int64_t scene_wall_ms;

/* Makes the directory, with nothing in it. */
void scene_enter(struct scene *s);

/* Opens the cache as the options say; false with s->err filled. */
bool scene_open(struct scene *s);

/* Opens the cache, which must work. */
void scene_start(struct scene *s);

/* Closes the cache. */
void scene_stop(struct scene *s);

/* Removes all of it. */
void scene_leave(struct scene *s);

/* Makes an entry: key, version and size say what its form is. */
struct entry scene_entry(int64_t key, int64_t version, size_t bytes);

/* Puts one of 600 bytes; gives its number. */
uint64_t scene_put(struct scene *s, int64_t key, int64_t version);

/* Waits until that number is committed, or the cache has failed: then false. */
bool scene_await(struct scene *s, uint64_t number);

/* Puts one and waits for it. */
void scene_store(struct scene *s, int64_t key, int64_t version);

/*
 * Looks for one and waits; gives the version that was found; -1 = it was not, -2 = it is garbage.
 */
int64_t scene_find(struct scene *s, int64_t key);

/* Runs SQL on the file by a connection of its own; gives the first number of the first row. */
int64_t scene_sql(struct scene *s, const char *sql);

/* True if SQLite finds the file sound. */
bool scene_is_sound(struct scene *s);

/* True if there is a file of that name, with this behind the path of the cache. */
bool scene_has(const struct scene *s, const char *suffix);

/*
 * Tries to open a cache that must be refused with these words in the message, the file's name too.
 */
void scene_check_refused(struct scene *s, const char *words);

/* Gives what the file holds; the caller frees it. */
char *scene_read(const struct scene *s, size_t *n);

/* Replaces what the file holds, and leaves no log. */
void scene_write(const struct scene *s, const char *bytes, size_t n);

/* Writes one byte at that place of the file. */
void scene_poke(const struct scene *s, long at, int byte);
