// SPDX-License-Identifier: MIT
// The package `openai`: responses, completions of texts, and moderations.
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
	question,
	same,
	schema,
} from './mock.mjs';
import { client, test } from './openai.mjs';

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
	same(
		events.map((e) => e.sequence_number),
		events.map((_, i) => i),
	);
	const final = await stream.finalResponse();
	same(final.output_text, whole.output_text);
	same(final.usage, whole.usage);
	same(
		final.output.map((item) => item.content),
		whole.output
			.map((item) => item.content)
			.map((content) => content.map((part) => ({ ...part, parsed: null }))),
	);
});

test('a response has what was thought in front', async () => {
	const text = prompt('reasoning=7,cached=3');
	const response = await respond(text);
	same(
		response.output.map((item) => item.type),
		['reasoning', 'message'],
	);
	same(response.output_text, echo(text));
	same(response.usage.output_tokens_details.reasoning_tokens, 7);
	same(response.usage.input_tokens_details.cached_tokens, 3);
	const final = await client.responses
		.stream({ model, input: prompt('reasoning=7') })
		.finalResponse();
	same(
		final.output.map((item) => item.type),
		['reasoning', 'message'],
	);
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
				{
					type: 'input_image',
					detail: 'auto',
					image_url: `data:image/png;base64,${png}`,
				},
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
	for (const {
		output: [call],
	} of [whole, final]) {
		same(call.type, 'function_call');
		same(call.name, 'lookup');
		same(typeof JSON.parse(call.arguments).query, 'string');
	}
	const next = await respond(
		[
			...ask.input,
			...whole.output,
			{
				type: 'function_call_output',
				call_id: whole.output[0].call_id,
				output: '42',
			},
		],
		{ tools: ask.tools },
	);
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
	for (const [script, reason] of [
		['length', 'max_output_tokens'],
		['filter', 'content_filter'],
	]) {
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
	const e = await error(OpenAI.BadRequestError, 400, () =>
		respond(prompt(), { messages: [] }),
	);
	holds(e.message.includes('messages'));
	await error(OpenAI.BadRequestError, 400, () => respond(prompt(), { max_output_tokens: 1 }));
});

test('an error in the middle of a response is its last event', async () => {
	const events = await collect(await respond(prompt('stream-error'), { stream: true }));
	same(events.at(-1).type, 'error');
	holds(events.at(-1).message.length > 0);
	holds(events.some((e) => e.type === 'response.output_text.delta'));
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
	same(
		answer.choices.map((c) => [c.index, c.text]),
		texts.map((text, i) => [i, echo(text)]),
	);
});

// == Moderations ==

test('moderations judge each text', async () => {
	const { results, model: name } = await client.moderations.create({
		model: moderator,
		input: ['a flag', 'a flower'],
	});
	same(name, moderator);
	same(
		results.map((r) => r.flagged),
		[true, false],
	);
	for (const result of results) {
		const categories = Object.keys(result.categories).sort();
		same(Object.keys(result.category_scores).sort(), categories);
		holds(categories.includes('violence') && categories.includes('self-harm/intent'));
		same(Object.values(result.categories).some(Boolean), result.flagged);
	}
});
