// SPDX-License-Identifier: MIT
// What the judges share that use the package `openai`.
import OpenAI from 'openai';
import { judge, key, model, question, schema, url } from './mock.mjs';

export const test = judge('openai');
export const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
export const patient = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 1 });
export const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-wrong', maxRetries: 0 });

export function body(content, more = {}) {
	return { model, messages: [{ role: 'user', content }], ...more };
}

export function chat(content, more = {}, who = client) {
	return who.chat.completions.create(body(content, more));
}

export function textOf(chunks) {
	return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
}

export const tools = [{ type: 'function', function: { name: 'lookup', parameters: question } }];
export const format = {
	type: 'json_schema',
	json_schema: { name: 'person', strict: true, schema },
};
