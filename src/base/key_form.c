/* SPDX-License-Identifier: MIT */
#include "base/key_form.h"

#include <stdbool.h>
#include <string.h>

enum { REST_MIN_BYTES = 8 };

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_part(char c)
{
	return is_alphanumeric(c) || c == '-' || c == '_';
}

size_t key_form_length(struct span text)
{
	static const char *const marks[] = { "sk-", "gsk_", "xai-", "hf_", "AIza" };
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t mark_n = strlen(marks[i]), n = mark_n;
		if (text.n < mark_n || memcmp(text.at, marks[i], mark_n) != 0)
			continue;
		while (n < text.n && is_part(text.at[n]))
			n++;
		return n >= mark_n + REST_MIN_BYTES ? n : 0;
	}
	return 0;
}

void key_form_overwrite(char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && is_alphanumeric(bytes[i - 1]))
			continue;
		size_t key_n = key_form_length((struct span){ bytes + i, n - i });
		/* Of ours none has these in it; of another's, or escaped for a URL, one may. */
		while (key_n > 0 && i + key_n < n &&
			(is_part(bytes[i + key_n]) || memchr("/+%=", bytes[i + key_n], 4)))
			key_n++;
		memset(bytes + i, '*', key_n);
	}
}
