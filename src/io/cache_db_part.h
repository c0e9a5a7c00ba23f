/* SPDX-License-Identifier: MIT */
/* cache_db_part: what the files of io/cache_db have in common. Private to them. */
#pragma once

#include "io/cache_db.h"

/* SQLite's busy handler of the cache_db at db: waits a little, or gives 0 = long enough. */
int cache_db_wait(void *db, int tries_n);

/* True if a code of SQLite says that another process holds the file. */
bool cache_db_is_busy(int code);

/* Fills err: it is ours, but damaged, which d remembers. False. */
bool cache_db_blame_damage(struct cache_db *d, enum err_kind kind, struct err *err);

/* Fills err: the file at path is none of ours. False. */
bool cache_db_blame_stranger(const char *path, enum err_kind kind, struct err *err);
