/* SPDX-License-Identifier: MIT */
#include "cli/names.h"

#include "home.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char named[] =
	"endpoints:\n"
	"  local: { url: http://127.0.0.1:1/v1, model: llama, weight: 2, max: 8 }\n"
	"  spare: http://127.0.0.1:2/v1\n"
	"  cloud: { url: https://c.example/v1, key-env: K, api: openai, model: big, rpm: 6, tpm: 9 }\n"
	"pools:\n"
	"  fast: [local, 'spare,weight=0.5']\n";

TEST("names of endpoints and pools become what they stand for")
{
	struct home w;
	home_start(&w, named);
	home_check_parsed(&w, "--endpoint local --fallback cloud");
	check_strings(
		&w.config.endpoint.endpoints, "http://127.0.0.1:1/v1,weight=2,max=8,model=llama");
	check_strings(&w.config.endpoint.fallbacks,
		"https://c.example/v1,key-env=K,api=openai,rpm=6,tpm=9,model=big");
	home_check_origin(&w, "endpoint", "command line --endpoint local");
	home_check_parsed(&w,
		"--endpoint fast,max=3 --endpoint http://h/v1 --fallback small --fallback fast");
	check_strings(&w.config.endpoint.endpoints,
		"http://127.0.0.1:1/v1,weight=2,max=8,model=llama,max=3 "
		"http://127.0.0.1:2/v1,weight=0.5,max=3 http://h/v1");
	check_strings(&w.config.endpoint.fallbacks,
		"small http://127.0.0.1:1/v1,weight=2,max=8,model=llama "
		"http://127.0.0.1:2/v1,weight=0.5");
	home_end(&w);
}

TEST("a model on the command line wins over those of named endpoints, not of fallbacks")
{
	struct home w;
	home_start(&w, named);
	home_check_parsed(&w, "--endpoint local -m mine --fallback cloud");
	check_strings(&w.config.endpoint.endpoints, "http://127.0.0.1:1/v1,weight=2,max=8");
	check_strings(&w.config.endpoint.fallbacks,
		"https://c.example/v1,key-env=K,api=openai,rpm=6,tpm=9,model=big");
	setenv("PLLM_MODEL", "mine", 1);
	home_check_parsed(&w, "--endpoint local");
	check_strings(
		&w.config.endpoint.endpoints, "http://127.0.0.1:1/v1,weight=2,max=8,model=llama");
	unsetenv("PLLM_MODEL");
	home_end(&w);
}

TEST("an endpoint keeps its model if the command line names it too, or names others for a step")
{
	struct home w;
	const char *kept = "http://127.0.0.1:1/v1,weight=2,max=8,model=llama";
	const char *dropped = "http://127.0.0.1:1/v1,weight=2,max=8";
	home_start(&w, named);
	home_check_parsed(&w, "--endpoint local -m other,llama");
	check_strings(&w.config.endpoint.endpoints, kept);
	home_check_parsed(&w, "--endpoint local -m =llama");
	check_strings(&w.config.endpoint.endpoints, kept);
	home_check_parsed(&w, "--endpoint local -m draft=other");
	check_strings(&w.config.endpoint.endpoints, kept);
	home_check_parsed(&w, "--endpoint local -m draft=llama -m other,llama2");
	check_strings(&w.config.endpoint.endpoints, dropped);
	home_end(&w);
}

TEST("a name that nobody gave is refused with the nearest one")
{
	struct home w;
	char want[300];
	home_start(&w, named);
	CHECK(!home_parse(&w, "--endpoint lcal,max=3"));
	snprintf(want, sizeof want,
		"--endpoint lcal,max=3: neither a URL nor a name in %s" LOG_HELP
		"the nearest is local",
		w.path);
	CHECK_STR(w.err.msg, want);
	home_check_parsed(&w, "--endpoint example.org/v1");
	home_end(&w);
	home_check_refused("defaults: {endpoint: [nobody]}\n",
		":1:23: --endpoint nobody: neither a URL nor a name in this file");
	home_start(&w, NULL);
	CHECK(!home_parse(&w, "--endpoint local"));
	CHECK_STR(w.err.msg,
		"--endpoint local: neither a URL nor a name that a configuration file gives to one" LOG_HELP
		"expected a URL, such as http://127.0.0.1:8000/v1");
	home_end(&w);
}

TEST("what an endpoint or a pool of the file cannot be is refused where it stands")
{
	home_check_refused("endpoints: {e: {url: 'http://x/', color: red}}\n",
		":1:42: \"color=red\" is none of api=, model=, key-env=, weight=, max=, rpm=, tpm=");
	home_check_refused("endpoints: {e: {url: 'http://x/', max: 0}}\n",
		":1:40: max=0: not understood" LOG_HELP "expected a whole number from 1 to 100000");
	home_check_refused("endpoints: {e: {url: 'http://x/', max: [1]}}\n",
		":1:40: expected one value, without commas");
	home_check_refused("endpoints: {e: {url: 'http://x/', model: 'a,b'}}\n",
		":1:42: expected one value, without commas");
	home_check_refused("endpoints: {e: {model: x}}\n",
		":1:16: expected a URL, or a map with url, model, key-env and such");
	home_check_refused("endpoints: {e: localhost}\n",
		":1:16: expected a URL, such as http://127.0.0.1:8000/v1");
	home_check_refused("endpoints: {e: 'http://x/,max=3'}\n",
		":1:16: a comma cannot be part of a URL here" LOG_HELP
		"for more than the URL write a map");
	home_check_refused("endpoints: {'a b': 'http://x/'}\n",
		":1:13: a name is made of letters, digits and - _ .");
	home_check_refused("endpoints: {e: 'http://x/'}\npools: {e: [e]}\n",
		":2:9: \"e\" is the name of an endpoint already");
	home_check_refused("endpoints: {one: 'http://x/'}\npools: {p: [oen]}\n",
		":2:13: there is no endpoint \"oen\" in this file" LOG_HELP "the nearest is one");
	home_check_refused("endpoints: {one: 'http://x/'}\npools: {p: [one], q: [p]}\n",
		":2:23: there is no endpoint \"p\" in this file");
	home_check_refused("endpoints: {one: 'http://x/'}\npools: {p: [one,max=0]}\n",
		":2:17: there is no endpoint \"max=0\" in this file");
	home_check_refused("endpoints: {one: 'http://x/'}\npools: {p: ['one,max=0']}\n",
		":2:13: max=0: not understood" LOG_HELP "expected a whole number from 1 to 100000");
	home_check_refused(
		"pools: {p: one}\n", ":1:12: expected a list of endpoints, such as [one, two]");
	home_check_refused(
		"pools: {p: []}\n", ":1:12: expected a list of endpoints, such as [one, two]");
	home_check_refused("endpoints: [e]\n", ":1:12: expected a map, with a line for each name");
}
