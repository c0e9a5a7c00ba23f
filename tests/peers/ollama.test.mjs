// SPDX-License-Identifier: MIT
// The package `ollama`: chat.
import { Ollama } from 'ollama';
import {
	collect,
	echo,
	error,
	fits,
	holds,
	judge,
	key,
	model,
	png,
	prompt,
	question,
	same,
	schema,
	url,
} from './mock.mjs';

const test = judge('ollama');
const client = new Ollama({ host: url, headers: { Authorization: `Bearer ${key}` } });
const stranger = new Ollama({ host: url, headers: { Authorization: 'Bearer wrong' } });

function ask(content, more = {}, who = client) {
	return who.chat({ model, messages: [{ role: 'user', content }], ...more });
}

async function stream(content, more = {}) {
	return collect(await ask(content, { ...more, stream: true }));
}

function textOf(chunks) {
	return chunks.map((chunk) => chunk.message.content).join('');
}

// The package does not export its class of errors.
async function failure(status, call) {
	const e = await error(Error, status, call);
	same(e.name, 'ResponseError');
	return e;
}

const tools = [{ type: 'function', function: { name: 'lookup', parameters: question } }];

test('a chat has text, a reason for its end and counts', async () => {
	const text = prompt();
	const answer = await ask(text);
	same(answer.model, model);
	same(answer.message, { role: 'assistant', content: echo(text) });
	same([answer.done, answer.done_reason], [true, 'stop']);
	holds(answer.prompt_eval_count > 0 && answer.eval_count > 0);
	holds(answer.total_duration > 0 && answer.eval_duration > 0);
	holds(!Number.isNaN(Date.parse(answer.created_at)));
});

test('a stream of lines says the same as one answer', async () => {
	const text = prompt();
	const whole = await ask(text);
	const chunks = await stream(text);
	holds(chunks.length > 1);
	same(textOf(chunks), whole.message.content);
	same(
		chunks.map((chunk) => chunk.done),
		chunks.map((_, i) => i === chunks.length - 1),
	);
	same(chunks.at(-1).done_reason, 'stop');
	same(chunks.at(-1).eval_count, whole.eval_count);
	same(chunks.at(-1).prompt_eval_count, whole.prompt_eval_count);
});

test('all messages of a conversation are taken', async () => {
	const text = prompt();
	const answer = await client.chat({
		model,
		messages: [
			{ role: 'system', content: 'Be brief.' },
			{ role: 'user', content: 'Hello' },
			{ role: 'assistant', content: 'Hello!' },
			{ role: 'user', content: text },
		],
	});
	same(answer.message.content, echo(text));
});

test('what was thought stands beside the text', async () => {
	const text = prompt('reasoning=7');
	const answer = await ask(text, { think: true });
	holds(answer.message.thinking.length > 0);
	same(answer.message.content, echo(text));
	const chunks = await stream(text, { think: true });
	same(chunks.map((chunk) => chunk.message.thinking ?? '').join(''), answer.message.thinking);
	same(textOf(chunks), echo(text));
});

test('a JSON schema is filled in, and JSON of any kind is an object', async () => {
	fits((await ask(prompt(), { format: schema })).message.content);
	same(
		typeof JSON.parse((await ask(prompt(), { format: 'json' })).message.content),
		'object',
	);
});

test('the maximum of tokens cuts the answer', async () => {
	const answer = await ask(prompt(), { options: { num_predict: 2 } });
	same([answer.done_reason, answer.eval_count], ['length', 2]);
});

test('an image is accepted as bytes, and no address', async () => {
	const text = prompt();
	for (const image of [png, Buffer.from(png, 'base64')]) {
		const message = { role: 'user', content: text, images: [image] };
		same(
			(await client.chat({ model, messages: [message] })).message.content,
			echo(text),
		);
	}
	const message = { role: 'user', content: text, images: ['https://example.com/a.png'] };
	await failure(400, () => client.chat({ model, messages: [message] }));
});

test('a tool is called, whole and streamed, and its result accepted', async () => {
	const text = prompt('tools,tools');
	const whole = await ask(text, { tools });
	const calls = (await stream(text, { tools })).flatMap(
		(chunk) => chunk.message.tool_calls ?? [],
	);
	for (const found of [whole.message.tool_calls, calls]) {
		same(found.length, 1);
		same(found[0].function.name, 'lookup');
		same(typeof found[0].function.arguments.query, 'string');
	}
	const next = await client.chat({
		model,
		tools,
		messages: [
			{ role: 'user', content: text },
			whole.message,
			{ role: 'tool', tool_name: 'lookup', content: '42' },
		],
	});
	same(next.done_reason, 'stop');
});

// == Errors ==

for (const status of [400, 404, 429, 500, 503])
	test(`${status} is a ResponseError with a message`, async () => {
		holds((await failure(status, () => ask(prompt(`${status}`)))).message.length > 0);
		holds(
			(await failure(status, () => stream(prompt(`${status}`)))).message.length >
				0,
		);
	});

test('a wrong key and an unknown model are told apart', async () => {
	same((await failure(401, () => ask(prompt(), {}, stranger))).message, 'unauthorized');
	const e = await failure(404, () => ask(prompt(), { model: 'no-such-model' }));
	holds(e.message.includes('not found'));
});

test('a dropped connection is no answer', async () => {
	await error(Error, undefined, () => ask(prompt('drop')));
});

test('an error in the middle of a stream is raised after what came before', async () => {
	const chunks = [];
	await error(Error, undefined, async () => {
		for await (const chunk of await ask(prompt('stream-error'), { stream: true }))
			chunks.push(chunk);
	});
	holds(textOf(chunks).startsWith('echo: '));
});

test('a stream that is cut off, or has no end, is raised', async () => {
	for (const script of ['stream-cut', 'no-end'])
		await error(Error, undefined, () => stream(prompt(script)));
});

test('a stream that comes drop by drop says the same', async () => {
	const text = prompt('drip');
	same(textOf(await stream(text)), echo(text));
});
