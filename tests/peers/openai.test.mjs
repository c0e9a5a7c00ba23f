// SPDX-License-Identifier: MIT
// The package `openai`: chat completions, their errors, and the list of models.
import OpenAI from 'openai';
import {
	collect,
	echo,
	error,
	fits,
	holds,
	model,
	moderator,
	png,
	prompt,
	same,
	schema,
	waits,
} from './mock.mjs';
import { body, chat, client, format, patient, stranger, test, textOf, tools } from './openai.mjs';

test('a chat completion has text, finish reason and usage', async () => {
	const text = prompt();
	const answer = await chat(text);
	same(answer.object, 'chat.completion');
	same(answer.model, model);
	same(answer.choices[0].message.role, 'assistant');
	same(answer.choices[0].message.content, echo(text));
	same(answer.choices[0].finish_reason, 'stop');
	const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
	holds(prompt_tokens > 0 && completion_tokens > 0);
	same(total_tokens, prompt_tokens + completion_tokens);
	holds(answer._request_id);
});

test('a stream of chunks says the same as one answer', async () => {
	const text = prompt();
	const whole = await chat(text);
	const chunks = await collect(
		await chat(text, { stream: true, stream_options: { include_usage: true } }),
	);
	same(textOf(chunks), whole.choices[0].message.content);
	same(chunks.at(-2).choices[0].finish_reason, 'stop');
	same(chunks.at(-1).usage, whole.usage);
	same(chunks.at(-1).choices, []);
});

test('the helper for streams puts the same completion together', async () => {
	const text = prompt();
	const whole = await chat(text);
	const final = await client.chat.completions.stream(body(text)).finalChatCompletion();
	same(final.choices[0].message.content, whole.choices[0].message.content);
	same(final.choices[0].finish_reason, 'stop');
});

test('cached and reasoning tokens are parts of the counts', async () => {
	const { usage } = await chat(prompt('cached=1000,reasoning=7'));
	same(usage.prompt_tokens_details.cached_tokens, 1000);
	same(usage.completion_tokens_details.reasoning_tokens, 7);
	holds(usage.prompt_tokens >= 1000 && usage.completion_tokens > 7);
});

test('all messages of a conversation are taken, and several choices given', async () => {
	const text = prompt();
	const answer = await client.chat.completions.create({
		model,
		n: 2,
		messages: [
			{ role: 'developer', content: 'Be brief.' },
			{ role: 'user', content: 'Hello' },
			{ role: 'assistant', content: 'Hello!' },
			{ role: 'user', content: [{ type: 'text', text }] },
		],
	});
	same(
		answer.choices.map((c) => c.message.content),
		[echo(text), echo(text)],
	);
});

test('the maximum of tokens cuts the answer', async () => {
	const answer = await chat(prompt(), { max_completion_tokens: 2 });
	same(answer.choices[0].finish_reason, 'length');
	holds(answer.choices[0].message.content.length <= 8);
});

test('a JSON schema is filled in', async () => {
	const answer = await chat(prompt(), { response_format: format });
	fits(answer.choices[0].message.content);
});

test('a strict JSON schema that lets properties open is refused', async () => {
	const open = { ...schema, additionalProperties: undefined };
	await error(OpenAI.BadRequestError, 400, () =>
		chat(prompt(), {
			response_format: {
				type: 'json_schema',
				json_schema: { name: 'p', strict: true, schema: open },
			},
		}),
	);
});

test('JSON of any kind is an object', async () => {
	const answer = await chat(prompt(), { response_format: { type: 'json_object' } });
	same(typeof JSON.parse(answer.choices[0].message.content), 'object');
});

test('an image is accepted, and no other address', async () => {
	const text = prompt();
	const parts = (image) => [
		{ type: 'text', text },
		{ type: 'image_url', image_url: { url: image } },
	];
	const answer = await chat(parts(`data:image/png;base64,${png}`));
	same(answer.choices[0].message.content, echo(text));
	await error(OpenAI.BadRequestError, 400, () => chat(parts('file:///etc/passwd')));
});

test('a tool is called, and its result accepted', async () => {
	const text = prompt('tools');
	const {
		choices: [{ message, finish_reason }],
	} = await chat(text, { tools });
	same(finish_reason, 'tool_calls');
	same(message.content, null);
	const [call] = message.tool_calls;
	same(call.type, 'function');
	same(call.function.name, 'lookup');
	same(typeof JSON.parse(call.function.arguments).query, 'string');
	const next = await client.chat.completions.create({
		model,
		tools,
		messages: [
			{ role: 'user', content: text },
			message,
			{ role: 'tool', tool_call_id: call.id, content: '42' },
		],
	});
	same(next.choices[0].finish_reason, 'stop');
});

test('a streamed tool call is put together', async () => {
	const runner = client.chat.completions.stream(body(prompt('tools'), { tools }));
	const {
		choices: [{ message, finish_reason }],
	} = await runner.finalChatCompletion();
	same(finish_reason, 'tool_calls');
	same(message.tool_calls[0].function.name, 'lookup');
	same(typeof JSON.parse(message.tool_calls[0].function.arguments).query, 'string');
});

test('a refusal is a member of its own, whole and streamed', async () => {
	const script = 'refusal,refusal';
	const text = prompt(script);
	const {
		choices: [{ message }],
	} = await chat(text);
	same(message.content, null);
	holds(message.refusal.length > 0);
	const chunks = await collect(await chat(text, { stream: true }));
	same(chunks.map((c) => c.choices[0]?.delta.refusal ?? '').join(''), message.refusal);
});

test('a filtered answer says so', async () => {
	const answer = await chat(prompt('filter'));
	same(answer.choices[0].finish_reason, 'content_filter');
});

// == Errors ==

for (const [status, kind] of [
	[400, OpenAI.BadRequestError],
	[401, OpenAI.AuthenticationError],
	[403, OpenAI.PermissionDeniedError],
	[404, OpenAI.NotFoundError],
	[409, OpenAI.ConflictError],
	[422, OpenAI.UnprocessableEntityError],
	[429, OpenAI.RateLimitError],
	[500, OpenAI.InternalServerError],
	[503, OpenAI.InternalServerError],
])
	test(`${status} is a ${kind.name} with a message and a type`, async () => {
		for (const stream of [false, true]) {
			const e = await error(kind, status, () =>
				chat(prompt(`${status}`), { stream }),
			);
			holds(e.error.message.length > 0 && e.type.length > 0);
			holds(e.message.includes(e.error.message));
		}
	});

test('a wrong key, an unknown model, an unknown path and a bad number are told apart', async () => {
	const wrong = await error(OpenAI.AuthenticationError, 401, () =>
		chat(prompt(), {}, stranger),
	);
	same(wrong.code, 'invalid_api_key');
	const unknown = await error(OpenAI.NotFoundError, 404, () =>
		chat(prompt(), { model: 'no-such-model' }),
	);
	same(unknown.code, 'model_not_found');
	await error(OpenAI.NotFoundError, 404, () => client.get('/nothing/here'));
	const bad = await error(OpenAI.BadRequestError, 400, () =>
		chat(prompt(), { temperature: 3 }),
	);
	same(bad.param, 'temperature');
});

test('quota and length of the prompt have codes of their own', async () => {
	const quota = await error(OpenAI.RateLimitError, 429, () => chat(prompt('quota')));
	same(quota.code, 'insufficient_quota');
	const long = await error(OpenAI.BadRequestError, 400, () => chat(prompt('context')));
	same(long.code, 'context_length_exceeded');
});

test('a 429 is tried again when it says, in whichever header', async () => {
	for (const [script, least, most] of [
		['429@ms:34567', 34567, 34567],
		['429@12', 12000, 12000],
		['429@date:+20', 5000, 20000],
	]) {
		const seen = await waits(
			(ms) => ms >= least && ms <= most,
			() => chat(prompt(script), {}, patient),
		);
		same(seen.length, 1);
	}
	const e = await error(OpenAI.RateLimitError, 429, () => chat(prompt('429@12')));
	same(e.headers.get('retry-after'), '12');
});

test('whether to try again at all can be said', async () => {
	await error(OpenAI.InternalServerError, 500, () =>
		chat(prompt('noretry:500,200'), {}, patient),
	);
	const text = prompt('retry:400@ms:1,200');
	const answer = await chat(text, {}, patient);
	same(answer.choices[0].message.content, echo(text));
});

test('a dropped connection is no answer', async () => {
	await error(OpenAI.APIConnectionError, undefined, () => chat(prompt('drop')));
});

test('an error in the middle of a stream is raised after what came before', async () => {
	const chunks = [];
	const e = await error(OpenAI.APIError, undefined, async () => {
		for await (const chunk of await chat(prompt('stream-error'), { stream: true }))
			chunks.push(chunk);
	});
	holds(e.error.message.length > 0);
	holds(textOf(chunks).startsWith('echo: '));
});

test('a stream that is cut off is raised', async () => {
	await error(Error, undefined, async () => {
		await collect(await chat(prompt('stream-cut'), { stream: true }));
	});
});

test('a stream in other line ends, with comments, drop by drop, says the same', async () => {
	const text = prompt('crlf,cr,comments,drip,crlf+comments+drip');
	for (let i = 0; i < 5; i++)
		same(textOf(await collect(await chat(text, { stream: true }))), echo(text));
});

test('the models are listed', async () => {
	const models = await collect(client.models.list());
	same(
		models.map((m) => m.id),
		[model, moderator],
	);
});
