/* SPDX-License-Identifier: MIT */
/* embedding: what is wanted of the vectors that a run asks for. Read-only while it runs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* --input-type: what the texts are to whoever compares their vectors. */
enum embed_role { EMBED_AS_IS, EMBED_QUERIES, EMBED_DOCUMENTS };

struct embedding {
	bool is_wanted; /* the run asks for vectors, not for answers */
	enum embed_role role;
	int64_t dimensions; /* how many numbers a vector has; 0 = as the model has it */
	bool is_normalized; /* their length is 1 */
	bool is_matrix;     /* they go into a matrix: base64 will do where the API has it */
	bool is_rounded;    /* numbers are printed as float32, so that those that come from a cache
			       are the same */
};
