/* SPDX-License-Identifier: MIT */
/*
 * fakes: what the fakes of io's rooms tell the laws, beside the verbs that they share with the
 * real ones.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most records that wait to be written. */
enum { FAKE_WRITER_N = 32 };

/* The number that record seq carries as its "id". */
static inline uint64_t fake_id(uint64_t seq)
{
	return seq * 3 + 1;
}

/* Records that the reader has ready. */
size_t fake_reader_ready(void);

/* How long the reader would have taken for what it has read if nobody had kept it waiting. */
int64_t fake_reader_busy_ms(void);

/* Records that the writer has room for. */
size_t fake_writer_room(void);

/* True if the output is broken. */
bool fake_writer_failed(void);

/* A signal comes: also to the reader of the output. */
void fake_writer_signal(void);

/* How long the writer has been busy. */
int64_t fake_writer_busy_ms(void);

/* Forgets all that is in the cache's file. */
void fake_cache_clear(void);

/* Forgets a cache that was left open by a run whose law was broken; its jobs are lost. */
void fake_cache_abandon(void);

/* True if the run has a cache. */
bool fake_cache_is_open(void);

/* True if it has yet to look for something, or to commit something. */
bool fake_cache_is_busy(void);

/* True if it cannot be written. */
bool fake_cache_has_failed(void);

/* True if an answer with that number (see words_kept) is in the file. */
bool fake_cache_holds(uint64_t number);

/* How many answers are. */
size_t fake_cache_entries(void);
