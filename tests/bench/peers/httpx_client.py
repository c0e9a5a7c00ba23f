#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""httpx_client.py BASE_URL WORKERS <records >results: the benchmark's job with httpx.

One client, a pool as wide as the workers, no timeouts, one write at the end.
"""
import asyncio
import json
import sys

import httpx


async def work(client, url, lines, results):
    for i, line in lines:
        record = json.loads(line)
        body = {"model": "mock", "messages": [{"role": "user", "content": "Say " + record["text"]}]}
        response = await client.post(url, content=json.dumps(body).encode())
        response.raise_for_status()
        answer = json.loads(response.content)
        record["output"] = answer["choices"][0]["message"]["content"]
        results[i] = json.dumps(record)


async def main(base_url, workers_n):
    records = sys.stdin.buffer.readlines()
    results = [None] * len(records)
    lines = enumerate(records)
    async with httpx.AsyncClient(
        limits=httpx.Limits(max_connections=workers_n, max_keepalive_connections=workers_n),
        timeout=None,
        trust_env=False,
        headers={"Content-Type": "application/json"},
    ) as client:
        url = base_url + "/chat/completions"
        await asyncio.gather(*(work(client, url, lines, results) for _ in range(workers_n)))
    sys.stdout.write("\n".join(results) + "\n")


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
