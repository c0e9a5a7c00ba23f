/* SPDX-License-Identifier: MIT */
/*
 * key_form: what the keys of the usual services look like. Pure; knows nobody.
 */
#pragma once

#include "base/span.h"

#include <stddef.h>

/*
 * Gives how many bytes the text begins with that look like a key: one of the usual marks and at
 * least 8 letters behind it; 0 = it begins with none.
 */
size_t key_form_length(struct span text);

/*
 * Overwrites with asterisks whatever looks like a key in the n bytes, and what follows it of base64
 * or of escapes of a URL, which may be the rest of it; behind a letter or digit none begins.
 */
void key_form_overwrite(char *bytes, size_t n);
