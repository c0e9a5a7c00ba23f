// SPDX-License-Identifier: MIT
// The package `@anthropic-ai/sdk`: messages.
import Anthropic, {
	APIConnectionError,
	APIError,
	AuthenticationError,
	BadRequestError,
	ConflictError,
	ContentTooLargeError,
	GatewayTimeoutError,
	InternalServerError,
	NotFoundError,
	OverloadedError,
	PaymentRequiredError,
	PermissionDeniedError,
	RateLimitError,
	ServiceUnavailableError,
} from '@anthropic-ai/sdk';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
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
	waits,
} from './mock.mjs';

const test = judge('anthropic');
const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const patient = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 1 });
const stranger = new Anthropic({ baseURL: url, apiKey: 'sk-wrong', maxRetries: 0 });

function body(content, more = {}) {
	return { model, max_tokens: 1000, messages: [{ role: 'user', content }], ...more };
}

function ask(content, more = {}, who = client) {
	return who.messages.create(body(content, more));
}

function textOf(events) {
	return events
		.map((e) => (e.type === 'content_block_delta' ? (e.delta.text ?? '') : ''))
		.join('');
}

const tools = [{ name: 'lookup', description: 'Looks up.', input_schema: question }];
const format = { type: 'json_schema', schema };

test('a message has text, stop reason and usage', async () => {
	const text = prompt();
	const message = await ask(text, { system: 'Be brief.' });
	same([message.type, message.role, message.model], ['message', 'assistant', model]);
	same(message.content, [{ type: 'text', text: echo(text) }]);
	same(message.stop_reason, 'end_turn');
	holds(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
	holds(message._request_id.startsWith('req_'));
});

test('a bearer token will do in place of a key', async () => {
	const bearer = new Anthropic({ baseURL: url, apiKey: null, authToken: key, maxRetries: 0 });
	const text = prompt();
	same((await ask(text, {}, bearer)).content[0].text, echo(text));
});

test('a stream of events says the same as one message', async () => {
	const text = prompt();
	const whole = await ask(text);
	const events = await collect(await ask(text, { stream: true }));
	same(textOf(events), whole.content[0].text);
	same(events[0].type, 'message_start');
	same(events.at(-1).type, 'message_stop');
	const { delta, usage } = events.find((e) => e.type === 'message_delta');
	same(delta.stop_reason, whole.stop_reason);
	same(usage.output_tokens, whole.usage.output_tokens);
});

test('the helper for streams puts the same message together', async () => {
	const text = prompt();
	const whole = await ask(text);
	const stream = client.messages.stream(body(text));
	const final = await stream.finalMessage();
	same(
		final.content.map(({ type, text: said }) => ({ type, text: said })),
		whole.content,
	);
	same(final.stop_reason, whole.stop_reason);
	same(final.usage.input_tokens, whole.usage.input_tokens);
	same(final.usage.output_tokens, whole.usage.output_tokens);
});

test('cached tokens are counted beside the others, thought ones among the output', async () => {
	const text = prompt('cached=1000,reasoning=7');
	const { content, usage } = await ask(text);
	same(usage.cache_read_input_tokens, 1000);
	holds(usage.input_tokens < 1000 && usage.output_tokens > 7);
	same(
		content.map((block) => block.type),
		['thinking', 'text'],
	);
	holds(content[0].thinking.length > 0 && content[0].signature.length > 0);
	const final = await client.messages.stream(body(text)).finalMessage();
	same(
		final.content.map((block) => block.type),
		['thinking', 'text'],
	);
	same(final.content[0].thinking, content[0].thinking);
	same(final.content[0].signature, content[0].signature);
	same(final.usage.cache_read_input_tokens, 1000);
});

test('a JSON schema is filled in, and read by the helper', async () => {
	const message = await ask(prompt(), { output_config: { format } });
	fits(message.content[0].text);
	const parsed = await client.messages.parse(
		body(prompt(), { output_config: { format: jsonSchemaOutputFormat(schema) } }),
	);
	fits(JSON.stringify(parsed.parsed_output));
});

test('a JSON schema that lets properties open is refused', async () => {
	const open = {
		type: 'json_schema',
		schema: { ...schema, additionalProperties: undefined },
	};
	const e = await error(BadRequestError, 400, () =>
		ask(prompt(), { output_config: { format: open } }),
	);
	holds(e.message.includes('additionalProperties'));
});

test('the maximum of tokens cuts the message, and must be there', async () => {
	const message = await ask(prompt(), { max_tokens: 2 });
	same(message.stop_reason, 'max_tokens');
	same(message.usage.output_tokens, 2);
	const e = await error(BadRequestError, 400, () => ask(prompt(), { max_tokens: undefined }));
	holds(e.message.includes('max_tokens'));
});

test('images are accepted as data and as addresses', async () => {
	const text = prompt();
	for (const source of [
		{ type: 'base64', media_type: 'image/png', data: png },
		{ type: 'url', url: 'https://example.com/a.png' },
	]) {
		const message = await ask([
			{ type: 'image', source },
			{ type: 'text', text },
		]);
		same(message.content[0].text, echo(text));
	}
	const source = { type: 'base64', media_type: 'image/tiff', data: png };
	await error(BadRequestError, 400, () => ask([{ type: 'image', source }]));
});

test('a tool is used, whole and streamed, and its result accepted', async () => {
	const text = prompt('tools,tools');
	const whole = await ask(text, { tools });
	const final = await client.messages.stream(body(text, { tools })).finalMessage();
	for (const message of [whole, final]) {
		same(message.stop_reason, 'tool_use');
		const [use] = message.content;
		same([use.type, use.name], ['tool_use', 'lookup']);
		same(typeof use.input.query, 'string');
	}
	const next = await client.messages.create({
		model,
		max_tokens: 1000,
		tools,
		messages: [
			{ role: 'user', content: text },
			{ role: 'assistant', content: whole.content },
			{
				role: 'user',
				content: [
					{
						type: 'tool_result',
						tool_use_id: whole.content[0].id,
						content: '42',
					},
				],
			},
		],
	});
	same(next.stop_reason, 'end_turn');
});

test('a refusal is a stop reason, whole and streamed', async () => {
	const text = prompt('refusal,refusal');
	const whole = await ask(text);
	const final = await client.messages.stream(body(text)).finalMessage();
	for (const message of [whole, final]) {
		same(message.stop_reason, 'refusal');
		same(message.stop_details.type, 'refusal');
	}
});

// == Errors ==

for (const [status, kind, type] of [
	[400, BadRequestError, 'invalid_request_error'],
	[401, AuthenticationError, 'authentication_error'],
	[402, PaymentRequiredError, 'billing_error'],
	[403, PermissionDeniedError, 'permission_error'],
	[404, NotFoundError, 'not_found_error'],
	[409, ConflictError, 'conflict_error'],
	[413, ContentTooLargeError, 'request_too_large'],
	[429, RateLimitError, 'rate_limit_error'],
	[500, InternalServerError, 'api_error'],
	[503, ServiceUnavailableError, 'api_error'],
	[504, GatewayTimeoutError, 'timeout_error'],
	[529, OverloadedError, 'overloaded_error'],
])
	test(`${status} is a ${kind.name} of type ${type}`, async () => {
		for (const stream of [false, true]) {
			const e = await error(kind, status, () =>
				ask(prompt(`${status}`), { stream }),
			);
			same(e.type, type);
			same(e.error.type, 'error');
			holds(e.error.error.message.length > 0);
			holds(e.requestID.startsWith('req_'));
			holds(e.error.request_id.startsWith('req_'));
		}
	});

test('a wrong key, unknown models, paths and members are told apart', async () => {
	await error(AuthenticationError, 401, () => ask(prompt(), {}, stranger));
	const unknown = () => ask(prompt(), { model: 'no-such-model' });
	same((await error(NotFoundError, 404, unknown)).apiMessage, 'model: no-such-model');
	await error(NotFoundError, 404, () => client.get('/v1/nothing'));
	const e = await error(BadRequestError, 400, () => ask(prompt(), { n: 2 }));
	holds(e.message.includes('n: Extra inputs are not permitted'));
});

test('spent money and a prompt too long have their words', async () => {
	const spent = await error(BadRequestError, 400, () => ask(prompt('spend-limit')));
	holds(spent.message.includes('You have reached your specified API usage limits'));
	const long = await error(BadRequestError, 400, () => ask(prompt('context')));
	holds(long.message.includes('prompt is too long'));
});

test('a 429 and a 529 are tried again when they say', async () => {
	for (const [script, least, most] of [
		['429@12', 12000, 12000],
		['529@13', 13000, 13000],
		['429@date:+20', 5000, 20000],
		['429@ms:34567', 34567, 34567],
	]) {
		const seen = await waits(
			(ms) => ms >= least && ms <= most,
			() => ask(prompt(script), {}, patient),
		);
		same(seen.length, 1);
	}
	const e = await error(RateLimitError, 429, () => ask(prompt('429@12')));
	same(e.headers.get('retry-after'), '12');
});

test('whether to try again at all can be said', async () => {
	await error(OverloadedError, 529, () => ask(prompt('noretry:529,200'), {}, patient));
});

test('a dropped connection is no message', async () => {
	await error(APIConnectionError, undefined, () => ask(prompt('drop')));
});

test('an error in the middle of a stream is raised with its type', async () => {
	const events = [];
	const e = await error(APIError, undefined, async () => {
		for await (const event of await ask(prompt('stream-error'), { stream: true }))
			events.push(event);
	});
	same(e.type, 'overloaded_error');
	holds(textOf(events).startsWith('echo: '));
});

test('a stream that is cut off, or has no end, is no message', async () => {
	for (const script of ['stream-cut', 'no-end'])
		await error(Error, undefined, () =>
			client.messages.stream(body(prompt(script))).finalMessage(),
		);
});

test('a stream in other line ends, with comments, drop by drop, says the same', async () => {
	const text = prompt('crlf,cr,comments,drip,crlf+comments+drip');
	for (let i = 0; i < 5; i++)
		same(textOf(await collect(await ask(text, { stream: true }))), echo(text));
});
