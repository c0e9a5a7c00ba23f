// SPDX-License-Identifier: MIT
// undici_client.mjs BASE_URL WORKERS <records >results: the benchmark's job with undici.
// A Pool as wide as the workers, no timeouts, one write at the end.
import { readFileSync, writeFileSync } from 'node:fs';
import { Pool } from 'undici';

const [baseUrl, workers] = [new URL(process.argv[2]), Number(process.argv[3])];
const pool = new Pool(baseUrl.origin, { connections: workers, headersTimeout: 0, bodyTimeout: 0 });
const path = baseUrl.pathname + '/chat/completions';
const headers = { 'content-type': 'application/json' };
const lines = readFileSync(0, 'utf8').trimEnd().split('\n');
const results = new Array(lines.length);
let next = 0;

async function work() {
	while (next < lines.length) {
		const i = next++;
		const record = JSON.parse(lines[i]);
		const body = JSON.stringify({
			model: 'mock',
			messages: [{ role: 'user', content: 'Say ' + record.text }],
		});
		const response = await pool.request({ method: 'POST', path, headers, body });
		if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
		const answer = await response.body.json();
		record.output = answer.choices[0].message.content;
		results[i] = JSON.stringify(record);
	}
}

await Promise.all(Array.from({ length: workers }, work));
await pool.close();
writeFileSync(1, results.join('\n') + '\n');
