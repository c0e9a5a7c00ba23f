/* SPDX-License-Identifier: MIT */
/*
 * words: what the records of a simulated run say, what is asked about them, and what is answered.
 *
 * The fakes carry bytes and leave it to whoever plays what they mean: the runs of tests/sim have
 * one meaning, in words.c, those of tests/graph others.
 */
#pragma once

#include "check.h"
#include "upstream.h"
#include "work/attempt.h"
#include "work/entry.h"

#include <stddef.h>
#include <stdint.h>

/* The longest line of a record. */
enum { WORDS_LINE_MAX_BYTES = 16384 };

/* Writes the line of record number seq, of that kind; how many bytes. */
size_t words_put_record(char *out, size_t size, enum record_kind kind, uint64_t seq);

/* Gives the number of what the attempt asks about; breaks a law if it asks what it should not. */
uint64_t words_asked(const struct attempt *attempt);

/* Changes what will come of that, where what is asked has a say in it. */
void words_judge(uint64_t number, struct reply *reply);

/* Gives the number of what an entry answers; NEVER = nobody's. */
uint64_t words_kept(const struct entry *e);

/* The same of the runs of tests/sim; *nth says which attempt it was. */
uint64_t words_read_echo(const struct entry *e, unsigned *nth);

/* Fills the attempt with the reply to what it asked about that number. */
void words_fill(const struct reply *reply, uint64_t number, struct attempt *attempt);
