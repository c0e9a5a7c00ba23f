// SPDX-License-Identifier: MIT
// Vectors, by the packages `openai` (also as clients of Azure, vLLM and Mistral use it),
// `@google/genai` and `ollama`.
import { ApiError, GoogleGenAI } from '@google/genai';
import { Ollama } from 'ollama';
import OpenAI, { AzureOpenAI } from 'openai';
import { error, holds, judge, key, model, prompt, same, url } from './mock.mjs';

const options = { apiKey: key, maxRetries: 0 };
const openai = new OpenAI({ baseURL: `${url}/v1`, ...options });
const gemini = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
const ollama = new Ollama({ host: url, headers: { Authorization: `Bearer ${key}` } });

// Numbers as the wire may have rounded them.
function rounded(vector) {
	return [...new Float32Array(vector)];
}

// The same text asked alone and among others has the same vector, of length 1.
function fits(vectors, alone, dimensions) {
	for (const vector of vectors) {
		same(vector.length, dimensions);
		holds(Math.abs(vector.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-5);
	}
	same(rounded(vectors[1]), rounded(alone));
}

const deployments = new AzureOpenAI({ endpoint: url, apiVersion: '2025-03-01', ...options });

for (const [name, client] of [
	['openai', openai],
	['azure, deployments', deployments],
	['azure, /openai/v1', new OpenAI({ baseURL: `${url}/openai/v1`, ...options })],
	['vllm', new OpenAI({ baseURL: `${url}/vllm/v1`, ...options })],
	['mistral', new OpenAI({ baseURL: `${url}/mistral/v1`, ...options })],
]) {
	const test = judge(name);
	const embed = (input, more = {}) => client.embeddings.create({ model, input, ...more });

	test('vectors have an index, and base64, which nobody sees, is the numbers', async () => {
		const text = prompt();
		const { data, usage, object } = await embed(['one', text, 'three']);
		same(object, 'list');
		same(
			data.map((d) => d.index),
			[0, 1, 2],
		);
		holds(usage.prompt_tokens > 0 && usage.total_tokens === usage.prompt_tokens);
		const alone = await embed(text, { encoding_format: 'float' });
		fits(
			data.map((d) => d.embedding),
			alone.data[0].embedding,
			64,
		);
	});

	test('an empty text, a poisoned one and errors in general are told apart', async () => {
		await error(OpenAI.BadRequestError, 400, () => embed(['one', '']));
		await error(OpenAI.BadRequestError, 400, () => embed(['one', prompt('poison')]));
		await error(OpenAI.RateLimitError, 429, () => embed(['one', prompt('429')]));
		await error(OpenAI.InternalServerError, 500, () => embed(prompt('500')));
	});
}

judge('openai')('a vector has as many numbers as are asked for', async () => {
	const { data } = await openai.embeddings.create({ model, input: 'one', dimensions: 7 });
	same(data[0].embedding.length, 7);
});

function ask(contents, config = {}) {
	return gemini.models.embedContent({ model, contents, config });
}

judge('gemini')('texts have vectors, in their order', async () => {
	const text = prompt();
	const config = { outputDimensionality: 9, taskType: 'RETRIEVAL_DOCUMENT' };
	const { embeddings } = await ask(['one', text, 'three'], config);
	const alone = await ask(text, config);
	fits(
		embeddings.map((e) => e.values),
		alone.embeddings[0].values,
		9,
	);
});

judge('gemini')('a poisoned text and too many are an ApiError', async () => {
	const e = await error(ApiError, 400, () => ask(['one', prompt('poison')]));
	holds(e.message.includes('INVALID_ARGUMENT'));
	const many = await error(ApiError, 400, () => ask(Array(101).fill('one')));
	holds(many.message.includes('at most 100 requests'));
	await error(ApiError, 503, () => ask(prompt('503')));
});

judge('ollama')('texts have vectors, in their order', async () => {
	const text = prompt();
	const answer = await ollama.embed({ model, input: ['one', text, 'three'], dimensions: 9 });
	const alone = await ollama.embed({ model, input: text, dimensions: 9 });
	same(answer.model, model);
	holds(answer.prompt_eval_count > 0 && answer.total_duration > 0);
	fits(answer.embeddings, alone.embeddings[0], 9);
});

judge('ollama')('a poisoned text is a ResponseError', async () => {
	const e = await error(Error, 400, () =>
		ollama.embed({ model, input: ['one', prompt('poison')] }),
	);
	same(e.name, 'ResponseError');
});
