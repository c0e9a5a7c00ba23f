/* SPDX-License-Identifier: MIT */
/*
 * image: the picture that --image names: a file, a data: URL, or a URL that the server fetches.
 *
 * Nothing is sent that does not look like one of the images every API takes: a name that a record
 * brings must not be a way to send any other file. Nothing is fetched. Blocks while it reads a
 * file. Any thread.
 */
#pragma once

#include "base/err.h"
#include "work/image.h"

#include <stdbool.h>

/* The most bytes of an image that any API takes (before base64). */
enum { IMAGE_MAX_BYTES = 20 << 20 };

/*
 * Reads `what`, borrowed plain text, into *out, to be released with image_release:
 * - "https://..." or "http://..." is kept as it is;
 * - "data:image/png;base64,..." (or jpeg, gif, webp) is checked and taken apart;
 * - "file:///path" and everything else is the path of a regular file, whose first bytes say that it
 *   is PNG, JPEG, GIF or WebP; its name says nothing.
 * False with *out empty and err filled (ERR_FILE): it is none of these, the file cannot be read,
 * or the image has more than IMAGE_MAX_BYTES.
 */
bool image_load(const char *what, struct image *out, struct err *err);

/* Frees what the image holds; fine on a zeroed one. */
void image_release(struct image *image);
