// SPDX-License-Identifier: MIT
// The package `openai` as clients of Azure (both of its forms), vLLM and Mistral use it.
import OpenAI, { AzureOpenAI } from 'openai';
import { collect, echo, error, fits, holds, key, model, prompt, same, url } from './mock.mjs';
import { chat, format, test, textOf, tools } from './openai.mjs';

// == Azure ==

const options = { endpoint: url, apiVersion: '2025-03-01-preview', maxRetries: 0 };
const deployments = new AzureOpenAI({ ...options, apiKey: key });
const v1 = `${url}/openai/v1/`;

for (const [form, azure] of [
	['deployments', deployments],
	['/openai/v1', new OpenAI({ baseURL: v1, apiKey: key, maxRetries: 0 })],
	[
		'/openai/v1 with a header for the key',
		new OpenAI({
			baseURL: v1,
			apiKey: 'none',
			defaultHeaders: { authorization: null, 'api-key': key },
			maxRetries: 0,
		}),
	],
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
		fits(
			(await chat(prompt(), { response_format: format }, azure)).choices[0]
				.message.content,
		);
		const answer = await chat(prompt('tools'), { tools }, azure);
		same(answer.choices[0].message.tool_calls[0].function.name, 'lookup');
		const text = prompt();
		const done = await azure.completions.create({
			model,
			prompt: text,
			max_tokens: 100,
		});
		same(done.choices[0].text, echo(text));
	});

	test(`Azure's ${form} raise errors of their classes`, async () => {
		await error(OpenAI.RateLimitError, 429, () => chat(prompt('429'), {}, azure));
		await error(OpenAI.InternalServerError, 500, () => chat(prompt('500'), {}, azure));
		const blocked = await error(OpenAI.BadRequestError, 400, () =>
			chat(prompt('blocked'), {}, azure),
		);
		same(blocked.code, 'content_filter');
		await error(OpenAI.NotFoundError, 404, () =>
			chat(prompt(), { model: 'no-such-model' }, azure),
		);
	});
}

test("Azure's responses are those of OpenAI", async () => {
	const text = prompt();
	const response = await deployments.responses.create({ model, input: text });
	same(response.output_text, echo(text));
});

test("Azure's header for keys is checked", async () => {
	const wrong = new AzureOpenAI({ ...options, apiKey: 'wrong' });
	await error(OpenAI.AuthenticationError, 401, () => chat(prompt(), {}, wrong));
});

// == Others that speak the same ==

for (const [name, path] of [
	['vLLM', 'vllm/v1'],
	['Mistral', 'mistral/v1'],
])
	test(`${name}'s dialect is understood, whole, streamed and refused`, async () => {
		const other = new OpenAI({ baseURL: `${url}/${path}`, apiKey: key, maxRetries: 0 });
		const text = prompt();
		const whole = await chat(text, {}, other);
		same(whole.choices[0].message.content, echo(text));
		const chunks = await collect(await chat(text, { stream: true }, other));
		same(textOf(chunks), echo(text));
		const {
			choices: [{ message }],
		} = await chat(prompt('tools'), { tools }, other);
		same(message.tool_calls[0].function.name, 'lookup');
		fits(
			(await chat(prompt(), { response_format: format }, other)).choices[0]
				.message.content,
		);
		await error(OpenAI.RateLimitError, 429, () => chat(prompt('429'), {}, other));
		await error(OpenAI.InternalServerError, 500, () => chat(prompt('500'), {}, other));
	});
