#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""aio_client.py BASE_URL WORKERS <records >results: the benchmark's job with aiohttp.

Written as one who knows aiohttp would: one session, a connector as wide as the
workers, bodies as bytes, no per-request timeout, one write at the end.
"""
import asyncio
import json
import sys

import aiohttp


async def work(session, url, lines, results):
    for i, line in lines:
        record = json.loads(line)
        body = {"model": "mock", "messages": [{"role": "user", "content": "Say " + record["text"]}]}
        async with session.post(url, data=json.dumps(body).encode()) as response:
            response.raise_for_status()
            answer = json.loads(await response.read())
        record["output"] = answer["choices"][0]["message"]["content"]
        results[i] = json.dumps(record)


async def main(base_url, workers_n):
    records = sys.stdin.buffer.readlines()
    results = [None] * len(records)
    lines = enumerate(records)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=workers_n),
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"Content-Type": "application/json"},
    ) as session:
        url = base_url + "/chat/completions"
        await asyncio.gather(*(work(session, url, lines, results) for _ in range(workers_n)))
    sys.stdout.write("\n".join(results) + "\n")


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
