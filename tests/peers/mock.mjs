// SPDX-License-Identifier: MIT
// The server that is judged, and what the judges share.
//
// It is $PLLM_MOCK, started here on a free port and ended with this process; or what runs at
// $PLLM_MOCK_URL (without the /v1), started with the same options.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

export const key = 'sk-peers';
export const model = 'mock';
export const moderator = 'omni-moderation-latest';
const options = [
	'--port',
	'0',
	'--quiet',
	'--key',
	key,
	'--strict-model',
	'--model',
	model,
	'--model',
	moderator,
];

// Nothing of the user's may reach an SDK: keys, addresses, proxies.
for (const name of Object.keys(process.env))
	if (/^(OPENAI|AZURE|ANTHROPIC|GEMINI|GOOGLE|OLLAMA)_|_proxy$/i.test(name))
		delete process.env[name];

async function start() {
	const child = spawn(process.env.PLLM_MOCK, options, {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	after(() => child.kill());
	for await (const line of createInterface({ input: child.stdout })) {
		child.unref();
		child.stdout.unref();
		return line.replace(/\/v1$/, '');
	}
	throw new Error(`${process.env.PLLM_MOCK} does not say where it listens`);
}

export const url = process.env.PLLM_MOCK_URL || (await start());

// A prompt that was never asked before, so that its script begins at the beginning.
let prompts = 0;
export function prompt(script = '') {
	const text = `Grüße ${process.pid}.${++prompts} 👋`;
	return script ? `${text} [[mock:${script}]]` : text;
}

// What the mock says to such a prompt.
export function echo(text) {
	return 'echo: ' + text.replace(/\[\[mock:.*?\]\]/g, '');
}

// What each SDK is asked to make the mock fill in.
export const schema = {
	type: 'object',
	properties: {
		name: { type: 'string' },
		age: { type: 'integer' },
		tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
	},
	required: ['name', 'age', 'tags'],
	additionalProperties: false,
};

export function fits(text) {
	const value = JSON.parse(text);
	assert.deepEqual(Object.keys(value).sort(), ['age', 'name', 'tags']);
	assert.equal(typeof value.name, 'string');
	assert.ok(Number.isInteger(value.age));
	assert.ok(Array.isArray(value.tags) && value.tags.every((tag) => 'ab'.includes(tag)));
}

export const question = {
	type: 'object',
	properties: { query: { type: 'string' } },
	required: ['query'],
};

// One white pixel.
export const png =
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAA' +
	'CklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==';

export function same(got, wanted) {
	assert.deepEqual(got, wanted);
}

export function holds(condition, message) {
	assert.ok(condition, message);
}

// The error that a call ends with; it is one of that class, with that status.
export async function error(kind, status, call) {
	try {
		await call();
	} catch (e) {
		assert.ok(
			e instanceof kind,
			`${e.constructor.name} is no ${kind.name}: ${e.message}`,
		);
		assert.equal(e.status ?? e.status_code, status);
		return e;
	}
	assert.fail('no error was raised');
}

// How long the call waits before it tries again, as far as such waits matter; they take no time.
export async function waits(matters, call) {
	const original = globalThis.setTimeout;
	const seen = [];
	globalThis.setTimeout = (f, ms, ...rest) => {
		if (!matters(ms)) return original(f, ms, ...rest);
		seen.push(ms);
		return original(f, 0, ...rest);
	};
	try {
		await call();
	} finally {
		globalThis.setTimeout = original;
	}
	return seen;
}

export async function collect(stream) {
	const all = [];
	for await (const item of stream) all.push(item);
	return all;
}

// A judge's tests, each with the judge's name in front of it.
export function judge(name) {
	return (sentence, f) => test(`${name}: ${sentence}`, { timeout: 60000 }, f);
}
