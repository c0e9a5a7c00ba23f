// SPDX-License-Identifier: MIT
// openai_client.mjs BASE_URL WORKERS <records >results: the benchmark's job with the official SDK.
// Its own defaults, but no retries; one write at the end.
import { readFileSync, writeFileSync } from 'node:fs';
import OpenAI from 'openai';

const [baseURL, workers] = [process.argv[2], Number(process.argv[3])];
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
const lines = readFileSync(0, 'utf8').trimEnd().split('\n');
const results = new Array(lines.length);
let next = 0;

async function work() {
	while (next < lines.length) {
		const i = next++;
		const record = JSON.parse(lines[i]);
		const answer = await client.chat.completions.create({
			model: 'mock',
			messages: [{ role: 'user', content: 'Say ' + record.text }],
		});
		record.output = answer.choices[0].message.content;
		results[i] = JSON.stringify(record);
	}
}

await Promise.all(Array.from({ length: workers }, work));
writeFileSync(1, results.join('\n') + '\n');
