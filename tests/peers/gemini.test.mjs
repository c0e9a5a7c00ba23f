// SPDX-License-Identifier: MIT
// The package `@google/genai`: generateContent and streamGenerateContent.
import { rejects } from 'node:assert/strict';

import { ApiError, GoogleGenAI } from '@google/genai';
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

const test = judge('gemini');
const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
const stranger = new GoogleGenAI({ apiKey: 'wrong', httpOptions: { baseUrl: url } });

function ask(contents, config = {}, who = client) {
	return who.models.generateContent({ model, contents, config });
}

async function stream(contents, config = {}) {
	return collect(await client.models.generateContentStream({ model, contents, config }));
}

function textOf(chunks) {
	return chunks.map((chunk) => chunk.text ?? '').join('');
}

const config = {
	tools: [{ functionDeclarations: [{ name: 'lookup', parametersJsonSchema: question }] }],
};

test('an answer has text, finish reason and usage', async () => {
	const text = prompt();
	const answer = await ask(text, { systemInstruction: 'Be brief.', maxOutputTokens: 100 });
	same(answer.text, echo(text));
	same(answer.candidates[0].finishReason, 'STOP');
	same(answer.candidates[0].content.role, 'model');
	same(answer.modelVersion, model);
	const { promptTokenCount, candidatesTokenCount, totalTokenCount } = answer.usageMetadata;
	holds(promptTokenCount > 0 && candidatesTokenCount > 0);
	same(totalTokenCount, promptTokenCount + candidatesTokenCount);
});

test('a stream says the same as one answer', async () => {
	const text = prompt();
	const whole = await ask(text);
	const chunks = await stream(text);
	holds(chunks.length > 1);
	same(textOf(chunks), whole.text);
	same(chunks.at(-1).candidates[0].finishReason, 'STOP');
	same(chunks.at(-1).usageMetadata, whole.usageMetadata);
});

test('a chat sends all its turns', async () => {
	const chat = client.chats.create({ model });
	await chat.sendMessage({ message: prompt() });
	const text = prompt();
	same((await chat.sendMessage({ message: text })).text, echo(text));
	same(
		chat.getHistory().map((content) => content.role),
		['user', 'model', 'user', 'model'],
	);
});

test('cached tokens are among the prompt, thought ones beside the output', async () => {
	const script = 'cached=1000,reasoning=7';
	const text = prompt(script);
	const {
		usageMetadata: usage,
		candidates: [{ content }],
		text: said,
	} = await ask(text);
	same(usage.cachedContentTokenCount, 1000);
	same(usage.thoughtsTokenCount, 7);
	holds(usage.promptTokenCount >= 1000);
	same(usage.totalTokenCount, usage.promptTokenCount + usage.candidatesTokenCount + 7);
	same(content.parts[0].thought, true);
	same(said, echo(text));
	same(textOf(await stream(text)), echo(text));
});

test('a JSON schema is filled in', async () => {
	const answer = await ask(prompt(), {
		responseMimeType: 'application/json',
		responseJsonSchema: schema,
	});
	fits(answer.text);
});

test('the maximum of tokens cuts the answer', async () => {
	const answer = await ask(prompt(), { maxOutputTokens: 2 });
	same(answer.candidates[0].finishReason, 'MAX_TOKENS');
	same(answer.usageMetadata.candidatesTokenCount, 2);
});

test('several candidates are given', async () => {
	const text = prompt();
	const { candidates } = await ask(text, { candidateCount: 2 });
	same(
		candidates.map((c) => c.content.parts[0].text),
		[echo(text), echo(text)],
	);
	same(
		candidates.map((c) => c.index),
		[0, 1],
	);
});

test('images are accepted as data and as addresses', async () => {
	const text = prompt();
	for (const image of [
		{ inlineData: { mimeType: 'image/png', data: png } },
		{ fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' } },
	])
		same((await ask([{ role: 'user', parts: [image, { text }] }])).text, echo(text));
});

test('a function is called, whole and streamed, and its response accepted', async () => {
	const text = prompt('tools,tools');
	const whole = await ask(text, config);
	for (const chunk of [whole, (await stream(text, config)).at(-1)]) {
		same(chunk.functionCalls.length, 1);
		same(chunk.functionCalls[0].name, 'lookup');
		same(typeof chunk.functionCalls[0].args.query, 'string');
		same(chunk.candidates[0].finishReason, 'STOP');
	}
	const response = { name: 'lookup', response: { output: '42' } };
	const next = await ask(
		[
			{ role: 'user', parts: [{ text }] },
			whole.candidates[0].content,
			{ role: 'user', parts: [{ functionResponse: response }] },
		],
		config,
	);
	holds(next.text.length > 0);
});

test('a blocked prompt has no candidates, and says why', async () => {
	const text = prompt('blocked,blocked');
	for (const answer of [await ask(text), (await stream(text)).at(-1)]) {
		same(answer.promptFeedback.blockReason, 'PROHIBITED_CONTENT');
		same(answer.candidates, undefined);
		same(answer.text, undefined);
		holds(answer.usageMetadata.promptTokenCount > 0);
	}
});

test('a refusal and a filtered answer end for their own reasons', async () => {
	for (const [script, reason] of [
		['refusal', 'PROHIBITED_CONTENT'],
		['filter', 'SAFETY'],
	]) {
		const text = prompt(`${script},${script}`);
		same((await ask(text)).candidates[0].finishReason, reason);
		same((await stream(text)).at(-1).candidates[0].finishReason, reason);
	}
});

// == Errors ==

// The SDK gives the body as its message.
function bodyOf(e, status, name) {
	const { error: body } = JSON.parse(e.message);
	same([body.code, body.status], [status, name]);
	holds(body.message.length > 0);
	return body;
}

for (const [status, name] of [
	[400, 'INVALID_ARGUMENT'],
	[401, 'UNAUTHENTICATED'],
	[403, 'PERMISSION_DENIED'],
	[404, 'NOT_FOUND'],
	[429, 'RESOURCE_EXHAUSTED'],
	[500, 'INTERNAL'],
	[503, 'UNAVAILABLE'],
	[504, 'DEADLINE_EXCEEDED'],
])
	test(`${status} is an ApiError with status ${name}`, async () => {
		bodyOf(await error(ApiError, status, () => ask(prompt(`${status}`))), status, name);
		bodyOf(
			await error(ApiError, status, () => stream(prompt(`${status}`))),
			status,
			name,
		);
	});

test('a wrong key, an unknown model and an unknown member are told apart', async () => {
	const wrong = await error(ApiError, 400, () => ask(prompt(), {}, stranger));
	same(bodyOf(wrong, 400, 'INVALID_ARGUMENT').details[0].reason, 'API_KEY_INVALID');
	const unknown = await error(ApiError, 404, () =>
		client.models.generateContent({ model: 'nobody', contents: 'x' }),
	);
	holds(bodyOf(unknown, 404, 'NOT_FOUND').message.startsWith('models/'));
	const odd = await error(ApiError, 400, () =>
		ask([{ role: 'system', parts: [{ text: 'x' }] }]),
	);
	bodyOf(odd, 400, 'INVALID_ARGUMENT');
});

test('a 429 says in its body which quota and when to come again', async () => {
	const e = await error(ApiError, 429, () => ask(prompt('429@12')));
	const { details } = bodyOf(e, 429, 'RESOURCE_EXHAUSTED');
	const find = (name) =>
		details.find((d) => d['@type'] === `type.googleapis.com/google.rpc.${name}`);
	same(find('RetryInfo').retryDelay, '12s');
	holds(find('QuotaFailure').violations[0].quotaId.includes('PerMinute'));
	const quota = await error(ApiError, 429, () => ask(prompt('quota')));
	holds(quota.message.includes('PerDay'));
});

test('an error in place of a stream is raised as what it is', async () => {
	const e = await error(ApiError, 503, () => stream(prompt('stream-error') + '[[answer:]]'));
	holds(e.message.includes('UNAVAILABLE'));
});

// What is raised depends on how the bytes arrive: the SDK wants the error in a read of its own.
test('an error in the middle of a stream is raised', async () => {
	await rejects(() => stream(prompt('stream-error')), Error);
});

test('a stream that is cut off is raised', async () => {
	await error(Error, undefined, () => stream(prompt('stream-cut')));
});

test('a dropped connection is no answer', async () => {
	await error(Error, undefined, () => ask(prompt('drop')));
});

test('a stream with other line ends, drop by drop, says the same', async () => {
	const text = prompt('crlf,cr,drip,crlf+drip');
	for (let i = 0; i < 4; i++) same(textOf(await stream(text)), echo(text));
});
