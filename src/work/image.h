/* SPDX-License-Identifier: MIT */
/*
 * image: a picture that goes along with a prompt. Filled by io/image, written into requests by the
 * APIs' files. Plain data; any thread.
 */
#pragma once

#include "base/buf.h"

struct image {
	const char *media_type; /* static: "image/png"; NULL with url */
	struct buf base64;      /* owned: its bytes as base64; empty with url */
	char *url;              /* owned: http or https, plain text; NULL = the bytes are here */
};
