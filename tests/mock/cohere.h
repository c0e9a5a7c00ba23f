/* SPDX-License-Identifier: MIT */
/*
 * cohere: what Cohere's chat and its rerank share. Pure; one thread at a time.
 */
#pragma once

#include "reply.h"

/* Fills the reply with an error as Cohere tells it. */
void cohere_refuse(struct reply *r, const struct api_error *e);
