/* SPDX-License-Identifier: MIT */
#include "io/image.h"

#include "base/base64.h"
#include "base/xalloc.h"
#include "t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PNG "\x89PNG\r\n\x1a\n"

/* A directory for one test. */
static char *make_directory(void)
{
	const char *below = getenv("TMPDIR");
	char *directory = xasprintf("%s/image_test.XXXXXX", below ? below : "/tmp");
	CHECK(mkdtemp(directory) != NULL);
	return directory;
}

static void remove_directory(char *directory)
{
	CHECK_INT(rmdir(directory), 0);
	free(directory);
}

/* Gives the path of a new file with these bytes. */
static char *make_file(const char *directory, const char *name, struct span bytes)
{
	char *path = xasprintf("%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, bytes.at, bytes.n) == (ssize_t)bytes.n && close(fd) == 0);
	return path;
}

static void remove_file(char *path)
{
	CHECK_INT(unlink(path), 0);
	free(path);
}

/* Checks that the image is of the type and has these bytes. */
static void check_image(const char *what, const char *type, struct span bytes)
{
	struct image image;
	struct err err = { 0 };
	struct buf got;
	if (!CHECK(image_load(what, &image, &err))) {
		CHECK_STR(err.msg, "no error");
		return;
	}
	buf_init(&got, IMAGE_MAX_BYTES + 1);
	CHECK_STR(image.media_type, type);
	CHECK(image.url == NULL);
	CHECK(base64_decode(&got, buf_span(&image.base64)));
	CHECK(span_equals(buf_span(&got), bytes));
	CHECK_INT(err.kind, ERR_NONE);
	buf_release(&got);
	image_release(&image);
	CHECK(!image.base64.data && !image.url && !image.media_type);
}

static void check_refused(const char *what, const char *words)
{
	struct image image;
	struct err err = { 0 };
	CHECK(!image_load(what, &image, &err));
	CHECK(!image.base64.data && !image.url && !image.media_type);
	CHECK_INT(err.kind, ERR_FILE);
	if (!CHECK(strstr(err.msg, words) != NULL))
		CHECK_STR(err.msg, words);
}

TEST("a file is what its first bytes say, not what its name says")
{
	static const struct {
		const char *type;
		struct span bytes;
	} cases[] = {
		{ "image/png", SPAN(PNG) },
		{ "image/png", SPAN(PNG "\0\0\0\rIHDR") },
		{ "image/jpeg", SPAN("\xff\xd8\xff\xe0") },
		{ "image/gif", SPAN("GIF87a") },
		{ "image/gif", SPAN("GIF89a..") },
		{ "image/webp", SPAN("RIFF\x24\0\0\0WEBPVP8 ") },
	};
	char *directory = make_directory();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *path = make_file(directory, "picture.bmp", cases[i].bytes);
		check_image(path, cases[i].type, cases[i].bytes);
		remove_file(path);
	}
	remove_directory(directory);
}

TEST("a file that is no image is refused, and the message says what is accepted")
{
	static const struct span no_image[] = { SPAN("x"), SPAN("root:x:0:0:root:/root:/bin/sh\n"),
		SPAN("\x89PNG"), SPAN("\x89PNG\r\n\x1a "), SPAN("\xff\xd8"), SPAN("GIF88a"),
		SPAN("GIF"), SPAN("RIFF\x24\0\0\0WAVEfmt "), SPAN("RIFF\x24\0\0\0WEB"),
		SPAN(" " PNG), SPAN("BM...."), SPAN("%PDF-1.7"), SPAN("<svg/>"), SPAN("") };
	char *directory = make_directory();
	for (size_t i = 0; i < sizeof no_image / sizeof *no_image; i++) {
		char *path = make_file(directory, "a.png", no_image[i]);
		check_refused(path, "PNG, JPEG, GIF or WebP");
		check_refused(path, path);
		remove_file(path);
	}
	remove_directory(directory);
}

TEST("files of any length come through whole")
{
	static const size_t lengths[] = { 9, 10, 12287, 12288, 12289, 24575, 24576, 100000 };
	char *directory = make_directory();
	char *bytes = xmalloc(100000);
	for (size_t i = 0; i < 100000; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	memcpy(bytes, PNG, sizeof PNG - 1);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct span all = { .at = bytes, .n = lengths[i] };
		char *path = make_file(directory, "a", all);
		check_image(path, "image/png", all);
		remove_file(path);
	}
	free(bytes);
	remove_directory(directory);
}

TEST("an image may have 20 MiB and no more")
{
	char *directory = make_directory();
	char *path = make_file(directory, "a", SPAN(PNG));
	struct image image;
	struct err err = { 0 };
	CHECK_INT(truncate(path, 20 << 20), 0);
	if (CHECK(image_load(path, &image, &err)))
		CHECK_INT(image.base64.len, base64_length(20 << 20));
	image_release(&image);
	CHECK_INT(truncate(path, (20 << 20) + 1), 0);
	check_refused(path, "more than 20 MiB");
	CHECK_INT(truncate(path, (off_t)1 << 40), 0);
	check_refused(path, "more than 20 MiB");
	remove_file(path);
	remove_directory(directory);
}

TEST("what is no regular file is refused without waiting")
{
	char *directory = make_directory();
	char *fifo = xasprintf("%s/fifo", directory);
	char *link = xasprintf("%s/link", directory);
	CHECK_INT(mkfifo(fifo, 0600), 0);
	CHECK_INT(symlink("fifo", link), 0);
	check_refused(directory, "not a regular file");
	check_refused(fifo, "not a regular file");
	check_refused(link, "not a regular file");
	check_refused("/dev/zero", "not a regular file");
	check_refused("/dev/stdin/nowhere", "cannot read it");
	remove_file(fifo);
	remove_file(link);
	remove_directory(directory);
}

TEST("a file that is not there is refused with the reason and its name")
{
	char *directory = make_directory();
	char *path = xasprintf("%s/none.png", directory);
	char *longer = xasprintf("%0400d", 0);
	check_refused(path, "No such file or directory");
	check_refused(path, "none.png: cannot read it");
	check_refused("", "PNG, JPEG, GIF or WebP");
	check_refused(longer, "cannot read it: File name too long");
	free(longer);
	free(path);
	remove_directory(directory);
}

TEST("a file: URL is a path with its escapes")
{
	char *directory = make_directory();
	char *path = make_file(directory, "a b%.png", SPAN(PNG));
	char url[300];
	snprintf(url, sizeof url, "file://%s/a%%20b%%25.png", directory);
	check_image(url, "image/png", SPAN(PNG));
	snprintf(url, sizeof url, "FILE://localhost%s/a %%62%%25%%2Epn%%67", directory);
	check_image(url, "image/png", SPAN(PNG));
	check_image(path, "image/png", SPAN(PNG));
	snprintf(url, sizeof url, "file://%s/a%%2", directory);
	check_refused(url, "is written file:///path");
	snprintf(url, sizeof url, "file://%s/a%%zz.png", directory);
	check_refused(url, "is written file:///path");
	snprintf(url, sizeof url, "file://%s/a%%2g.png", directory);
	check_refused(url, "is written file:///path");
	snprintf(url, sizeof url, "file://%s/a%%00.png", directory);
	check_refused(url, "NUL");
	check_refused("file:a.png", "is written file:///path");
	check_refused("file:/etc/passwd", "is written file:///path");
	check_refused("file://host/a.png", "is written file:///path");
	check_refused("file://", "is written file:///path");
	remove_file(path);
	remove_directory(directory);
}

TEST("a data: URL is taken apart")
{
	check_image("data:image/png;base64,Zm9v", "image/png", SPAN("foo"));
	check_image("DATA:Image/JPEG;BASE64,Zg==", "image/jpeg", SPAN("f"));
	check_image("data:image/jpg;base64,Zg==", "image/jpeg", SPAN("f"));
	check_image("data:image/gif;base64,Zm8=", "image/gif", SPAN("fo"));
	check_image("data:image/webp;base64,Zm8=", "image/webp", SPAN("fo"));
}

TEST("a data: URL that is not an image's is refused, without its text in the message")
{
	static const char written[] = "is written data:image/png;base64,...";
	check_refused("data:", written);
	check_refused("data:image/png", written);
	check_refused("data:image/png;base64", written);
	check_refused("data:image/png,Zm9v", written);
	check_refused("data:,", written);
	check_refused("data:base64,Zm9v", written);
	check_refused("data:;base64,Zm9v", "not declared as a PNG");
	check_refused("data:text/plain;base64,Zm9v", "not declared as a PNG");
	check_refused("data:image/png;a=b;base64,Zm9v", "not declared as a PNG");
	check_refused("data:image/svg+xml;base64,Zm9v", "not declared as a PNG");
	check_refused("data:image/png;base64,", "is not base64");
	check_refused("data:image/png;base64,Zm9", "image data:...: what follows");
	check_refused("data:image/png;base64,Zm9v\n", "is not base64");
	check_refused("data:image/png;base64,Zm_v", "is not base64");
}

TEST("a data: URL may stand for 20 MiB and no more")
{
	const char *head = "data:image/png;base64,";
	size_t head_n = strlen(head), text_n = base64_length(20 << 20);
	char *url = xmalloc(head_n + text_n + 1);
	struct image image;
	struct err err = { 0 };
	memcpy(url, head, head_n);
	memset(url + head_n, 'A', text_n);
	url[head_n + text_n] = '\0';
	check_refused(url, "image data:...: it has more than 20 MiB");
	url[head_n + text_n - 1] = '='; /* one byte less: 20 MiB */
	if (CHECK(image_load(url, &image, &err)))
		CHECK_INT(image.base64.len, text_n);
	image_release(&image);
	free(url);
}

static void check_kept(const char *url)
{
	struct image image;
	struct err err = { 0 };
	if (CHECK(image_load(url, &image, &err)))
		CHECK_STR(image.url, url);
	CHECK(image.media_type == NULL && image.base64.len == 0);
	image_release(&image);
}

TEST("a web URL is kept as it is")
{
	check_kept("https://example.com/a.png?b=c#d");
	check_kept("http://[::1]:8080/");
	check_kept("HTTPS://Example.com");
	check_kept("https://example.com/\xc3\xa4.png");
}

TEST("a web URL that cannot be one is refused, and so are other kinds of URL")
{
	char *longer = xasprintf("https://h/%09000d", 0);
	check_refused("https://", "no host");
	check_refused("https:///a.png", "no host");
	check_refused("http://?a", "no host");
	check_refused("https://h/a b.png", "space or control");
	check_refused("https://h/a\n", "space or control");
	check_refused("https://h/a\x7f", "space or control");
	check_refused(longer, "too long");
	check_refused("ftp://h/a.png", "give a path, or an https:");
	check_refused("S3://bucket/a.png", "give a path, or an https:");
	free(longer);
}

TEST("a name that is too long for a message is cut between characters")
{
	struct image image;
	struct err err = { 0 };
	char *name = xasprintf("ftp://%0193d\xc3\xa4%0100d", 0, 0);
	CHECK(!image_load(name, &image, &err));
	CHECK(strstr(err.msg, "0000: give") != NULL);
	CHECK(strchr(err.msg, '\xc3') == NULL);
	free(name);
}
