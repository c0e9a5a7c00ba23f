/* SPDX-License-Identifier: MIT */
#include "app/text_file.h"

#include <stdio.h>

bool text_file_read(const char *label, const char *path, struct buf *out, struct err *err)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set_errno(err, ERR_FILE, "%s: cannot open %s", label, path);
	char block[4096];
	size_t n;
	bool fits = true;
	while (fits && (n = fread(block, 1, sizeof block, f)) > 0)
		fits = buf_put(out, block, n);
	bool failed = ferror(f);
	if (failed)
		err_set_errno(err, ERR_FILE, "%s: cannot read %s", label, path);
	fclose(f);
	if (failed)
		return false;
	if (!fits)
		return err_set(
			err, ERR_FILE, "%s: %s is larger than %zuM", label, path, out->max >> 20);
	return true;
}
