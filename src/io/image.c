/* SPDX-License-Identifier: MIT */
/*
 * A file is read a piece at a time and encoded at once, so that there is never more of it in memory
 * than what will be sent. It is opened without waiting (a FIFO would wait for its writer), and what
 * it is, is asked of the descriptor and not of the name, which may mean another file by then.
 */
#include "io/image.h"

#include "base/base64.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCEPTED "a PNG, JPEG, GIF or WebP image"

enum {
	PIECE_BYTES = 3 << 12, /* a multiple of 3: see base64_encode */
	SHOWN_BYTES = 200,     /* of a name in a message */
	URL_MAX_BYTES = 8192
};

/* The text without the prefix, in any case; missing if it does not begin so. */
static struct span after(struct span text, struct span prefix)
{
	if (text.n < prefix.n || strncasecmp(text.at, prefix.at, prefix.n) != 0)
		return (struct span){ 0 };
	return (struct span){ .at = text.at + prefix.n, .n = text.n - prefix.n };
}

/* Gives how much of a name a message has room for; never part of a character. */
static int shown(struct span what)
{
	size_t n = what.n < SHOWN_BYTES ? what.n : SHOWN_BYTES;
	while (n < what.n && n > 0 && ((unsigned char)what.at[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

static bool wrong(struct span what, struct err *err, const char *complaint)
{
	return err_set(err, ERR_FILE, "image %.*s: %s", shown(what), what.at, complaint);
}

static bool unreadable(struct span what, struct err *err)
{
	return err_set_errno(err, ERR_FILE, "image %.*s: cannot read it", shown(what), what.at);
}

static bool too_large(struct span what, struct err *err)
{
	return err_set(err, ERR_FILE, "image %.*s: it has more than %d MiB", shown(what), what.at,
		IMAGE_MAX_BYTES >> 20);
}

/* What the first bytes of a file say that it is; NULL = nothing of ours. */
static const char *sniff(const char *bytes, size_t n)
{
	static const struct {
		const char *type;
		struct span magic;
	} kinds[] = {
		{ "image/png", SPAN("\x89PNG\r\n\x1a\n") },
		{ "image/jpeg", SPAN("\xff\xd8\xff") },
		{ "image/gif", SPAN("GIF87a") },
		{ "image/gif", SPAN("GIF89a") },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (n >= kinds[i].magic.n &&
			memcmp(bytes, kinds[i].magic.at, kinds[i].magic.n) == 0)
			return kinds[i].type;
	/* a RIFF file: its length stands between */
	if (n >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
		return "image/webp";
	return NULL;
}

/* Of what a data: URL declares; NULL = nothing of ours. */
static const char *declared(struct span type)
{
	static const struct {
		const char *name, *type;
	} names[] = {
		{ "image/png", "image/png" },
		{ "image/jpeg", "image/jpeg" },
		{ "image/jpg", "image/jpeg" }, /* is none, and common */
		{ "image/gif", "image/gif" },
		{ "image/webp", "image/webp" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (type.n == strlen(names[i].name) &&
			strncasecmp(type.at, names[i].name, type.n) == 0)
			return names[i].type;
	return NULL;
}

static bool keep_url(struct span url, struct image *out, struct err *err)
{
	const char *host = memchr(url.at, ':', url.n);
	struct span rest = { .at = host + 3, .n = url.n - (size_t)(host + 3 - url.at) };
	if (rest.n == 0 || strchr("/?#", *rest.at))
		return wrong(url, err, "the URL has no host");
	if (url.n > URL_MAX_BYTES)
		return wrong(url, err, "the URL is too long");
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.at[i] <= ' ' || url.at[i] == 0x7f)
			return wrong(url, err, "the URL has a space or control character in it");
	out->url = xmemdup(url.at, url.n);
	return true;
}

/* The part of a data: URL after its colon. */
static bool take_data(struct span data, struct image *out, struct err *err)
{
	const struct span name = SPAN("data:...");
	const struct span encoding = SPAN(";base64");
	const char *comma = memchr(data.at, ',', data.n);
	size_t bytes_n, head_n = comma ? (size_t)(comma - data.at) : 0;
	if (head_n < encoding.n ||
		!after((struct span){ comma - encoding.n, encoding.n }, encoding).at)
		return wrong(name, err, "a data: URL is written data:image/png;base64,...");
	const char *type = declared((struct span){ .at = data.at, .n = head_n - encoding.n });
	if (!type)
		return wrong(name, err, "it is not declared as " ACCEPTED);
	struct span text = { .at = comma + 1, .n = data.n - head_n - 1 };
	if (!base64_check(text, &bytes_n) || bytes_n == 0)
		return wrong(name, err, "what follows the comma is not base64");
	if (bytes_n > IMAGE_MAX_BYTES)
		return too_large(name, err);
	buf_init(&out->base64, text.n);
	buf_put_span(&out->base64, text);
	out->media_type = type;
	return true;
}

/* Fills the piece from fd unless the file ends before; gives how much, or -1 with errno. */
static ssize_t read_piece(int fd, char piece[PIECE_BYTES])
{
	size_t n = 0;
	while (n < PIECE_BYTES) {
		ssize_t got = read(fd, piece + n, PIECE_BYTES - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* Reads and encodes a file that has `size` bytes. */
static bool read_image(int fd, size_t size, struct span path, struct image *out, struct err *err)
{
	char piece[PIECE_BYTES];
	size_t all = 0;
	ssize_t n;
	buf_init(&out->base64, base64_length(size));
	while ((n = read_piece(fd, piece)) > 0) {
		if (!out->media_type)
			out->media_type = sniff(piece, (size_t)n);
		if (!out->media_type)
			return wrong(path, err, "it is not " ACCEPTED);
		all += (size_t)n;
		if (!base64_encode(&out->base64, piece, (size_t)n))
			break; /* it has grown */
	}
	if (n < 0)
		return unreadable(path, err);
	if (all != size)
		return wrong(path, err, "the file changed while it was read");
	return true;
}

static bool read_open_file(int fd, struct span path, struct image *out, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return unreadable(path, err);
	if (!S_ISREG(st.st_mode))
		return wrong(path, err, "it is not a regular file");
	if (st.st_size == 0)
		return wrong(path, err, "the file is empty" LOG_HELP "give " ACCEPTED);
	if (st.st_size > IMAGE_MAX_BYTES)
		return too_large(path, err);
	return read_image(fd, (size_t)st.st_size, path, out, err);
}

static bool read_file(struct span path, struct image *out, struct err *err)
{
	if (path.n == 0)
		return err_set(err, ERR_FILE,
			"image: there is no name" LOG_HELP "give the path or URL of %s", ACCEPTED);
	if (memchr(path.at, '\0', path.n))
		return wrong(path, err, "a path has no NUL in it");
	char *name = xmemdup(path.at, path.n);
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	free(name); /* keeps errno, since glibc 2.33 */
	if (fd < 0)
		return unreadable(path, err);
	bool ok = read_open_file(fd, path, out, err);
	close(fd);
	return ok;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends the path that a file: URL has in it; false if an escape is none. */
static bool decode_path(struct buf *path, struct span url_path)
{
	for (size_t i = 0; i < url_path.n; i++) {
		char c = url_path.at[i];
		if (c == '%') {
			int high = i + 2 < url_path.n ? hex(url_path.at[i + 1]) : -1;
			int low = high >= 0 ? hex(url_path.at[i + 2]) : -1;
			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		buf_put_char(path, c);
	}
	return true;
}

/* The part of a file: URL after its colon. */
static bool read_file_url(struct span rest, struct image *out, struct err *err)
{
	static const char usage[] = "a file: URL is written file:///path, with %20 for a space";
	struct span whole = { .at = rest.at - strlen("file:"), .n = rest.n + strlen("file:") };
	struct span path = after(rest, SPAN("//localhost"));
	if (!path.at)
		path = after(rest, SPAN("//"));
	if (!path.at || path.n == 0 || *path.at != '/')
		return wrong(whole, err, usage);
	struct buf decoded;
	buf_init(&decoded, path.n);
	bool ok = decode_path(&decoded, path) ? read_file(buf_span(&decoded), out, err)
					      : wrong(whole, err, usage);
	buf_release(&decoded);
	return ok;
}

/* True for "scheme://...", which nobody means as a path. */
static bool is_url(struct span what)
{
	size_t n = 0;
	while (n < what.n && strchr("abcdefghijklmnopqrstuvwxyz0123456789+.-", what.at[n] | 0x20))
		n++;
	return n > 0 && after((struct span){ what.at + n, what.n - n }, SPAN("://")).at;
}

static bool load(struct span what, struct image *out, struct err *err)
{
	if (after(what, SPAN("https://")).at || after(what, SPAN("http://")).at)
		return keep_url(what, out, err);
	struct span rest = after(what, SPAN("data:"));
	if (rest.at)
		return take_data(rest, out, err);
	rest = after(what, SPAN("file:"));
	if (rest.at)
		return read_file_url(rest, out, err);
	if (is_url(what))
		return wrong(what, err, "give a path, or an https:, http:, data: or file: URL");
	return read_file(what, out, err);
}

bool image_load(const char *what, struct image *out, struct err *err)
{
	*out = (struct image){ 0 };
	bool ok = load(span_of(what), out, err);
	if (!ok)
		image_release(out);
	return ok;
}

void image_release(struct image *image)
{
	buf_release(&image->base64);
	free(image->url);
	*image = (struct image){ 0 };
}
