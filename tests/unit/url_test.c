/* SPDX-License-Identifier: MIT */
#include "io/url.h"

#include "t.h"

#include <string.h>

#define CHAT "/chat/completions"

TEST("a base URL gives an origin with its port and the URL to post to")
{
	static const struct {
		const char *base, *origin, *full;
		bool is_https, is_loopback;
	} cases[] = {
		{ "https://api.openai.com/v1", "https://api.openai.com:443",
			"https://api.openai.com/v1" CHAT, true, false },
		{ "https://api.openai.com/v1/", "https://api.openai.com:443",
			"https://api.openai.com/v1" CHAT, true, false },
		{ "https://h/v1///", "https://h:443", "https://h/v1" CHAT, true, false },
		{ "https://h", "https://h:443", "https://h" CHAT, true, false },
		{ "https://h/", "https://h:443", "https://h" CHAT, true, false },
		{ "http://h:8080/v1", "http://h:8080", "http://h:8080/v1" CHAT, false, false },
		{ "http://h:80/v1", "http://h:80", "http://h:80/v1" CHAT, false, false },
		{ "https://h/v1" CHAT, "https://h:443", "https://h/v1" CHAT, true, false },
		{ "https://h/v1" CHAT "/", "https://h:443", "https://h/v1" CHAT, true, false },
		{ "http://[::1]:9000/v1", "http://[::1]:9000", "http://[::1]:9000/v1" CHAT, false,
			true },
		{ "http://[2001:db8::1]/v1", "http://[2001:db8::1]:80",
			"http://[2001:db8::1]/v1" CHAT, false, false },
		{ "http://127.0.0.1:1/v1", "http://127.0.0.1:1", "http://127.0.0.1:1/v1" CHAT,
			false, true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct url u;
		struct err err = { 0 };
		if (!CHECK(url_parse(&u, cases[i].base, CHAT, &err))) {
			CHECK_STR(err.msg, cases[i].base);
			continue;
		}
		CHECK_STR(u.origin, cases[i].origin);
		CHECK_STR(u.full, cases[i].full);
		CHECK_INT(u.is_https, cases[i].is_https);
		CHECK_INT(u.is_loopback, cases[i].is_loopback);
		url_release(&u);
	}
}

TEST("scheme and host are the same in whatever case")
{
	struct url u;
	struct err err;
	CHECK(url_parse(&u, "HTTPS://API.Example.COM/V1", CHAT, &err));
	CHECK_STR(u.origin, "https://api.example.com:443");
	CHECK(u.is_https);
	CHECK(strstr(u.full, "/V1/chat/completions") != NULL);
	url_release(&u);
}

TEST("only this machine is loopback, however it is written")
{
	static const struct {
		const char *host;
		bool is_loopback;
	} cases[] = {
		{ "localhost", true },
		{ "LOCALHOST", true },
		{ "a.localhost", true },
		{ "127.0.0.1", true },
		{ "127.255.1.2", true },
		{ "127.1", true },
		{ "0x7f000001", true },
		{ "[::1]", true },
		{ "[0:0:0:0:0:0:0:1]", true },
		{ "notlocalhost", false },
		{ "localhost.example.com", false },
		{ "127.example.com", false },
		{ "127.0.0.1.example.com", false },
		{ "128.0.0.1", false },
		{ "10.0.0.1", false },
		{ "0.0.0.0", false },
		{ "[::]", false },
		{ "[::2]", false },
		{ "[2001:db8::1]", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char base[100] = "http://";
		memcpy(base + 7, cases[i].host, strlen(cases[i].host));
		struct url u;
		struct err err = { 0 };
		if (!CHECK(url_parse(&u, base, CHAT, &err)))
			CHECK_STR(err.msg, base);
		if (!CHECK_INT(u.is_loopback, cases[i].is_loopback))
			CHECK_STR(u.origin, cases[i].host);
		url_release(&u);
	}
}

TEST("what is no base URL is refused, and the URL is left empty")
{
	static const char *const bases[] = {
		"",
		"api.openai.com/v1",
		"localhost:8000/v1",
		"ftp://h/v1",
		"file:///etc/passwd",
		"https://",
		"https://h/v1?api-version=1",
		"https://h/v1?",
		"https://h/v1#top",
		"https://h/v1#",
		"https://user:hunter2@h/v1",
		"https://user@h/v1",
		"https://h/v1 ",
		" https://h/v1",
		"https://h/v1\r\nHost: evil",
		"https://h/\x7f",
		"https://h:99999/v1",
		"https://h:port/v1",
		"https://[::1/v1",
	};
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
		struct url u;
		struct err err = { 0 };
		if (!CHECK(!url_parse(&u, bases[i], CHAT, &err))) {
			CHECK_STR(bases[i], "refused");
			url_release(&u);
			continue;
		}
		CHECK_INT(err.kind, ERR_ENDPOINT);
		CHECK(err.msg[0] != '\0');
		CHECK(!strstr(err.msg, "hunter2"));
		CHECK(!u.origin && !u.full);
	}
}

TEST("a URL that is released twice is fine")
{
	struct url u;
	struct err err;
	CHECK(url_parse(&u, "https://h", "/x", &err));
	url_release(&u);
	url_release(&u);
	CHECK(!u.full);
}

TEST("of a proxy that libcurl quotes neither user nor password is left")
{
	char text[] = "Unsupported proxy syntax in 'http://u:p/a@ss@127.0.0.1:9'";
	char other[] = "Could not resolve proxy: a@b";
	url_hide_proxy_user(text);
	url_hide_proxy_user(other);
	url_hide_proxy_user(NULL);
	CHECK_STR(text, "Unsupported proxy syntax in '***************@127.0.0.1:9'");
	CHECK_STR(other, "Could not resolve proxy: a@b");
}
