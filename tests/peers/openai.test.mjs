// SPDX-License-Identifier: MIT
// The package `openai`: chat completions, completions, responses, moderations; Azure's two forms.
import OpenAI, { AzureOpenAI } from 'openai';
import {
	collect, echo, error, fits, holds, judge, key, model, png, prompt, question, same, schema, url,
	waits,
} from './mock.mjs';

const test = judge('openai');
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const patient = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 1 });
const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-wrong', maxRetries: 0 });

function body(content, more = {}) {
	return { model, messages: [{ role: 'user', content }], ...more };
}

function chat(content, more = {}, who = client) {
	return who.chat.completions.create(body(content, more));
}

function textOf(chunks) {
	return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
}

const tools = [{ type: 'function', function: { name: 'lookup', parameters: question } }];
const format = {
	type: 'json_schema',
	json_schema: { name: 'person', strict: true, schema },
};

// == Chat completions ==

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
		await chat(text, { stream: true, stream_options: { include_usage: true } }));
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
	same(answer.choices.map((c) => c.message.content), [echo(text), echo(text)]);
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
	await error(OpenAI.BadRequestError, 400, () => chat(prompt(), {
		response_format: { type: 'json_schema', json_schema: { name: 'p', strict: true, schema: open } },
	}));
});

test('JSON of any kind is an object', async () => {
	const answer = await chat(prompt(), { response_format: { type: 'json_object' } });
	same(typeof JSON.parse(answer.choices[0].message.content), 'object');
});

test('an image is accepted, and no other address', async () => {
	const text = prompt();
	const parts = (image) => [{ type: 'text', text }, { type: 'image_url', image_url: { url: image } }];
	const answer = await chat(parts(`data:image/png;base64,${png}`));
	same(answer.choices[0].message.content, echo(text));
	await error(OpenAI.BadRequestError, 400, () => chat(parts('file:///etc/passwd')));
});

test('a tool is called, and its result accepted', async () => {
	const text = prompt('tools');
	const { choices: [{ message, finish_reason }] } = await chat(text, { tools });
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
	const { choices: [{ message, finish_reason }] } = await runner.finalChatCompletion();
	same(finish_reason, 'tool_calls');
	same(message.tool_calls[0].function.name, 'lookup');
	same(typeof JSON.parse(message.tool_calls[0].function.arguments).query, 'string');
});

test('a refusal is a member of its own, whole and streamed', async () => {
	const script = 'refusal,refusal';
	const text = prompt(script);
	const { choices: [{ message }] } = await chat(text);
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
	[400, OpenAI.BadRequestError], [401, OpenAI.AuthenticationError],
	[403, OpenAI.PermissionDeniedError], [404, OpenAI.NotFoundError], [409, OpenAI.ConflictError],
	[422, OpenAI.UnprocessableEntityError], [429, OpenAI.RateLimitError],
	[500, OpenAI.InternalServerError], [503, OpenAI.InternalServerError],
])
	test(`${status} is a ${kind.name} with a message and a type`, async () => {
		for (const stream of [false, true]) {
			const e = await error(kind, status, () => chat(prompt(`${status}`), { stream }));
			holds(e.error.message.length > 0 && e.type.length > 0);
			holds(e.message.includes(e.error.message));
		}
	});

test('a wrong key, an unknown model, an unknown path and a bad number are told apart', async () => {
	const wrong = await error(
		OpenAI.AuthenticationError, 401, () => chat(prompt(), {}, stranger));
	same(wrong.code, 'invalid_api_key');
	const unknown = await error(
		OpenAI.NotFoundError, 404, () => chat(prompt(), { model: 'no-such-model' }));
	same(unknown.code, 'model_not_found');
	await error(OpenAI.NotFoundError, 404, () => client.get('/nothing/here'));
	const bad = await error(
		OpenAI.BadRequestError, 400, () => chat(prompt(), { temperature: 3 }));
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
		['429@ms:34567', 34567, 34567], ['429@12', 12000, 12000], ['429@date:+20', 18000, 20000],
	]) {
		const seen = await waits(
			(ms) => ms >= least && ms <= most, () => chat(prompt(script), {}, patient));
		same(seen.length, 1);
	}
	const e = await error(OpenAI.RateLimitError, 429, () => chat(prompt('429@12')));
	same(e.headers.get('retry-after'), '12');
});

test('whether to try again at all can be said', async () => {
	await error(OpenAI.InternalServerError, 500, () => chat(prompt('noretry:500,200'), {}, patient));
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
	same(models.map((m) => m.id), [model]);
});

// == Completions ==

test('a text is completed, whole and streamed', async () => {
	const text = prompt();
	const ask = { model, prompt: text, max_tokens: 100 };
	const whole = await client.completions.create(ask);
	same(whole.object, 'text_completion');
	same(whole.choices[0].text, echo(text));
	same(whole.choices[0].finish_reason, 'stop');
	same(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
	const chunks = await collect(await client.completions.create({ ...ask, stream: true }));
	same(chunks.map((chunk) => chunk.choices[0].text).join(''), echo(text));
});

test('several texts are completed in their order', async () => {
	const texts = [prompt(), prompt()];
	const answer = await client.completions.create({ model, prompt: texts, max_tokens: 100 });
	same(answer.choices.map((c) => [c.index, c.text]), texts.map((text, i) => [i, echo(text)]));
});

// == Responses ==

function respond(input, more = {}) {
	return client.responses.create({ model, input, ...more });
}

test('a response has text, status and usage', async () => {
	const text = prompt();
	const response = await respond(text, { instructions: 'Be brief.' });
	same(response.object, 'response');
	same(response.status, 'completed');
	same(response.output_text, echo(text));
	const { input_tokens, output_tokens, total_tokens } = response.usage;
	holds(input_tokens > 0 && output_tokens > 0);
	same(total_tokens, input_tokens + output_tokens);
});

test('the events of a response are numbered and put the same response together', async () => {
	const text = prompt();
	const whole = await respond(text);
	const stream = client.responses.stream({ model, input: text });
	const events = await collect(stream);
	same(events.map((e) => e.sequence_number), events.map((_, i) => i));
	const final = await stream.finalResponse();
	same(final.output_text, whole.output_text);
	same(final.usage, whole.usage);
	same(final.output.map((item) => item.content), whole.output.map((item) => item.content)
		.map((content) => content.map((part) => ({ ...part, parsed: null }))));
});

test('a response has what was thought in front', async () => {
	const text = prompt('reasoning=7,cached=3');
	const response = await respond(text);
	same(response.output.map((item) => item.type), ['reasoning', 'message']);
	same(response.output_text, echo(text));
	same(response.usage.output_tokens_details.reasoning_tokens, 7);
	same(response.usage.input_tokens_details.cached_tokens, 3);
	const final = await client.responses.stream({ model, input: prompt('reasoning=7') }).finalResponse();
	same(final.output.map((item) => item.type), ['reasoning', 'message']);
});

test('a response fills a JSON schema in', async () => {
	const response = await respond(prompt(), {
		text: { format: { type: 'json_schema', name: 'person', strict: true, schema } },
	});
	fits(response.output_text);
});

test('a response takes images and messages', async () => {
	const text = prompt();
	const response = await respond([
		{ role: 'system', content: 'Be brief.' },
		{
			role: 'user',
			content: [
				{ type: 'input_text', text },
				{ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${png}` },
			],
		},
	]);
	same(response.output_text, echo(text));
});

test('a response calls a function, whole and streamed, and takes its result', async () => {
	const ask = {
		model,
		input: [{ role: 'user', content: prompt('tools,tools') }],
		tools: [{ type: 'function', name: 'lookup', parameters: question, strict: false }],
	};
	const whole = await client.responses.create(ask);
	const final = await client.responses.stream(ask).finalResponse();
	for (const { output: [call] } of [whole, final]) {
		same(call.type, 'function_call');
		same(call.name, 'lookup');
		same(typeof JSON.parse(call.arguments).query, 'string');
	}
	const next = await respond([
		...ask.input,
		...whole.output,
		{ type: 'function_call_output', call_id: whole.output[0].call_id, output: '42' },
	], { tools: ask.tools });
	same(next.status, 'completed');
});

test('a response refuses in a part of its own', async () => {
	const text = prompt('refusal,refusal');
	const whole = await respond(text);
	const final = await client.responses.stream({ model, input: text }).finalResponse();
	for (const response of [whole, final]) {
		same(response.output[0].content[0].type, 'refusal');
		holds(response.output[0].content[0].refusal.length > 0);
	}
});

test('a response that was cut or filtered is incomplete, whole and streamed', async () => {
	for (const [script, reason] of [['length', 'max_output_tokens'], ['filter', 'content_filter']]) {
		const text = prompt(`${script},${script}`);
		const events = await collect(await respond(text, { stream: true }));
		same(events.at(-1).type, 'response.incomplete');
		for (const response of [await respond(text), events.at(-1).response]) {
			same(response.status, 'incomplete');
			same(response.incomplete_details.reason, reason);
		}
	}
});

test('a response has the errors of chat completions', async () => {
	await error(OpenAI.RateLimitError, 429, () => respond(prompt('429')));
	await error(OpenAI.InternalServerError, 500, () => respond(prompt('500')));
	const e = await error(OpenAI.BadRequestError, 400, () => respond(prompt(), { messages: [] }));
	holds(e.message.includes('messages'));
	await error(OpenAI.BadRequestError, 400, () => respond(prompt(), { max_output_tokens: 1 }));
});

test('an error in the middle of a response is its last event', async () => {
	const events = await collect(await respond(prompt('stream-error'), { stream: true }));
	same(events.at(-1).type, 'error');
	holds(events.at(-1).message.length > 0);
	holds(events.some((e) => e.type === 'response.output_text.delta'));
});

// == Moderations ==

test('moderations judge each text', async () => {
	const { results, model: name } = await client.moderations.create({
		model: 'omni-moderation-latest', input: ['a flag', 'a flower'],
	});
	same(name, 'omni-moderation-latest');
	same(results.map((r) => r.flagged), [true, false]);
	for (const result of results) {
		const categories = Object.keys(result.categories).sort();
		same(Object.keys(result.category_scores).sort(), categories);
		holds(categories.includes('violence') && categories.includes('self-harm/intent'));
		same(Object.values(result.categories).some(Boolean), result.flagged);
	}
});

// == Azure ==

for (const [form, azure] of [
	['deployments', new AzureOpenAI({
		endpoint: url, apiKey: key, apiVersion: '2024-10-21', maxRetries: 0,
	})],
	['/openai/v1', new OpenAI({ baseURL: `${url}/openai/v1/`, apiKey: key, maxRetries: 0 })],
]) {
	test(`Azure's ${form} have text and usage, whole and streamed`, async () => {
		const text = prompt();
		const whole = await chat(text, {}, azure);
		same(whole.choices[0].message.content, echo(text));
		holds(whole.usage.total_tokens > 0);
		const chunks = await collect(await chat(text, { stream: true }, azure));
		same(textOf(chunks), echo(text));
	});

	test(`Azure's ${form} have a schema, tools and completions`, async () => {
		fits((await chat(prompt(), { response_format: format }, azure)).choices[0].message.content);
		const answer = await chat(prompt('tools'), { tools }, azure);
		same(answer.choices[0].message.tool_calls[0].function.name, 'lookup');
		const text = prompt();
		const done = await azure.completions.create({ model, prompt: text, max_tokens: 100 });
		same(done.choices[0].text, echo(text));
	});

	test(`Azure's ${form} raise errors of their classes`, async () => {
		await error(OpenAI.RateLimitError, 429, () => chat(prompt('429'), {}, azure));
		await error(OpenAI.InternalServerError, 500, () => chat(prompt('500'), {}, azure));
		const blocked = await error(
			OpenAI.BadRequestError, 400, () => chat(prompt('blocked'), {}, azure));
		same(blocked.code, 'content_filter');
		await error(
			OpenAI.NotFoundError, 404, () => chat(prompt(), { model: 'no-such-model' }, azure));
	});
}

test("Azure's header for keys is checked", async () => {
	const wrong = new AzureOpenAI({
		endpoint: url, apiKey: 'wrong', apiVersion: '2024-10-21', maxRetries: 0,
	});
	await error(OpenAI.AuthenticationError, 401, () => chat(prompt(), {}, wrong));
});
